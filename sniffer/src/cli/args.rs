//! Flags as typed. Parsing only parses: each subcommand checks what it was given before it acts on it.
//!
//! The help texts are the documentation of the flags; `docs/replay.md` and `docs/check.md` explain the results.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

pub use super::config::{ConfigArgs, ConfigCommand};
pub use super::doctor::args::DoctorArgs;
use super::grade::LEGEND;
#[cfg(target_os = "linux")]
pub use super::live::args::{LiveArgs, LiveFormat, Prefilter};
pub use super::mos::args::{MosArgs, MosFormat, ScaleName, Telephony};
pub use super::query::args::{QueryArgs, QueryFormat};
#[cfg(unix)]
pub use super::request::RequestArgs;
use super::slices::SliceArgs;
use super::sort::SortKey;
use super::units::{self, Count};
pub use super::unmask::UnmaskArgs;
use super::zone::{self, Zone};
use crate::export::otel::Endpoint;
use crate::export::store::Address;

/// Says how the calls are: SIP and RTP from captures, without touching the servers.
#[derive(Debug, Parser)]
#[command(name = "sipvane", version, arg_required_else_help = true, after_help = EXIT_STATUS)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// When to colour. JSON has no colours to take out, and must come out byte for byte.
    pub(super) fn color(&self) -> Color {
        match &self.command {
            Command::Replay(args) if args.format != Format::Text => Color::Always,
            Command::Replay(args) => args.color,
            Command::Check(args) => args.color,
            Command::Unmask(_) => Color::Always,
            #[cfg(unix)]
            Command::Slice(_) => Color::Always,
            Command::Mos(_) | Command::Config(_) | Command::Query(_) | Command::Doctor(_) => {
                Color::Auto
            }
            #[cfg(target_os = "linux")]
            Command::Live(_) => Color::Always,
            #[cfg(target_os = "linux")]
            Command::Interfaces => Color::Auto,
        }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read captures and show every call, stream and registration in them
    Replay(ReplayArgs),
    /// Read captures and fail when calls or media are worse than they may be
    Check(CheckArgs),
    /// Watch network interfaces, and write every call, stream and registration as soon as it is over
    #[cfg(target_os = "linux")]
    Live(LiveArgs),
    /// Say in sentences what is wrong with a tap: interfaces watched for some seconds, or captures
    Doctor(DoctorArgs),
    /// List the network interfaces
    #[cfg(target_os = "linux")]
    Interfaces,
    /// Ask the E-model what a codec, loss and delay would sound like
    Mos(MosArgs),
    /// Check or show a configuration
    Config(ConfigArgs),
    /// Look into the database that records were written to
    Query(QueryArgs),
    /// Ask a live capture for the packets of a call, and write them to a pcapng file
    #[cfg(unix)]
    Slice(RequestArgs),
    /// Read text that was encrypted on its way out, from standard input
    Unmask(UnmaskArgs),
}

/// Flags of `sipvane replay`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = format!("{LEGEND}\n\n{REPLAY_EXAMPLES}\n\n{EXIT_STATUS}"))]
pub struct ReplayArgs {
    /// Captures (pcap or pcapng, also .gz and .zst; - for standard input), merged by packet time
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Secrets of TLS sessions, as SSLKEYLOGFILE has TLS libraries write them: SIP over TLS is read with them
    #[arg(long, value_name = "FILE")]
    pub tls_keylog: Option<PathBuf>,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show one call, named by its Call-ID or the beginning of it: in text with its messages and its
    /// streams side by side, in json and ndjson the call and its streams alone
    #[arg(long, value_name = "ID", conflicts_with_all = ["only", "sort", "limit"])]
    pub call: Option<String>,
    /// Show only these parts (repeat it, or separate by commas)
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub only: Vec<Section>,
    /// Order of the records, by start if not given; qualities put the worst first, unknown comes last
    #[arg(long, value_enum, value_name = "KEY")]
    pub sort: Option<SortKey>,
    /// Show at most so many calls, streams and registrations each
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Zone of the times in text: local, UTC, an offset (+02:00) or an IANA name (Europe/Berlin)
    #[arg(long, value_name = "ZONE", default_value = "local", value_parser = zone::zone)]
    pub timezone: Zone,
    /// Short for --timezone UTC
    #[arg(long, conflicts_with = "timezone")]
    pub utc: bool,
    /// Columns to lay text out for [default: those of the terminal, or 120]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub width: Option<u16>,
    /// Draw text with ASCII alone, as is done where LC_ALL, LC_CTYPE or LANG name a locale that is not UTF-8
    #[arg(long)]
    pub ascii: bool,
    /// Threads that follow calls and streams: a number, or auto (one a core, at most 8)
    #[arg(long, value_name = "N", default_value = "auto", value_parser = units::workers)]
    pub workers: usize,
    /// Packets that the tap shows more than once: auto counts them once, off counts frames as they come
    #[arg(long, value_enum, default_value_t = Dedup::Auto, value_name = "HOW")]
    pub dedup: Dedup,
    /// Colour in text; auto heeds NO_COLOR, CLICOLOR and CLICOLOR_FORCE, and leaves pipes plain
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// No progress bar, no warnings, no hints
    #[arg(long, short)]
    pub quiet: bool,
    /// Write the records to a database: sqlite:FILE, postgres://... or mysql://... (docs/sql.md)
    #[arg(long, value_name = "URL", conflicts_with = "call", value_parser = str::parse::<Address>)]
    pub store: Option<Address>,
    /// Slices of calls.
    #[command(flatten)]
    pub slices: SliceArgs,
    /// Send metrics, records and calls to a collector of OpenTelemetry: grpc://HOST:PORT, grpcs://, http:// or https:// (docs/otel.md)
    #[arg(long, value_name = "ENDPOINT", conflicts_with = "call")]
    pub otlp: Option<Endpoint>,
}

/// Flags of `sipvane check`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = format!("{CHECK_EXAMPLES}\n\n{EXIT_STATUS}"))]
pub struct CheckArgs {
    /// Captures (pcap or pcapng, also .gz and .zst; - for standard input), merged by packet time
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Secrets of TLS sessions, as SSLKEYLOGFILE has TLS libraries write them: SIP over TLS is read with them
    #[arg(long, value_name = "FILE")]
    pub tls_keylog: Option<PathBuf>,
    /// The gates.
    #[command(flatten)]
    pub gates: Gates,
    /// Fail also where a gate found nothing to judge, or no evidence for a figure
    #[arg(long)]
    pub require_judged: bool,
    /// Write the verdicts as JUnit XML, one test case a gate and subject
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Threads that follow calls and streams: a number, or auto (one a core, at most 8)
    #[arg(long, value_name = "N", default_value = "auto", value_parser = units::workers)]
    pub workers: usize,
    /// Packets that the tap shows more than once: auto counts them once, off counts frames as they come
    #[arg(long, value_enum, default_value_t = Dedup::Auto, value_name = "HOW")]
    pub dedup: Dedup,
    /// Colour in the output; auto heeds NO_COLOR, CLICOLOR and CLICOLOR_FORCE, and leaves pipes plain
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Print violations only: no progress bar, no warnings, no summary
    #[arg(long, short)]
    pub quiet: bool,
}

/// What must hold. A check needs at least one.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Gates")]
pub struct Gates {
    /// Least MOS of every voice stream, such as 4.0
    #[arg(long, value_name = "MOS", value_parser = units::mos)]
    pub min_mos: Option<f64>,
    /// Most packets lost of every stream, in per cent, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = units::percent)]
    pub max_loss: Option<f64>,
    /// Highest mean jitter (RFC 3550) of every stream, such as 30ms
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub max_jitter: Option<Duration>,
    /// Highest jitter of every stream at any moment, such as 60ms
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub max_jitter_peak: Option<Duration>,
    /// Longest post-dial delay of every call, such as 3s
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub max_pdd: Option<Duration>,
    /// Longest time to the answer of every answered call, such as 10s
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub max_setup: Option<Duration>,
    /// Shortest talk time of every answered call, such as 5s
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub min_duration: Option<Duration>,
    /// Calls there must be: 12, 10..12, 10.. or ..12
    #[arg(long, value_name = "COUNT", value_parser = units::count)]
    pub expect_calls: Option<Count>,
    /// Answered calls there must be
    #[arg(long, value_name = "COUNT", value_parser = units::count)]
    pub expect_answered: Option<Count>,
    /// Registrations there must be, those that were refused left out
    #[arg(long, value_name = "COUNT", value_parser = units::count)]
    pub expect_registrations: Option<Count>,
    /// Media streams there must be
    #[arg(long, value_name = "COUNT", value_parser = units::count)]
    pub expect_streams: Option<Count>,
    /// Least answer-seizure ratio, such as 90%
    #[arg(long, value_name = "SHARE", value_parser = units::percent)]
    pub min_asr: Option<f64>,
    /// Least network effectiveness ratio, such as 95%
    #[arg(long, value_name = "SHARE", value_parser = units::percent)]
    pub min_ner: Option<f64>,
    /// No call failed (5xx, network) or timed out
    #[arg(long)]
    pub no_failed: bool,
    /// No answered call with media in one direction only
    #[arg(long)]
    pub no_one_way: bool,
}

/// How to print a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Text,
    /// One JSON object
    Json,
    /// One JSON object a line
    Ndjson,
    /// What Prometheus would have scraped at the end
    Prometheus,
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Session attempts
    Calls,
    /// Calls that are legs of one conversation
    Conversations,
    /// RTP streams
    Streams,
    /// Registrations
    Registrations,
    /// What looks like an attack
    Security,
    /// What was read, the signalling in numbers, RTCP counts
    Summary,
}

/// What to do about packets that the tap shows more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dedup {
    /// Tell copies by their content, and count a packet once
    Auto,
    /// Count every frame as it comes
    Off,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Even into a pipe
    Always,
    /// Not at all
    Never,
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  sipvane replay call.pcap
  sipvane replay --sort mos --limit 10 day1.pcapng.gz day2.pcapng.gz
  sipvane replay --call 3848276298220188511@atlanta call.pcap
  sipvane replay --tls-keylog keys.txt tls.pcap
  sipvane replay --only calls --format ndjson call.pcap | jq -r .call_id
  sipvane replay --quiet --store sqlite:calls.db day1.pcapng.gz > day1.txt
  tcpdump -r big.pcap -w - udp | sipvane replay -";

const CHECK_EXAMPLES: &str = "\
Examples:
  sipvane check --min-mos 4.0 --max-loss 1% --max-jitter 30ms call.pcap
  sipvane check --expect-calls 12 --expect-answered 10.. --max-pdd 3s call.pcap
  sipvane check --no-failed --no-one-way --junit sipvane.xml call.pcap";

const EXIT_STATUS: &str = "\
Exit status:
  0  all is well
  1  a check failed, or the call asked for is not there
  2  wrong usage, or a file that cannot be read or written at all
  3  a capture is damaged; what could be read was";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn check(line: &str, refused_for: &str) {
        let error = Args::try_parse_from(line.split(' '))
            .unwrap_err()
            .to_string();
        assert!(error.contains(refused_for), "{line}: {error}");
    }

    #[test]
    fn flags_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn says_what_is_accepted() {
        check("sipvane replay", "<FILE>");
        check(
            "sipvane replay --format xml a",
            "[possible values: text, json, ndjson, prometheus]",
        );
        check(
            "sipvane replay --only media a",
            "calls, conversations, streams, registrations, security, summary",
        );
        check("sipvane replay --timezone Mars a", "Europe/Berlin");
        check(
            "sipvane replay --call x --sort mos a",
            "cannot be used with",
        );
        check("sipvane replay --width 10 a", "40..=1000");
        check("sipvane check --max-loss 1 a", "per cent with its sign");
        check("sipvane check --max-pdd 3 a", "with its unit");
        check("sipvane check --min-mos 6 a", "from 1 to 5");
        check("sipvane check --expect-calls few a", "10..12");
    }

    #[test]
    fn help_documents_thresholds_and_statuses() {
        let help = Args::command()
            .find_subcommand_mut("replay")
            .unwrap()
            .render_help()
            .to_string();
        for words in ["below 3.6", "above 3 %", "Exit status", "Examples"] {
            assert!(help.contains(words), "{words} is missing from:\n{help}");
        }
    }

    #[test]
    fn json_is_never_filtered() {
        let color = |line: &str| Args::parse_from(line.split(' ')).color();
        assert_eq!(
            color("sipvane replay --format json --color never a"),
            Color::Always
        );
        assert_eq!(color("sipvane replay --color never a"), Color::Never);
    }

    #[test]
    fn parts_are_repeated_or_listed() {
        let args =
            Args::parse_from("sipvane replay --only calls,streams --only summary a".split(' '));
        let Command::Replay(replay) = args.command else {
            panic!("parsed as another subcommand");
        };
        let expected = [Section::Calls, Section::Streams, Section::Summary];
        assert_eq!(replay.only, expected);
    }
}

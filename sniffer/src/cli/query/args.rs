//! Flags of `sipvane query`.

use clap::{Parser, Subcommand, ValueEnum};

use super::since::Moment;
use crate::cli::units;
use crate::config::Place;

/// Flags of `sipvane query`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct QueryArgs {
    /// What to look for.
    #[command(subcommand)]
    pub what: What,
    /// The database: sqlite:FILE, postgres://... or mysql://...
    /// [default: that of the configuration, or where a live capture keeps its own]
    #[arg(long, value_name = "URL", global = true, value_parser = str::parse::<Place>)]
    pub store: Option<Place>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<std::path::PathBuf>,
    /// How to print what was found
    #[arg(long, value_enum, global = true, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
    /// Only what began since then: 30m, 24h, 7d, or a time in UTC such as 2026-11-21 or 2026-11-21T08:00:00
    #[arg(long, value_name = "WHEN", global = true, value_parser = super::since::moment)]
    pub since: Option<Moment>,
    /// Only what began before then
    #[arg(long, value_name = "WHEN", global = true, value_parser = super::since::moment)]
    pub until: Option<Moment>,
    /// Rows at most; 0 for all
    #[arg(long, value_name = "N", global = true, default_value_t = 100)]
    pub limit: u64,
}

/// What can be looked for.
#[derive(Clone, Debug, Subcommand)]
pub enum What {
    /// Calls, the newest first
    Calls(CallFilters),
    /// Bindings that hold, those that lapse first ahead
    Registrations(RegistrationFilters),
    /// Media streams, the newest first
    Streams(StreamFilters),
    /// What there is most of
    Top {
        /// Of what
        #[arg(value_enum)]
        of: Top,
    },
}

/// Which calls.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CallFilters {
    /// Those that came to nothing through no fault of the people: failed, timed out
    #[arg(long)]
    pub failed: bool,
    /// How they ended: answered, busy, no_answer, rejected, cancelled, failed, redirected, timeout or in_progress
    #[arg(long, value_name = "OUTCOME", conflicts_with = "failed")]
    pub outcome: Option<String>,
    /// Caller: its user or number begins like that
    #[arg(long, value_name = "USER")]
    pub from: Option<String>,
    /// Callee: its user or number begins like that
    #[arg(long, value_name = "USER")]
    pub to: Option<String>,
    /// With a stream that lost at least so much, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = units::percent)]
    pub min_loss: Option<f64>,
    /// With a score of at most so much, such as 3.5
    #[arg(long, value_name = "MOS", value_parser = units::mos)]
    pub max_mos: Option<f64>,
    /// With this Call-ID
    #[arg(long, value_name = "ID")]
    pub call_id: Option<String>,
}

/// Which registrations.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RegistrationFilters {
    /// The user begins like that
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Of this domain
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
}

/// Which streams.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StreamFilters {
    /// Those that lost at least so much, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = units::percent)]
    pub min_loss: Option<f64>,
    /// With a score of at most so much, such as 3.5
    #[arg(long, value_name = "MOS", value_parser = units::mos)]
    pub max_mos: Option<f64>,
    /// Of the call with this Call-ID
    #[arg(long, value_name = "ID")]
    pub call_id: Option<String>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Top {
    /// Callers by their calls
    Talkers,
    /// Called users by the calls to them that failed
    Failing,
    /// User agents of callers
    UserAgents,
    /// Hours of the clock (UTC) by the calls that began in them
    Hours,
    /// Domains by the bindings in them
    Domains,
}

/// How to print rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// For people
    Table,
    /// A list of JSON objects
    Json,
    /// Comma-separated values (RFC 4180)
    Csv,
}

const EXAMPLES: &str = "\
Examples:
  sipvane query calls --since 1h --failed --from +49
  sipvane query calls --min-loss 1% --format csv > bad.csv
  sipvane query streams --max-mos 3.5 --since 2026-11-21
  sipvane query registrations --domain example.com
  sipvane query top talkers --since 7d --store postgres://sipvane@db.example.com/sipvane";

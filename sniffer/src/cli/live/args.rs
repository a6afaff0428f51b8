//! Flags of `sipvane live` and `sipvane interfaces`.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::capture::{FilterKind, Timestamps};
use crate::cli::args::Dedup;
use crate::cli::slices::SliceArgs;
use crate::cli::units;
use crate::config::{Place, port_range};
use crate::export::hep::Target;
use crate::export::ndjson;
use crate::export::otel::Endpoint;
use crate::shared::RedisAddress;

/// Flags of `sipvane live`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct LiveArgs {
    /// Interfaces to capture from (repeat it, or separate by commas); any is all of them at once
    /// [default: those of the configuration]
    #[arg(short, long = "interface", value_delimiter = ',', value_name = "NAME")]
    pub interfaces: Vec<String>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to write of each call, stream and registration as soon as it is over
    #[arg(long, value_enum, default_value_t = LiveFormat::Ndjson)]
    pub format: LiveFormat,
    /// Write to this file instead of standard output; what is in it stays
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Serve /metrics, /health, /ready and /live over HTTP at this address, such as 127.0.0.1:9460
    /// [default: that of the configuration]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Take in what capture agents send (HEP) at this address, by datagram and by connection, such as 0.0.0.0:9060
    /// [default: that of the configuration]
    #[arg(long, value_name = "ADDRESS")]
    pub hep_listen: Option<SocketAddr>,
    /// Send messages and what is measured of streams to a capture server such as Homer (HEP): udp://HOST:PORT, tcp://
    /// or tls:// [default: that of the configuration]
    #[arg(long, value_name = "SERVER")]
    pub hep_send: Option<Target>,
    /// Write records as lines of JSON, beside the output, to file:PATH (rotated as the configuration says), unix:PATH (a program listens
    /// at this socket) or stdout: [default: that of the configuration]
    #[arg(long, value_name = "WHERE")]
    pub ndjson: Option<ndjson::Target>,
    /// Send metrics, records and calls to a collector of OpenTelemetry: grpc://HOST:PORT, grpcs://, http:// or https:// [default: that of the
    /// configuration]
    #[arg(long, value_name = "ENDPOINT")]
    pub otlp: Option<Endpoint>,
    /// Secrets of TLS sessions, as SSLKEYLOGFILE has TLS libraries write them: followed while the file grows
    #[arg(long, value_name = "FILE")]
    pub tls_keylog: Option<PathBuf>,
    /// Slices of calls.
    #[command(flatten)]
    pub slices: SliceArgs,
    /// The database that records go to: sqlite:FILE, postgres://..., mysql://... or none
    /// [default: that of the configuration, or calls.db in the state directory]
    #[arg(long, value_name = "URL", value_parser = str::parse::<Place>)]
    pub store: Option<Place>,
    /// Where media addresses are shared with other nodes: redis://HOST, rediss://HOST, redis+cluster://HOST,HOST
    /// [default: that of the configuration]
    #[arg(long, value_name = "URL", value_parser = str::parse::<RedisAddress>)]
    pub redis: Option<RedisAddress>,
    /// Where files are kept: the database, and what waits for one that is away
    /// [default: that of the configuration, $STATE_DIRECTORY, or /var/lib/sipvane; ~/.local/state/sipvane for users]
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// User to become once the interfaces are open, where it is started as root: a name or numbers
    /// [default: that of the configuration]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Leave what is addressed to other hosts
    #[arg(long)]
    pub no_promiscuous: bool,
    /// Memory of the ring in which the kernel hands over packets, in MiB for each interface
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub ring_mib: u16,
    /// Threads that read an interface, each a ring of its own (PACKET_FANOUT), which share its packets and the memory of the ring: a number, or
    /// auto (as many as --workers leave cores for, at most 4) [default: that of the configuration, 1]
    #[arg(long, value_name = "N", value_parser = units::capture_threads)]
    pub capture_threads: Option<CaptureThreads>,
    /// Whose times packets bear: the clock of a network card must be disciplined to the host's for its times [default: that of the
    /// configuration, kernel]
    #[arg(long, value_enum, value_name = "WHOSE")]
    pub timestamps: Option<Timestamps>,
    /// What the kernel leaves before it copies: off takes everything [default: that of the configuration, off]
    #[arg(long, value_enum, value_name = "HOW")]
    pub prefilter: Option<Prefilter>,
    /// Ports of SIP, for --prefilter; those of HTTP count for TCP alone
    /// [default: those of the configuration, 5060,5061,5080,80,443,8088,8089]
    #[arg(long, value_delimiter = ',', value_name = "PORT")]
    pub sip_ports: Vec<u16>,
    /// UDP ports, such as 10000-20000, where what resembles RTP passes the eBPF filter without SDP saying so
    #[arg(long, value_name = "FIRST-LAST", value_parser = port_range)]
    pub rtp_ports: Option<RangeInclusive<u16>>,
    /// Threads that follow calls and streams: a number, or auto (one a core, at most 8)
    #[arg(long, value_name = "N", default_value = "auto", value_parser = units::workers)]
    pub workers: usize,
    /// Packets that the tap shows more than once: auto counts them once, off counts frames as they come
    #[arg(long, value_enum, default_value_t = Dedup::Auto, value_name = "HOW")]
    pub dedup: Dedup,
}

/// How many threads read an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureThreads {
    /// As many as there are cores for beside the workers and the thread that hands them their work.
    Auto,
    /// So many.
    Exactly(usize),
}

impl CaptureThreads {
    /// The number, with so many workers.
    pub fn number(self, workers: usize) -> usize {
        match self {
            CaptureThreads::Exactly(n) => n,
            CaptureThreads::Auto => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                cores.saturating_sub(workers + 1).clamp(1, 4)
            }
        }
    }
}

/// What to write while capturing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LiveFormat {
    /// One JSON object a line
    Ndjson,
    /// Nothing
    None,
}

/// What the kernel leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prefilter {
    /// Nothing
    Off,
    /// TCP from and to other ports than those of --sip-ports
    Bpf,
    /// All but SIP at --sip-ports and the media that SDP announces; RTP comes without its payload
    Ebpf,
    /// As ebpf, or as bpf where the kernel does not allow that
    Auto,
}

impl From<Prefilter> for FilterKind {
    fn from(prefilter: Prefilter) -> FilterKind {
        match prefilter {
            Prefilter::Off => FilterKind::Off,
            Prefilter::Bpf => FilterKind::Bpf,
            Prefilter::Ebpf => FilterKind::Ebpf,
            Prefilter::Auto => FilterKind::Auto,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  sipvane live -i eth0
  sipvane live -i eth0 --format none --listen 0.0.0.0:9460
  sipvane live -i eth0,eth1 --output /var/log/sipvane/records.ndjson
  sipvane live --hep-listen 0.0.0.0:9060 --hep-send tcp://homer.example.com:9060
  sipvane live -i eth0 --store postgres://sipvane:secret@db.example.com/sipvane
  sipvane live -i any --prefilter auto --sip-ports 5060,5061

SIGINT and SIGTERM end it: what is open is closed and written, and the balance goes to standard error.
SIGHUP has it read the configuration again, and open the output again.";

//! `cargo xtask gen --workload NAME`: large captures for measuring, the same bytes for the same flags, each with its truth.
//!
//! Frames are written as they are made, in order of time, so that memory does not grow with the file.

mod attempts;
mod calls;
mod floods;
mod impaired;
mod messages;
pub(crate) mod mix;
mod sink;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::command::Outcome;
use crate::generate::rng;
pub(crate) use sink::Sink;

/// What to generate, and how much of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Write a large capture for measuring instead of the project's own
    #[arg(long, value_enum)]
    pub(crate) workload: Option<Kind>,
    /// Where to write the capture; its truth goes beside it, as .json
    #[arg(long, value_name = "FILE", requires = "workload")]
    pub(crate) out: Option<PathBuf>,
    /// Calls, or packets of a flood [default: 1000 of media, 200000 of attempts, 360000 of the mix, 1000000 of a flood, 200
    /// impaired streams]
    #[arg(long, value_name = "N", requires = "workload")]
    pub(crate) calls: Option<u64>,
    /// How long each call of media talks
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 41,
        requires = "workload"
    )]
    pub(crate) seconds: u64,
    /// What the calls of media talk in
    #[arg(long, value_enum, default_value_t = Speech::Pcmu, requires = "workload")]
    pub(crate) codec: Speech,
    /// IPv6 instead of IPv4
    #[arg(long, requires = "workload")]
    pub(crate) ipv6: bool,
    /// An 802.1Q tag in every frame
    #[arg(long, requires = "workload")]
    pub(crate) vlan: bool,
    /// SIP over TCP instead of UDP (attempts only)
    #[arg(long, requires = "workload")]
    pub(crate) tcp: bool,
    /// Bytes kept of each frame
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 65_535,
        requires = "workload"
    )]
    pub(crate) snap: usize,
    /// Seed of everything drawn
    #[arg(long, default_value_t = 1, requires = "workload")]
    pub(crate) seed: u64,
}

/// The workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Concurrent calls with media both ways, RTCP every five seconds
    Media,
    /// Short calls without media, a thousand begun a second
    Attempts,
    /// INVITEs, each with a Call-ID of its own, that nobody answers
    CallIdFlood,
    /// RTP packets, each with an SSRC of its own
    SsrcFlood,
    /// An hour of calls of every kind, a hundred begun a second
    Mix,
    /// Streams with known loss, jitter, reordering, duplicates, drift, silence and restarts
    Impaired,
}

/// What speech is coded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speech {
    /// G.711, 160 bytes every 20 ms
    Pcmu,
    /// AMR at 12.2 kbit/s, octet-aligned
    Amr,
    /// Opus, 60 bytes every 20 ms
    Opus,
    /// A third of each
    Mix,
}

/// What a workload holds, as the code that wrote it knows.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Truth {
    pub(crate) packets: u64,
    pub(crate) calls: u64,
    pub(crate) answered: u64,
    pub(crate) streams: u64,
    /// RTP packets in the capture, and those that were sent and are not in it.
    pub(crate) rtp: u64,
    pub(crate) lost: u64,
    /// RTCP compound packets.
    pub(crate) rtcp: u64,
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) responses: BTreeMap<String, u64>,
    /// Messages sent again.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) retransmissions: u64,
    /// The key figures, named as in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kpi: Option<mix::Figures>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Writes the workload `kind` and its truth.
pub(crate) fn write(kind: Kind, options: &Options) -> Outcome {
    let path = options
        .out
        .as_deref()
        .ok_or("--workload needs --out FILE: such a capture does not belong into the project")?;
    let file = File::create(path).map_err(|e| cannot_write(path, &e))?;
    let mut sink = Sink::new(BufWriter::with_capacity(1 << 20, file), options);
    let truth = play(kind, options, &mut sink).map_err(|e| cannot_write(path, &e))?;
    let text = serde_json::to_string_pretty(&truth).map_err(|e| e.to_string())?;
    let beside = path.with_extension("json");
    std::fs::write(&beside, text + "\n").map_err(|e| cannot_write(&beside, &e))
}

/// Writes the workload `kind` to `sink`.
pub(crate) fn play<W: Write>(
    kind: Kind,
    options: &Options,
    sink: &mut Sink<W>,
) -> std::io::Result<Truth> {
    let mut truth = Truth::default();
    match kind {
        Kind::Media => calls::play(options, sink, &mut truth)?,
        Kind::Attempts => attempts::play(options, sink, &mut truth)?,
        Kind::CallIdFlood => floods::call_ids(options, sink, &mut truth)?,
        Kind::SsrcFlood => floods::ssrcs(options, sink, &mut truth)?,
        Kind::Mix => mix::play(options, sink, &mut truth)?,
        Kind::Impaired => impaired::play(options, sink, &mut truth)?,
    }
    truth.packets = sink.finish()?;
    Ok(truth)
}

fn cannot_write(path: &Path, why: &std::io::Error) -> String {
    format!("cannot write {}: {why}", path.display())
}

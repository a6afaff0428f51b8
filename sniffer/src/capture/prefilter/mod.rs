//! What the kernel leaves before it copies packets to us.
//!
//! An eBPF program passes SIP by ports and media by what SDP announced ([`Program`], fed by [`Prefilter::pass_media`]); the
//! classic filter leaves TCP of other ports and knows nothing else. Where a program cannot be had, `auto` takes the classic
//! one and says why.

mod classic;
mod program;

use super::filter_settings::{FilterKind, FilterSettings};
use super::sys::{Framing, Instruction, SocketFilter};
use crate::decode::LinkType;
use crate::track::media_index::MediaChange;
use classic::only_tcp_ports;
pub(super) use program::Program;
pub use program::{FilterCounts, FilterError};

/// Ports of HTTP, where SIP comes over WebSocket: over UDP they carry something else.
const HTTP_PORTS: [u16; 4] = [80, 443, 8088, 8089];

/// The filter of a capture, for all its sockets.
#[derive(Debug)]
pub(super) enum Prefilter {
    Off,
    Classic(Vec<Instruction>),
    Ebpf(Box<Program>),
}

impl Prefilter {
    /// Loads what is asked for.
    ///
    /// # Errors
    /// Where the eBPF program is demanded and cannot be loaded.
    pub(super) fn new(settings: &FilterSettings) -> Result<Prefilter, FilterError> {
        let classic = || Prefilter::Classic(only_tcp_ports(&settings.sip_ports));
        match settings.kind {
            FilterKind::Off => Ok(Prefilter::Off),
            FilterKind::Bpf => Ok(classic()),
            FilterKind::Ebpf => Ok(Prefilter::Ebpf(Box::new(Program::load(settings)?))),
            FilterKind::Auto => Ok(match Program::load(settings) {
                Ok(program) => Prefilter::Ebpf(Box::new(program)),
                Err(why) => {
                    tracing::warn!(%why, "no eBPF filter: a classic one leaves TCP of other ports");
                    classic()
                }
            }),
        }
    }

    /// The filter for a socket whose frames begin so; `None` passes all.
    pub(super) fn of_socket(&self, framing: Framing, link: LinkType) -> Option<SocketFilter<'_>> {
        match self {
            Prefilter::Off => None,
            Prefilter::Classic(instructions) => Some(SocketFilter::Classic(instructions)),
            Prefilter::Ebpf(program) => match (framing, link) {
                (Framing::Link, LinkType::ETHERNET) => program.ethernet().map(SocketFilter::Ebpf),
                (Framing::Cooked, _) | (_, LinkType::RAW) => {
                    program.network().map(SocketFilter::Ebpf)
                }
                _ => None,
            },
        }
    }

    /// Whether packets are left on purpose.
    pub(super) fn leaves_any(&self) -> bool {
        !matches!(self, Prefilter::Off)
    }

    /// Whether media passes only where [`Prefilter::pass_media`] says so.
    pub(super) fn wants_media(&self) -> bool {
        matches!(self, Prefilter::Ebpf(_))
    }

    /// Has media pass, or no longer.
    pub(super) fn pass_media(&mut self, changes: &[MediaChange]) {
        if let Prefilter::Ebpf(program) = self {
            changes.iter().for_each(|change| program.pass(*change));
        }
    }

    /// What the eBPF program did so far.
    pub(super) fn counts(&self) -> Option<FilterCounts> {
        match self {
            Prefilter::Ebpf(program) => Some(program.counts()),
            Prefilter::Off | Prefilter::Classic(_) => None,
        }
    }
}

//! How a live capture is to be filtered in the kernel.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// What is to be left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    /// Nothing.
    #[default]
    Off,
    /// TCP of other ports, by a classic filter.
    Bpf,
    /// All but SIP and announced media, by an eBPF program.
    Ebpf,
    /// As `Ebpf`, and as `Bpf` where that cannot be had.
    Auto,
}

/// How to filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterSettings {
    /// What is to be left.
    pub kind: FilterKind,
    /// Ports of SIP.
    pub sip_ports: Vec<u16>,
    /// UDP ports where what resembles RTP passes without SDP saying so.
    pub rtp_ports: Option<RangeInclusive<u16>>,
}

impl Default for FilterSettings {
    fn default() -> Self {
        FilterSettings {
            kind: FilterKind::Off,
            sip_ports: vec![5060, 5061, 5080, 80, 443, 8088, 8089],
            rtp_ports: None,
        }
    }
}

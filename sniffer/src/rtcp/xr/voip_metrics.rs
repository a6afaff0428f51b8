//! VoIP metrics: what a receiver measured and heard on one source (RFC 3611, 4.7).

use crate::rtp::Ssrc;

/// The value that says "not available" in levels, ratings and scores (RFC 3611, 4.7.4 and 4.7.5).
const UNAVAILABLE: u8 = 127;

/// A VoIP metrics block. What the receiver marks as not available is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoipMetrics {
    /// The source it is about.
    pub ssrc: Ssrc,
    /// Packets lost in the network, in 1/256.
    pub loss_rate: u8,
    /// Packets discarded by the jitter buffer, in 1/256.
    pub discard_rate: u8,
    /// Lost and discarded packets within bursts, in 1/256.
    pub burst_density: u8,
    /// Lost and discarded packets within gaps, in 1/256.
    pub gap_density: u8,
    /// Mean length of the bursts in ms.
    pub burst_duration_ms: u16,
    /// Mean length of the gaps in ms.
    pub gap_duration_ms: u16,
    /// Last round trip measured in ms; 0 if none was.
    pub round_trip_ms: u16,
    /// Delay within the end system in ms; 0 if not known.
    pub end_system_ms: u16,
    /// Level of speech in dBm0.
    pub signal_dbm0: Option<i8>,
    /// Level of noise in dBm0.
    pub noise_dbm0: Option<i8>,
    /// Residual echo return loss in dB.
    pub rerl_db: Option<u8>,
    /// Losses closer together than this many packets make a burst.
    pub gmin: u8,
    /// Rating factor R of this call leg, 0 to 100.
    pub r_factor: Option<u8>,
    /// Rating factor R of a network behind it.
    pub external_r_factor: Option<u8>,
    /// Listening quality as ten times the MOS, 10 to 50.
    pub mos_lq_tenths: Option<u8>,
    /// Conversational quality as ten times the MOS, 10 to 50.
    pub mos_cq_tenths: Option<u8>,
    /// Receiver configuration: packet loss concealment and jitter buffer bits (RFC 3611, 4.7.6).
    pub rx_config: u8,
    /// Nominal delay of the jitter buffer in ms.
    pub jb_nominal_ms: u16,
    /// Largest delay of the jitter buffer so far in ms.
    pub jb_maximum_ms: u16,
    /// Largest delay the jitter buffer can reach in ms.
    pub jb_abs_max_ms: u16,
}

impl VoipMetrics {
    /// Reads the body of a block; `None` if it is shorter than its 32 bytes.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let &[
            ssrc,
            rates,
            durations,
            delays,
            levels,
            scores,
            config,
            buffer,
        ] = body.as_chunks::<4>().0.first_chunk()?;
        let (burst_duration_ms, gap_duration_ms) = halves(durations);
        let (round_trip_ms, end_system_ms) = halves(delays);
        let (jb_maximum_ms, jb_abs_max_ms) = halves(buffer);
        Some(VoipMetrics {
            ssrc: ssrc.into(),
            loss_rate: rates[0],
            discard_rate: rates[1],
            burst_density: rates[2],
            gap_density: rates[3],
            burst_duration_ms,
            gap_duration_ms,
            round_trip_ms,
            end_system_ms,
            signal_dbm0: available(levels[0]).map(u8::cast_signed),
            noise_dbm0: available(levels[1]).map(u8::cast_signed),
            rerl_db: available(levels[2]),
            gmin: levels[3],
            r_factor: available(scores[0]),
            external_r_factor: available(scores[1]),
            mos_lq_tenths: available(scores[2]),
            mos_cq_tenths: available(scores[3]),
            rx_config: config[0],
            jb_nominal_ms: u16::from_be_bytes([config[2], config[3]]),
            jb_maximum_ms,
            jb_abs_max_ms,
        })
    }
}

fn available(value: u8) -> Option<u8> {
    (value != UNAVAILABLE).then_some(value)
}

fn halves([a, b, c, d]: [u8; 4]) -> (u16, u16) {
    (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
}

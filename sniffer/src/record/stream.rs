//! The record of one media stream: one SSRC from one address to another.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{
    BurstFigures, CaptureLoss, Gap, Interval, Mos, Outer, RemoteView, StreamContent, Variation,
    six_decimals, six_decimals_opt,
};
use crate::time::Timestamp;

/// What names a stream: its SSRC and the two addresses it runs between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The synchronisation source (RFC 3550, section 3).
    pub ssrc: u32,
    /// Where the packets come from.
    pub src: SocketAddr,
    /// Where the packets go.
    pub dst: SocketAddr,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}@{}>{}", self.ssrc, self.src, self.dst)
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a stream was, what happened to it on its way to the tap, and how it sounded.
#[derive(Clone, Debug, Serialize)]
pub struct StreamRecord {
    /// The synchronisation source, as `0x` and eight hexadecimal digits.
    #[serde(serialize_with = "hex32")]
    pub ssrc: u32,
    /// Where the packets came from.
    pub src: SocketAddr,
    /// Where the packets went.
    pub dst: SocketAddr,
    /// The addresses outside of the tunnel that the first packet came through, if it came through one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer: Option<Outer>,
    /// Every payload type seen, ascending.
    pub payload_types: Vec<u8>,
    /// Encoding name of the main payload type, where SDP or RFC 3551 names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Arc<str>>,
    /// RTP clock rate of the main payload type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_hz: Option<u32>,
    /// The call whose SDP announced one of the two addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<Arc<str>>,
    /// Packet time of the first packet.
    pub start: Timestamp,
    /// Packet time of the last packet.
    pub end: Timestamp,
    /// RTP packets seen, duplicates included.
    pub packets: u64,
    /// RTP payload bytes seen, padding left out.
    pub bytes: u64,
    /// Packets that the sequence numbers say were sent (RFC 3550, A.3, summed over restarts).
    pub expected: u64,
    /// Packets that never passed the tap: expected less the distinct ones seen. Never negative.
    pub lost: u64,
    /// Packets whose sequence number had been seen already.
    pub duplicates: u64,
    /// Packets that came after one with a higher sequence number.
    pub reordered: u64,
    /// Packets that a receiver with a fixed 50 ms jitter buffer would have had to throw away; absent where no clock rate
    /// is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<u64>,
    /// The same for a fixed 200 ms jitter buffer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_f2: Option<u64>,
    /// The same for an adaptive jitter buffer of at most 500 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_adaptive: Option<u64>,
    /// Times the sequence numbers started anew (RFC 3550, A.1).
    pub restarts: u32,
    /// Times the RTP time stamp jumped away from the arrival times.
    pub timestamp_jumps: u32,
    /// Inter-arrival jitter (RFC 3550, A.8): the running value's mean and maximum over the packets it is defined on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<MeanMax>,
    /// Time between consecutive packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_ms: Option<MeanMax>,
    /// Packets by how far their spacing was from what their time stamps say (`|D|` of RFC 3550, 6.4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdv: Option<Variation>,
    /// Parts in a million by which the sender's clock is faster than the tap's; absent where less than 20 s tell.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub drift_ppm: Option<f64>,
    /// Burst ratio (ITU-T G.107, 3.5): 1 for random loss, above 1 for loss in bursts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub burst_r: Option<f64>,
    /// Runs of lost packets by length: 1 to 9, and 10 or more; absent where nothing was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_runs: Option<[u32; 10]>,
    /// Bursts and gaps of the loss (RFC 3611, 4.7.2); absent where nothing was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bursts: Option<BurstFigures>,
    /// Transmission rating factor R of the listening path (no delay term).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub r: Option<f64>,
    /// Mean opinion score from `r`, network loss only.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos: Option<f64>,
    /// Mean opinion score behind a fixed 50 ms jitter buffer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_f1: Option<f64>,
    /// Mean opinion score behind a fixed 200 ms jitter buffer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_f2: Option<f64>,
    /// Mean opinion score behind an adaptive jitter buffer of at most 500 ms.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_adaptive: Option<f64>,
    /// Conversational score: as `mos`, with the delay from mouth to ear counted; absent where no delay is known.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_cq: Option<f64>,
    /// The delay that `mos_cq` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// Lowest and time-weighted mean score of its intervals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos_intervals: Option<Mos>,
    /// Modes of a codec that has several, as its packets say: AMR, AMR-WB, EVS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codec_modes: Vec<CodecMode>,
    /// Which E-model gave `r`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// What `r` takes the codec for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelFigures>,
    /// Why there is no score, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos_missing: Option<MosMissing>,
    /// What part of the loss is the sensor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_loss: Option<CaptureLoss>,
    /// Its largest gaps, until they are judged; not part of the report.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
    /// What else it carried, and how its packets were marked.
    pub content: StreamContent,
    /// What the far end's RTCP says of this stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtcp: Option<RemoteView>,
    /// What happened in each interval of it; the report fills this in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Interval>,
}

impl StreamRecord {
    /// What names this stream in the record of its call.
    pub fn id(&self) -> StreamId {
        StreamId {
            ssrc: self.ssrc,
            src: self.src,
            dst: self.dst,
        }
    }

    /// Takes back the scores: what they rest on cannot be trusted.
    pub fn withhold_scores(&mut self, why: MosMissing) {
        for score in [
            &mut self.r,
            &mut self.mos,
            &mut self.mos_f1,
            &mut self.mos_f2,
            &mut self.mos_adaptive,
            &mut self.mos_cq,
        ] {
            *score = None;
        }
        self.mos_intervals = None;
        (self.delay, self.model) = (None, None);
        self.scale = None;
        self.mos_missing = Some(why);
    }

    /// Lost packets as a share of those expected; unknown when none was expected.
    pub fn loss_ratio(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.lost as f64 / self.expected as f64)
    }
}

/// How often a mode of a codec was used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CodecMode {
    /// Its rate.
    pub kbit_s: f64,
    /// Packets that began with a frame of it.
    pub packets: u32,
}

/// The impairment values of a codec that a score rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModelFigures {
    /// Equipment impairment factor (ITU-T G.107, 3.5).
    #[serde(serialize_with = "six_decimals")]
    pub ie: f64,
    /// Packet-loss robustness factor.
    #[serde(serialize_with = "six_decimals")]
    pub bpl: f64,
    /// Standing of the weaker one: `standard`, `derived` or `provisional`.
    pub status: &'static str,
}

/// A delay from mouth to ear.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Delay {
    /// How long it is.
    #[serde(serialize_with = "six_decimals")]
    pub ms: f64,
    /// What tells it.
    pub from: DelaySource,
}

/// What tells a delay, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DelaySource {
    /// Half of the round trip that the receiver measured, and the delay that it states for its own end (RFC 3611, 4.7.5).
    FarEnd,
    /// Half of the round trip that RTCP shows on both sides of the tap, a packet and a jitter buffer of 50 ms.
    Rtcp,
    /// The configuration.
    Configured,
}

impl DelaySource {
    /// The source as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            DelaySource::FarEnd => "far_end",
            DelaySource::Rtcp => "rtcp",
            DelaySource::Configured => "configured",
        }
    }
}

/// Mean and maximum of a series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanMax {
    /// Arithmetic mean.
    #[serde(serialize_with = "six_decimals")]
    pub mean: f64,
    /// Largest value.
    #[serde(serialize_with = "six_decimals")]
    pub max: f64,
}

/// The audio bandwidth whose E-model applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Narrowband, ITU-T G.107.
    Nb,
    /// Wideband, ITU-T G.107.1.
    Wb,
    /// Fullband, ITU-T G.107.2.
    Fb,
}

/// Why a stream has no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MosMissing {
    /// Fewer packets than a score can rest on.
    TooFewPackets,
    /// No SDP and no static payload type names the codec.
    UnknownCodec,
    /// The codec is known, but no published impairment values for it are.
    NoCodecModel,
    /// The E-model scores voice; this is video, text, fax or tones.
    NotVoice,
    /// The capture lacks packets that the network did not lose.
    CaptureLoss,
    /// More than nine in ten packets are missing: the capture has been filtered, or the media takes another way.
    MostlyMissing,
}

impl MosMissing {
    /// All of them.
    pub const ALL: [MosMissing; 6] = [
        MosMissing::TooFewPackets,
        MosMissing::UnknownCodec,
        MosMissing::NoCodecModel,
        MosMissing::NotVoice,
        MosMissing::CaptureLoss,
        MosMissing::MostlyMissing,
    ];

    /// Whether packets are wanting, so that the parts of the stream can no more be scored than the whole.
    pub fn is_about_the_capture(self) -> bool {
        matches!(self, MosMissing::CaptureLoss | MosMissing::MostlyMissing)
    }

    /// The reason as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            MosMissing::TooFewPackets => "too_few_packets",
            MosMissing::UnknownCodec => "unknown_codec",
            MosMissing::NoCodecModel => "no_codec_model",
            MosMissing::NotVoice => "not_voice",
            MosMissing::CaptureLoss => "capture_loss",
            MosMissing::MostlyMissing => "mostly_missing",
        }
    }
}

pub(super) fn hex32<S: Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("0x{value:08x}"))
}

/// As [`hex32`], for one that may be unknown.
pub(super) fn hex32_opt<S: Serializer>(
    value: &Option<u32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => hex32(value, serializer),
        None => serializer.serialize_none(),
    }
}

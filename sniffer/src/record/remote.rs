//! What RTCP says about a stream: how its receiver heard it, and on which side of the tap packets were lost.

use serde::Serialize;

use super::six_decimals_opt;
use crate::time::Timestamp;

/// The receiver's view of a stream, from the reports that passed the tap.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RemoteView {
    /// Report blocks about this stream.
    pub reports: u64,
    /// Sender reports of its source.
    #[serde(skip_serializing_if = "is_zero")]
    pub sender_reports: u64,
    /// Datagrams of SRTCP that its source sent: what they report cannot be read.
    #[serde(skip_serializing_if = "is_zero")]
    pub encrypted: u64,
    /// Round trip between the tap and the receiver (RFC 3550, 6.4.1), from the last report that allows it.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub rtt_ms: Option<f64>,
    /// The longest round trip.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub rtt_max_ms: Option<f64>,
    /// Cumulative number of packets lost, as the receiver counts it; negative with duplicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_lost: Option<i32>,
    /// Largest share lost between two reports, in per cent.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub remote_loss_max: Option<f64>,
    /// Inter-arrival jitter at the receiver.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub remote_jitter_ms: Option<f64>,
    /// Its largest value.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub remote_jitter_max_ms: Option<f64>,
    /// On which side of the tap packets were lost, where reports and sequence numbers can be aligned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<LossPath>,
    /// What happened between reports; neighbours are put together where there were many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<RemoteInterval>,
    /// Feedback about this stream (RFC 4585).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<FeedbackCounts>,
    /// The last VoIP metrics block about it (RFC 3611, 4.7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voip_metrics: Option<FarMetrics>,
    /// The last statistics summary about it (RFC 3611, 4.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<FarSummary>,
    /// What run-length encoded reports about it say (RFC 3611, 4.1 and 4.2), added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_lengths: Option<FarLoss>,
    /// Packets whose receipt times it told (RFC 3611, 4.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_times: Option<u64>,
}

/// Packets lost before and behind the tap, over the part of a stream that the receiver's reports cover.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LossPath {
    /// Packets sent in that part.
    pub covered: u64,
    /// Those the tap never saw: lost between the sender and the tap.
    pub lost_before: u64,
    /// Those the tap saw and the receiver did not: lost between the tap and the receiver.
    pub lost_behind: u64,
    /// Packets that the receiver has and the tap does not: the capture lacks them, or they took another way.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_captured: u64,
    /// Jitter at the tap when the reports passed, mean.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_before_ms: Option<f64>,
    /// By how much the receiver's jitter was larger, mean; 0 where it was not.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_behind_ms: Option<f64>,
}

/// What a receiver saw between two of its reports, or several.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RemoteInterval {
    /// When the report that ends it passed the tap.
    pub at: Timestamp,
    /// Packets sent, by the highest sequence numbers.
    pub expected: u64,
    /// Packets lost; negative with duplicates.
    pub lost: i64,
    /// Largest jitter reported.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_ms: Option<f64>,
}

/// Feedback packets by what they ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedbackCounts {
    /// Generic NACK: packets are to be sent again (RFC 4585, 6.2.1).
    pub nack: u64,
    /// Picture loss indication (RFC 4585, 6.3.1).
    pub pli: u64,
    /// Full intra request (RFC 5104, 4.3.1).
    pub fir: u64,
    /// Any other.
    pub other: u64,
}

/// A receiver's VoIP metrics, as it counts them; what it marks as unavailable is absent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FarMetrics {
    /// Packets lost in the network, in per cent.
    #[serde(serialize_with = "super::six_decimals")]
    pub loss: f64,
    /// Packets its jitter buffer threw away, in per cent.
    #[serde(serialize_with = "super::six_decimals")]
    pub discard: f64,
    /// Lost and discarded packets within bursts, in per cent.
    #[serde(serialize_with = "super::six_decimals")]
    pub burst_density: f64,
    /// Lost and discarded packets within gaps, in per cent.
    #[serde(serialize_with = "super::six_decimals")]
    pub gap_density: f64,
    /// Mean length of the bursts.
    pub burst_ms: u16,
    /// Mean length of the gaps.
    pub gap_ms: u16,
    /// Round trip to the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u16>,
    /// Delay within the end system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_system_ms: Option<u16>,
    /// Level of speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_dbm0: Option<i8>,
    /// Level of noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_dbm0: Option<i8>,
    /// Residual echo return loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerl_db: Option<u8>,
    /// Rating factor R.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<u8>,
    /// Listening quality.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_lq: Option<f64>,
    /// Conversational quality.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_cq: Option<f64>,
    /// Nominal delay of the jitter buffer.
    pub buffer_ms: u16,
    /// Its largest delay so far.
    pub buffer_max_ms: u16,
}

/// A receiver's statistics summary; what it does not report is absent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FarSummary {
    /// Packets lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u32>,
    /// Packets received twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<u32>,
    /// Smallest difference in relative transit time.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_min_ms: Option<f64>,
    /// Largest difference in relative transit time.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_max_ms: Option<f64>,
    /// Mean difference in relative transit time.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_mean_ms: Option<f64>,
}

/// What run-length encoded reports add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FarLoss {
    /// Packets that reports on loss speak of.
    pub reported: u64,
    /// Those of them that were lost.
    pub lost: u64,
    /// Packets that reports on duplicates name as such.
    pub duplicates: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

//! What a stream carried beside its main codec, and how its packets were marked.

use serde::Serialize;

use super::six_decimals_opt;
use crate::rtp::Keying;
use crate::time::Timestamp;

/// Silence, digits, changes and markings of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StreamContent {
    /// Packet time as sent: the usual step of the time stamp.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub ptime_ms: Option<f64>,
    /// Packet time that SDP asks for (RFC 8866, 6.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ptime_asked_ms: Option<u32>,
    /// How its keys are agreed on, where it is encrypted (RFC 3711).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Keying>,
    /// Share of the time without sound, in per cent: pauses in sending, comfort noise, silence descriptions of the codec.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub silence: Option<f64>,
    /// Packets of comfort noise (RFC 3389).
    #[serde(skip_serializing_if = "is_zero")]
    pub comfort_noise: u64,
    /// Packets with the marker bit.
    pub markers: u64,
    /// Ends of silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talkspurts: Option<Talkspurts>,
    /// Times that the payload type of the sound changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub codec_changes: u64,
    /// The first of these changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<CodecChange>,
    /// Differentiated services code points at the tap (RFC 2474), ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dscp: Vec<u8>,
    /// Digits dialled (RFC 4733).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtmf: Option<Dtmf>,
}

/// How often sound began again after silence, which the marker bit is to show (RFC 3551, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Talkspurts {
    /// How often.
    pub begun: u64,
    /// How often with the marker bit.
    pub marked: u64,
}

/// From when on a stream was of another payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CodecChange {
    /// Packet time of the first packet of the new one.
    pub at: Timestamp,
    /// The new one.
    pub payload_type: u8,
}

/// Digits sent as telephone events.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dtmf {
    /// How many there were.
    pub digits: u64,
    /// The first of them.
    pub keys: Vec<DigitRecord>,
}

/// One key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DigitRecord {
    /// Packet time of its first packet.
    pub at: Timestamp,
    /// Which key; absent unless digits are to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digit: Option<char>,
    /// How long it was pressed, as far as it was seen.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub duration_ms: Option<f64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

//! What somebody else reported about the media of a call: a capture agent or a media server that sent its figures along.

use std::net::SocketAddr;

use serde::Serialize;

use super::six_decimals_opt;
use crate::time::Timestamp;

/// One report, as part of the record of its call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MediaReport {
    /// When it was made, or else when it passed the tap.
    pub at: Timestamp,
    /// Sender of the stream it is about; where the report does not say, what the reporter's packet was sent from.
    pub src: SocketAddr,
    /// Receiver of that stream; where the report does not say, what the reporter's packet was sent to.
    pub dst: SocketAddr,
    /// The figures.
    #[serde(flatten)]
    pub figures: ReportFigures,
}

/// The figures of a report, as the reporter counts; one that is absent was not given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportFigures {
    /// Encoding name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Box<str>>,
    /// Packets received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets: Option<u64>,
    /// Packets expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Packets lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// Packets out of order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_order: Option<u64>,
    /// Inter-arrival jitter at the end.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub jitter_ms: Option<f64>,
    /// Its mean.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mean_jitter_ms: Option<f64>,
    /// Its largest value.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub max_jitter_ms: Option<f64>,
    /// Mean opinion score at the end.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos: Option<f64>,
    /// Its mean.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mean_mos: Option<f64>,
    /// Its least value.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub min_mos: Option<f64>,
    /// Transmission rating factor R.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub r: Option<f64>,
}

impl ReportFigures {
    /// Whether nothing was counted: a name of a codec alone is no report.
    pub fn is_empty(&self) -> bool {
        *self
            == ReportFigures {
                codec: self.codec.clone(),
                ..ReportFigures::default()
            }
    }
}

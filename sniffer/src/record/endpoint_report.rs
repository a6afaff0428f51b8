//! What an endpoint itself reported about the media of a call, in SIP (RFC 6035).

use std::net::SocketAddr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::round6;
use super::stream::hex32_opt;
use crate::time::Timestamp;

/// What one report says of one stream, as part of the record of its call. A report on both streams makes two of these.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointReport {
    /// When the report passed the tap.
    pub at: Timestamp,
    /// Who sent it.
    pub reporter: SocketAddr,
    /// What it says of the session.
    #[serde(flatten)]
    pub session: ReportedSession,
    /// Who received the stream.
    pub side: ReportSide,
    /// Sender of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src: Option<SocketAddr>,
    /// Receiver of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst: Option<SocketAddr>,
    /// Synchronisation source of the stream.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hex32_opt")]
    pub ssrc: Option<u32>,
    /// What it says of the stream.
    #[serde(flatten)]
    pub metrics: EndpointMetrics,
}

impl EndpointReport {
    /// Whether it says the same, whenever and from wherever it came: a repeat, or the same report one hop on.
    pub fn says_as(&self, other: &EndpointReport) -> bool {
        let place = |report: &EndpointReport| (report.side, report.src, report.dst, report.ssrc);
        place(self) == place(other)
            && self.session == other.session
            && self.metrics == other.metrics
    }
}

/// Why a report was made (RFC 6035, 4.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// `VQSessionReport`: about the whole session, or the part with one set of codecs.
    Session,
    /// `VQIntervalReport`: about a slice of it.
    Interval,
    /// `VQAlertReport`: a figure passed a threshold.
    Alert,
}

impl ReportKind {
    /// The kind as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            ReportKind::Session => "session",
            ReportKind::Interval => "interval",
            ReportKind::Alert => "alert",
        }
    }
}

/// Who received the stream that metrics are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportSide {
    /// The reporting endpoint.
    Local,
    /// Its peer, which told it so by RTCP XR.
    Remote,
}

/// What a report says of the session it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportedSession {
    /// Why it was made.
    pub kind: ReportKind,
    /// Whether it is the last one of its call: `CallTerm`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub call_term: bool,
    /// What an alert is about.
    #[serde(skip_serializing_if = "QualityAlert::is_empty")]
    pub alert: QualityAlert,
    /// `LocalID`: the reporting user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_id: Option<Box<str>>,
    /// `RemoteID`: the user at the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<Box<str>>,
    /// `OrigID`: the user who began the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orig_id: Option<Box<str>>,
    /// `LocalGroup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_group: Option<Box<str>>,
    /// `RemoteGroup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_group: Option<Box<str>>,
    /// `LocalMAC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_mac: Option<Box<str>>,
    /// `RemoteMAC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_mac: Option<Box<str>>,
    /// `DialogID`: Call-ID and tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog_id: Option<Box<str>>,
}

/// What an alert is about (RFC 6035, 4.6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QualityAlert {
    /// `Type`: the metric, as the report names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Box<str>>,
    /// `Severity`: `Warning`, `Critical` or `Clear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Box<str>>,
    /// `Dir`: `local` or `remote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Box<str>>,
}

impl QualityAlert {
    fn is_empty(&self) -> bool {
        *self == QualityAlert::default()
    }
}

/// What an endpoint measured of one stream (RFC 6035, 4.6.2); what is absent it did not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EndpointMetrics {
    /// Beginning of what was measured, by the endpoint's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Timestamp>,
    /// `PD`: encoding name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Box<str>>,
    /// `FMTP`: format parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fmtp: Option<Box<str>>,
    /// `SSUP`: whether silence is suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_suppression: Option<bool>,
    /// `QoEEstAlg`, or else the algorithm named for one estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Box<str>>,
    /// The numbers.
    #[serde(flatten)]
    pub figures: EndpointFigures,
}

/// The numbers of a report, by their names in the record, each at most once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointFigures(Vec<(&'static str, EndpointFigure)>);

/// One number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EndpointFigure {
    /// A count or code.
    Whole(u32),
    /// A measure.
    Measure(f64),
}

impl EndpointFigures {
    /// Adds a number; the first of a name counts.
    pub fn add(&mut self, name: &'static str, figure: EndpointFigure) {
        if self.0.iter().all(|(known, _)| *known != name) {
            self.0.push((name, figure));
        }
    }

    /// The measure of this name.
    pub fn measure(&self, name: &str) -> Option<f64> {
        let (_, figure) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(match *figure {
            EndpointFigure::Whole(n) => f64::from(n),
            EndpointFigure::Measure(value) => value,
        })
    }
}

impl Serialize for EndpointFigures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, figure) in &self.0 {
            match figure {
                EndpointFigure::Whole(n) => map.serialize_entry(name, n)?,
                EndpointFigure::Measure(value) => map.serialize_entry(name, &round6(*value))?,
            }
        }
        map.end()
    }
}

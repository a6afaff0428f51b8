//! What leaves a worker: plain data, no behaviour beyond naming and rendering itself.
//!
//! The JSON names are a contract with other programs; an absent field means unknown.

pub mod books;
mod call;
mod capture_loss;
mod content;
mod conversation;
mod distribution;
mod encapsulation;
mod encryption;
mod endpoint_report;
mod fax;
mod hop;
mod interval;
mod kpi;
mod media_report;
mod media_round;
mod progress;
mod registration;
mod registration_summary;
mod remote;
mod report;
mod security;
mod sip_transaction;
mod stream;
mod transactions;
mod transfer;

pub use call::{
    CallRecord, CallState, Contacts, Finding, HangupBy, Mos, Outcome, Party, SipHop, UserAgents,
};
pub use capture_loss::{CallCaptureLoss, CaptureLoss, Gap};
pub use content::{CodecChange, DigitRecord, Dtmf, StreamContent, Talkspurts};
pub use conversation::{ConversationRecord, Evidence, EvidenceKind, LegRecord};
pub use distribution::Distribution;
pub use encapsulation::{Encapsulation, EncapsulationCounts, Outer};
pub use encryption::CallEncryption;
pub use endpoint_report::{
    EndpointFigure, EndpointFigures, EndpointMetrics, EndpointReport, QualityAlert, ReportKind,
    ReportSide, ReportedSession,
};
pub use fax::FaxStream;
pub use hop::{AddedDelays, HopRecord, MinMeanMax};
pub use interval::{
    BurstFigures, Interval, IntervalRecord, IntervalScores, Intervals, Late, LossFigures,
    MOST_INTERVALS, Variation,
};
pub use kpi::{Kpi, KpiGroup, KpiTotals, Peak, PeakHour};
pub use media_report::{MediaReport, ReportFigures};
pub use media_round::{Flow, MediaLine, MediaRound, RoundResult, Side};
pub use progress::{DialogEnds, DialogRecord, MessageRecord, Progress};
pub use registration::{
    NatSign, RegistrationChange, RegistrationEvent, RegistrationRecord, RegistrationState,
};
pub use registration_summary::RegistrationSummary;
pub use remote::{
    FarLoss, FarMetrics, FarSummary, FeedbackCounts, LossPath, RemoteInterval, RemoteView,
};
pub use report::{CaptureSummary, Report, RtcpCounts, SipSummary, TlsSummary};
pub use security::{SecurityCode, SecurityRecord};
pub use sip_transaction::SipTransaction;
pub use stream::{
    CodecMode, Delay, DelaySource, MeanMax, ModelFigures, MosMissing, Scale, StreamId, StreamRecord,
};
pub use transactions::{TransactionSummary, TransactionTimeouts};
pub use transfer::{ClosedBy, Identity, Transfer, TransferResult};

use serde::{Serialize, Serializer};

use crate::time::Span;

/// Two nodes see a call begin at moments that differ by how far their taps and their clocks are apart. So it is named by when it began down to
/// 2^24 microseconds, about 17 s: two in ten thousand calls fall on both sides of a border for each 3 ms.
pub const SAME_START: Span = Span::from_nanos((1 << 24) * 1000);

/// One finished thing a worker tells the world about.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A session attempt that is over, or was cut off by the end of the capture.
    Call(Box<CallRecord>),
    /// Calls that are legs of one conversation, all of them over.
    Conversation(Box<ConversationRecord>),
    /// A registration binding or a refused attempt at one.
    Registration(Box<RegistrationRecord>),
    /// An interval of a media stream that is over.
    Interval(Box<IntervalRecord>),
    /// Something that happened to a registration: told as it happens, and only counted in a report.
    RegistrationEvent(Box<RegistrationEvent>),
    /// Something that looks like an attack, and is over.
    Security(Box<SecurityRecord>),
    /// A media stream that is over, or was cut off by the end of the capture.
    Stream(Box<StreamRecord>),
    /// Something of a call that goes on: told as it happens, to sinks that ask for it.
    Progress(Progress),
}

impl Record {
    /// Whether it is told only to those that ask for it.
    pub fn is_progress(&self) -> bool {
        matches!(self, Record::Progress(_))
    }
}

/// Writes a figure with at most six decimals, so that a report shows what was measured and not how floats print.
fn six_decimals<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(round6(*value))
}

/// As [`six_decimals`], for a figure that may be unknown.
fn six_decimals_opt<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_f64(round6(*value)),
        None => serializer.serialize_none(),
    }
}

fn round6(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

//! What leaves a worker: plain data, no behaviour beyond naming and rendering itself.
//!
//! The JSON names are a contract with other programs; an absent field means unknown.

pub mod books;
mod call;
mod capture_loss;
mod content;
mod distribution;
mod encapsulation;
mod media_report;
mod registration;
mod registration_summary;
mod remote;
mod report;
mod stream;

pub use call::{CallRecord, CallState, Finding, HangupBy, Mos, Outcome, Party, SipHop, UserAgents};
pub use capture_loss::{CallCaptureLoss, CaptureLoss, Gap};
pub use content::{DigitRecord, Dtmf, StreamContent};
pub use distribution::Distribution;
pub use encapsulation::{Encapsulation, EncapsulationCounts, Outer};
pub use media_report::{MediaReport, ReportFigures};
pub use registration::{
    NatSign, RegistrationChange, RegistrationEvent, RegistrationRecord, RegistrationState,
};
pub use registration_summary::RegistrationSummary;
pub use remote::{
    FarLoss, FarMetrics, FarSummary, FeedbackCounts, LossPath, RemoteInterval, RemoteView,
};
pub use report::{CaptureSummary, Kpi, Report, RtcpCounts, SipSummary, TlsSummary};
pub use stream::{MeanMax, MosMissing, Scale, StreamId, StreamRecord};

use serde::Serializer;

/// One finished thing a worker tells the world about.
#[derive(Clone, Debug)]
pub enum Record {
    /// A session attempt that is over, or was cut off by the end of the capture.
    Call(Box<CallRecord>),
    /// A registration binding or a refused attempt at one.
    Registration(Box<RegistrationRecord>),
    /// Something that happened to a registration: told as it happens, and only counted in a report.
    RegistrationEvent(Box<RegistrationEvent>),
    /// A media stream that is over, or was cut off by the end of the capture.
    Stream(Box<StreamRecord>),
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

//! What the dispatcher does with the voice quality reports that endpoints send in SIP: each goes to the call it names.
//!
//! The message that brings one has a Call-ID of its own, and so mostly another worker.

use super::media::Passage;
use super::sorter::Sorter;
use crate::rtcp::vq_report;
use crate::sip::{Message, Method, StartLine};
use crate::track::event::{CallReport, ReportEvent};

impl Sorter {
    /// Takes the report out of a PUBLISH or NOTIFY that brings one (RFC 6035, 4.2).
    pub(super) fn on_endpoint_report(&mut self, passage: Passage<'_>, message: &Message<'_>) {
        if !brings_a_report(message) {
            return;
        }
        let whole = Some(message.body()).filter(|_| !message.is_cut());
        match whole.and_then(vq_report::parse) {
            Some(report) => self.hand_on_report(ReportEvent {
                report: CallReport::Endpoint(report.records(passage.at, *passage.src)),
                call_id: report.call_id,
            }),
            None => self.unreadable_report(),
        }
    }
}

fn brings_a_report(message: &Message<'_>) -> bool {
    let StartLine::Request { method, .. } = message.start() else {
        return false;
    };
    matches!(method, Method::Publish | Method::Notify)
        && message
            .content_type()
            .is_some_and(|body| body.is("application", "vq-rtcpxr"))
}

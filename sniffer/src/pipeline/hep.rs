//! What the dispatcher does with the frames of capture agents: each is taken as the packet it is about.
//!
//! The agent's time says when things happened in a call. The order of events and the clock that timers go by stay those of
//! the frames the capture holds.

use super::feed::{Heard, HeardKind};
use super::media::{Passage, on_rtcp_json};
use super::sorter::Sorter;
use crate::classify::{Class, classify};
use crate::decode::hep::{HepFrame, PayloadType, rtcp_json, rtp_report};
use crate::record::books::{Handled, Reason};
use crate::record::{MediaReport, Outer};
use crate::sip::text;
use crate::track::event::{CallReport, ReportEvent};

impl Sorter {
    /// Takes a frame that `carrier` brought; `None` when only a worker can tell what its packet is.
    pub(super) fn on_hep(
        &mut self,
        carrier: Passage<'_>,
        frame: &HepFrame<'_>,
    ) -> Result<Option<Handled>, Reason> {
        let between = Outer {
            src: carrier.src.ip(),
            dst: carrier.dst.ip(),
        };
        let passage = Passage {
            at: frame.at.unwrap_or(carrier.at),
            src: &frame.src,
            dst: &frame.dst,
            outer: carrier.outer.or(Some(&between)),
            dscp: None,
        };
        let mut buffer = Vec::new();
        let (bytes, wire_len) = frame
            .payload
            .open(&mut buffer)
            .map_err(|_| Reason::HepUnreadable)?;
        if wire_len == 0 {
            // An agent that shows it is there.
            return Ok(Some(Handled::Hep));
        }
        if self.is_heard() {
            self.pass_on(passage, frame, bytes);
        }
        match frame.payload_type {
            PayloadType::Sip => self
                .on_sip(passage, frame.transport(), bytes, bytes.len() < wire_len)
                .map(Some),
            PayloadType::Rtp => self.on_payload(passage, bytes, wire_len),
            PayloadType::Rtcp => self.on_agents_rtcp(passage, bytes, wire_len).map(Some),
            PayloadType::RtpReport => self.on_report(passage, frame, bytes).map(Some),
            PayloadType::Other(_) => Ok(Some(Handled::Hep)),
        }
    }

    /// Those who want messages get what agents send as well, with what the agent said of it.
    fn pass_on(&self, passage: Passage<'_>, frame: &HepFrame<'_>, bytes: &[u8]) {
        let kind = match frame.payload_type {
            PayloadType::Rtp => return,
            PayloadType::Sip => HeardKind::Sip,
            PayloadType::Rtcp if classify(bytes, bytes.len()) == Class::Rtcp => HeardKind::Rtcp,
            PayloadType::Rtcp => HeardKind::RtcpJson,
            PayloadType::RtpReport => HeardKind::RtpReport,
            PayloadType::Other(number) => HeardKind::Other(number),
        };
        self.feed(Heard {
            agent_id: frame.agent_id,
            correlation_id: frame.correlation_id,
            ..Heard::new(passage, kind, frame.transport(), bytes)
        });
    }

    /// RTCP as JSON, or as it was on the wire with agents that leave it alone.
    fn on_agents_rtcp(
        &mut self,
        passage: Passage<'_>,
        bytes: &[u8],
        wire_len: usize,
    ) -> Result<Handled, Reason> {
        match classify(bytes, wire_len) {
            Class::Rtcp => return Ok(self.on_rtcp(passage, bytes)),
            Class::Srtcp => return Ok(self.on_srtcp(passage, bytes)),
            _ => {}
        }
        let report = rtcp_json::parse(bytes).ok_or(Reason::HepUnreadable)?;
        let (counts, mut hand_on) = self.rtcp_desk();
        on_rtcp_json(passage, &report, counts, &mut hand_on);
        Ok(Handled::Rtcp)
    }

    /// A report goes to the call it names, if it names one and says something.
    fn on_report(
        &mut self,
        passage: Passage<'_>,
        frame: &HepFrame<'_>,
        bytes: &[u8],
    ) -> Result<Handled, Reason> {
        let report = rtp_report::parse(bytes).ok_or(Reason::HepUnreadable)?;
        let correlated = frame.correlation_id.map(|id| text::display(id).into());
        let call_id = correlated.or(report.call_id);
        if let Some(call_id) = call_id.filter(|_| !report.figures.is_empty()) {
            self.hand_on_report(ReportEvent {
                call_id,
                report: CallReport::Agent(Box::new(MediaReport {
                    at: passage.at,
                    src: report.src.unwrap_or(*passage.src),
                    dst: report.dst.unwrap_or(*passage.dst),
                    figures: report.figures,
                })),
            });
        }
        Ok(Handled::HepReport)
    }
}

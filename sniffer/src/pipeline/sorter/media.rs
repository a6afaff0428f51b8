//! Packets of media, and what passes beside media: RTP, RTCP, handshakes, connectivity checks and fax.

use std::net::SocketAddr;

use super::Sorter;
use crate::pipeline::media::{Passage, on_rtcp, on_srtcp, rtp_event, zrtp_event};
use crate::pipeline::stun;
use crate::pipeline::udptl::Udptl;
use crate::record::RtcpCounts;
use crate::record::books::{Handled, Reason};
use crate::rtp::payload::MediaKind;
use crate::rtp::{Header, Keying};
use crate::track::event::{CallReport, FaxPacket, ReportEvent, RtcpEvent};
use crate::track::media_index::Owner;

impl Sorter {
    pub(super) fn on_rtp(
        &mut self,
        passage: Passage<'_>,
        bytes: &[u8],
        wire_len: usize,
    ) -> Result<Option<Handled>, Reason> {
        let header = Header::parse_cut(bytes, wire_len).map_err(|_| Reason::Unknown)?;
        if let Some(slicer) = &mut self.slicer {
            slicer.on_rtp(passage, &header, bytes, wire_len);
        }
        self.push_rtp(passage, &header);
        Ok(None)
    }

    #[inline(always)]
    fn push_rtp(&mut self, passage: Passage<'_>, header: &Header<'_>) {
        let event = rtp_event(passage, header);
        self.signalling.on_rtp(self.stamp, event.src, event.dst);
        let worker = self.exchange.owner_of(&event.ssrc);
        self.batches[worker].push_rtp(self.stamp, &event, passage.outer);
    }

    pub(in crate::pipeline) fn on_rtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.keep_rtcp(passage, bytes);
        let (counts, mut hand_on) = self.rtcp_desk();
        on_rtcp(passage, bytes, counts, &mut hand_on);
        Handled::Rtcp
    }

    /// Where RTCP packets are counted, and what takes what they say to its worker.
    pub(in crate::pipeline) fn rtcp_desk(
        &mut self,
    ) -> (&mut RtcpCounts, impl FnMut(RtcpEvent) + '_) {
        let Sorter {
            stamp,
            exchange,
            batches,
            intake,
            round_trips,
            ..
        } = self;
        let hand_on = |event: RtcpEvent| {
            let told = round_trips.on_rtcp(&event);
            for event in std::iter::once(event).chain(told.into_iter().flatten()) {
                batches[exchange.owner_of(&event.ssrc)].push_rtcp(*stamp, event);
            }
        };
        (&mut intake.rtcp, hand_on)
    }

    fn keep_rtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) {
        if let Some(slicer) = &mut self.slicer {
            slicer.on_rtcp(passage, bytes);
        }
    }

    pub(in crate::pipeline) fn on_srtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.keep_rtcp(passage, bytes);
        let (counts, mut hand_on) = self.rtcp_desk();
        on_srtcp(passage, bytes, counts, &mut hand_on);
        Handled::Rtcp
    }

    /// A connectivity check shows where media may come to run.
    pub(super) fn on_stun(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        if let Some(fragments) = stun::fragments(bytes) {
            let ends = (*passage.src, *passage.dst);
            self.signalling.on_check(self.stamp, ends, fragments);
        }
        Handled::Stun
    }

    /// Tells the call of a packet of its fax.
    pub(super) fn on_udptl(
        &mut self,
        passage: Passage<'_>,
        Udptl { seq, recovery }: Udptl,
    ) -> Handled {
        let packet = FaxPacket {
            at: passage.at,
            src: *passage.src,
            dst: *passage.dst,
            seq,
            recovery,
        };
        self.tell_call(passage, CallReport::Fax(packet));
        Handled::Udptl
    }

    /// Tells the call between whose media addresses keys are agreed on.
    pub(super) fn on_handshake(&mut self, passage: Passage<'_>, keying: Keying) {
        self.tell_call(passage, CallReport::Handshake(keying));
    }

    /// Takes what passed between media addresses to the worker of their call.
    fn tell_call(&mut self, passage: Passage<'_>, report: CallReport) {
        let owner = self.index.owner(*passage.src, *passage.dst, self.stamp);
        if let Some(Owner { call_id, .. }) = owner {
            self.hand_on_report(ReportEvent {
                call_id: (&*call_id).into(),
                report,
            });
        }
    }

    pub(super) fn on_zrtp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.on_handshake(passage, Keying::Zrtp);
        let (_, mut hand_on) = self.rtcp_desk();
        if let Some(event) = zrtp_event(passage, bytes) {
            hand_on(event);
        }
        Handled::Zrtp
    }

    pub(super) fn is_fax(&self, passage: Passage<'_>) -> bool {
        let image = |address: &SocketAddr| {
            self.index.kind_at(*address, self.stamp) == Some(MediaKind::Image)
        };
        image(passage.dst) || image(passage.src)
    }
}

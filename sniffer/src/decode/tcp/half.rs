//! One direction of a TCP connection: its reassembly, its lane, and when a missing segment is given up.

use super::Context;
use super::framer::Framer;
use super::lane::Lane;
use super::reassembly::{Arrival, Reassembly};
use super::seq::SeqNo;
use crate::time::Timestamp;

/// One direction.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) reassembly: Reassembly,
    pub(super) lane: Lane,
    /// Sequence number of its SYN, if that was seen.
    pub(super) syn: Option<SeqNo>,
    /// Since when segments wait for one before them: when the first came, or the last of those missing.
    pub(super) waiting: Option<Timestamp>,
}

impl Half {
    pub(super) fn new() -> Half {
        Half {
            reassembly: Reassembly::default(),
            lane: Lane::new(false),
            syn: None,
            waiting: None,
        }
    }

    pub(super) fn start(&mut self, syn: SeqNo) {
        self.reassembly.start(syn.plus(1));
        self.lane = Lane::new(true);
    }

    pub(super) fn held(&self) -> usize {
        self.reassembly.held() + self.lane.held()
    }

    pub(super) fn take<F: Framer>(
        &mut self,
        at: Timestamp,
        seq: SeqNo,
        bytes: &[u8],
        wire_len: usize,
        cx: &mut Context<'_, F>,
    ) {
        match self.reassembly.accept(at, seq, bytes, wire_len) {
            Arrival::Old => {
                cx.stats.old += u64::from(wire_len > 0);
                return;
            }
            Arrival::Early => {
                cx.stats.early += 1;
                self.waiting.get_or_insert(at);
                if self.exceeds(cx) {
                    self.skip_gap(cx);
                }
                return;
            }
            Arrival::Restarted { bytes, lost } => {
                self.lane.lose(u64::MAX, cx);
                self.take_in_order(at, bytes, lost, cx);
            }
            Arrival::InOrder { bytes, lost } => self.take_in_order(at, bytes, lost, cx),
        }
        // The missing segments are coming in after all.
        self.waiting = (self.reassembly.n_waiting() > 0).then_some(at);
    }

    fn take_in_order<F: Framer>(
        &mut self,
        at: Timestamp,
        bytes: &[u8],
        lost: usize,
        cx: &mut Context<'_, F>,
    ) {
        self.lane.take(at, bytes, cx);
        self.lane.cut(lost as u64, cx);
        self.take_ready(at, cx);
    }

    /// Takes the pieces that follow without a hole, complete as of `at` or of their own arrival, if that was later.
    fn take_ready<F: Framer>(&mut self, mut at: Timestamp, cx: &mut Context<'_, F>) {
        while let Some(piece) = self.reassembly.pop_ready() {
            at = at.max(piece.at);
            self.lane.take(at, &piece.bytes, cx);
            self.lane.cut(piece.lost as u64, cx);
        }
    }

    fn exceeds<F>(&self, cx: &Context<'_, F>) -> bool {
        self.reassembly.n_waiting() > cx.limits.early_segments
            || self.reassembly.held() > cx.limits.direction_bytes
    }

    fn skip_gap<F: Framer>(&mut self, cx: &mut Context<'_, F>) -> bool {
        let Some(missing) = self.reassembly.skip_gap() else {
            return false;
        };
        self.lane.lose(missing, cx);
        self.take_ready(Timestamp::MIN, cx);
        if self.reassembly.n_waiting() == 0 {
            self.waiting = None;
        }
        true
    }

    pub(super) fn skip_gaps<F: Framer>(&mut self, cx: &mut Context<'_, F>) {
        while self.skip_gap(cx) {}
        self.waiting = None;
    }
}

//! One direction of a TCP connection: which bytes come next, and those that came too early.
//!
//! Knows sequence numbers only, not what the bytes mean and not when a missing segment is given up.

use std::collections::BTreeMap;

use super::seq::SeqNo;
use crate::time::Timestamp;

/// No retransmission is this late: what lies further back belongs to another life of the connection.
const STALE: i64 = 1 << 20;
/// So many stale segments in a row make a new beginning.
const STALE_SEGMENTS: u8 = 2;
/// What a stored piece costs beyond its bytes: the node of the tree and the allocation.
const PIECE_OVERHEAD: usize = 96;

/// The bytes of one direction in order, by position: 0 is the first byte expected.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    /// Sequence number of the first byte, once anything was seen.
    first: Option<SeqNo>,
    /// Sequence number of the byte expected next.
    next: Option<SeqNo>,
    /// Its position.
    position: i64,
    /// Pieces beyond it, by position; they do not overlap.
    pieces: BTreeMap<i64, Piece>,
    held: usize,
    stale: u8,
}

/// Bytes that came before their turn.
#[derive(Debug)]
pub(crate) struct Piece {
    /// When they came.
    pub(crate) at: Timestamp,
    pub(crate) bytes: Box<[u8]>,
    /// Bytes behind them that the capture cut off.
    pub(crate) lost: usize,
}

/// What a segment turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival<'a> {
    /// The bytes expected next, `lost` more behind them that the capture cut off.
    InOrder { bytes: &'a [u8], lost: usize },
    /// As `InOrder`, after a jump to a sequence number that has nothing to do with what went before.
    Restarted { bytes: &'a [u8], lost: usize },
    /// It waits for those before it.
    Early,
    /// Nothing new: a retransmission, a TCP keep-alive, no payload.
    Old,
}

impl Reassembly {
    /// Begins at the byte with sequence number `first`.
    pub(crate) fn start(&mut self, first: SeqNo) {
        *self = Reassembly {
            first: Some(first),
            next: Some(first),
            ..Reassembly::default()
        };
    }

    /// Sequence number of the first byte of this direction that was seen or announced.
    pub(crate) fn first(&self) -> Option<SeqNo> {
        self.first
    }

    /// Bytes of memory the waiting pieces take.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// How many pieces wait.
    pub(crate) fn n_waiting(&self) -> usize {
        self.pieces.len()
    }

    /// Takes a segment whose payload was `wire_len` bytes of which `bytes` were captured.
    /// After it, [`Self::pop_ready`] yields the pieces that follow without a hole.
    pub(crate) fn accept<'a>(
        &mut self,
        at: Timestamp,
        seq: SeqNo,
        bytes: &'a [u8],
        wire_len: usize,
    ) -> Arrival<'a> {
        let wire_len = wire_len.max(bytes.len());
        if wire_len == 0 {
            return Arrival::Old;
        }
        let Some(next) = self.next else {
            self.start(seq);
            return self.accept_in_order(at, 0, bytes, wire_len);
        };
        let start = self.position + seq.ahead_of(next);
        let end = start + wire_len as i64;
        if end <= self.position {
            return self.accept_old(at, seq, bytes, wire_len, self.position - end);
        }
        if start > self.position {
            self.insert_uncovered(at, start, bytes, end);
            return Arrival::Early;
        }
        self.stale = 0;
        self.accept_in_order(at, start, bytes, wire_len)
    }

    /// The first piece, if nothing is missing before it.
    pub(crate) fn pop_ready(&mut self) -> Option<Piece> {
        let first = self.pieces.first_entry()?;
        if *first.key() > self.position {
            return None;
        }
        let piece = first.remove();
        self.held = self.held.saturating_sub(piece.cost());
        self.advance(piece.bytes.len() + piece.lost);
        Some(piece)
    }

    /// Gives up what is missing before the first waiting piece; how many bytes that was, or `None` if nothing waits.
    pub(crate) fn skip_gap(&mut self) -> Option<u64> {
        let (&start, _) = self.pieces.first_key_value()?;
        let missing = (start - self.position).max(0);
        self.advance(missing as usize);
        Some(missing as u64)
    }

    /// Forgets the waiting pieces.
    pub(crate) fn drop_waiting(&mut self) {
        self.pieces = BTreeMap::new();
        self.held = 0;
    }

    /// The part of a segment from `self.position` up to the first waiting piece; what lies beyond waits, too.
    fn accept_in_order<'a>(
        &mut self,
        at: Timestamp,
        start: i64,
        bytes: &'a [u8],
        wire_len: usize,
    ) -> Arrival<'a> {
        let end = start + wire_len as i64;
        let seen = (self.position - start) as usize;
        let mut fresh = bytes.get(seen..).unwrap_or_default();
        let mut room = (end - self.position) as usize;
        if let Some((&piece, _)) = self.pieces.first_key_value()
            && piece < end
        {
            room = (piece - self.position).max(0) as usize;
            let (here, beyond) = fresh.split_at(room.min(fresh.len()));
            fresh = here;
            self.insert_uncovered(at, piece, beyond, end);
        }
        self.advance(room);
        Arrival::InOrder {
            bytes: fresh,
            lost: room - fresh.len(),
        }
    }

    fn accept_old<'a>(
        &mut self,
        at: Timestamp,
        seq: SeqNo,
        bytes: &'a [u8],
        wire_len: usize,
        behind: i64,
    ) -> Arrival<'a> {
        if behind < STALE {
            return Arrival::Old;
        }
        self.stale += 1;
        if self.stale < STALE_SEGMENTS {
            return Arrival::Old;
        }
        self.start(seq);
        match self.accept_in_order(at, 0, bytes, wire_len) {
            Arrival::InOrder { bytes, lost } => Arrival::Restarted { bytes, lost },
            other => other,
        }
    }

    fn advance(&mut self, n: usize) {
        self.position += n as i64;
        self.next = self.next.map(|next| next.plus(n));
    }

    /// Stores those parts of `start..end` no piece covers yet: the first copy of a byte wins.
    fn insert_uncovered(&mut self, at: Timestamp, start: i64, bytes: &[u8], end: i64) {
        let mut from = start;
        if let Some((&before, piece)) = self.pieces.range(..=start).next_back() {
            from = from.max(before + piece.len());
        }
        while from < end {
            let following = self.pieces.range(from..end).next();
            let (until, resume) = match following {
                Some((&at, piece)) => (at, at + piece.len()),
                None => (end, end),
            };
            if from < until {
                self.insert(at, from, slice(bytes, from - start, until - start), until);
            }
            from = resume;
        }
    }

    fn insert(&mut self, at: Timestamp, from: i64, bytes: &[u8], until: i64) {
        let piece = Piece {
            at,
            bytes: bytes.into(),
            lost: (until - from) as usize - bytes.len(),
        };
        self.held += piece.cost();
        self.pieces.insert(from, piece);
    }
}

impl Piece {
    fn len(&self) -> i64 {
        (self.bytes.len() + self.lost) as i64
    }

    fn cost(&self) -> usize {
        self.bytes.len() + PIECE_OVERHEAD
    }
}

/// `bytes[from..until]` as far as it exists.
fn slice(bytes: &[u8], from: i64, until: i64) -> &[u8] {
    let until = (until as usize).min(bytes.len());
    bytes.get(from as usize..until).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `(sequence number, bytes, length on the wire)` and joins what comes out; `_` stands for a lost byte.
    fn check(first: u32, segments: &[(u32, &str, usize)], expected: &str) {
        let mut reassembly = Reassembly::default();
        reassembly.start(SeqNo(first));
        let mut out = String::new();
        let mut put = |bytes: &[u8], lost: usize| {
            out.push_str(std::str::from_utf8(bytes).unwrap());
            out.push_str(&"_".repeat(lost));
        };
        for &(seq, bytes, wire_len) in segments {
            let at = Timestamp::default();
            match reassembly.accept(at, SeqNo(seq), bytes.as_bytes(), wire_len) {
                Arrival::InOrder { bytes, lost } | Arrival::Restarted { bytes, lost } => {
                    put(bytes, lost);
                }
                Arrival::Early | Arrival::Old => {}
            }
            while let Some(piece) = reassembly.pop_ready() {
                put(&piece.bytes, piece.lost);
            }
        }
        assert_eq!(out, expected);
    }

    #[test]
    fn orders_segments() {
        check(10, &[(10, "ab", 2), (12, "cd", 2)], "abcd");
        check(10, &[(12, "cd", 2), (10, "ab", 2)], "abcd");
        check(10, &[(14, "ef", 2), (12, "cd", 2), (10, "ab", 2)], "abcdef");
        check(
            u32::MAX,
            &[(1, "cd", 2), (u32::MAX, "ab", 2), (3, "e", 1)],
            "abcde",
        );
    }

    #[test]
    fn first_copy_of_a_byte_wins() {
        check(10, &[(10, "abc", 3), (11, "XYZd", 4)], "abcZd");
        check(10, &[(12, "cd", 2), (10, "abXYe", 5)], "abcde");
        check(
            10,
            &[(11, "b", 1), (13, "d", 1), (11, "XcXe", 4), (10, "a", 1)],
            "abcde",
        );
        check(
            10,
            &[(10, "ab", 2), (10, "XY", 2), (9, "X", 1), (12, "c", 1)],
            "abc",
        );
    }

    #[test]
    fn what_the_capture_cut_is_lost() {
        check(10, &[(10, "ab", 4), (14, "c", 1)], "ab__c");
        check(10, &[(12, "c", 3), (15, "d", 1), (10, "ab", 2)], "abc__d");
        check(10, &[(13, "d", 1), (10, "a", 3)], "a__d");
        check(10, &[(13, "d", 1), (10, "a", 6)], "a__d__");
    }

    #[test]
    fn jumps_back_after_two_stale_segments() {
        let far = 10u32.wrapping_sub(1 << 22);
        check(10, &[(10, "ab", 2), (far, "x", 1), (12, "c", 1)], "abc");
        check(
            10,
            &[
                (10, "ab", 2),
                (far, "x", 1),
                (far + 1, "y", 1),
                (far + 2, "z", 1),
            ],
            "abyz",
        );
    }

    #[test]
    fn a_gap_can_be_skipped() {
        let mut reassembly = Reassembly::default();
        reassembly.start(SeqNo(0));
        let at = Timestamp::default();
        assert_eq!(reassembly.skip_gap(), None);
        assert_eq!(reassembly.accept(at, SeqNo(5), b"f", 1), Arrival::Early);
        assert!(reassembly.pop_ready().is_none());
        assert_eq!(reassembly.skip_gap(), Some(5));
        assert_eq!(
            reassembly.pop_ready().map(|piece| piece.bytes[0]),
            Some(b'f')
        );
        assert_eq!(reassembly.held(), 0);
        assert_eq!(reassembly.accept(at, SeqNo(0), b"abcde", 5), Arrival::Old);
    }
}

//! Pieces of user messages that wait for the others (RFC 9260, 6.9).

use std::collections::BTreeMap;

/// What a piece costs beyond its bytes: the nodes of two trees and the allocation.
const PIECE_OVERHEAD: usize = 160;

/// Within what the pieces of one message are numbered without a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// The TSNs of the association, of this stream only: a message does not change streams.
    Stream(u16),
    /// One message of a stream, by its own number.
    Message {
        stream: u16,
        message: u32,
        unordered: bool,
    },
}

/// A piece and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) space: Space,
    pub(super) number: u64,
    pub(super) begins: bool,
    pub(super) ends: bool,
    pub(super) bytes: &'a [u8],
}

/// The pieces of messages that are not complete.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    pieces: BTreeMap<(Space, u64), Box<[u8]>>,
    /// Pieces that follow each other, by the number of the first.
    runs: BTreeMap<(Space, u64), Run>,
    held: usize,
}

/// Consecutive pieces of one message.
#[derive(Clone, Copy, Debug)]
struct Run {
    last: u64,
    begins: bool,
    ends: bool,
}

impl Fragments {
    /// Bytes of memory they take.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes a piece; the whole message, if it was the last that was missing.
    pub(super) fn take(&mut self, piece: &Piece<'_>) -> Option<Vec<u8>> {
        let Piece { space, number, .. } = *piece;
        if self.pieces.contains_key(&(space, number)) {
            return None;
        }
        self.pieces.insert((space, number), piece.bytes.into());
        self.held += cost(piece.bytes);
        let (first, run) = self.join(piece);
        if !(run.begins && run.ends) {
            self.runs.insert((space, first), run);
            return None;
        }
        Some(self.collect(space, first, run.last))
    }

    /// The run `piece` makes with those next to it, which are taken out.
    fn join(&mut self, piece: &Piece<'_>) -> (u64, Run) {
        let Piece { space, number, .. } = *piece;
        let mut first = number;
        let mut run = Run {
            last: number,
            begins: piece.begins,
            ends: piece.ends,
        };
        let before = self.runs.range((space, 0)..(space, number)).next_back();
        if let Some((&(_, start), &left)) = before
            && left.last.checked_add(1) == Some(number)
            && !(left.ends || run.begins)
        {
            self.runs.remove(&(space, start));
            first = start;
            run.begins = left.begins;
        }
        if let Some(next) = number.checked_add(1)
            && let Some(&right) = self.runs.get(&(space, next))
            && !(run.ends || right.begins)
        {
            self.runs.remove(&(space, next));
            run.last = right.last;
            run.ends = right.ends;
        }
        (first, run)
    }

    fn collect(&mut self, space: Space, first: u64, last: u64) -> Vec<u8> {
        let mut message = Vec::new();
        for number in first..=last {
            if let Some(bytes) = self.pieces.remove(&(space, number)) {
                self.held = self.held.saturating_sub(cost(&bytes));
                message.extend_from_slice(&bytes);
            }
        }
        message
    }
}

fn cost(bytes: &[u8]) -> usize {
    bytes.len() + PIECE_OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces are `(stream, number, text)`, where `<` begins and `>` ends a message.
    fn check(pieces: &[(u16, u64, &str)], expected: &[&str]) {
        let mut fragments = Fragments::default();
        let mut seen = Vec::new();
        for &(stream, number, text) in pieces {
            let whole = fragments.take(&Piece {
                space: Space::Stream(stream),
                number,
                begins: text.starts_with('<'),
                ends: text.ends_with('>'),
                bytes: text.as_bytes(),
            });
            seen.extend(whole.map(|bytes| String::from_utf8(bytes).unwrap()));
        }
        assert_eq!(seen, expected);
        assert_eq!(fragments.held() == 0, fragments.pieces.is_empty());
        assert!(fragments.runs.len() <= fragments.pieces.len());
    }

    #[test]
    fn joins_pieces_in_any_order() {
        check(&[(0, 5, "<a"), (0, 6, "b"), (0, 7, "c>")], &["<abc>"]);
        check(&[(0, 7, "c>"), (0, 6, "b"), (0, 5, "<a")], &["<abc>"]);
        check(
            &[(0, 5, "<a"), (0, 7, "c>"), (0, 7, "d>"), (0, 6, "b")],
            &["<abc>"],
        );
        check(&[(0, 0, "<a"), (0, u64::MAX, "b>")], &[]);
    }

    #[test]
    fn keeps_messages_and_streams_apart() {
        check(
            &[(0, 6, "b>"), (0, 7, "<c"), (0, 5, "<a"), (0, 8, "d>")],
            &["<ab>", "<cd>"],
        );
        check(&[(1, 5, "<a"), (2, 6, "b>")], &[]);
        check(&[(0, 5, "<a"), (0, 6, "<b"), (0, 7, "c>")], &["<bc>"]);
    }
}

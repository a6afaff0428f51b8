//! One incomplete datagram.

use super::{Fragment, Reason};
use crate::time::Timestamp;

/// Fragments a datagram may come in: four times as many as the smallest IPv4 link makes of the largest datagram.
pub(super) const MAX_FRAGMENTS: usize = 512;

/// What a fragment is taken to cost besides its bytes.
pub(super) const FRAGMENT_COST: usize = 96;

/// The fragments of a datagram so far.
#[derive(Debug)]
pub(super) struct Datagram {
    age: (Timestamp, u64),
    state: State,
}

#[derive(Debug)]
enum State {
    Filling(Filling),
    /// A fragment overlapped another: what came is gone and what still comes is refused.
    Condemned(Reason),
}

#[derive(Debug, Default)]
struct Filling {
    /// Ordered by offset, none overlapping another.
    pieces: Vec<Piece>,
    /// Bytes on the wire of all pieces.
    filled: usize,
    /// Where the last fragment ends, once that has come.
    end: Option<usize>,
    /// From the first fragment, or until that has come from any.
    protocol: u8,
    frames: u32,
    captured: usize,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    /// On the wire; more than `bytes` holds where the capture cut it.
    wire_len: usize,
    bytes: Box<[u8]>,
}

/// What a fragment did to its datagram.
pub(super) enum Added {
    Waits,
    Complete,
    /// It was not taken, and `given_up` frames that waited went with it.
    Refused {
        why: Reason,
        given_up: u32,
    },
}

/// Where a fragment belongs among the pieces.
enum Place {
    At(usize),
    Duplicate,
    Overlap,
}

impl Datagram {
    pub(super) fn new(age: (Timestamp, u64)) -> Self {
        Datagram {
            age,
            state: State::Filling(Filling::default()),
        }
    }

    pub(super) fn age(&self) -> (Timestamp, u64) {
        self.age
    }

    /// Bytes it holds, with what they cost.
    pub(super) fn size(&self) -> usize {
        match &self.state {
            State::Filling(filling) => filling.captured + FRAGMENT_COST * filling.pieces.len(),
            State::Condemned(_) => 0,
        }
    }

    /// Frames that wait here.
    pub(super) fn frames(&self) -> u32 {
        self.filling().map_or(0, |filling| filling.frames)
    }

    /// What it carries.
    pub(super) fn protocol(&self) -> u8 {
        self.filling().map_or(0, |filling| filling.protocol)
    }

    /// Length on the wire of what has come.
    pub(super) fn wire_len(&self) -> usize {
        self.filling().map_or(0, |filling| filling.filled)
    }

    /// Writes out the payload, up to the first byte the capture cut off.
    pub(super) fn write(&self, whole: &mut Vec<u8>) {
        whole.clear();
        for piece in self.filling().into_iter().flat_map(|f| &f.pieces) {
            whole.extend_from_slice(&piece.bytes);
            if piece.bytes.len() < piece.wire_len {
                return;
            }
        }
    }

    pub(super) fn add(&mut self, fragment: &Fragment<'_>, frames: u32) -> Added {
        let filling = match &mut self.state {
            State::Condemned(why) => {
                return Added::Refused {
                    why: *why,
                    given_up: 0,
                };
            }
            State::Filling(filling) => filling,
        };
        match filling.place(fragment) {
            Place::Duplicate => Added::Refused {
                why: Reason::FragmentDuplicate,
                given_up: 0,
            },
            Place::Overlap => self.condemn(Reason::FragmentOverlap),
            Place::At(_) if filling.pieces.len() >= MAX_FRAGMENTS => {
                self.condemn(Reason::FragmentEvicted)
            }
            Place::At(index) => {
                filling.insert(index, fragment, frames);
                if filling.end == Some(filling.filled) {
                    Added::Complete
                } else {
                    Added::Waits
                }
            }
        }
    }

    fn condemn(&mut self, why: Reason) -> Added {
        let given_up = self.frames();
        self.state = State::Condemned(why);
        Added::Refused { why, given_up }
    }

    fn filling(&self) -> Option<&Filling> {
        match &self.state {
            State::Filling(filling) => Some(filling),
            State::Condemned(_) => None,
        }
    }
}

impl Filling {
    fn place(&self, fragment: &Fragment<'_>) -> Place {
        let start = fragment.offset;
        let end = start + fragment.window.wire_len();
        let index = self.pieces.partition_point(|piece| piece.start < start);
        let (before, behind) = self.pieces.split_at(index);
        if behind.first().is_some_and(|p| self.repeats(p, fragment)) {
            return Place::Duplicate;
        }
        let overlaps = before.last().is_some_and(|p| p.end() > start)
            || behind.first().is_some_and(|p| p.start < end);
        // Nothing lies behind the last fragment, and there is one last fragment.
        let beyond = match self.end {
            Some(last) => end > last || !fragment.more,
            None => !fragment.more && !behind.is_empty(),
        };
        if overlaps || beyond {
            Place::Overlap
        } else {
            Place::At(index)
        }
    }

    /// Whether the fragment says again what a piece said: the same bytes at the same place, the last or not the last.
    fn repeats(&self, piece: &Piece, fragment: &Fragment<'_>) -> bool {
        let is_last = self.end == Some(piece.end());
        piece.start == fragment.offset
            && piece.wire_len == fragment.window.wire_len()
            && *piece.bytes == *fragment.window.bytes()
            && is_last != fragment.more
    }

    fn insert(&mut self, index: usize, fragment: &Fragment<'_>, frames: u32) {
        let piece = Piece {
            start: fragment.offset,
            wire_len: fragment.window.wire_len(),
            bytes: fragment.window.bytes().into(),
        };
        if piece.start == 0 || self.pieces.is_empty() {
            self.protocol = fragment.protocol;
        }
        if !fragment.more {
            self.end = Some(piece.end());
        }
        self.filled += piece.wire_len;
        self.captured += piece.bytes.len();
        self.frames += frames;
        self.pieces.insert(index, piece);
    }
}

impl Piece {
    fn end(&self) -> usize {
        self.start + self.wire_len
    }
}

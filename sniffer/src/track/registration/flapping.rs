//! Accounts whose device changes its contact again and again: a translator that forgets, two devices with one
//! configuration, a link that comes and goes.

use smallvec::SmallVec;

use crate::time::{Span, Timestamp};

/// Moves within [`WINDOW`] that are too many.
const MOVES: usize = 3;

/// Longer than a phone needs that was carried from one network to another and back.
const WINDOW: Span = Span::from_secs(600);

/// The latest moves of one account.
#[derive(Debug, Default)]
pub(super) struct Moves(SmallVec<[Timestamp; MOVES]>);

impl Moves {
    /// Notes a move; says whether the account flaps. It then has to move as often again to be said to once more.
    pub(super) fn note(&mut self, at: Timestamp) -> bool {
        self.0.retain(|earlier| at.since(*earlier) <= WINDOW);
        self.0.push(at);
        let flaps = self.0.len() >= MOVES;
        if flaps {
            self.0.clear();
        }
        flaps
    }
}

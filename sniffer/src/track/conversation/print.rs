//! Short keys of what legs are looked up by.

use std::hash::{BuildHasher, Hash};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// A number that stands for a value in tables, the same in all threads of this process and unforeseeable from outside.
///
/// Two values may have one print, rarely: who finds something by it looks whether that is what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Print(u64);

impl Print {
    /// The number.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// The print of a value.
    pub(super) fn of(value: &impl Hash) -> Print {
        Print(SeedableRandomState::with_seed(0, SharedSeed::global_random()).hash_one(value))
    }
}

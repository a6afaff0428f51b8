//! Conversations: which calls a B2BUA or an SBC made of one another, by what they have in common.
//!
//! The legs of a conversation have Call-IDs of their own and so live with different workers. Each worker says what its calls
//! show, as [`Sighting`]s; [`Conversations`] reads those of all workers in the order of the frames, and the records of the
//! calls in the order in which they were over. What a wrong join would cost is more than what a missed one does, so
//! whatever fits two calls equally well joins none.

mod clue;
mod crowds;
mod group;
mod joiner;
mod leg;
mod print;
mod sighting;

pub use joiner::Conversations;
pub use sighting::{Sighting, Watch};

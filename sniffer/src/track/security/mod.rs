//! What looks like an attack: scanners, guessing, floods, digest leaks, fraud. `docs/security.md` explains each event.
//!
//! A source's messages belong to many calls and accounts, which different workers follow. So the [`Watch`] looks at the
//! messages where they still stand in the order of their frames, and [`FalseAnswers`] at the records of calls once they
//! have been put in order.

mod evidence;
mod false_answer;
mod rate;
mod sentence;
mod settings;
mod source;
mod sources;
mod transactions;
mod watch;

pub use false_answer::FalseAnswers;
pub use settings::{SCANNER_USER_AGENTS, SecuritySettings};
pub use watch::Watch;

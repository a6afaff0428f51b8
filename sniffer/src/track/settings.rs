//! What the operator chose for the trackers. `config` makes it of a file; nothing here reads one.

use super::Limits;

/// How to follow calls and registrations, and what to look out for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Capacities of the tables.
    pub limits: Limits,
    /// Whether records show which digits were dialled.
    pub show_digits: bool,
    /// Header fields of INVITEs that are copied into the call record, by full name.
    pub copied_headers: Vec<Box<str>>,
    /// Header fields that name the call of which an INVITE is a leg, by full name; the first found counts.
    pub conversation_headers: Vec<Box<str>>,
}

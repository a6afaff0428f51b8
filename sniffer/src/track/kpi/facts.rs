//! What the key figures need to know of a call that is over.

use crate::record::Outcome;
use crate::time::{Span, Timestamp};

/// A call that is over, or was cut off by the end of the capture.
#[derive(Clone, Debug)]
pub(in crate::track) struct Facts {
    /// Whether the capture shows the INVITE that began it: only then is it an attempt.
    pub(in crate::track) from_the_start: bool,
    pub(in crate::track) outcome: Outcome,
    /// Last final status of the INVITE, or the last provisional one.
    pub(in crate::track) status: Option<u16>,
    /// Its first message.
    pub(in crate::track) start: Timestamp,
    /// The 2xx.
    pub(in crate::track) answer: Option<Timestamp>,
    pub(in crate::track) end: Option<Timestamp>,
    /// The INVITE that was let in to the first status other than 100.
    pub(in crate::track) request_delay: Option<Span>,
    /// The first INVITE to the first 18x or 2xx, and to the 2xx.
    pub(in crate::track) post_dial_delay: Option<Span>,
    pub(in crate::track) setup_time: Option<Span>,
    /// INVITEs of the caller outside a dialog, repeats left out.
    pub(in crate::track) bids: u32,
    pub(in crate::track) challenged: bool,
    pub(in crate::track) reinvites: u32,
    pub(in crate::track) retransmissions: u64,
    /// Hops that the INVITE had behind it where it was last seen.
    pub(in crate::track) hops: Option<u8>,
    pub(in crate::track) farewell: Farewell,
}

/// How the BYE of a call fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::track) enum Farewell {
    /// There was none, or it still waits for its answer.
    #[default]
    Pending,
    /// Answered by a 2xx after this time.
    Confirmed(Span),
    /// The other side had ended the dialog already (481), or the capture shows one direction only.
    Given,
    /// Not answered while its transaction lasts: timer F (RFC 3261, 17.1.2.2).
    Unanswered,
}

//! One call as a leg that may belong to a conversation.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use smallvec::SmallVec;

use super::clue::Clue;
use super::print::Print;
use super::sighting::{Numbers, Sighting};
use crate::record::{CallRecord, Outcome};
use crate::time::Timestamp;

/// Clues kept of one leg.
const MAX_CLUES: usize = 16;

/// Hosts known to have received its INVITE.
const MAX_RECEIVERS: usize = 8;

/// What is known of a leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) call_id: Arc<str>,
    pub(super) start: Timestamp,
    /// The print of these two.
    pub(super) call: Print,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) numbers: Numbers,
    pub(super) receivers: SmallVec<[IpAddr; 2]>,
    pub(super) clues: Vec<(Print, Clue)>,
    pub(super) answered: Option<Timestamp>,
    /// Whether those who received it are still to answer it.
    pub(super) waits: bool,
    pub(super) conversation: Option<usize>,
    /// What its record said, once it is over.
    pub(super) over: Option<Over>,
}

/// How a leg went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    pub(super) outcome: Outcome,
    pub(super) ringing: Option<Timestamp>,
    pub(super) answer: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
}

impl Leg {
    pub(super) fn new(sighting: &Sighting, numbers: Numbers) -> Leg {
        Leg {
            call_id: Arc::clone(&sighting.call_id),
            start: sighting.start,
            call: sighting.call,
            src: sighting.src,
            dst: sighting.dst,
            numbers,
            receivers: SmallVec::new(),
            clues: Vec::with_capacity(sighting.clues.len()),
            answered: None,
            waits: true,
            conversation: None,
            over: None,
        }
    }

    /// Notes a clue. Whether it is new and there was room for it.
    pub(super) fn learn(&mut self, print: Print, clue: &Clue) -> bool {
        let news = self.clues.len() < MAX_CLUES && !self.shows(print, clue);
        if news {
            // Room for what an answer adds, not for twice as much.
            self.clues.reserve_exact(1);
            self.clues.push((print, clue.clone()));
        }
        news
    }

    /// Whether it shows this clue.
    pub(super) fn shows(&self, print: Print, clue: &Clue) -> bool {
        self.clues
            .iter()
            .any(|(known, one)| *known == print && one == clue)
    }

    /// Notes a host that received the INVITE. Whether it is new and there was room for it.
    pub(super) fn reach(&mut self, host: IpAddr) -> bool {
        let news = self.receivers.len() < MAX_RECEIVERS && !self.receivers.contains(&host);
        if news {
            self.receivers.push(host);
        }
        news
    }

    /// Whether `other` may have been made of it: it comes later, from another host (where all run on one, from the very
    /// address that received this one), and before this one was answered.
    pub(super) fn may_have_become(&self, other: &Leg) -> bool {
        self.start <= other.start
            && (self.src.ip() != other.src.ip() || self.dst == other.src)
            && self.answered.is_none_or(|at| at >= other.start)
    }

    /// Whether the host that sent `other` had received it.
    pub(super) fn reached_sender_of(&self, other: &Leg) -> bool {
        self.receivers.contains(&other.src.ip())
    }

    /// Whether both go from one host to another: then a third may have made both, but neither was made of the other.
    pub(super) fn is_beside(&self, other: &Leg) -> bool {
        (self.src.ip(), self.dst.ip()) == (other.src.ip(), other.dst.ip())
            && self.dst != other.src
            && other.dst != self.src
    }

    /// Whether both name their conversation, and by different names.
    pub(super) fn contradicts(&self, other: &Leg) -> bool {
        fn differ<T: PartialEq>(ours: impl Iterator<Item = T>, theirs: &[T]) -> bool {
            let mut ours = ours.peekable();
            !theirs.is_empty() && ours.peek().is_some() && !ours.any(|one| theirs.contains(&one))
        }
        let theirs: SmallVec<[u128; 2]> = other.session_ids().collect();
        let names: SmallVec<[&str; 1]> = other.given_names().collect();
        differ(self.session_ids(), &theirs) || differ(self.given_names(), &names)
    }

    fn session_ids(&self) -> impl Iterator<Item = u128> + '_ {
        self.clues.iter().filter_map(|(_, clue)| match clue {
            Clue::SessionId(uuid) => Some(*uuid),
            _ => None,
        })
    }

    /// What a header field calls the conversation. The Call-ID is no such name.
    fn given_names(&self) -> impl Iterator<Item = &str> {
        self.clues.iter().filter_map(|(_, clue)| match clue {
            Clue::Name(name) if **name != *self.call_id => Some(&**name),
            _ => None,
        })
    }

    pub(super) fn end(&mut self, call: &CallRecord) {
        self.over = Some(Over {
            outcome: call.outcome,
            ringing: call.ringing,
            answer: call.answer,
            end: call.end,
        });
    }
}

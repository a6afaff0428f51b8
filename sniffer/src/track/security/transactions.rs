//! The requests of late, so that an answer is judged by what was asked, and a repeat is counted once.
//!
//! A table of fixed size without chains: a request takes the place its fingerprint leads to, whoever had it. What is
//! forgotten so is an answer that nobody judges. The fingerprint has no secret: the same capture gives the same events.

use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;

use foldhash::fast::FixedState;

use crate::sip::Message;

/// Requests remembered; a power of two.
const SLOTS: usize = 1 << 16;

/// What of a request decides what its answer means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// It carried credentials.
    pub(super) credentials: bool,
    /// It had no To-tag.
    pub(super) initial: bool,
    /// The called side sent it within a dialog.
    pub(super) by_callee: bool,
    /// It calls a number of fraud.
    pub(super) toll: bool,
    /// A provisional answer other than 100 has come.
    pub(super) rang: bool,
    /// Its final answer has come.
    pub(super) done: bool,
    pub(super) server: u32,
}

/// Requests by fingerprint.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    slots: Vec<(u64, Asked)>,
}

/// What names a request: who sent it, and what its answer repeats of it (RFC 3261, 8.2.6.2).
pub(super) fn fingerprint(origin: IpAddr, message: &Message<'_>) -> u64 {
    let cseq = message
        .cseq()
        .map(|cseq| (cseq.seq, cseq.method.as_bytes()));
    hash(&(origin, message.call_id(), cseq))
}

pub(super) fn hash<T: Hash>(value: &T) -> u64 {
    FixedState::default().hash_one(value)
}

impl Transactions {
    /// Remembers a request to `server`; says whether it was known.
    pub(super) fn ask(&mut self, fingerprint: u64, server: IpAddr, asked: Asked) -> bool {
        if self.slots.is_empty() {
            self.slots = vec![(0, Asked::default()); SLOTS];
        }
        let Some(slot) = self.slot(fingerprint) else {
            return false;
        };
        if slot.0 == fingerprint {
            return true;
        }
        let server = hash(&server) as u32;
        *slot = (fingerprint, Asked { server, ..asked });
        false
    }

    /// The request that an answer is about.
    pub(super) fn find(&mut self, fingerprint: u64) -> Option<&mut Asked> {
        let (found, asked) = self.slot(fingerprint)?;
        (*found == fingerprint).then_some(asked)
    }

    fn slot(&mut self, fingerprint: u64) -> Option<&mut (u64, Asked)> {
        self.slots.get_mut(fingerprint as usize & (SLOTS - 1))
    }
}

impl Asked {
    /// Whether the request had been sent to this address.
    pub(super) fn went_to(&self, server: IpAddr) -> bool {
        self.server == hash(&server) as u32
    }
}

/// Who called, of the calls of late: by the tag of the caller. Of fixed size, as [`Transactions`].
#[derive(Debug, Default)]
pub(super) struct Callers {
    slots: Vec<Caller>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    call: u64,
    tag: u64,
    /// Whether it has asked the callee for credentials.
    pub(super) asks_credentials: bool,
}

impl Callers {
    /// Remembers who began a call; says whether the call is new.
    pub(super) fn note(&mut self, message: &Message<'_>) -> bool {
        if self.slots.is_empty() {
            self.slots = vec![Caller::default(); SLOTS];
        }
        let call = hash(&message.call_id());
        let tag = hash(&message.from_tag());
        let Some(slot) = self.slots.get_mut(call as usize & (SLOTS - 1)) else {
            return false;
        };
        if slot.call == call {
            return false;
        }
        *slot = Caller {
            call,
            tag,
            asks_credentials: false,
        };
        true
    }

    /// The caller that a request within a dialog goes to; `None` where the caller itself has sent it.
    pub(super) fn called_back(
        &mut self,
        to_caller: Option<&[u8]>,
        message: &Message<'_>,
    ) -> Option<&mut Caller> {
        let call = hash(&message.call_id());
        let slot = self.slots.get_mut(call as usize & (SLOTS - 1))?;
        (slot.call == call && slot.tag == hash(&to_caller)).then_some(slot)
    }
}

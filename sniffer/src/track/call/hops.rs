//! The INVITE transactions of one attempt: the caller's own, and those that proxies made of it.

use std::net::{IpAddr, SocketAddr};

use smallvec::SmallVec;

use crate::sip::Message;
use crate::time::Timestamp;
use crate::track::event::SipEvent;

/// Transactions of the caller's hop told apart by branch.
const MAX_BRANCHES: usize = 16;

/// Which INVITEs wait for a final answer, and what the later hops have failed with.
///
/// A tap beside a proxy sees an attempt several times. The caller's hop is where the first INVITE was seen; a failure on
/// a later one is the proxy's business (RFC 3261, 16.7) until the caller hears of it, for another branch may
/// still answer. Where the tap sees the far side of a forking proxy only, every branch is a transaction of the "caller",
/// and the attempt has failed once all of them have.
#[derive(Debug)]
pub(super) struct Hops {
    src: SocketAddr,
    dst: SocketAddr,
    branches: SmallVec<[Box<[u8]>; 1]>,
    /// Those of INVITEs that the caller has given up for later ones: a 2xx may still come.
    earlier: SmallVec<[Box<[u8]>; 1]>,
    open: usize,
    open_later: usize,
    /// The failure that holds if nothing else comes.
    pub(super) failure: Option<Failure>,
}

/// A final answer other than 2xx.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) at: Timestamp,
    pub(super) status: u16,
    pub(super) reason: Box<str>,
    pub(super) q850: Option<u16>,
    /// The Reason header field.
    pub(super) cause: Option<Box<str>>,
    pub(super) to_tag: Option<Box<str>>,
}

impl Failure {
    /// Which of two the caller would be told of: a 6xx ends all branches (RFC 3261, 16.7, step 6), else the
    /// later one.
    fn or(self, later: Failure) -> Failure {
        if self.status >= 600 { self } else { later }
    }
}

impl Hops {
    /// The caller's hop, as the first message of the call shows it; `src` is the caller's side.
    pub(super) fn new(src: SocketAddr, dst: SocketAddr, message: &Message<'_>) -> Hops {
        Hops {
            src,
            dst,
            branches: branch(message).into_iter().map(Into::into).collect(),
            earlier: SmallVec::new(),
            open: 1,
            open_later: 0,
            failure: None,
        }
    }

    /// Whether the message belongs to a transaction of the caller's own hop. Without branches, as before RFC 3261, its
    /// addresses tell; `caller_side` is the one that would be the caller's.
    pub(super) fn is_callers(&self, message: &Message<'_>, caller_side: IpAddr) -> bool {
        match branch(message) {
            Some(branch) if !self.branches.is_empty() => {
                self.knows(branch) || self.earlier.iter().any(|known| **known == *branch)
            }
            _ => caller_side == self.src.ip(),
        }
    }

    /// Whether a request comes from the caller itself: from the first INVITE's address, or, over a new connection, from
    /// the same host to the same server.
    pub(super) fn is_from_caller(&self, event: &SipEvent<'_>) -> bool {
        event.src == self.src || (event.src.ip() == self.src.ip() && event.dst == self.dst)
    }

    /// Whether an ACK is a transaction of its own, as only that of a 2xx is (RFC 3261, 17.1.1.3).
    pub(super) fn is_apart(&self, ack: &SipEvent<'_>) -> bool {
        let other = |branch: &[u8]| !self.branches.is_empty() && !self.knows(branch);
        ack.src == self.src && branch(ack.message).is_some_and(other)
    }

    /// The caller asks anew, with credentials: nothing of the earlier transactions counts any more.
    pub(super) fn begin_anew(&mut self, invite: &Message<'_>) {
        let mut earlier = std::mem::take(&mut self.earlier);
        earlier.append(&mut self.branches);
        earlier.truncate(MAX_BRANCHES);
        *self = Hops {
            earlier,
            ..Hops::new(self.src, self.dst, invite)
        };
    }

    /// The INVITE on another branch. Whether that is one of the caller's own hop.
    pub(super) fn branch_out(&mut self, event: &SipEvent<'_>) -> bool {
        let Some(branch) = branch(event.message).filter(|branch| !self.knows(branch)) else {
            return false;
        };
        if event.src != self.src {
            self.open_later += 1;
            return false;
        }
        let room = self.branches.len() < MAX_BRANCHES;
        if room {
            self.branches.push(branch.into());
            self.open += 1;
        }
        room
    }

    /// A branch has failed. Gives the failure that the attempt ends with, once it does.
    pub(super) fn fail(&mut self, failure: Failure, on_first_hop: bool) -> Option<Failure> {
        let open = if on_first_hop {
            &mut self.open
        } else {
            &mut self.open_later
        };
        *open = open.saturating_sub(1);
        let at = failure.at;
        let all_failed = on_first_hop && self.open == 0;
        let forked = self.branches.len() > 1 || !on_first_hop;
        let told = match self.failure.take().filter(|_| forked) {
            Some(known) => known.or(failure),
            None => failure,
        };
        if all_failed {
            return Some(Failure { at, ..told });
        }
        self.failure = Some(told);
        None
    }

    /// Whether something failed and no other branch that the tap saw can still be answered, though the caller was
    /// never told.
    pub(super) fn all_later_failed(&self) -> bool {
        self.failure.is_some() && self.open_later == 0 && self.branches.len() <= 1
    }

    fn knows(&self, branch: &[u8]) -> bool {
        self.branches.iter().any(|known| **known == *branch)
    }
}

fn branch<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.branch()
}

//! Which call a media address belongs to: what SDP announced, and from when to when it holds.
//!
//! One [`MediaAnnouncer`] writes, in the order of the frames, before any later frame is handed on; every worker
//! reads. A look-up names the frame it asks for and sees what had been announced up to that frame, so its answer
//! does not depend on how far the other threads are.

mod announcer;
mod claim;
mod follow;
mod ice;
mod offer;
mod peer;
#[cfg(test)]
mod tests;

pub use announcer::MediaAnnouncer;
pub use claim::Claim;
pub use follow::MediaChange;
pub use peer::{Peer, PeerClaim};

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use claim::Claims;
use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::event::Stamp;
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::time::{Span, Timestamp};

/// Two calls that announce the same address within this time are taken for two legs of one conversation, and the
/// earlier one owns the stream; further apart, for a port used anew, and the later one owns it.
const SAME_CONVERSATION: Span = Span::from_secs(10);

/// The announced addresses, for all threads to read.
#[derive(Debug, Default)]
pub struct MediaIndex {
    by_address: DashMap<SocketAddr, Claims, RandomState>,
    first_media: OnceLock<Timestamp>,
}

/// A stream's owner, as the index sees it at one moment.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The call.
    pub call_id: Arc<str>,
    /// Kind of media, from the receiver's announcement where there is one.
    pub kind: MediaKind,
    /// What the payload types mean: the receiver's word, completed by the sender's.
    pub formats: Arc<PayloadMap>,
    /// The node that follows the call, where that is not this one.
    pub peer: Option<Arc<Peer>>,
    /// The last moment at which the announcement holds; `None` while its call goes on.
    pub until: Option<Timestamp>,
}

impl MediaIndex {
    /// The call that media from `src` to `dst` belongs to at `at`.
    ///
    /// A call that announced both addresses comes before one that announced a single one; among equals see
    /// `SAME_CONVERSATION`. `None` when no call announced either.
    pub fn owner(&self, src: SocketAddr, dst: SocketAddr, at: Stamp) -> Option<Owner> {
        let theirs = self.claims(dst, at);
        let ours = self.claims(src, at);
        let rank = |claim: &Claim| {
            let both = [&theirs, &ours]
                .iter()
                .all(|side| side.iter().any(|c| c.call_id == claim.call_id));
            (both, claim.until(at).is_none())
        };
        let best = theirs.iter().chain(&ours).map(rank).max()?;
        let mut candidates: Vec<&Claim> = theirs
            .iter()
            .chain(&ours)
            .filter(|claim| rank(claim) == best)
            .collect();
        // What other nodes tell comes late, and says when it began.
        candidates.sort_by_key(|claim| (claim.began.clock, claim.began.frame));
        let latest = candidates.last()?.began.clock;
        let call = candidates
            .iter()
            .find(|claim| latest.since(claim.began.clock) <= SAME_CONVERSATION)?;
        Some(Owner::of(&call.call_id, &theirs, &ours, at))
    }

    /// Whether another call than `call_id` lays claim to `address` at `at`.
    pub fn is_shared(&self, address: SocketAddr, call_id: &str, at: Stamp) -> bool {
        self.by_address.get(&address).is_some_and(|claims| {
            let mut holding = claims.iter().filter(|claim| claim.holds(at));
            holding.any(|claim| *claim.call_id != *call_id)
        })
    }

    /// Whether any RTP from or to an announced address had passed the tap by `at`, a time that the dispatcher has passed.
    pub fn had_media(&self, at: Timestamp) -> bool {
        self.first_media.get().is_some_and(|first| *first <= at)
    }

    /// Whether anything was announced at `address` that holds at `at`.
    pub fn kind_at(&self, address: SocketAddr, at: Stamp) -> Option<MediaKind> {
        let claims = self.by_address.get(&address)?;
        claims
            .iter()
            .filter(|claim| claim.holds(at))
            .map(|claim| claim.kind)
            .next_back()
    }

    /// How a call stands that a stream from `src` to `dst` belongs to: `None` if it has no claim on either address any
    /// more, else the last moment at which it has, as far as that is known at `at`.
    pub fn standing(
        &self,
        call_id: &str,
        src: SocketAddr,
        dst: SocketAddr,
        at: Stamp,
    ) -> Option<Option<Timestamp>> {
        let own = [self.claims(dst, at), self.claims(src, at)];
        own.iter()
            .flatten()
            .filter(|claim| *claim.call_id == *call_id)
            .map(|claim| claim.until(at))
            .reduce(|a, b| Some(a?.max(b?)))
    }

    fn claims(&self, address: SocketAddr, at: Stamp) -> Claims {
        let Some(claims) = self.by_address.get(&address) else {
            return Claims::new();
        };
        claims
            .iter()
            .filter(|claim| claim.holds(at))
            .cloned()
            .collect()
    }
}

impl Owner {
    fn of(call_id: &Arc<str>, theirs: &[Claim], ours: &[Claim], at: Stamp) -> Owner {
        let last = |side: &[Claim]| {
            side.iter()
                .rfind(|claim| claim.call_id == *call_id)
                .cloned()
        };
        let (receiver, sender) = (last(theirs), last(ours));
        let formats = match (&receiver, &sender) {
            (Some(receiver), Some(sender)) if receiver.formats == sender.formats => {
                Arc::clone(&receiver.formats)
            }
            (Some(receiver), Some(sender)) => {
                let mut formats = PayloadMap::clone(&receiver.formats);
                formats.complete_by(&sender.formats);
                Arc::new(formats)
            }
            (Some(claim), None) | (None, Some(claim)) => Arc::clone(&claim.formats),
            (None, None) => Arc::default(),
        };
        let is_own = [&receiver, &sender]
            .into_iter()
            .flatten()
            .any(|claim| claim.peer.is_none());
        let named = receiver.or(sender);
        let peer = named.as_ref().and_then(|claim| claim.peer.clone());
        Owner {
            peer: peer.filter(|_| !is_own),
            call_id: Arc::clone(call_id),
            kind: named.as_ref().map_or(MediaKind::Other, |claim| claim.kind),
            formats,
            until: named.and_then(|claim| claim.until(at)),
        }
    }
}

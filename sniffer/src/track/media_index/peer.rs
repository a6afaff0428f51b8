//! Media addresses whose SDP another node has seen: what this node tells of its own, and what it is told.
//!
//! How the word gets there is not known here. A node that is told nothing has an index as if there were no others.

use std::net::SocketAddr;
use std::sync::Arc;

use super::claim::Claim;
use super::{MediaAnnouncer, MediaIndex};
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::time::Timestamp;
use crate::track::event::Stamp;

/// Another node.
#[derive(Debug, PartialEq, Eq)]
pub struct Peer {
    /// What mails to it are addressed to.
    pub name: Box<str>,
}

/// What a node says of one call at one media address. Times are those of its own tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerClaim {
    /// The call.
    pub call_id: Arc<str>,
    /// Kind of media.
    pub kind: MediaKind,
    /// What payload types mean.
    pub formats: Arc<PayloadMap>,
    /// When the call announced the address first.
    pub began: Timestamp,
    /// When it was over, if it is.
    pub ended: Option<Timestamp>,
}

impl MediaIndex {
    /// What SDP that this node has seen says of an address: the last word of each call.
    pub fn own_claims(&self, address: SocketAddr) -> Vec<PeerClaim> {
        let Some(claims) = self.by_address.get(&address) else {
            return Vec::new();
        };
        let mut own: Vec<PeerClaim> = Vec::new();
        for claim in claims.iter().filter(|claim| claim.peer.is_none()) {
            own.retain(|known| known.call_id != claim.call_id);
            own.push(PeerClaim {
                call_id: Arc::clone(&claim.call_id),
                kind: claim.kind,
                formats: Arc::clone(&claim.formats),
                began: claim.began.clock,
                ended: claim.ended.map(|ended| ended.clock),
            });
        }
        own
    }

    /// All addresses that SDP which this node has seen speaks of.
    pub fn own_addresses(&self) -> Vec<SocketAddr> {
        let is_own = |claim: &Claim| claim.peer.is_none();
        self.by_address
            .iter()
            .filter(|entry| entry.value().iter().any(is_own))
            .map(|entry| *entry.key())
            .collect()
    }
}

impl MediaAnnouncer {
    /// Has addresses noted from now on of which this node has something new to tell, for [`MediaAnnouncer::take_told`].
    pub fn tell_peers(&mut self) {
        self.told.get_or_insert_default();
    }

    /// The addresses since the last call; one may come several times.
    pub fn take_told(&mut self) -> Vec<SocketAddr> {
        self.told.as_mut().map_or_else(Vec::new, std::mem::take)
    }

    pub(super) fn tell(&mut self, address: SocketAddr) {
        if let Some(told) = &mut self.told {
            told.push(address);
        }
    }

    /// Takes in all that another node says of an address at this moment; what it said before and says no longer is over.
    /// What this node has seen of a call itself counts more.
    pub fn on_peer(
        &mut self,
        at: Stamp,
        address: SocketAddr,
        peer: &Arc<Peer>,
        said: &[PeerClaim],
    ) {
        for claim in said {
            self.hear(at, address, peer, claim);
        }
        let Some(mut claims) = self.index.by_address.get_mut(&address) else {
            return;
        };
        let silent = claims.iter_mut().filter(|known| {
            let of_peer = known.peer.as_ref() == Some(peer) && known.ended.is_none();
            of_peer && said.iter().all(|claim| claim.call_id != known.call_id)
        });
        let mut over: Vec<Arc<str>> = Vec::new();
        for known in silent {
            known.ended = Some(at);
            over.push(Arc::clone(&known.call_id));
        }
        drop(claims);
        over.into_iter()
            .for_each(|call_id| self.expire(at, call_id));
    }

    fn hear(&mut self, at: Stamp, address: SocketAddr, peer: &Arc<Peer>, claim: &PeerClaim) {
        let began = Stamp {
            frame: at.frame,
            clock: claim.began,
        };
        let known = self.index.by_address.get(&address).and_then(|claims| {
            let of_call = |known: &&Claim| known.call_id == claim.call_id;
            claims.iter().rfind(of_call).cloned()
        });
        let again = match known {
            Some(known) if known.peer.as_ref() != Some(peer) && known.ended.is_none() => return,
            Some(known)
                if known.peer.as_ref() == Some(peer) && known.began.clock == began.clock =>
            {
                let same = known.kind == claim.kind && known.formats == claim.formats;
                let is_news = known.ended.is_some() || !same;
                is_news && claim.ended.is_none()
            }
            _ => true,
        };
        if again && !self.announce_of(at, began, address, claim, peer) {
            return;
        }
        if let Some(ended) = claim.ended {
            self.end_of_peer(at, address, peer, claim, ended.min(at.clock));
        }
    }

    fn announce_of(
        &mut self,
        at: Stamp,
        began: Stamp,
        address: SocketAddr,
        claim: &PeerClaim,
        peer: &Arc<Peer>,
    ) -> bool {
        let call_id = match self.by_call.get_key_value(&claim.call_id) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::clone(&claim.call_id),
        };
        self.put(
            address,
            Claim {
                call_id,
                kind: claim.kind,
                formats: Arc::clone(&claim.formats),
                peer: Some(Arc::clone(peer)),
                began,
                since: at,
                ended: None,
            },
        )
    }

    fn end_of_peer(
        &mut self,
        at: Stamp,
        address: SocketAddr,
        peer: &Arc<Peer>,
        claim: &PeerClaim,
        ended: Timestamp,
    ) {
        let Some(mut claims) = self.index.by_address.get_mut(&address) else {
            return;
        };
        let mut changed = false;
        for known in claims.iter_mut() {
            let is_it = known.call_id == claim.call_id && known.peer.as_ref() == Some(peer);
            if is_it && known.ended.is_none() {
                known.ended = Some(Stamp {
                    frame: at.frame,
                    clock: ended,
                });
                changed = true;
            }
        }
        drop(claims);
        if changed {
            self.expire(at, Arc::clone(&claim.call_id));
        }
    }
}

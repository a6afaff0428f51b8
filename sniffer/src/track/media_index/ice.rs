//! Media addresses that connectivity checks show (RFC 8445): a check names the user fragments of both its ends, and SDP
//! says whose those are (RFC 8839, 5.4).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::announcer::{MediaAnnouncer, Phase};
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::sdp::Session;
use crate::track::event::Stamp;

/// User fragments kept of one call; restarts of ICE bring new ones.
const OF_ONE_CALL: usize = 16;

/// Calls that share one user fragment, as legs do where a relay leaves SDP alone.
const CALLS_OF_ONE: usize = 4;

/// The user fragments of all calls.
pub(super) type Fragments = HashMap<Box<str>, SmallVec<[Fragment; 1]>, RandomState>;

/// What stands behind a user fragment.
#[derive(Clone, Debug)]
pub(super) struct Fragment {
    call_id: Arc<str>,
    kind: MediaKind,
    formats: Arc<PayloadMap>,
}

impl MediaAnnouncer {
    /// Notes the user fragments of a description.
    pub(super) fn note_fragments(&mut self, stamp: Stamp, call_id: &Arc<str>, session: &Session) {
        for (number, media) in session.media.iter().enumerate() {
            let transport = session.transport_of(number).unwrap_or(media);
            let Some(name) = transport
                .ice_ufrag
                .as_deref()
                .filter(|_| !media.is_disabled())
            else {
                continue;
            };
            if !self.keeps(stamp, call_id, name) {
                self.refused += 1;
                continue;
            }
            let formats = super::offer::formats_of(media);
            let known = self.fragments.entry(name.into()).or_default();
            if let Some(one) = known.iter_mut().find(|one| one.call_id == *call_id) {
                // Media in a bundle share their fragment.
                Arc::make_mut(&mut one.formats).complete_by(&formats);
            } else if known.len() < CALLS_OF_ONE {
                known.push(Fragment {
                    call_id: Arc::clone(call_id),
                    kind: media.kind,
                    formats,
                });
            } else {
                self.refused += 1;
            }
        }
    }

    /// Takes in a connectivity check between two addresses, which names the fragments of its receiver and its sender. Both
    /// must be of one call, or one of them unknown: the tap may not see the other description.
    pub fn on_check(
        &mut self,
        stamp: Stamp,
        (src, dst): (SocketAddr, SocketAddr),
        (receiver, sender): (&str, &str),
    ) {
        if self.fragments.is_empty() {
            return;
        }
        let [theirs, ours] = [receiver, sender].map(|name| self.fragments.get(name).cloned());
        let [theirs, ours] = [theirs, ours].map(Option::unwrap_or_default);
        for (address, own, others) in [(dst, &theirs, &ours), (src, &ours, &theirs)] {
            for one in own {
                let agreed = others.is_empty() || others.iter().any(|o| o.call_id == one.call_id);
                if agreed && !self.is_known(stamp, address, &one.call_id) {
                    self.announce(stamp, address, &one.call_id, one.kind, &one.formats);
                }
            }
        }
    }

    /// Forgets the fragments of a call.
    pub(super) fn forget_fragments(&mut self, call_id: &Arc<str>, names: &[Box<str>]) {
        for name in names {
            if let Some(known) = self.fragments.get_mut(name) {
                known.retain(|one| one.call_id != *call_id);
                if known.is_empty() {
                    self.fragments.remove(name);
                }
            }
        }
    }

    /// Whether there is room for a fragment of a call, which is then noted with it.
    fn keeps(&mut self, stamp: Stamp, call_id: &Arc<str>, name: &str) -> bool {
        let room = self.fragments.len() < self.limits.media_addresses;
        let session = self.session(call_id, stamp);
        let known = session.fragments.iter().any(|one| **one == *name);
        if !known && room && session.fragments.len() < OF_ONE_CALL {
            session.fragments.push(name.into());
            return true;
        }
        known
    }

    /// Whether a call needs no word about an address: it announced that itself, or is over.
    fn is_known(&self, stamp: Stamp, address: SocketAddr, call_id: &Arc<str>) -> bool {
        let is_over = |phase| matches!(phase, Phase::Over | Phase::Failed);
        let over = self
            .by_call
            .get(call_id)
            .is_none_or(|session| is_over(session.phase));
        over || self.index.by_address.get(&address).is_some_and(|claims| {
            claims
                .iter()
                .any(|claim| claim.call_id == *call_id && claim.holds(stamp))
        })
    }
}

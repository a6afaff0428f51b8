//! The one writer of the media index: what each call announced, and whether the call is over.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::MediaIndex;
use super::claim::{Claim, LIFETIME, LINGER, make_room};
use super::follow::{Follower, MediaChange, RTCP_OF_CALL};
use super::ice::Fragments;
use crate::rtp::PayloadMaps;
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::time::{Span, Timestamp};
use crate::track::Limits;
use crate::track::event::Stamp;

/// The one writer of the index.
#[derive(Debug)]
pub struct MediaAnnouncer {
    pub(super) index: Arc<MediaIndex>,
    pub(super) limits: Limits,
    n_addresses: usize,
    pub(super) fragments: Fragments,
    pub(super) by_call: HashMap<Arc<str>, Session, RandomState>,
    /// Calls that have ended, in the order of the times from which nobody asks for them any more.
    ended: VecDeque<(Timestamp, Arc<str>)>,
    /// When calls of which no end was seen are looked for next.
    next_sweep: Timestamp,
    /// A time that every worker has passed.
    passed: Timestamp,
    pub(super) refused: u64,
    /// Whether any address was announced for fax.
    has_fax: bool,
    /// Changes, where somebody follows them.
    follower: Option<Follower>,
    pub(super) payload_maps: PayloadMaps,
    /// Addresses of which there is something new to tell other nodes, where somebody does.
    pub(super) told: Option<Vec<SocketAddr>>,
}

/// How often calls of which no end was seen are looked for.
const SWEEP_EVERY: Span = Span::from_secs(60);

/// A call with media, as far as its addresses go.
#[derive(Debug)]
pub(super) struct Session {
    /// When it announced something last.
    since: Timestamp,
    pub(super) addresses: SmallVec<[SocketAddr; 2]>,
    /// Nothing for most calls.
    pub(super) extras: Option<Box<Extras>>,
    pub(super) phase: Phase,
    /// CSeq and branch of the INVITE that began it, on the hop where that was first seen.
    pub(super) invite: Option<(u32, Box<[u8]>)>,
}

/// What few calls announce.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// User fragments of ICE in its descriptions.
    pub(super) fragments: Vec<Box<str>>,
    /// Addresses that are announced for RTCP alone, where changes are followed.
    rtcp: Vec<SocketAddr>,
}

/// How far a call with media has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not answered yet.
    #[default]
    Trying,
    /// Answered.
    Up,
    /// Failed, as far as the caller knows; another branch may be answered nevertheless.
    Failed,
    /// Ended by a BYE.
    Over,
}

impl MediaAnnouncer {
    /// A writer of `index`. There must be no other.
    pub fn new(index: Arc<MediaIndex>) -> Self {
        MediaAnnouncer::with_limits(index, Limits::default())
    }

    /// As [`MediaAnnouncer::new`], for an index of another size.
    pub fn with_limits(index: Arc<MediaIndex>, limits: Limits) -> Self {
        MediaAnnouncer {
            index,
            limits,
            n_addresses: 0,
            fragments: Fragments::default(),
            by_call: HashMap::default(),
            ended: VecDeque::new(),
            next_sweep: Timestamp::MIN,
            passed: Timestamp::MIN,
            refused: 0,
            has_fax: false,
            follower: None,
            payload_maps: PayloadMaps::default(),
            told: None,
        }
    }

    /// Says that from `at` on `call_id` takes or sends media at `address`.
    pub fn announce(
        &mut self,
        at: Stamp,
        address: SocketAddr,
        call_id: &Arc<str>,
        kind: MediaKind,
        formats: &Arc<PayloadMap>,
    ) {
        let claims = self.index.by_address.get(&address);
        let known = claims.as_ref().and_then(|claims| {
            let goes_on = |claim: &&Claim| claim.call_id == *call_id && claim.ended.is_none();
            claims.iter().rfind(goes_on)
        });
        let is_own = known.is_some_and(|claim| claim.peer.is_none());
        if is_own && known.is_some_and(|claim| claim.formats == *formats && claim.kind == kind) {
            return;
        }
        let began = known.map_or(at, |claim| claim.began);
        drop(claims);
        let claim = Claim {
            call_id: Arc::clone(call_id),
            kind,
            formats: Arc::clone(formats),
            peer: None,
            began,
            since: at,
            ended: None,
        };
        if self.put(address, claim) {
            self.tell(address);
        }
    }

    /// Adds a claim to an address; whether there was room.
    pub(super) fn put(&mut self, address: SocketAddr, claim: Claim) -> bool {
        let (kind, at, call_id) = (claim.kind, claim.since, Arc::clone(&claim.call_id));
        if !self.has_room(address, &call_id) {
            self.refused += 1;
            return false;
        }
        self.has_fax |= kind == MediaKind::Image;
        let mut claims = self.index.by_address.entry(address).or_default();
        self.n_addresses += usize::from(claims.is_empty());
        let missed = make_room(&mut claims, self.limits.claims_of_address, self.passed);
        claims.push(claim);
        let is_fax = claims.iter().any(|claim| claim.kind == MediaKind::Image);
        drop(claims);
        if let Some(follower) = &mut self.follower {
            follower.announced(address, if is_fax { MediaKind::Image } else { kind });
        }
        self.refused += u64::from(missed);
        self.note(&call_id, address, at);
        true
    }

    /// Has changes of addresses noted from now on, for [`MediaAnnouncer::take_changes`].
    pub fn follow_changes(&mut self) {
        self.follower.get_or_insert_default();
    }

    /// The changes of addresses since the last call, in their order.
    pub fn take_changes(&mut self) -> Vec<MediaChange> {
        let follower = self.follower.as_mut();
        follower.map_or_else(Vec::new, |follower| std::mem::take(&mut follower.changes))
    }

    /// Says that a call whose media is announced takes or sends its RTCP at `address`.
    pub(super) fn announce_rtcp(&mut self, address: SocketAddr, call_id: &str) {
        let (Some(follower), Some(session)) = (&mut self.follower, self.by_call.get_mut(call_id))
        else {
            return;
        };
        let known = &mut session.extras.get_or_insert_default().rtcp;
        if known.len() < RTCP_OF_CALL && !known.contains(&address) {
            known.push(address);
            follower.rtcp_announced(address);
        }
    }

    /// Whether the addresses of RTP packets matter: until the first of a call has been seen, and once any address was announced
    /// for fax.
    #[inline]
    pub fn looks_at_rtp(&self) -> bool {
        self.has_fax || self.looks_for_first_media()
    }

    #[inline]
    fn looks_for_first_media(&self) -> bool {
        self.index.first_media.get().is_none() && !self.by_call.is_empty()
    }

    /// Takes note of an RTP packet, until the first one that a call announced.
    #[inline]
    pub fn on_rtp(&mut self, at: Stamp, src: SocketAddr, dst: SocketAddr) {
        if !self.looks_for_first_media() {
            return;
        }
        let claimed = |address| self.index.by_address.contains_key(&address);
        if claimed(src) || claimed(dst) {
            let _ = self.index.first_media.set(at.clock);
        }
    }

    /// Says that `call_id` is over at `at`: its addresses are free a little later.
    pub fn end(&mut self, at: Stamp, call_id: &str) {
        let Some((call_id, session)) = self.by_call.get_key_value(call_id) else {
            return;
        };
        let mut ended = false;
        for address in &session.addresses {
            let Some(mut claims) = self.index.by_address.get_mut(address) else {
                continue;
            };
            for claim in claims
                .iter_mut()
                .filter(|claim| claim.call_id == *call_id && claim.ended.is_none())
            {
                claim.ended = Some(at);
                ended = true;
            }
            drop(claims);
            if let Some(told) = &mut self.told {
                told.push(*address);
            }
        }
        if ended || session.extras.is_some() {
            let call_id = Arc::clone(call_id);
            self.expire(at, call_id);
        }
    }

    /// Has a call looked at once what ended at `at` is asked for no more.
    pub(super) fn expire(&mut self, at: Stamp, call_id: Arc<str>) {
        self.ended.push_back((at.clock + LINGER, call_id));
    }

    /// Says that `call_id` goes on after all: what it had announced holds again from `at` on.
    pub(super) fn revive(&mut self, at: Stamp, call_id: &str) {
        let Some(session) = self.by_call.get_mut(call_id) else {
            return;
        };
        session.since = at.clock;
        for address in &session.addresses {
            let Some(mut claims) = self.index.by_address.get_mut(address) else {
                continue;
            };
            let last = claims.iter().rfind(|claim| *claim.call_id == *call_id);
            if let Some(claim) = last.filter(|claim| claim.ended.is_some()) {
                let again = Claim {
                    since: at,
                    ended: None,
                    ..claim.clone()
                };
                let missed = make_room(&mut claims, self.limits.claims_of_address, self.passed);
                self.refused += u64::from(missed);
                claims.push(again);
                drop(claims);
                if let Some(told) = &mut self.told {
                    told.push(*address);
                }
            }
        }
    }

    /// Forgets what no look-up can ask for any more. `passed` is a time that every worker has passed.
    pub fn prune(&mut self, passed: Timestamp) {
        self.passed = self.passed.max(passed);
        let is_due = |(at, _): &mut (Timestamp, Arc<str>)| *at < passed;
        while let Some((_, call_id)) = self.ended.pop_front_if(is_due) {
            self.forget(&call_id, passed);
        }
        if passed >= self.next_sweep {
            self.next_sweep = passed + SWEEP_EVERY;
            self.sweep(passed);
        }
    }

    /// Forgets calls that have been silent for longer than an announcement holds.
    fn sweep(&mut self, passed: Timestamp) {
        let is_old = |session: &Session| session.since + LIFETIME < passed;
        let old = self.by_call.iter().filter(|(_, session)| is_old(session));
        let old: Vec<Arc<str>> = old.map(|(call_id, _)| Arc::clone(call_id)).collect();
        for call_id in old {
            self.forget(&call_id, passed);
        }
    }

    /// Announcements that there was no room for, or that had to make room for a newer one of the same address.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Ended calls that are still known.
    #[cfg(test)]
    pub(in crate::track) fn waiting(&self) -> usize {
        self.ended.len()
    }

    fn has_room(&self, address: SocketAddr, call_id: &str) -> bool {
        let of_call = self
            .by_call
            .get(call_id)
            .map_or(&[][..], |session| &session.addresses);
        if of_call.len() >= self.limits.addresses_of_call && !of_call.contains(&address) {
            return false;
        }
        self.n_addresses < self.limits.media_addresses
            || self.index.by_address.contains_key(&address)
    }

    /// What is kept of a call, from its first announcement on.
    pub(super) fn session(&mut self, call_id: &Arc<str>, at: Stamp) -> &mut Session {
        let session = self
            .by_call
            .entry(Arc::clone(call_id))
            .or_insert_with(|| Session::new(at.clock));
        session.since = at.clock;
        session
    }

    fn note(&mut self, call_id: &Arc<str>, address: SocketAddr, at: Stamp) {
        let session = self.session(call_id, at);
        if !session.addresses.contains(&address) {
            session.addresses.push(address);
        }
    }

    fn forget(&mut self, call_id: &Arc<str>, passed: Timestamp) {
        let Some(session) = self.by_call.get_mut(call_id) else {
            return;
        };
        let index = &self.index.by_address;
        session.addresses.retain(|address| {
            let Some(mut claims) = index.get_mut(address) else {
                return false;
            };
            claims.retain(|claim| claim.call_id != *call_id || !claim.outlived(passed));
            let empty = claims.is_empty();
            let wanted = claims.iter().any(|claim| claim.call_id == *call_id);
            drop(claims);
            if let Some(told) = self.told.as_mut().filter(|_| !wanted) {
                told.push(*address);
            }
            if empty {
                index.remove(address);
                self.n_addresses -= 1;
                if let Some(follower) = &mut self.follower {
                    follower.gone(*address);
                }
            }
            wanted
        });
        if session.addresses.is_empty() {
            let Extras { fragments, rtcp } = session
                .extras
                .take()
                .map(|extras| *extras)
                .unwrap_or_default();
            if let Some(follower) = &mut self.follower {
                for address in &rtcp {
                    follower.rtcp_gone(*address, index.contains_key(address));
                }
            }
            self.by_call.remove(call_id);
            self.forget_fragments(call_id, &fragments);
        }
    }
}

impl Session {
    fn new(since: Timestamp) -> Session {
        Session {
            since,
            addresses: SmallVec::new(),
            extras: None,
            phase: Phase::default(),
            invite: None,
        }
    }
}

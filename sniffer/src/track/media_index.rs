//! Which call a media address belongs to: what SDP announced, and from when to when it holds.
//!
//! One [`MediaAnnouncer`] writes, in the order of the frames, before any later frame is handed on; every worker
//! reads. A look-up names the frame it asks for and sees what had been announced up to that frame, so its answer
//! does not depend on how far the other threads are.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::event::Stamp;
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::time::{Span, Timestamp};

/// How long an address still belongs to a call after its BYE or its final failure: packets on their way, and
/// streams that end a little later than their call.
const LINGER: Span = Span::from_secs(8);

/// How long an announcement holds when no end of its call is ever seen.
const LIFETIME: Span = Span::from_secs(12 * 3600);

/// Two calls that announce the same address within this time are taken for two legs of one conversation, and the
/// earlier one owns the stream; further apart, for a port used anew, and the later one owns it.
const SAME_CONVERSATION: Span = Span::from_secs(10);

/// Addresses known at most. Beyond it new announcements are refused and counted.
const CAPACITY: usize = 1 << 20;

/// Announcements kept for one address.
const CLAIMS_PER_ADDRESS: usize = 8;

/// What an SDP body said about one media address.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The call whose signalling carried it.
    pub call_id: Arc<str>,
    /// Kind of media.
    pub kind: MediaKind,
    /// What its payload types mean.
    pub formats: Arc<PayloadMap>,
    since: Stamp,
    ended: Option<Stamp>,
}

impl Claim {
    /// Whether media at `at` is covered. Looks at nothing that was announced or ended after that frame.
    fn holds(&self, at: Stamp) -> bool {
        self.since.is_by(at) && self.until(at).is_none_or(|until| at.clock <= until)
    }

    /// The last moment it covers, once its call had ended by `at`.
    fn until(&self, at: Stamp) -> Option<Timestamp> {
        self.ended
            .filter(|ended| ended.is_by(at))
            .map(|ended| ended.clock + LINGER)
    }

    /// Whether no look-up after `passed` can meet it.
    fn outlived(&self, passed: Timestamp) -> bool {
        self.ended
            .map_or(self.since.clock + LIFETIME, |ended| ended.clock + LINGER)
            < passed
    }
}

type Claims = SmallVec<[Claim; 1]>;

/// The announced addresses, for all threads to read.
#[derive(Debug, Default)]
pub struct MediaIndex {
    by_address: DashMap<SocketAddr, Claims, RandomState>,
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
        candidates.sort_by_key(|claim| claim.since.frame);
        let latest = candidates.last()?.since.clock;
        let call = candidates
            .iter()
            .find(|claim| latest.since(claim.since.clock) <= SAME_CONVERSATION)?;
        Some(Owner::of(&call.call_id, &theirs, &ours, at))
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
        let named = receiver.or(sender);
        Owner {
            call_id: Arc::clone(call_id),
            kind: named.as_ref().map_or(MediaKind::Other, |claim| claim.kind),
            formats,
            until: named.and_then(|claim| claim.until(at)),
        }
    }
}

/// The one writer of the index.
#[derive(Debug)]
pub struct MediaAnnouncer {
    index: Arc<MediaIndex>,
    n_addresses: usize,
    by_call: HashMap<Arc<str>, SmallVec<[SocketAddr; 2]>, RandomState>,
    /// When which call's claims are to be looked at for removal.
    expiry: BinaryHeap<Reverse<(Timestamp, Arc<str>)>>,
    refused: u64,
}

impl MediaAnnouncer {
    /// A writer of `index`. There must be no other.
    pub fn new(index: Arc<MediaIndex>) -> Self {
        MediaAnnouncer {
            index,
            n_addresses: 0,
            by_call: HashMap::default(),
            expiry: BinaryHeap::new(),
            refused: 0,
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
        if self.n_addresses >= CAPACITY && !self.index.by_address.contains_key(&address) {
            self.refused += 1;
            return;
        }
        let mut claims = self.index.by_address.entry(address).or_default();
        self.n_addresses += usize::from(claims.is_empty());
        let known = claims
            .iter()
            .rfind(|claim| claim.call_id == *call_id && claim.ended.is_none());
        if known.is_some_and(|claim| claim.formats == *formats && claim.kind == kind) {
            return;
        }
        if claims.len() == CLAIMS_PER_ADDRESS {
            claims.remove(0);
        }
        claims.push(Claim {
            call_id: Arc::clone(call_id),
            kind,
            formats: Arc::clone(formats),
            since: at,
            ended: None,
        });
        drop(claims);
        self.note(call_id, address, at);
    }

    /// Says that `call_id` is over at `at`: its addresses are free a little later.
    pub fn end(&mut self, at: Stamp, call_id: &str) {
        let Some((call_id, addresses)) = self.by_call.get_key_value(call_id) else {
            return;
        };
        for address in addresses {
            let Some(mut claims) = self.index.by_address.get_mut(address) else {
                continue;
            };
            let open = claims
                .iter_mut()
                .filter(|claim| claim.call_id == *call_id && claim.ended.is_none());
            open.for_each(|claim| claim.ended = Some(at));
        }
        self.expiry
            .push(Reverse((at.clock + LINGER, Arc::clone(call_id))));
    }

    /// Forgets what no look-up can ask for any more. `passed` is a time that every worker has passed.
    pub fn prune(&mut self, passed: Timestamp) {
        while self
            .expiry
            .peek()
            .is_some_and(|Reverse((at, _))| *at < passed)
        {
            let Some(Reverse((_, call_id))) = self.expiry.pop() else {
                break;
            };
            self.forget(&call_id, passed);
        }
    }

    /// Announcements refused because the index was full.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn note(&mut self, call_id: &Arc<str>, address: SocketAddr, at: Stamp) {
        let addresses = self.by_call.entry(Arc::clone(call_id)).or_insert_with(|| {
            self.expiry
                .push(Reverse((at.clock + LIFETIME, Arc::clone(call_id))));
            SmallVec::new()
        });
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }

    fn forget(&mut self, call_id: &Arc<str>, passed: Timestamp) {
        let Some(addresses) = self.by_call.get_mut(call_id) else {
            return;
        };
        let index = &self.index.by_address;
        addresses.retain(|address| {
            let Some(mut claims) = index.get_mut(address) else {
                return false;
            };
            claims.retain(|claim| claim.call_id != *call_id || !claim.outlived(passed));
            let empty = claims.is_empty();
            let wanted = claims.iter().any(|claim| claim.call_id == *call_id);
            drop(claims);
            if empty {
                index.remove(address);
                self.n_addresses -= 1;
            }
            wanted
        });
        if addresses.is_empty() {
            self.by_call.remove(call_id);
        } else {
            self.expiry
                .push(Reverse((passed + LIFETIME, Arc::clone(call_id))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::payload::PayloadFormat;

    struct Desk {
        index: Arc<MediaIndex>,
        announcer: MediaAnnouncer,
    }

    fn desk() -> Desk {
        let index = Arc::new(MediaIndex::default());
        Desk {
            announcer: MediaAnnouncer::new(Arc::clone(&index)),
            index,
        }
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("the test writes addresses")
    }

    fn at(secs: i64) -> Stamp {
        Stamp {
            frame: secs as u64,
            clock: Timestamp::from_secs_nanos(secs, 0),
        }
    }

    impl Desk {
        fn announce(&mut self, secs: i64, address: &str, call: &str) {
            self.announcer.announce(
                at(secs),
                addr(address),
                &call.into(),
                MediaKind::Audio,
                &Arc::default(),
            );
        }

        fn owner(&self, secs: i64, src: &str, dst: &str) -> Option<String> {
            self.index
                .owner(addr(src), addr(dst), at(secs))
                .map(|owner| owner.call_id.to_string())
        }
    }

    const A: &str = "192.0.2.1:4000";
    const B: &str = "192.0.2.2:5000";

    #[test]
    fn an_answer_holds_from_its_frame_on() {
        let mut desk = desk();
        desk.announce(10, A, "one");
        assert_eq!(desk.owner(9, B, A), None);
        assert_eq!(desk.owner(10, B, A).as_deref(), Some("one"));
        assert_eq!(desk.owner(10, A, B).as_deref(), Some("one"));
    }

    #[test]
    fn a_call_that_announced_both_ends_comes_first() {
        let mut desk = desk();
        desk.announce(1, A, "both");
        desk.announce(1, B, "both");
        desk.announce(20, A, "one end");
        assert_eq!(desk.owner(21, A, B).as_deref(), Some("both"));
    }

    #[test]
    fn a_port_used_anew_goes_to_the_later_call() {
        let mut desk = desk();
        desk.announce(1, A, "old");
        desk.announce(100, A, "new");
        assert_eq!(desk.owner(50, B, A).as_deref(), Some("old"));
        assert_eq!(desk.owner(101, B, A).as_deref(), Some("new"));
    }

    #[test]
    fn two_legs_that_share_an_address_belong_to_the_first() {
        let mut desk = desk();
        desk.announce(1, A, "inbound leg");
        desk.announce(2, A, "outbound leg");
        assert_eq!(desk.owner(3, B, A).as_deref(), Some("inbound leg"));
    }

    #[test]
    fn an_ended_call_lets_go_after_the_linger() {
        let mut desk = desk();
        desk.announce(1, A, "one");
        desk.announcer.end(at(10), "one");
        assert_eq!(desk.owner(18, B, A).as_deref(), Some("one"));
        assert_eq!(desk.owner(19, B, A), None);
        desk.announcer.prune(at(19).clock);
        assert!(desk.index.by_address.is_empty());
        assert!(desk.announcer.by_call.is_empty());
    }

    #[test]
    fn a_call_that_never_ends_is_forgotten_in_time() {
        let mut desk = desk();
        desk.announce(1, A, "one");
        desk.announcer.prune(at(12 * 3600).clock);
        assert!(!desk.index.by_address.is_empty());
        desk.announcer.prune(at(12 * 3600 + 2).clock);
        assert!(desk.index.by_address.is_empty());
    }

    #[test]
    fn the_receivers_word_on_a_payload_type_is_completed_by_the_senders() {
        let mut desk = desk();
        let format = |name: &str| PayloadFormat {
            encoding: name.into(),
            clock_hz: 8000,
            channels: 1,
            fmtp: None,
            kind: MediaKind::Audio,
        };
        let mut theirs = PayloadMap::default();
        theirs.insert(96, format("iLBC"));
        let mut ours = PayloadMap::default();
        ours.insert(96, format("speex"));
        ours.insert(97, format("telephone-event"));
        desk.announcer.announce(
            at(1),
            addr(B),
            &"one".into(),
            MediaKind::Audio,
            &Arc::new(theirs),
        );
        desk.announcer.announce(
            at(1),
            addr(A),
            &"one".into(),
            MediaKind::Audio,
            &Arc::new(ours),
        );
        let owner = desk
            .index
            .owner(addr(A), addr(B), at(2))
            .expect("both are announced");
        assert_eq!(owner.formats.format(96).map(|f| &*f.encoding), Some("iLBC"));
        assert_eq!(
            owner.formats.format(97).map(|f| &*f.encoding),
            Some("telephone-event")
        );
    }
}

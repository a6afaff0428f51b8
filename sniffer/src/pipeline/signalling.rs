//! What the dispatcher does with a SIP message: count it, and show it to the writer of the media index.
//!
//! Both need every message in the order of the frames; all else about a message is its worker's business.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::record::SipSummary;
use crate::sip::{Message, Method, StartLine, text};
use crate::track::event::Stamp;
use crate::track::media_index::{MediaAnnouncer, MediaChange, MediaIndex, Peer, PeerClaim};

/// Unknown methods counted under their own names; further ones count as `other`.
const MAX_UNKNOWN_METHODS: usize = 64;

/// Numbers of three digits (RFC 3261, 7.2). Others count as messages and among the malformed.
const STATUS_CODES: RangeInclusive<u16> = 100..=999;

/// Pairs of method and code counted at most; further codes count as 0.
const MAX_ANSWERS: usize = 256;

/// Distinct Call-IDs counted at most.
const MAX_CALL_IDS: usize = 1 << 22;

/// SIP messages in numbers, and the writer of the media index.
#[derive(Debug)]
pub(super) struct Signalling {
    announcer: MediaAnnouncer,
    messages: u64,
    requests: BTreeMap<String, u64>,
    responses: BTreeMap<u16, u64>,
    /// By the method answered, one of those known or `other`, and the code.
    answers: BTreeMap<(&'static str, u16), u64>,
    call_ids: HashSet<u64, RandomState>,
    unreadable_reports: u64,
    hasher: RandomState,
}

impl Signalling {
    /// Writes to `index`; `tells` notes what is new for other nodes.
    pub(super) fn new(index: Arc<MediaIndex>, tells: bool) -> Self {
        let mut announcer = MediaAnnouncer::new(index);
        if tells {
            announcer.tell_peers();
        }
        Signalling {
            announcer,
            messages: 0,
            requests: BTreeMap::new(),
            responses: BTreeMap::new(),
            answers: BTreeMap::new(),
            call_ids: HashSet::default(),
            unreadable_reports: 0,
            hasher: RandomState::default(),
        }
    }

    /// Takes in one message.
    pub(super) fn on_message(&mut self, stamp: Stamp, message: &Message<'_>) {
        self.count(message);
        self.announcer.on_message(stamp, message);
    }

    /// Counts a voice quality report that cannot be read.
    pub(super) fn on_unreadable_report(&mut self) {
        self.unreadable_reports += 1;
    }

    /// Whether the addresses of RTP packets matter: while it looks for the first media, and to tell RTP from fax.
    #[inline]
    pub(super) fn looks_at_rtp(&self) -> bool {
        self.announcer.looks_at_rtp()
    }

    /// Takes note of an RTP packet.
    #[inline]
    pub(super) fn on_rtp(&mut self, stamp: Stamp, src: SocketAddr, dst: SocketAddr) {
        self.announcer.on_rtp(stamp, src, dst);
    }

    /// Takes in a connectivity check, which names the fragments of its receiver and its sender.
    pub(super) fn on_check(
        &mut self,
        stamp: Stamp,
        ends: (SocketAddr, SocketAddr),
        fragments: (&str, &str),
    ) {
        self.announcer.on_check(stamp, ends, fragments);
    }

    /// Has changes of media addresses noted from now on.
    pub(super) fn follow_media(&mut self) {
        self.announcer.follow_changes();
    }

    /// The changes of media addresses since the last call.
    pub(super) fn take_media_changes(&mut self) -> Vec<MediaChange> {
        self.announcer.take_changes()
    }

    /// Takes in all that another node says of a media address.
    pub(super) fn on_peer(
        &mut self,
        stamp: Stamp,
        address: SocketAddr,
        peer: &Arc<Peer>,
        claims: &[PeerClaim],
    ) {
        self.announcer.on_peer(stamp, address, peer, claims);
    }

    /// The addresses of which there is something new for other nodes.
    pub(super) fn take_told(&mut self) -> Vec<SocketAddr> {
        self.announcer.take_told()
    }

    /// Forgets media addresses that no worker can ask for any more.
    pub(super) fn prune(&mut self, passed: crate::time::Timestamp) {
        self.announcer.prune(passed);
    }

    /// Responses by the method they answer and their code.
    pub(super) fn responses(&self) -> &BTreeMap<(&'static str, u16), u64> {
        &self.answers
    }

    /// The numbers, as far as the dispatcher knows them.
    pub(super) fn summary(&self) -> SipSummary {
        SipSummary {
            messages: self.messages,
            requests: self.requests.clone(),
            responses: self
                .responses
                .iter()
                .map(|(code, n)| (code.to_string(), *n))
                .collect(),
            call_ids: self.call_ids.len() as u64,
            over_capacity: Some(("media_announcements", self.announcer.refused()))
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .collect(),
            endpoint_reports: Some(("unreadable", self.unreadable_reports))
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .collect(),
            ..SipSummary::default()
        }
    }

    fn count(&mut self, message: &Message<'_>) {
        self.messages += 1;
        match message.start() {
            StartLine::Request { method, .. } => self.count_request(&method),
            StartLine::Response { code, .. } if STATUS_CODES.contains(&code) => {
                *self.responses.entry(code).or_default() += 1;
                let method = message.cseq().map(|cseq| cseq.method);
                let method = method.map_or("other", |method| method.label());
                let known = self.answers.contains_key(&(method, code));
                let room = known || self.answers.len() < MAX_ANSWERS;
                *self
                    .answers
                    .entry((method, if room { code } else { 0 }))
                    .or_default() += 1;
            }
            StartLine::Response { .. } => {}
        }
        if let Some(call_id) = message
            .call_id()
            .filter(|_| self.call_ids.len() < MAX_CALL_IDS)
        {
            self.call_ids.insert(self.hasher.hash_one(call_id));
        }
    }

    fn count_request(&mut self, method: &Method<'_>) {
        let name = text::display(method.as_bytes());
        let room = self.requests.len() < Method::KNOWN.len() + MAX_UNKNOWN_METHODS;
        match self.requests.get_mut(&*name) {
            Some(n) => *n += 1,
            None if room || !matches!(method, Method::Other(_)) => {
                self.requests.insert(name.into_owned(), 1);
            }
            None => *self.requests.entry("other".to_owned()).or_default() += 1,
        }
    }
}

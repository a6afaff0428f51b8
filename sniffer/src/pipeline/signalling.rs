//! What the dispatcher does with a SIP message: count it, and tell the media index what its SDP says.
//!
//! Both need every message in the order of the frames; all else about a message is its worker's business.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::record::SipSummary;
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::sdp::{Candidate, Media, Session};
use crate::sip::{Defect, Message, Method, StartLine, text};
use crate::track::event::Stamp;
use crate::track::media_index::{MediaAnnouncer, MediaIndex};

/// Unknown methods counted under their own names; further ones count as `other`.
const MAX_UNKNOWN_METHODS: usize = 64;

/// Port pairs of one media description that are followed (RFC 8866, 5.14: hierarchically encoded streams).
const MAX_PORT_PAIRS: u16 = 4;

/// Numbers of three digits (RFC 3261, 7.2). Others count as messages and among the malformed.
const STATUS_CODES: RangeInclusive<u16> = 100..=999;

/// Distinct Call-IDs counted at most.
const MAX_CALL_IDS: usize = 1 << 22;

/// SIP messages in numbers, and the writer of the media index.
#[derive(Debug)]
pub(super) struct Signalling {
    announcer: MediaAnnouncer,
    messages: u64,
    requests: BTreeMap<String, u64>,
    responses: BTreeMap<u16, u64>,
    malformed: BTreeMap<Defect, u64>,
    call_ids: HashSet<u64, RandomState>,
    hasher: RandomState,
}

impl Signalling {
    pub(super) fn new(index: Arc<MediaIndex>) -> Self {
        Signalling {
            announcer: MediaAnnouncer::new(index),
            messages: 0,
            requests: BTreeMap::new(),
            responses: BTreeMap::new(),
            malformed: BTreeMap::new(),
            call_ids: HashSet::default(),
            hasher: RandomState::default(),
        }
    }

    /// Takes in one message.
    pub(super) fn on_message(&mut self, stamp: Stamp, message: &Message<'_>) {
        self.count(message);
        let Some(call_id) = message.call_id() else {
            return;
        };
        let call_id = text::display(call_id);
        if announces_media(message) {
            self.announce(stamp, &call_id, message);
        }
        if ends_call(message) {
            self.announcer.end(stamp, &call_id);
        }
    }

    /// Forgets media addresses that no worker can ask for any more.
    pub(super) fn prune(&mut self, passed: crate::time::Timestamp) {
        self.announcer.prune(passed);
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
            malformed: self
                .malformed
                .iter()
                .map(|(defect, n)| (defect.name(), *n))
                .collect(),
            call_ids: self.call_ids.len() as u64,
            ..SipSummary::default()
        }
    }

    fn count(&mut self, message: &Message<'_>) {
        self.messages += 1;
        match message.start() {
            StartLine::Request { method, .. } => self.count_request(&method),
            StartLine::Response { code, .. } if STATUS_CODES.contains(&code) => {
                *self.responses.entry(code).or_default() += 1;
            }
            StartLine::Response { .. } => {}
        }
        if let Some(defect) = message.check() {
            *self.malformed.entry(defect).or_default() += 1;
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

    fn announce(&mut self, stamp: Stamp, call_id: &str, message: &Message<'_>) {
        let call_id: Arc<str> = Arc::from(call_id);
        for session in message
            .sdp_bodies()
            .filter_map(|body| Session::parse(body).ok())
        {
            for (address, (kind, formats)) in endpoints(&session) {
                self.announcer
                    .announce(stamp, address, &call_id, kind, &Arc::new(formats));
            }
        }
    }
}

/// Where a session description says media goes, and what may come there. Media that share an address (BUNDLE, RFC 9143)
/// are one endpoint: the kind is the first one's, the payload types are those of all.
fn endpoints(session: &Session) -> BTreeMap<SocketAddr, (MediaKind, PayloadMap)> {
    let mut endpoints = BTreeMap::<SocketAddr, (MediaKind, PayloadMap)>::new();
    for (number, media) in session
        .media
        .iter()
        .enumerate()
        .filter(|(_, media)| !media.is_disabled())
    {
        for address in addresses(session.transport_of(number).unwrap_or(media)) {
            let (_, formats) = endpoints
                .entry(address)
                .or_insert_with(|| (media.kind, PayloadMap::default()));
            formats.complete_by(&media.payloads);
        }
    }
    endpoints
}

/// The addresses of one media description: its own, those of its further port pairs, and its ICE candidates for RTP.
fn addresses(media: &Media) -> impl Iterator<Item = SocketAddr> {
    let pairs = (0..media.port_count.min(MAX_PORT_PAIRS)).filter_map(|pair| {
        let first = media.rtp_addr()?;
        Some(SocketAddr::new(
            first.ip(),
            first.port().checked_add(2 * pair)?,
        ))
    });
    let candidates = media
        .candidates
        .iter()
        .filter(|candidate| candidate.is_udp && candidate.component == 1);
    pairs.chain(candidates.filter_map(Candidate::addr))
}

/// Whether SDP in this message is part of an offer or an answer of a session (RFC 3261, 13.2.1; RFC 3262, 5;
/// RFC 3311, 5.1) and not, say, the answer to an OPTIONS.
fn announces_media(message: &Message<'_>) -> bool {
    let method = message.cseq().map(|cseq| cseq.method);
    matches!(
        method,
        Some(Method::Invite | Method::Ack | Method::Prack | Method::Update)
    )
}

/// Whether this message ends the call: a BYE, or a final failure of an INVITE that is not a challenge.
///
/// A failed re-INVITE says the same; its call's next SDP announces the addresses anew, and until then the streams
/// that run are bound already.
fn ends_call(message: &Message<'_>) -> bool {
    match message.start() {
        StartLine::Request { method, .. } => method == Method::Bye,
        StartLine::Response {
            code: 300..=699, ..
        } => {
            !matches!(message.start().code(), Some(401 | 407 | 491))
                && message
                    .cseq()
                    .is_some_and(|cseq| cseq.method == Method::Invite)
        }
        StartLine::Response { .. } => false,
    }
}

//! Tells a message that is seen again from one that is new.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use crate::sip::{HeaderName, Message, StartLine};
use crate::time::{Span, Timestamp};

/// How long after its last sighting a message may come again and still be a repeat: 64*T1, the time a transaction
/// may take (RFC 3261, 17.1.1.2).
const WINDOW: Span = Span::from_secs(32);

/// What a branch begins with where it names the transaction (RFC 3261, 8.1.1.7).
const MAGIC_COOKIE: &[u8] = b"z9hG4bK";

/// The SIP messages of the last 32 seconds, by fingerprint.
///
/// A request repeats another when it passes between the same two addresses with the same method, CSeq, tags and
/// top Via (its transaction, RFC 3261, 17.2.3; before RFC 3261 the Request-URI as well). A response must in addition
/// have the same status, RSeq and body: several provisional answers of one status are not repeats of each other.
#[derive(Debug)]
pub(super) struct Repeats {
    last_seen: HashMap<u64, Timestamp, RandomState>,
    by_age: VecDeque<(Timestamp, u64)>,
    capacity: usize,
    hasher: RandomState,
}

impl Repeats {
    /// Remembers `capacity` messages at most; beyond it the oldest are forgotten, and a repeat of one counts as new.
    pub(super) fn new(capacity: usize) -> Self {
        Repeats {
            last_seen: HashMap::default(),
            by_age: VecDeque::new(),
            capacity,
            hasher: RandomState::default(),
        }
    }

    /// Whether this message has passed between these addresses within the window; remembers it.
    ///
    /// One that the capture cut before it says what it belongs to is never a repeat: too many others would look like it.
    pub(super) fn is_repeat(
        &mut self,
        at: Timestamp,
        src: SocketAddr,
        dst: SocketAddr,
        message: &Message<'_>,
    ) -> bool {
        self.forget(at);
        if message.is_cut() && !names_its_transaction(message) {
            return false;
        }
        let fingerprint = self.fingerprint(src, dst, message);
        self.by_age.push_back((at, fingerprint));
        self.last_seen.insert(fingerprint, at).is_some()
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(&(at, fingerprint)) = self.by_age.front() {
            if now.since(at) <= WINDOW && self.by_age.len() < self.capacity {
                break;
            }
            self.by_age.pop_front();
            if self.last_seen.get(&fingerprint) == Some(&at) {
                self.last_seen.remove(&fingerprint);
            }
        }
    }

    fn fingerprint(&self, src: SocketAddr, dst: SocketAddr, message: &Message<'_>) -> u64 {
        let mut hash = self.hasher.build_hasher();
        (src, dst).hash(&mut hash);
        message.call_id().hash(&mut hash);
        if let Some(cseq) = message.cseq() {
            (cseq.seq, cseq.method.as_bytes()).hash(&mut hash);
        }
        message.from_tag().hash(&mut hash);
        message.to_tag().hash(&mut hash);
        let via = message.via();
        via.map(|via| (message.branch(), via.host, via.port))
            .hash(&mut hash);
        match message.start() {
            StartLine::Request { method, uri } => {
                method.as_bytes().hash(&mut hash);
                (!has_magic_cookie(message)).then_some(uri).hash(&mut hash);
            }
            StartLine::Response { code, .. } => {
                (code, message.header(HeaderName::RSeq), message.body()).hash(&mut hash);
            }
        }
        hash.finish()
    }
}

/// Whether it says which transaction it belongs to, in all the header fields that name one.
fn names_its_transaction(message: &Message<'_>) -> bool {
    let has = |name| message.header(name).is_some();
    let names = [HeaderName::Via, HeaderName::From, HeaderName::To];
    message.call_id().is_some() && message.cseq().is_some() && names.into_iter().all(has)
}

/// Whether the branch alone names the transaction (RFC 3261, 8.1.1.7).
pub(super) fn has_magic_cookie(message: &Message<'_>) -> bool {
    message
        .branch()
        .is_some_and(|branch| branch.starts_with(MAGIC_COOKIE))
}

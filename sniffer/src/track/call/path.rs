//! The way the messages of a call took: between which addresses they passed, and how long each was kept from one hop to
//! the next. Which INVITE transactions decide the call is not its business; `hops` knows that.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, SocketAddr};

use foldhash::fast::FixedState;

use crate::record::{AddedDelays, HopRecord, MinMeanMax};
use crate::sip::StartLine;
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;

/// Hops of one call; messages between further addresses are left.
const MAX_HOPS: usize = 16;

/// Messages remembered to be met again on the next hop; the oldest are forgotten.
const MAX_PASSAGES: usize = 16;

/// Via values looked at, from the top.
const MAX_VIAS: usize = 4;

/// The hops of a call.
#[derive(Debug, Default)]
pub(super) struct Path {
    hops: Vec<Hop>,
    passages: VecDeque<Passage>,
}

#[derive(Debug)]
struct Hop {
    /// The end nearer to the caller.
    near: SocketAddr,
    far: SocketAddr,
    transport: &'static str,
    first: Timestamp,
    messages: u64,
    requests: Added,
    responses: Added,
}

/// Delays of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    count: u64,
    sum: Span,
    /// These two of at least one delay.
    min: Span,
    max: Span,
}

/// One message on one hop.
#[derive(Clone, Copy, Debug)]
struct Passage {
    /// What all sightings of one message have in common.
    identity: u32,
    is_request: bool,
    /// The branches of its Via values from the top; 0 where there is none.
    branches: [u32; MAX_VIAS],
    /// The hop it was on, and whether it went away from the caller there.
    hop: u8,
    outward: bool,
    at: Timestamp,
}

impl Path {
    /// Takes in a message that is no repeat; `by_caller` says whether its request comes from the caller's side.
    pub(super) fn note(&mut self, event: &SipEvent<'_>, by_caller: bool) {
        let from_caller = event.message.is_request() == by_caller;
        let (near, far) = match from_caller {
            true => (event.src, event.dst),
            false => (event.dst, event.src),
        };
        let Some(number) = self.hop(near, far, event) else {
            return;
        };
        let passage = Passage::of(event, by_caller, number);
        let delay = passage.and_then(|passage| self.delay(&passage));
        if let Some(hop) = self.hops.get_mut(number) {
            hop.messages += 1;
            match event.message.is_request() {
                true => hop.requests.add(delay),
                false => hop.responses.add(delay),
            }
        }
        if let Some(passage) = passage {
            if self.passages.len() == MAX_PASSAGES {
                self.passages.pop_front();
            }
            self.passages.push_back(passage);
        }
    }

    /// The hops in the order in which they were first seen; none where all messages passed between the same two
    /// addresses.
    pub(super) fn records(&self) -> Vec<HopRecord> {
        if self.hops.len() < 2 {
            return Vec::new();
        }
        self.hops.iter().map(Hop::record).collect()
    }

    /// The hop between two addresses. Over a connection one port may be any: either side can have opened it.
    fn hop(&mut self, near: SocketAddr, far: SocketAddr, event: &SipEvent<'_>) -> Option<usize> {
        let is_it = |hop: &Hop| hop.near == near && hop.far == far;
        let is_like_it = |hop: &Hop| {
            event.transport != "udp"
                && (hop.near.ip(), hop.far.ip()) == (near.ip(), far.ip())
                && (hop.near.port() == near.port() || hop.far.port() == far.port())
        };
        let known = self.hops.iter().position(is_it);
        if let Some(number) = known.or_else(|| self.hops.iter().position(is_like_it)) {
            return Some(number);
        }
        if self.hops.len() >= MAX_HOPS {
            return None;
        }
        self.hops.reserve_exact(1);
        self.hops.push(Hop {
            near,
            far,
            transport: event.transport,
            first: event.at,
            messages: 0,
            requests: Added::default(),
            responses: Added::default(),
        });
        Some(self.hops.len() - 1)
    }

    /// The time since the same message was on the hop before.
    fn delay(&self, passage: &Passage) -> Option<Span> {
        let earlier = self.passages.iter().rev();
        let before = earlier
            .filter_map(|earlier| Some((self.steps_between(earlier, passage)?, earlier)))
            .min_by_key(|(steps, _)| *steps)?
            .1;
        Some(passage.at.since(before.at)).filter(|delay| *delay >= Span::ZERO)
    }

    /// How many hops after `earlier` the same message is at `later`; `None` where it is not the same one further on.
    fn steps_between(&self, earlier: &Passage, later: &Passage) -> Option<usize> {
        if later.identity != earlier.identity {
            return None;
        }
        let handed_on =
            later.hop != earlier.hop && self.receiver(earlier)? == self.sender(later)?;
        later.steps_behind(earlier, handed_on)
    }

    fn sender(&self, passage: &Passage) -> Option<IpAddr> {
        let hop = self.hops.get(usize::from(passage.hop))?;
        Some(if passage.outward { hop.near } else { hop.far }.ip())
    }

    fn receiver(&self, passage: &Passage) -> Option<IpAddr> {
        let hop = self.hops.get(usize::from(passage.hop))?;
        Some(if passage.outward { hop.far } else { hop.near }.ip())
    }
}

impl Passage {
    /// A message that a proxy would hand on, which a 100 is not (RFC 3261, 16.7, step 5).
    fn of(event: &SipEvent<'_>, by_caller: bool, hop: usize) -> Option<Passage> {
        let message = event.message;
        let status = match message.start() {
            StartLine::Request { .. } => 0,
            StartLine::Response { code: 100, .. } => return None,
            StartLine::Response { code, .. } => code,
        };
        let to_tag = message.to_tag();
        let cseq = message.cseq()?;
        let identity = (by_caller, cseq.seq, cseq.method.as_bytes(), status);
        let mut branches = [0; MAX_VIAS];
        for (slot, branch) in branches.iter_mut().zip(message.branches()) {
            *slot = branch.map_or(0, |branch| fingerprint(branch).max(1));
        }
        Some(Passage {
            identity: fingerprint(&(identity, to_tag.filter(|_| status > 0))),
            is_request: status == 0,
            branches,
            hop: u8::try_from(hop).ok()?,
            outward: (status == 0) == by_caller,
            at: event.at,
        })
    }

    /// How many hops after `earlier`, a sighting of the same message, this one is; `None` where it is not further on.
    ///
    /// Every proxy puts a Via on a request and takes it off the response (RFC 3261, 16.6 and 16.7): the top one of the
    /// sighting nearer to its sender stands below the top of the other. Where the Via values are hidden, the address
    /// that received the one must have sent the other, on another hop: it was `handed_on`.
    fn steps_behind(&self, earlier: &Passage, handed_on: bool) -> Option<usize> {
        let (shorter, longer) = match self.is_request {
            true => (&earlier.branches, &self.branches),
            false => (&self.branches, &earlier.branches),
        };
        if shorter[0] != 0 && longer[1] != 0 {
            return longer[1..].iter().position(|below| *below == shorter[0]);
        }
        (handed_on && shorter[1] == 0).then_some(0)
    }
}

impl Hop {
    fn record(&self) -> HopRecord {
        HopRecord {
            src: self.near,
            dst: self.far,
            transport: self.transport,
            first: self.first,
            messages: self.messages,
            added_ms: AddedDelays {
                requests: self.requests.figures(),
                responses: self.responses.figures(),
            },
        }
    }
}

impl Added {
    fn add(&mut self, delay: Option<Span>) {
        let Some(delay) = delay else {
            return;
        };
        let is_first = self.count == 0;
        self.count += 1;
        self.sum += delay;
        self.min = if is_first { delay } else { self.min.min(delay) };
        self.max = self.max.max(delay);
    }

    fn figures(&self) -> Option<MinMeanMax> {
        (self.count > 0).then(|| MinMeanMax {
            count: self.count,
            min: self.min.as_millis_f64(),
            mean: self.sum.as_millis_f64() / self.count as f64,
            max: self.max.as_millis_f64(),
        })
    }
}

/// Tells values of one call apart; who makes two collide spoils the delays of the own call only.
fn fingerprint<T: Hash + ?Sized>(value: &T) -> u32 {
    FixedState::default().hash_one(value) as u32
}

//! The addresses that a call announced for its media, on every hop the tap sees, and what was said to be taken there.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use smallvec::SmallVec;

use super::description::listed;
use crate::record::Side;
use crate::rtp::Keying;
use crate::sdp::{Candidate, Session};

/// Addresses kept for one call.
const MAX_PLACES: usize = 32;

/// All addresses announced.
#[derive(Debug, Default)]
pub(in crate::track::call) struct Places {
    list: SmallVec<[Place; 2]>,
    /// Whether ICE (RFC 8445) may move media to addresses nobody announced.
    ice: bool,
    /// Ways to agree on keys that SDP named.
    pub(in crate::track::call) keying: BTreeSet<Keying>,
}

/// One address.
#[derive(Clone, Copy, Debug)]
pub(in crate::track::call) struct Place {
    pub(in crate::track::call) address: SocketAddr,
    /// Whether the caller's side announced it, and whether the callee's did.
    of: [bool; 2],
    /// Payload types listed for it.
    pub(in crate::track::call) takes: u128,
    /// The first packet duration asked for, in ms.
    ptime_ms: Option<u32>,
    /// Whether different durations were asked for.
    ptime_changed: bool,
}

impl Places {
    /// Notes what `side` announces.
    pub(super) fn note(&mut self, session: &Session, side: Side) {
        for (number, media) in session.media.iter().enumerate() {
            let transport = session.transport_of(number).unwrap_or(media);
            self.keying.extend(media.keying());
            self.keying.extend(media.security.keying());
            self.ice |= !transport.candidates.is_empty();
            let own = transport.rtp_addr();
            let candidates = transport.candidates.iter().filter_map(Candidate::addr);
            for address in own.into_iter().chain(candidates) {
                self.add(address, side, listed(media), media.payloads.ptime_ms);
            }
        }
    }

    fn add(&mut self, address: SocketAddr, side: Side, takes: u128, ptime_ms: Option<u32>) {
        if self.get(address).is_none() && self.list.len() < MAX_PLACES {
            self.list.push(Place::new(address, ptime_ms));
        }
        let known = self.list.iter_mut().find(|place| place.address == address);
        let Some(place) = known else {
            return;
        };
        place.of[usize::from(side == Side::Callee)] = true;
        place.takes |= takes;
        place.ptime_changed |= place.ptime_ms != ptime_ms;
    }

    /// Whether ICE decides where media goes.
    pub(in crate::track::call) fn may_move(&self) -> bool {
        self.ice
    }

    /// What was said of an address.
    pub(in crate::track::call) fn get(&self, address: SocketAddr) -> Option<&Place> {
        self.list.iter().find(|place| place.address == address)
    }

    /// The addresses of one side.
    pub(in crate::track::call) fn of(&self, side: Side) -> impl Iterator<Item = SocketAddr> + '_ {
        let places = self.list.iter().filter(move |place| place.is_of(side));
        places.map(|place| place.address)
    }

    /// All addresses.
    pub(in crate::track::call) fn all(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.list.iter().map(|place| place.address)
    }

    /// Which side media between these two addresses runs to; the hosts tell where the ports do not.
    pub(in crate::track::call) fn receiver(
        &self,
        src: SocketAddr,
        dst: SocketAddr,
    ) -> Option<Side> {
        let exact = |address| self.get(address).and_then(Place::side);
        let host = |address: SocketAddr| {
            let mut sides = [Side::Caller, Side::Callee]
                .into_iter()
                .filter(|side| self.of(*side).any(|known| known.ip() == address.ip()));
            sides.next().filter(|_| sides.next().is_none())
        };
        exact(dst)
            .or_else(|| exact(src).map(Side::other))
            .or_else(|| host(dst))
            .or_else(|| host(src).map(Side::other))
    }
}

impl Place {
    fn new(address: SocketAddr, ptime_ms: Option<u32>) -> Place {
        Place {
            address,
            of: [false; 2],
            takes: 0,
            ptime_ms,
            ptime_changed: false,
        }
    }

    fn is_of(&self, side: Side) -> bool {
        self.of[usize::from(side == Side::Callee)]
    }

    fn side(&self) -> Option<Side> {
        match self.of {
            [true, false] => Some(Side::Caller),
            [false, true] => Some(Side::Callee),
            _ => None,
        }
    }

    /// The packet duration asked for here, where only one was.
    pub(in crate::track::call) fn ptime_ms(&self) -> Option<u32> {
        self.ptime_ms.filter(|_| !self.ptime_changed)
    }
}

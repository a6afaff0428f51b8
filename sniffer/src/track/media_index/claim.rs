//! What one call announced of one media address, and when that holds.

use std::sync::Arc;

use smallvec::SmallVec;

use super::peer::Peer;
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::time::{Span, Timestamp};
use crate::track::event::Stamp;

/// How long an address still belongs to a call after its BYE or its final failure: packets on their way, and
/// streams that end a little later than their call.
pub(super) const LINGER: Span = Span::from_secs(8);

/// How long an announcement holds when no end of its call is ever seen.
pub(super) const LIFETIME: Span = Span::from_secs(12 * 3600);

/// What an SDP body said about one media address.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The call whose signalling carried it.
    pub call_id: Arc<str>,
    /// Kind of media.
    pub kind: MediaKind,
    /// What its payload types mean.
    pub formats: Arc<PayloadMap>,
    /// The node that has seen the SDP, where this one has not.
    pub peer: Option<Arc<Peer>>,
    /// When the call announced the address first.
    pub(super) began: Stamp,
    /// When it said what stands here.
    pub(super) since: Stamp,
    pub(super) ended: Option<Stamp>,
}

/// The announcements of one address, in the order in which they were made.
pub(super) type Claims = SmallVec<[Claim; 1]>;

impl Claim {
    /// Whether media at `at` is covered. Looks at nothing that was announced or ended after that frame.
    pub(super) fn holds(&self, at: Stamp) -> bool {
        self.since.is_by(at) && self.until(at).is_none_or(|until| at.clock <= until)
    }

    /// The last moment it covers, once its call had ended by `at`.
    pub(super) fn until(&self, at: Stamp) -> Option<Timestamp> {
        self.ended
            .filter(|ended| ended.is_by(at))
            .map(|ended| ended.clock + LINGER)
    }

    /// Whether no look-up after `passed` can meet it.
    pub(super) fn outlived(&self, passed: Timestamp) -> bool {
        self.ended
            .map_or(self.since.clock + LIFETIME, |ended| ended.clock + LINGER)
            < passed
    }
}

/// Makes room for one more among `room` claims; whether something had to go that a look-up could still have met.
///
/// What a call has said anew since, and what is over, is not missed once every worker has passed that; only then the
/// oldest goes.
pub(super) fn make_room(claims: &mut Claims, room: usize, passed: Timestamp) -> bool {
    if claims.len() < room {
        return false;
    }
    let renewed: SmallVec<[bool; 8]> = (0..claims.len())
        .map(|place| is_renewed(claims, place, passed))
        .collect();
    let mut place = 0;
    claims.retain(|claim| {
        let renewed = renewed.get(place).copied().unwrap_or(false);
        place += 1;
        !renewed && !claim.outlived(passed)
    });
    let missed = claims.len() >= room;
    if missed {
        claims.remove(0);
    }
    missed
}

fn is_renewed(claims: &Claims, place: usize, passed: Timestamp) -> bool {
    let mut from_here = claims.iter().skip(place);
    let Some(claim) = from_here.next() else {
        return false;
    };
    from_here.any(|later| later.call_id == claim.call_id && later.since.clock < passed)
}

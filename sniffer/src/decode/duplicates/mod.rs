//! Copies that the tap made: the same IP packet seen again by another port, interface or tunnel, or mirrored twice.
//!
//! It tells a copy from what a host or the network sent again, and that is all: what becomes of a copy is the caller's
//! business. How it is decided, why, and where that ends is told in `docs/duplicates.md`.

mod habits;
mod identity;
mod recent;
#[cfg(test)]
mod tests;

use foldhash::fast::RandomState;

use self::habits::Habits;
use self::identity::{Header, Place};
use self::recent::Recent;
use super::frame::Frame;
use super::layer::{End, Trail};
use super::packet::Payload;
use super::window::Window;
use crate::sip::looks_like_sip;
use crate::time::{Span, Timestamp};

/// How late a copy may come from another place: longer than it takes from one tap to the next, far shorter than the
/// 500 ms after which SIP repeats itself (T1 of RFC 3261, 17.1.1.1).
pub(crate) const WINDOW: Span = Span::from_millis(100);

/// How late a copy may come at the same place. Mirrors take microseconds to two milliseconds, and no host repeats a SIP
/// message this soon.
pub(crate) const SAME_PLACE: Span = Span::from_millis(10);

/// Packets remembered at the least, however many pass within [`WINDOW`], and half of those remembered at the most:
/// what a table of 65,536 slots takes.
pub(crate) const REMEMBERED: usize = 57_344;

/// Remembers the packets of the last moments, and knows their copies.
#[derive(Debug)]
pub(crate) struct Duplicates {
    recent: Recent,
    habits: Habits,
    hasher: RandomState,
}

impl Duplicates {
    /// Remembers nothing yet, and `remembered` packets as [`REMEMBERED`] says.
    pub(crate) fn new(remembered: usize) -> Self {
        Duplicates {
            recent: Recent::new(remembered),
            habits: Habits::new(),
            hasher: RandomState::default(),
        }
    }

    /// Whether what `frame` led to is a copy of a packet that has been seen, and was not sent again.
    ///
    /// To be asked once of each frame, in their order. `is_sent_once` says whether no host sends such a thing twice within
    /// [`SAME_PLACE`]; it is asked only where that matters. What has no IP header that can be read is never a copy.
    #[inline]
    pub(crate) fn is_copy(
        &mut self,
        frame: &Frame<'_>,
        trail: &Trail<'_>,
        is_sent_once: impl FnOnce() -> bool,
    ) -> bool {
        let Some(header) = trail.inner.and_then(Header::read) else {
            return false;
        };
        let place = Place::of(frame, trail, &header);
        self.is_seen(frame.at, &header, place, is_sent_once)
    }

    /// As [`Duplicates::is_copy`], of a frame that is nothing but Ethernet, the IP header that `ip` begins with, and UDP.
    #[inline]
    pub(crate) fn is_plain_copy(
        &mut self,
        frame: &Frame<'_>,
        ip: Window<'_>,
        is_sent_once: impl FnOnce() -> bool,
    ) -> bool {
        let Some(header) = Header::read(ip) else {
            return false;
        };
        let place = Place::of_plain(frame, &header);
        self.is_seen(frame.at, &header, place, is_sent_once)
    }

    #[inline(always)]
    fn is_seen(
        &mut self,
        at: Timestamp,
        header: &Header<'_>,
        place: Place,
        is_sent_once: impl FnOnce() -> bool,
    ) -> bool {
        let habit = self.habits.of(place.path);
        let print = header.fingerprint(&self.hasher);
        if self.recent.is_first(print, place.mark, at) {
            habit.note_packet();
            return false;
        }
        let sighting = self.recent.sighting(print, at);
        let last = sighting.last_at(place.mark);
        if last.is_some_and(|last| is_within(SAME_PLACE, last, at)) {
            let is_mirrored = habit.mirrors();
            if sighting.note_repeat(place.mark) {
                habit.note_repeat();
            }
            if is_mirrored || is_sent_once() {
                return true;
            }
        } else {
            habit.note_packet();
        }
        !sighting.count(place.mark, at)
    }

    /// Packets that are remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.recent.len()
    }
}

/// Whether two moments lie no further apart than `span`, whichever came first.
fn is_within(span: Span, a: Timestamp, b: Timestamp) -> bool {
    a.since(b).max(b.since(a)) <= span
}

/// Whether no host sends again within [`SAME_PLACE`] what a frame led to: a fragment, for the next datagram has another
/// identification, and SIP over UDP. RTP has no such rule.
pub(crate) fn is_sent_once(end: &End<'_>) -> bool {
    match end {
        End::Fragment(_) => true,
        End::Payload(Payload::Udp(datagram)) => is_sip(datagram.bytes),
        End::Payload(_) => false,
    }
}

/// Whether the payload of a UDP datagram is SIP, whose timers are slower than [`SAME_PLACE`].
pub(crate) fn is_sip(payload: &[u8]) -> bool {
    looks_like_sip(payload.trim_ascii_start())
}

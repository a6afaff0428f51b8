//! Which two calls fit each other: by a name, by their media, or by their numbers.

use smallvec::SmallVec;

use super::Conversations;
use crate::record::EvidenceKind;
use crate::time::Span;
use crate::track::conversation::clue::Clue;
use crate::track::conversation::leg::Leg;
use crate::track::conversation::sighting::Numbers;

/// How long after the INVITE that came in the one that went out may start, where numbers alone join them.
const NUMBERS_WINDOW: Span = Span::from_secs(5);

/// What a description or numbers prove less where the tap does not show that the host that sent the one leg had received the
/// other, %.
const WITHOUT_HOST: u8 = 20;

impl Conversations {
    /// All that one name is given to are one conversation, except what runs beside each other: that may bear it by
    /// accident. Calls of one Call-ID must have been made of one another as well.
    pub(super) fn join_by_name(&mut self, number: usize, clue: &Clue, sharing: &[usize]) {
        for other in sharing.iter().copied().filter(|other| *other != number) {
            let kind = self.both(number, other).and_then(|(a, b)| {
                let made = || a.may_have_become(b) || b.may_have_become(a);
                match a.call_id == b.call_id {
                    true => made().then_some(EvidenceKind::CallId),
                    false => (!a.is_beside(b)).then_some(clue.kind()),
                }
            });
            if let Some(kind) = kind {
                self.bond(number, other, kind, kind.confidence(), || clue.value());
            }
        }
    }

    /// Who wants media in one place is one conversation, if it is clear which leg was made of which.
    pub(super) fn join_by_media(&mut self, number: usize, clue: &Clue, sharing: &[usize]) {
        for later in sharing.iter().copied() {
            let Some((earlier, by_host)) = self.made_of(later, clue, sharing) else {
                continue;
            };
            if earlier == number || later == number {
                let less = if by_host { 0 } else { WITHOUT_HOST };
                let confidence = clue.kind().confidence() - less;
                self.bond(earlier, later, clue.kind(), confidence, || clue.value());
            }
        }
    }

    /// The only one of `sharing` that `later` may have been made of, and whether its sender had received that one.
    fn made_of(&self, later: usize, clue: &Clue, sharing: &[usize]) -> Option<(usize, bool)> {
        let leg = self.legs.get(later)?;
        let may_be = |number: &&usize| {
            let other = self.legs.get(**number);
            other.is_some_and(|other| **number != later && other.may_have_become(leg))
        };
        let reached = |number: &&usize| {
            let other = self.legs.get(**number);
            other.is_some_and(|other| other.reached_sender_of(leg))
        };
        let candidates: SmallVec<[&usize; 4]> = sharing.iter().filter(may_be).collect();
        let near: SmallVec<[&usize; 4]> = candidates.iter().copied().filter(reached).collect();
        match (near.as_slice(), candidates.as_slice()) {
            ([only], _) => Some((**only, true)),
            ([], [only]) if matches!(clue, Clue::Sdp(..)) => Some((**only, false)),
            _ => None,
        }
    }

    /// A leg that nothing else has joined, by its numbers: of the legs that wait for an answer just one must have them.
    pub(super) fn join_by_numbers(&mut self, number: usize) {
        let leg = self.legs.get(number);
        let Some(leg) = leg.filter(|leg| leg.conversation.is_none()) else {
            return;
        };
        let Some((other, kind, less)) = self.by_numbers(leg) else {
            return;
        };
        let fits = |other: &Leg| {
            other.numbers.called == leg.numbers.called
                && (kind != EvidenceKind::Numbers || other.numbers.caller == leg.numbers.caller)
                && other.may_have_become(leg)
                && leg.start.since(other.start) <= NUMBERS_WINDOW
                && !other.contradicts(leg)
        };
        if self.legs.get(other).is_some_and(fits) {
            let Numbers { caller, called } = leg.numbers.clone();
            let shown = |user: Option<Box<str>>| user.map_or("withheld".to_owned(), String::from);
            self.bond(other, number, kind, kind.confidence() - less, || {
                format!("{} to {}", shown(caller), shown(called))
            });
        }
    }

    /// The only leg that the sender of this one had received, or else the only one anywhere if the numbers are long enough
    /// to be more than extensions; and how much less that proves.
    fn by_numbers(&self, leg: &Leg) -> Option<(usize, EvidenceKind, u8)> {
        let host = Some(leg.src.ip());
        let called = leg.numbers.called.as_deref()?;
        let Some(caller) = leg.numbers.caller.as_deref() else {
            let other = self.crowds.only_to(host, called)?;
            return Some((other, EvidenceKind::CalledNumber, 0));
        };
        if let Some(other) = self.crowds.only(host, caller, called) {
            return Some((other, EvidenceKind::Numbers, 0));
        }
        if let Some(other) = self.crowds.only_to(host, called) {
            let is_withheld = self.legs.get(other)?.numbers.caller.is_none();
            return is_withheld.then_some((other, EvidenceKind::CalledNumber, 0));
        }
        let other = self.crowds.only(None, caller, called)?;
        let are_numbers = leg.numbers.are_public();
        are_numbers.then_some((other, EvidenceKind::Numbers, WITHOUT_HOST))
    }

    fn both(&self, a: usize, b: usize) -> Option<(&Leg, &Leg)> {
        Some((self.legs.get(a)?, self.legs.get(b)?))
    }
}

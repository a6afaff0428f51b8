//! Offers and answers of a call (RFC 3264, RFC 3261 13.2.1, RFC 3262 5, RFC 3311 5.1, RFC 6337): what was agreed, and
//! from when it holds.
//!
//! The rounds are those of the hop on which the call began; a relay may say something else on the next one, and what it
//! says there stands in [`Places`].

mod description;
mod places;

pub(in crate::track::call) use description::bit;
pub(super) use places::Places;

use std::borrow::Cow;

use description::Description;

use crate::record::{Flow, MediaRound, RoundResult, Side};
use crate::rtp::payload::MediaKind;
use crate::sip::{CSeq, Message, Method, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::party::{from_tag, to_tag};

/// Rounds kept of one call: the first one and the latest.
const MAX_ROUNDS: usize = 32;

/// The rounds of a call, in the order of their offers.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    rounds: Vec<Round>,
    pub(super) places: Places,
}

/// One offer and what came of it.
#[derive(Clone, Debug)]
struct Round {
    at: Timestamp,
    by: Side,
    carrier: Carrier,
    offer: Description,
    answered: Option<(Timestamp, Box<str>, Description)>,
    status: Option<u16>,
    repeated: u32,
    /// The callee's tag, once there is one.
    tag: Option<Box<str>>,
}

/// The transaction in which an offer was made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Carrier {
    /// Who sent its request.
    requester: Side,
    method: &'static str,
    cseq: u32,
    branch: Option<Box<[u8]>>,
    /// Where the offer is in an answer: its status.
    status: Option<u16>,
}

/// A message as the rounds look at it.
struct Step<'e, 'm> {
    event: &'e SipEvent<'m>,
    requester: Side,
    cseq: CSeq<'m>,
    tag: Option<Cow<'m, str>>,
}

impl Negotiation {
    /// Takes in a message that is no repeat; `from_caller` tells whether its From is the caller's.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>, from_caller: bool) {
        let message = event.message;
        let Some(cseq) = message.cseq().filter(|cseq| negotiates(cseq.method)) else {
            return;
        };
        let requester = if from_caller {
            Side::Caller
        } else {
            Side::Callee
        };
        let tag = match requester {
            Side::Caller => to_tag(message),
            Side::Callee => from_tag(message),
        };
        let step = Step {
            event,
            requester,
            cseq,
            tag,
        };
        let refused = message.start().code().filter(|code| *code >= 300);
        if let Some(code) = refused {
            self.on_refusal(&step, code);
            return;
        }
        let Some(session) = message.sessions().next() else {
            return;
        };
        let description = Description::of(session);
        let speaker = match message.is_request() {
            true => requester,
            false => requester.other(),
        };
        self.places.note(session, speaker);
        match message.start() {
            StartLine::Request { method, .. } => self.on_request(&step, &method, description),
            StartLine::Response { code, .. } => self.on_response(&step, code, description),
        }
    }

    /// A request with a description: an answer to what came in the answer to an earlier one, or else an offer.
    fn on_request(&mut self, step: &Step<'_, '_>, method: &Method<'_>, said: Description) {
        let answers = matches!(method, Method::Ack | Method::Prack);
        let open = |round: &&mut Round| {
            round.by != step.requester
                && round.is_open()
                && round.carrier.status.is_some()
                && (*method == Method::Prack || round.carrier.cseq == step.cseq.seq)
        };
        if answers && let Some(round) = self.rounds.iter_mut().rfind(open) {
            return round.answer(step, method.label(), said);
        }
        let again = |round: &Round| round.answer_said() == Some(&said);
        if answers && self.rounds.iter().any(again) {
            return;
        }
        let carrier = step.carrier(None);
        if *method != Method::Ack && !self.rounds.iter().any(|round| round.is_in(step)) {
            self.push(Round::new(step, step.requester, carrier, said));
        }
    }

    /// An answer with a description: to the offer of its request, or an offer where that had none.
    fn on_response(&mut self, step: &Step<'_, '_>, code: u16, said: Description) {
        let known = self.rounds.iter().rposition(|round| {
            round.is_in(step) && round.carrier.status.is_none() && round.takes(step)
        });
        // A fork seen from behind: another branch than the first answers.
        let refused = || {
            self.rounds
                .iter()
                .rposition(|round| round.is_in(step) && round.status.is_some())
        };
        let known = known.or_else(refused);
        let Some(round) = known.and_then(|place| self.rounds.get_mut(place)) else {
            if !self.rounds.iter().any(|round| round.is_in(step)) && code > 100 {
                let carrier = step.carrier(Some(code));
                self.push(Round::new(step, step.requester.other(), carrier, said));
            }
            return;
        };
        let label = code.to_string();
        match &round.answered {
            Some((_, _, same)) if *same == said => {}
            // Another branch of a fork answers the same offer, or the same one changes its mind.
            Some(_) => {
                let mut other = round.clone();
                other.answered = None;
                other.answer(step, &label, said);
                self.push(other);
            }
            None => round.answer(step, &label, said),
        }
    }

    /// A refusal leaves what was agreed before. An offer that is refused for want of credentials will be made again.
    fn on_refusal(&mut self, step: &Step<'_, '_>, code: u16) {
        let is_it = |round: &Round| round.is_in(step) && round.is_open() && round.takes(step);
        if matches!(code, 401 | 407) {
            self.rounds.retain(|round| !is_it(round));
        } else if let Some(round) = self.rounds.iter_mut().rfind(|round| is_it(round)) {
            round.status = Some(code);
        }
    }

    fn push(&mut self, round: Round) {
        if self.rounds.len() >= MAX_ROUNDS {
            self.merge_repeats();
        }
        if self.rounds.len() >= MAX_ROUNDS {
            self.rounds.remove(1);
        }
        // Rounds are large, and most calls have one.
        self.rounds.reserve_exact(1);
        self.rounds.push(round);
    }

    /// Takes rounds together that agreed on the same as the one before them.
    fn merge_repeats(&mut self) {
        self.rounds.dedup_by(|later, earlier| {
            let same = later.answered.is_some() && later.agreement() == earlier.agreement();
            earlier.repeated += if same { 1 + later.repeated } else { 0 };
            same
        });
    }

    /// The rounds as the record shows them.
    pub(super) fn record(&mut self) -> Vec<MediaRound> {
        self.merge_repeats();
        self.rounds.iter().map(Round::record).collect()
    }

    /// What was agreed on audio in the dialog with this tag, and from when: in the order of time; `None` where there is no
    /// audio at all, as in a fax.
    pub(super) fn audio<'a>(
        &'a self,
        tag: Option<&'a str>,
    ) -> impl Iterator<Item = (Timestamp, Option<Flow>)> + 'a {
        let agreed = self.rounds.iter().filter_map(|round| {
            let (at, ..) = round.answered.as_ref()?;
            Some((*at, round))
        });
        agreed
            .filter(move |(_, round)| round.tag.is_none() || round.tag.as_deref() == tag)
            .map(|(at, round)| (at, round.audio()))
    }

    /// Whether fax was agreed, which is no RTP (ITU-T T.38).
    pub(super) fn has_fax(&self) -> bool {
        let agreed = self.rounds.iter().filter(|round| round.answered.is_some());
        let mut lines = agreed.flat_map(|round| &round.offer.lines);
        lines.any(|line| line.kind == MediaKind::Image)
    }

    /// Payload types agreed to be sent to `address` in any round; `None` where no round names it.
    pub(super) fn agreed_types(&self, address: std::net::SocketAddr) -> Option<u128> {
        let of_round = |round: &Round| {
            let (_, _, answer) = round.answered.as_ref()?;
            let lines = round.offer.lines.iter().zip(&answer.lines);
            lines
                .filter_map(|(offered, answered)| match Some(address) {
                    here if here == offered.address => Some(offered.shared_types(answered)),
                    here if here == answered.address => Some(answered.shared_types(offered)),
                    _ => None,
                })
                .reduce(|a, b| a | b)
        };
        self.rounds.iter().filter_map(of_round).reduce(|a, b| a | b)
    }

    /// How often between two moments audio ceased to run both ways, and for how long in all it did not.
    pub(super) fn holds(
        &self,
        tag: Option<&str>,
        (from, to): (Timestamp, Timestamp),
    ) -> (u32, Span) {
        let (mut holds, mut held, mut was_both) = (0, Span::ZERO, false);
        let mut rounds = self.audio(tag).peekable();
        while let Some((since, flow)) = rounds.next() {
            let until = rounds.peek().map_or(to, |(next, _)| (*next).min(to));
            let is_both = flow.is_none_or(|flow| flow == Flow::Both);
            if !is_both && since >= from && since < to {
                holds += u32::from(was_both);
                held += until.since(since).max(Span::ZERO);
            }
            was_both = is_both;
        }
        let counted = if holds > 0 { held } else { Span::ZERO };
        (holds, counted)
    }

    /// How long audio was meant to reach `side` between two moments.
    pub(super) fn audio_time(
        &self,
        tag: Option<&str>,
        side: Side,
        (from, to): (Timestamp, Timestamp),
    ) -> Span {
        let mut sum = Span::ZERO;
        let mut rounds = self.audio(tag).peekable();
        while let Some((since, flow)) = rounds.next() {
            let until = rounds.peek().map_or(to, |(next, _)| (*next).min(to));
            let reaches = flow.is_some_and(|flow| flow.reaches(side));
            if reaches && until > since.max(from) {
                sum += until.since(since.max(from));
            }
        }
        sum
    }
}

impl Step<'_, '_> {
    fn carrier(&self, status: Option<u16>) -> Carrier {
        Carrier {
            requester: self.requester,
            method: self.cseq.method.label(),
            cseq: self.cseq.seq,
            branch: branch(self.event.message),
            status,
        }
    }
}

impl Round {
    fn new(step: &Step<'_, '_>, by: Side, carrier: Carrier, offer: Description) -> Round {
        Round {
            at: step.event.at,
            by,
            carrier,
            offer,
            answered: None,
            status: None,
            repeated: 0,
            tag: step.tag.as_deref().map(Into::into),
        }
    }

    fn is_open(&self) -> bool {
        self.answered.is_none() && self.status.is_none()
    }

    /// Whether a message belongs to the transaction of the offer, on any hop.
    fn is_in(&self, step: &Step<'_, '_>) -> bool {
        self.carrier.requester == step.requester
            && self.carrier.cseq == step.cseq.seq
            && self.carrier.method == step.cseq.method.label()
    }

    /// Whether an answer passes on the hop of the offer.
    fn takes(&self, step: &Step<'_, '_>) -> bool {
        let known = &self.carrier.branch;
        known.is_none() || known.as_deref() == step.event.message.branch()
    }

    fn answer(&mut self, step: &Step<'_, '_>, carrier: &str, said: Description) {
        self.answered = Some((step.event.at, carrier.into(), said));
        self.status = None;
        if let Some(tag) = step
            .tag
            .as_deref()
            .filter(|tag| self.tag.as_deref() != Some(tag))
        {
            self.tag = Some(tag.into());
        }
    }

    fn answer_said(&self) -> Option<&Description> {
        self.answered.as_ref().map(|(_, _, said)| said)
    }

    /// What makes two rounds the same.
    fn agreement(&self) -> (Option<&str>, bool, Vec<crate::record::MediaLine>) {
        let lines = self.offer.agree(self.answer_said(), self.by);
        (self.tag.as_deref(), self.answered.is_some(), lines)
    }

    /// Which way audio may flow: over all audio lines of RTP together.
    fn audio(&self) -> Option<Flow> {
        self.offer.audio(self.answer_said(), self.by)
    }

    fn record(&self) -> MediaRound {
        let result = match (&self.answered, self.status) {
            (Some(_), _) => RoundResult::Agreed,
            (None, Some(_)) => RoundResult::Refused,
            (None, None) => RoundResult::Open,
        };
        let carrier = self.carrier.status.map(|status| status.to_string().into());
        MediaRound {
            at: self.at,
            offered_by: self.by,
            offered_in: carrier.unwrap_or_else(|| self.carrier.method.into()),
            answered: self.answered.as_ref().map(|(at, ..)| *at),
            answered_in: self.answered.as_ref().map(|(_, label, _)| label.clone()),
            result,
            status: self.status,
            repeated: self.repeated,
            lines: self.offer.agree(self.answer_said(), self.by),
        }
    }
}

fn branch(message: &Message<'_>) -> Option<Box<[u8]>> {
    Some(message.branch()?.into())
}

/// Whether messages of this method carry offers and answers.
fn negotiates(method: Method<'_>) -> bool {
    matches!(
        method,
        Method::Invite | Method::Ack | Method::Prack | Method::Update
    )
}

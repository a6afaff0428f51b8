//! One session attempt: what is known of it, and when it is over. What its messages do to it stands in `requests` and
//! `responses`.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::asked::Asked;
use super::dialogs::Dialogs;
use super::ends::Ends;
use super::fax::Fax;
use super::figures::Figures;
use super::hops::{Failure, Hops};
use super::identity::identity;
use super::media::Media;
use super::milestone::Milestone;
use super::nat::PrivateAddresses;
use super::negotiation::Negotiation;
use super::outcome::{hangup_of, outcome_of};
use super::path::Path;
use super::session_timer::SessionTimer;
use super::transfer::Transfers;
use crate::record::{
    CallState, ClosedBy, EndpointReport, Flow, HangupBy, Identity, MediaReport, Outcome, Outer,
    Party, Side, UserAgents,
};
use crate::rtp::Keying;
use crate::sip::{CSeq, HeaderName, Message, Method, StartLine, text};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::media_index::MediaIndex;
use crate::track::party::{party, shown, shown_uri};

/// How long an INVITE may stay without any answer: timer B, 64*T1 (RFC 3261, 17.1.1.2).
const TIMER_B: Span = Span::from_secs(32);

/// How long it may stay with provisional answers only: timer C must be more than three minutes (RFC 3261, 16.6).
const TIMER_C: Span = Span::from_secs(181);

/// How long a caller that was asked for credentials may take to come back with them: a person may have to type them.
const CREDENTIALS: Span = TIMER_C;

/// How long an answered call without BYE is kept after its last message. Its media claims last as long.
const MAX_SILENCE: Span = Span::from_secs(12 * 3600);

/// How long repeats of the last messages are still part of a call that is over: 64*T1. As long does a caller wait for
/// the 487 after its CANCEL (RFC 3261, 9.1).
const LINGER: Span = Span::from_secs(32);

/// Reports on its media that a call keeps, of capture agents and of endpoints.
const MAX_REPORTS: usize = 64;

/// A session attempt and the dialogs it made: all that shares a Call-ID and a caller's tag.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) call_id: Arc<str>,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) outer: Option<Box<Outer>>,
    pub(super) transport: &'static str,
    pub(super) user_agent: UserAgents,
    pub(super) start: Timestamp,
    /// The INVITE that was let in: the last one after a challenge. Session request delay counts from here.
    pub(super) admitted: Timestamp,
    /// When it began, on the clock that timers go by: a capture agent's packets bear a time of their own.
    pub(super) began: Timestamp,
    pub(super) responded: Milestone,
    pub(super) ringing: Milestone,
    pub(super) answer: Milestone,
    /// The first ACK of the 2xx.
    pub(super) acked: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) state: CallState,
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) reason: Option<Box<str>>,
    pub(super) hangup_by: Option<HangupBy>,
    pub(super) q850: Option<u16>,
    pub(super) end_reason: Option<Box<str>>,
    pub(super) closed_by: Option<ClosedBy>,
    pub(super) session_timer: Option<SessionTimer>,
    pub(super) refresher: Option<Side>,
    pub(super) redirected_to: Vec<Box<str>>,
    /// Nothing where nothing is said of it, as mostly.
    pub(super) identity: Option<Box<Identity>>,
    pub(super) transfers: Transfers,
    pub(super) retransmissions: u64,
    pub(super) challenges: u32,
    pub(super) reinvites: u32,
    /// Whether the capture shows the INVITE that began it.
    pub(super) from_the_start: bool,
    /// Whether it is known which side is the caller: a request within a dialog may come from either.
    pub(super) caller_is_known: bool,
    /// Whether nothing in the signalling ended it.
    pub(super) given_up: bool,
    /// Messages whose end the capture lacks.
    pub(super) cut_messages: u64,
    pub(super) media: Media,
    pub(super) negotiation: Negotiation,
    /// Whether another call announced one of its media addresses as well: streams go to one of them.
    pub(super) shares_media: bool,
    pub(super) private_addresses: PrivateAddresses,
    pub(super) asked_for: Asked,
    /// Whether another call had its Call-ID at the same time.
    pub(super) has_namesake: bool,
    /// Messages seen from the caller and from the callee, repeats left out.
    pub(super) spoke: [u32; 2],
    /// Whether the caller sent something that only an answer can have brought about.
    pub(super) tells_of_answers: bool,
    /// Whether a transfer gave its place to another call, and which call took it.
    pub(super) was_replaced: bool,
    pub(super) replaced_by: Option<Box<str>>,
    /// When a BYE was refused, and with what.
    pub(super) bye_refused: Option<(Timestamp, u16)>,
    /// What others reported about its media.
    pub(super) reports: Vec<MediaReport>,
    /// By which its ends were seen to agree on keys.
    pub(super) handshakes: BTreeSet<Keying>,
    pub(super) fax: Fax,
    /// What its endpoints reported.
    pub(super) endpoint_reports: Vec<EndpointReport>,
    pub(super) hops: Hops,
    /// Where its messages passed.
    pub(super) path: Path,
    pub(super) dialogs: Dialogs,
    /// How its two ends reach each other.
    pub(super) ends: Ends,
    /// What it notes for the key figures alone.
    pub(super) figures: Figures,
    /// CSeq of the first and of the last INVITE of the attempt proper; 0 where the capture does not show it.
    pub(super) first_cseq: u32,
    pub(super) invite_cseq: u32,
    /// CSeq of the last INVITE within the dialog, from the callee and from the caller.
    pub(super) reinvite_cseq: [Option<u32>; 2],
    pub(super) challenged_cseq: Option<u32>,
    pub(super) cancelled: bool,
    /// Whether a BYE ended it.
    pub(super) bye: bool,
    /// The INVITE that waits for an answer, on the clock; timer B counts from here.
    pub(super) asked: Timestamp,
    /// The last message, on the clock and by its own time.
    pub(super) last_message: Timestamp,
    pub(super) last_at: Timestamp,
}

impl Call {
    /// The call that begins with this message: an INVITE, or whatever of it the capture shows first.
    pub(super) fn new(call_id: Arc<str>, event: &SipEvent<'_>) -> Call {
        let message = event.message;
        let (src, dst) = if message.is_request() {
            (event.src, event.dst)
        } else {
            (event.dst, event.src)
        };
        let to = party(message.to().as_ref());
        let cseq = message.cseq();
        let of_invite = cseq.is_some_and(|cseq| cseq.method == Method::Invite);
        let from_the_start = is_invite_request(message) && to.tag.is_none();
        let in_dialog = !from_the_start && (message.is_request() || !of_invite);
        let (state, outcome) = match in_dialog {
            true if is_early(message) => (CallState::Early, Outcome::InProgress),
            true => (CallState::Established, Outcome::Answered),
            false => (CallState::Unconfirmed, Outcome::InProgress),
        };
        let invite_cseq = cseq.filter(|_| !in_dialog).map_or(0, |cseq| cseq.seq);
        Call {
            call_id,
            from: party(message.from().as_ref()),
            to,
            src,
            dst,
            outer: event.outer.map(|outer| Box::new(*outer)),
            transport: event.transport,
            user_agent: UserAgents::default(),
            start: event.at,
            admitted: event.at,
            began: event.stamp.clock,
            responded: Milestone::default(),
            ringing: Milestone::default(),
            answer: Milestone::default(),
            acked: None,
            end: None,
            state,
            outcome,
            status: None,
            reason: None,
            hangup_by: None,
            q850: None,
            end_reason: None,
            closed_by: None,
            session_timer: None,
            refresher: None,
            redirected_to: Vec::new(),
            identity: None,
            transfers: Transfers::default(),
            retransmissions: 0,
            challenges: 0,
            reinvites: 0,
            from_the_start,
            caller_is_known: !in_dialog || is_early(message),
            given_up: false,
            cut_messages: 0,
            media: Media::default(),
            negotiation: Negotiation::default(),
            shares_media: false,
            private_addresses: PrivateAddresses::default(),
            asked_for: Asked::default(),
            has_namesake: false,
            spoke: [0; 2],
            tells_of_answers: false,
            was_replaced: false,
            replaced_by: None,
            bye_refused: None,
            reports: Vec::new(),
            handshakes: BTreeSet::new(),
            fax: Fax::default(),
            endpoint_reports: Vec::new(),
            hops: Hops::new(src, dst, message),
            path: Path::default(),
            dialogs: Dialogs::default(),
            ends: Ends::default(),
            figures: Figures::default(),
            first_cseq: if from_the_start { invite_cseq } else { 0 },
            invite_cseq,
            reinvite_cseq: [None; 2],
            challenged_cseq: None,
            cancelled: false,
            bye: false,
            asked: event.stamp.clock,
            last_message: event.stamp.clock,
            last_at: event.at,
        }
    }

    /// Whether this is the caller's tag, as a message has it. A caller without tag (RFC 2543) is one side of every message
    /// in which one side has none.
    pub(super) fn has_tag(&self, tag: Option<&[u8]>) -> bool {
        match (self.from.tag.as_deref(), tag) {
            (Some(own), Some(tag)) => text::is_shown_as(tag, own),
            (own, tag) => own.is_none() && tag.is_none(),
        }
    }

    /// Whether the message is about an earlier attempt with the same tags.
    pub(super) fn is_later_than(&self, message: &Message<'_>) -> bool {
        let of_invite = |method| matches!(method, Method::Invite | Method::Ack | Method::Cancel);
        message
            .cseq()
            .is_some_and(|cseq| of_invite(cseq.method) && cseq.seq < self.first_cseq)
            && self.is_from_caller(message)
    }

    /// Whether an INVITE without To-tag and with the tags of this attempt begins another one: this one is over, and
    /// not for want of credentials or of a longer session interval (RFC 4028, 7.3). After an answered call any such INVITE does, also from a caller that counts
    /// its CSeq anew.
    pub(super) fn is_followed_by(&self, invite: &Message<'_>) -> bool {
        let newer = invite
            .cseq()
            .is_some_and(|cseq| cseq.seq > self.invite_cseq);
        self.end.is_some() && (self.bye || newer && !matches!(self.status, Some(401 | 407 | 422)))
    }

    /// Takes in one message of the call.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>) {
        self.last_message = self.last_message.max(event.stamp.clock);
        self.last_at = self.last_at.max(event.at);
        self.cut_messages += u64::from(event.message.is_cut());
        let from_caller = self.is_from_caller(event.message);
        let requester = self.requester(event.message);
        self.asked_for.on_message(event, requester);
        if event.repeat {
            self.retransmissions += 1;
            return;
        }
        let by_caller = self.is_from_caller(event.message);
        self.path.note(event, by_caller);
        self.tells_of_answers |= from_caller && self.needs_an_answer(event.message);
        let speaker = match event.message.is_request() {
            true => requester,
            false => requester.other(),
        };
        self.spoke[speaker as usize] += 1;
        self.private_addresses.on_message(event, speaker);
        self.negotiation.on_message(event, from_caller);
        self.ends.on_message(event.message, requester);
        self.transfers.on_message(event, requester);
        match event.message.start() {
            StartLine::Request { method, .. } => self.on_request(event, &method),
            StartLine::Response { code, reason } => self.on_response(event, code, reason),
        }
    }

    /// The side that sent the request which the message is or answers.
    pub(super) fn requester(&self, message: &Message<'_>) -> Side {
        match self.is_from_caller(message) {
            true => Side::Caller,
            false => Side::Callee,
        }
    }

    /// Whether a request is one that can be sent only after an answer, which may have been a refusal: it has a To-tag, or
    /// is another INVITE of the same attempt.
    fn needs_an_answer(&self, request: &Message<'_>) -> bool {
        let again = |cseq: CSeq<'_>| cseq.method == Method::Invite && cseq.seq > self.first_cseq;
        request.is_request() && (request.to_tag().is_some() || request.cseq().is_some_and(again))
    }

    /// Takes note of another call that took its place, or is to take it; `by` is its Call-ID where that is known.
    pub(super) fn on_replacement(&mut self, by: Option<&str>) {
        self.was_replaced = true;
        self.replaced_by = by.map(Into::into).or(self.replaced_by.take());
    }

    /// Looks, when it is answered and when it is hung up, whether other calls announced its media addresses as well: the
    /// legs of a call through a back-to-back user agent do.
    pub(super) fn note_sharing(&mut self, event: &SipEvent<'_>, index: &MediaIndex) {
        let message = event.message;
        let method = message.cseq().map(|cseq| cseq.method);
        let answered = matches!(
            message.start(),
            StartLine::Response {
                code: 200..=299,
                ..
            }
        );
        let telling = match method {
            Some(Method::Invite) => answered,
            Some(Method::Bye) => true,
            _ => false,
        };
        let shared = |address| index.is_shared(address, &self.call_id, event.stamp);
        self.shares_media |= telling && self.negotiation.places.all().any(shared);
    }

    /// Takes note that its ends agree on keys.
    pub(super) fn on_handshake(&mut self, keying: Keying) {
        self.handshakes.insert(keying);
    }

    /// Takes in a report on its media.
    pub(super) fn on_report(&mut self, report: &MediaReport) {
        if self.reports.len() < MAX_REPORTS {
            self.reports.push(report.clone());
        }
    }

    /// Takes in what one of its endpoints reported; `false` where it has said all this before. The last report tells
    /// of the whole call, so beyond the limit the oldest go.
    pub(super) fn on_endpoint_report(&mut self, reports: &[EndpointReport]) -> bool {
        let known = &mut self.endpoint_reports;
        let before = known.len();
        for report in reports {
            if !known.iter().any(|other| other.says_as(report)) {
                known.push(report.clone());
            }
        }
        let is_new = known.len() > before;
        known.drain(..known.len().saturating_sub(MAX_REPORTS));
        is_new
    }

    /// When there is nothing more to expect of the signalling.
    pub(super) fn deadline(&self) -> Timestamp {
        match (self.state, self.end) {
            (_, Some(_)) if self.is_challenged() => self.last_message + CREDENTIALS,
            (_, Some(_)) => self.last_message + LINGER,
            (CallState::Confirmed | CallState::Established, None) => {
                let age = self.last_message + MAX_SILENCE;
                self.session_timer
                    .map_or(age, |timer| timer.expires().min(age))
            }
            (CallState::Unconfirmed, None) if self.status.is_none() => self.asked + TIMER_B,
            _ if self.cancelled || self.hops.all_later_failed() => self.last_message + LINGER,
            _ => self.last_message + TIMER_C,
        }
    }

    /// Whether it has ended for want of credentials, so far.
    fn is_challenged(&self) -> bool {
        !self.bye && matches!(self.status, Some(401 | 407))
    }

    /// Takes the failure of a later hop for that of the attempt, where no other branch is left: the caller was told
    /// on a way the tap does not see.
    pub(super) fn conclude(&mut self) {
        if self.outcome == Outcome::InProgress
            && self.hops.all_later_failed()
            && let Some(failure) = self.hops.failure.take()
        {
            self.fail(*failure);
        }
    }

    /// A moment of the clock by the time that the call's messages bear: as long after the last of them.
    pub(super) fn own_time(&self, clock: Timestamp) -> Timestamp {
        self.last_at + clock.since(self.last_message)
    }

    /// Ends what nobody ended, at its deadline.
    pub(super) fn give_up(&mut self, at: Timestamp, media_silence: Span) {
        if self.end.is_some() {
            return;
        }
        self.given_up = true;
        if self.outcome == Outcome::Answered {
            self.closed_by = Some(self.closer(at, media_silence));
            let heard = self.media.last_packet(at).unwrap_or(self.last_at);
            let heard = heard.max(self.last_at);
            self.end = match (self.closed_by, self.session_timer) {
                (Some(ClosedBy::SessionTimer), Some(timer)) => {
                    Some(self.own_time(timer.ran_out()).max(heard))
                }
                _ => Some(heard),
            };
            self.hangup_by = Some(HangupBy::Unknown);
        } else {
            self.end = Some(self.own_time(at));
            self.outcome = if self.cancelled {
                Outcome::Cancelled
            } else {
                Outcome::Timeout
            };
            self.hangup_by = Some(hangup_of(self.outcome));
        }
        self.state = CallState::Ended;
    }

    /// What ends a call at its deadline.
    fn closer(&self, at: Timestamp, media_silence: Span) -> ClosedBy {
        if self
            .session_timer
            .is_some_and(|timer| timer.expires() <= at)
        {
            ClosedBy::SessionTimer
        } else if self.silent_at(media_silence).is_some_and(|by| by <= at) {
            ClosedBy::MediaSilence
        } else {
            ClosedBy::Age
        }
    }

    /// Whether it is up, and no message came for so long.
    pub(super) fn may_be_silent(&self, clock: Timestamp, media_silence: Span) -> bool {
        self.is_up() && clock.since(self.last_message) >= media_silence
    }

    fn is_up(&self) -> bool {
        matches!(self.state, CallState::Confirmed | CallState::Established) && self.end.is_none()
    }

    /// When silence closes it: so long after the last packet and the last message, where it had media that all ended and
    /// none of it was on hold.
    pub(super) fn silent_at(&self, media_silence: Span) -> Option<Timestamp> {
        if !self.is_up() {
            return None;
        }
        let since = self.media.silent_since(self.last_message, media_silence)?;
        let rounds = self.negotiation.audio(self.to.tag.as_deref());
        let held = rounds
            .last()
            .is_some_and(|(_, flow)| flow != Some(Flow::Both));
        (!held).then(|| since + media_silence)
    }

    /// Ends the attempt without answer. Where a BYE has ended its early dialog, the answer to the INVITE comes after
    /// the end (RFC 3261, 15.1.2).
    pub(super) fn fail(&mut self, failure: Failure) {
        if self.end.is_some() && !self.bye {
            return;
        }
        let rang = self.ringing.get().is_some();
        self.outcome = outcome_of(failure.status, rang, self.cancelled);
        self.hangup_by = Some(hangup_of(self.outcome));
        self.end = self.end.or(Some(failure.at));
        self.state = CallState::Ended;
        self.status = Some(failure.status);
        self.reason = Some(failure.reason).filter(|reason| !reason.is_empty());
        self.q850 = failure.q850.or(self.q850);
        self.end_reason = failure.cause.or(self.end_reason.take());
        if failure.to_tag.is_some() {
            self.to.tag = failure.to_tag;
        }
    }

    /// Takes back the end of an attempt that goes on after all: with credentials, or on another branch.
    pub(super) fn resume(&mut self, state: CallState) {
        self.state = state;
        self.end = None;
        self.hangup_by = None;
        self.q850 = None;
        self.end_reason = None;
    }

    pub(super) fn set_status(&mut self, code: u16, reason: &[u8]) {
        self.status = Some(code);
        self.reason = Some(shown(reason)).filter(|reason| !reason.is_empty());
    }

    /// Takes what an INVITE of the caller says of who is behind it, where nothing is known yet.
    pub(super) fn note_identity(&mut self, invite: &Message<'_>, copied: &[Box<str>]) {
        if self.identity.is_none() {
            let said = identity(invite, copied);
            self.identity = (said != Identity::default()).then(|| Box::new(said));
        }
    }

    pub(super) fn note_q850(&mut self, message: &Message<'_>) {
        if let Some(reason) = message.header(HeaderName::Reason) {
            self.end_reason = Some(shown(&reason));
        }
        if let Some(cause) = message.reason_q850() {
            self.q850 = Some(cause);
        }
    }

    /// Whether the From is that of the caller. Where neither has a tag (RFC 2543) the URI tells.
    pub(super) fn is_from_caller(&self, message: &Message<'_>) -> bool {
        let Some(from) = message.from() else {
            return self.from.tag.is_none();
        };
        match (message.from_tag(), &self.from.tag) {
            (Some(tag), Some(ours)) => text::is_shown_as(tag, ours),
            (None, None) => shown_uri(from.uri) == self.from.uri,
            _ => false,
        }
    }
}

pub(super) fn is_invite_request(message: &Message<'_>) -> bool {
    is_method(message, &Method::Invite)
}

/// A PRACK is sent before the answer (RFC 3262, 3).
fn is_early(message: &Message<'_>) -> bool {
    message
        .cseq()
        .is_some_and(|cseq| cseq.method == Method::Prack)
}

fn is_method(message: &Message<'_>, wanted: &Method<'_>) -> bool {
    matches!(message.start(), StartLine::Request { method, .. } if method == *wanted)
}

pub(super) fn note_user_agent(slot: &mut Option<Box<str>>, message: &Message<'_>) {
    if slot.is_none() {
        *slot = message
            .user_agent()
            .map(|agent| shown(&agent))
            .filter(|agent| !agent.is_empty());
    }
}

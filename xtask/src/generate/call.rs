//! Calls as scenarios tell them: a dialog, the messages it puts on the tape, and the truth about it.

use std::net::SocketAddr;

use super::rng::Rng;
use super::rtcp::{self, Block};
use super::rtp::{Codec, Network, Source};
use super::sdp;
use super::sip::{Agent, Dialog, Extra, Side, Transaction};
use super::tape::{Moment, Tape, ms};
use super::truth::CallTruth;

/// One way through the network; the tap stands beside the caller.
const ONE_WAY: Moment = ms(30);
/// The challenge of every 401 and 407 here.
const CHALLENGE: &str =
    "Digest realm=\"example.org\", nonce=\"5f2c9b1d\", algorithm=MD5, qop=\"auth\"";

/// A call on its way onto the tape.
pub(crate) struct Call {
    pub(crate) dialog: Dialog,
    pub(crate) truth: CallTruth,
    pub(crate) rng: Rng,
    /// Where each side wants its audio.
    pub(crate) media: [SocketAddr; 2],
}

/// An answered call: when things happen, and what its media go through.
pub(crate) struct Plan {
    /// When the INVITE is sent.
    pub(crate) at: Moment,
    /// From the INVITE to the 180.
    pub(crate) rings_after: Moment,
    /// From the INVITE to the 200.
    pub(crate) answers_after: Moment,
    /// From the 200 to the BYE.
    pub(crate) talks_for: Moment,
    pub(crate) codec: &'static Codec,
    /// From the caller to the callee.
    pub(crate) forward: Network,
    /// From the callee to the caller; nothing where the callee is not heard.
    pub(crate) backward: Option<Network>,
    pub(crate) hangup: Side,
    /// Whether the callee's side asks for credentials first.
    pub(crate) challenged: bool,
    /// Digits that the caller dials during the call.
    pub(crate) digits: &'static [u8],
    /// Whether the two ends send RTCP.
    pub(crate) rtcp: bool,
}

impl Plan {
    /// A clean call at `at` that rings after 300 ms, is answered after 2 s and lasts `talks_for`.
    pub(crate) fn clean(at: Moment, talks_for: Moment, codec: &'static Codec) -> Self {
        Plan {
            at,
            rings_after: ms(300),
            answers_after: ms(2000),
            talks_for,
            codec,
            forward: Network::Clean,
            backward: Some(Network::Clean),
            hangup: Side::Caller,
            challenged: false,
            digits: &[],
            rtcp: false,
        }
    }
}

impl Call {
    /// A call that draws its identifiers and its noise from `seed`.
    pub(crate) fn new(tape: &mut Tape, seed: u64, caller: &Agent, callee: &Agent) -> Self {
        let mut rng = Rng::new(seed);
        let dialog = Dialog::new(&mut rng, caller, callee);
        let media =
            [caller, callee].map(|agent| SocketAddr::new(agent.addr.ip(), tape.media_port()));
        let truth = CallTruth {
            call_id: dialog.call_id.clone(),
            ..CallTruth::default()
        };
        Call {
            dialog,
            truth,
            rng,
            media,
        }
    }

    /// Begins a transaction and puts its request on the tape.
    pub(crate) fn request(
        &mut self,
        tape: &mut Tape,
        at: Moment,
        by: Side,
        method: &str,
        extra: &Extra<'_>,
    ) -> Transaction {
        let transaction = self.dialog.begin(&mut self.rng, by, method);
        self.send(tape, at, &transaction, extra);
        transaction
    }

    /// Puts the request of a transaction on the tape, for the first time or once more.
    pub(crate) fn send(&self, tape: &mut Tape, at: Moment, of: &Transaction, extra: &Extra<'_>) {
        let (src, dst) = (self.dialog.agent(of.by).addr, self.dialog.peer(of.by).addr);
        tape.sip(at, src, dst, &self.dialog.request(of, extra));
    }

    /// Puts an answer on the tape.
    pub(crate) fn respond(
        &self,
        tape: &mut Tape,
        at: Moment,
        of: &Transaction,
        status: &str,
        extra: &Extra<'_>,
    ) {
        let (src, dst) = (self.dialog.peer(of.by).addr, self.dialog.agent(of.by).addr);
        tape.sip(at, src, dst, &self.dialog.response(of, status, extra));
    }

    /// The session description of a side.
    pub(crate) fn sdp(&self, side: Side, codec: &Codec, version: u32, direction: &str) -> String {
        sdp::audio(
            self.media[usize::from(side == Side::Callee)],
            codec,
            version,
            direction,
        )
    }

    /// INVITE and 100, after a challenge if there is one. Returns the transaction to answer.
    pub(crate) fn invite(
        &mut self,
        tape: &mut Tape,
        at: Moment,
        codec: &Codec,
        challenged: bool,
    ) -> Transaction {
        let offer = self.sdp(Side::Caller, codec, 1, "sendrecv");
        let mut at = at;
        let mut headers = Vec::new();
        if challenged {
            let first = self.request(tape, at, Side::Caller, "INVITE", &Extra::sdp(&offer));
            let challenge = [format!("Proxy-Authenticate: {CHALLENGE}")];
            self.respond(
                tape,
                at + ms(60),
                &first,
                "407 Proxy Authentication Required",
                &Extra::headers(&challenge),
            );
            self.send(tape, at + ms(61), &first.turned("ACK"), &Extra::NONE);
            headers.push(format!("Proxy-Authorization: {}", self.credentials()));
            self.truth.challenges += 1;
            at += ms(70);
            self.dialog.to_tag = self.rng.token();
        }
        let extra = Extra {
            headers: &headers,
            sdp: Some(&offer),
        };
        let invite = self.request(tape, at, Side::Caller, "INVITE", &extra);
        self.respond(tape, at + ms(60), &invite, "100 Trying", &Extra::NONE);
        invite
    }

    /// An INVITE that is refused: it rings after `rings_after` if it rings at all.
    pub(crate) fn refused(
        mut self,
        tape: &mut Tape,
        at: Moment,
        rings_after: Option<Moment>,
        refused_after: Moment,
        status: &str,
        codec: &Codec,
    ) {
        let invite = self.invite(tape, at, codec, false);
        if let Some(rings_after) = rings_after {
            self.respond(tape, at + rings_after, &invite, "180 Ringing", &Extra::NONE);
            self.truth.pdd_ms = Some(millis(rings_after));
        }
        self.respond(tape, at + refused_after, &invite, status, &Extra::NONE);
        self.send(
            tape,
            at + refused_after + ms(2),
            &invite.turned("ACK"),
            &Extra::NONE,
        );
        self.truth.status = status.get(..3).and_then(|code| code.parse().ok());
        self.finish(
            tape,
            if status.starts_with("486") {
                "busy"
            } else if status.starts_with("480") {
                "no_answer"
            } else {
                "rejected"
            },
        );
    }

    /// The 200 with its SDP, and the ACK 5 ms after it. The dialog is there from now on.
    pub(crate) fn accept(
        &mut self,
        tape: &mut Tape,
        at: Moment,
        invite: &Transaction,
        codec: &Codec,
    ) {
        let answer = self.sdp(Side::Callee, codec, 1, "sendrecv");
        self.respond(tape, at, invite, "200 OK", &Extra::sdp(&answer));
        self.dialog.established = true;
        self.request(tape, at + ms(5), Side::Caller, "ACK", &Extra::NONE);
        self.truth.status = Some(200);
    }

    /// The BYE and its answer.
    pub(crate) fn hang_up(&mut self, tape: &mut Tape, at: Moment, by: Side) {
        let bye = self.request(tape, at, by, "BYE", &Extra::NONE);
        self.respond(tape, at + ms(60), &bye, "200 OK", &Extra::NONE);
        self.truth.hangup_by = Some(by.name().to_owned());
    }

    /// Plays an answered call from the INVITE to the BYE.
    pub(crate) fn answered(mut self, tape: &mut Tape, plan: &Plan) {
        let invite = self.invite(tape, plan.at, plan.codec, plan.challenged);
        self.respond(
            tape,
            plan.at + plan.rings_after,
            &invite,
            "180 Ringing",
            &Extra::NONE,
        );
        let answer = plan.at + plan.answers_after;
        self.accept(tape, answer, &invite, plan.codec);
        let end = answer + plan.talks_for;
        self.talk(tape, plan, answer + ms(20), end - ms(20));
        self.hang_up(tape, end, plan.hangup);
        self.truth.pdd_ms = Some(millis(plan.rings_after));
        self.truth.setup_ms = Some(millis(plan.answers_after));
        self.truth.duration_s = Some(millis(plan.talks_for) / 1000.0);
        self.finish(tape, "answered");
    }

    /// A source from `by` to the other side.
    pub(crate) fn source(&mut self, by: Side, codec: &'static Codec, network: Network) -> Source {
        let [caller, callee] = self.media;
        let (src, dst) = match by {
            Side::Caller => (caller, callee),
            Side::Callee => (callee, caller),
        };
        Source::new(&mut self.rng, src, dst, codec, network)
    }

    /// Writes the call into the truth.
    pub(crate) fn finish(mut self, tape: &mut Tape, outcome: &str) {
        self.truth.outcome = outcome.to_owned();
        tape.truth.call_ids += 1;
        tape.truth.calls.push(self.truth);
    }

    /// Credentials that answer the challenge. The response is made up: no password stands behind it.
    pub(crate) fn credentials(&mut self) -> String {
        let uri = self.dialog.callee.aor();
        let (user, response) = (self.dialog.caller.user, self.rng.token());
        format!(
            "Digest username=\"{user}\", realm=\"example.org\", nonce=\"5f2c9b1d\", uri=\"{uri}\", response=\"{response}{response}\", algorithm=MD5"
        )
    }

    fn talk(&mut self, tape: &mut Tape, plan: &Plan, from: Moment, until: Moment) {
        let mut forward = self.source(Side::Caller, plan.codec, plan.forward);
        let mut resumed = from;
        if !plan.digits.is_empty() {
            let dialled = from + ms(1000);
            forward.talk(tape, &mut self.rng, from, dialled);
            resumed = dialled;
            for &digit in plan.digits {
                let end = forward.digit(tape, &mut self.rng, resumed, digit);
                forward.talk(tape, &mut self.rng, end, end + ms(100));
                resumed = end + ms(100);
            }
        }
        let middle = (resumed + until) / 2 / ms(20) * ms(20);
        forward.talk(tape, &mut self.rng, resumed, middle);
        let backward = plan.backward.map(|network| {
            let mut source = self.source(Side::Callee, plan.codec, network);
            source.talk(tape, &mut self.rng, from, middle);
            source
        });
        self.second_half(tape, plan, forward, backward, middle, until);
    }

    /// The reports, the second half of both streams, and the goodbyes.
    fn second_half(
        &mut self,
        tape: &mut Tape,
        plan: &Plan,
        mut forward: Source,
        mut backward: Option<Source>,
        middle: Moment,
        until: Moment,
    ) {
        if let (true, Some(backward)) = (plan.rtcp, &backward) {
            exchange_reports(tape, middle, &forward, backward);
        }
        for source in [Some(&mut forward), backward.as_mut()]
            .into_iter()
            .flatten()
        {
            source.talk(tape, &mut self.rng, middle, until);
            if plan.rtcp {
                rtcp::goodbye(tape, until + ms(3), source);
            }
        }
        forward.finish(tape, plan.rtcp.then(|| millis(2 * ONE_WAY)));
        if let Some(backward) = backward {
            backward.finish(tape, None);
        }
    }
}

/// A sender report of the caller, and 400 ms after it came in one of the callee that tells when it did.
fn exchange_reports(tape: &mut Tape, at: Moment, forward: &Source, backward: &Source) {
    let delay = ms(400);
    rtcp::sender_report(tape, at, forward, None);
    let block = Block {
        ssrc: forward.ssrc,
        lost: forward.lost() as u32,
        highest_sequence: forward.sequence.wrapping_sub(1),
        jitter: 12,
        last_report: at,
        delay,
    };
    rtcp::sender_report(tape, at + 2 * ONE_WAY + delay, backward, Some(&block));
}

fn millis(span: Moment) -> f64 {
    span as f64 / 1e6
}

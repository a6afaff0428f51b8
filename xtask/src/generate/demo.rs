//! The demo: a carrier and a company's telephone system, eleven calls, good media and bad.

use std::net::SocketAddr;

use super::call::{Call, Plan};
use super::rtp::{G729, Network, PCMA, PCMU};
use super::sip::{Agent, Extra, Side};
use super::tape::{Moment, Tape, ms};
use super::truth::RegistrationTruth;

/// Timer A starts at T1 and doubles; after 64 times T1 the client gives up (RFC 3261, 17.1.1.2).
const T1: Moment = ms(500);

/// The company's telephone system.
pub(crate) fn company(name: &'static str, user: &'static str) -> Agent {
    agent(
        name,
        user,
        "example.com",
        "Example PBX 4.2",
        ([192, 0, 2, 10], 5060),
    )
}

/// The carrier's edge.
pub(crate) fn carrier(name: &'static str, user: &'static str) -> Agent {
    agent(
        name,
        user,
        "example.org",
        "Example SBC 9.1",
        ([198, 51, 100, 20], 5060),
    )
}

/// A telephone that registers with the carrier.
fn telephone() -> Agent {
    agent(
        "Frank",
        "+15555550106",
        "example.org",
        "Example Phone 1.0",
        ([203, 0, 113, 45], 5062),
    )
}

/// Plays the whole demo.
pub(crate) fn demo(tape: &mut Tape) {
    register(tape);
    good_calls(tape);
    bad_media(tape);
    failures(tape);
}

fn agent(
    name: &'static str,
    user: &'static str,
    domain: &'static str,
    product: &'static str,
    (ip, port): ([u8; 4], u16),
) -> Agent {
    Agent {
        name,
        user,
        domain,
        product,
        addr: SocketAddr::from((ip, port)),
    }
}

fn alice() -> Agent {
    company("Alice", "+15555550101")
}

/// A REGISTER, the challenge, and the REGISTER that is let in.
fn register(tape: &mut Tape) {
    let (phone, registrar) = (telephone(), carrier("Registrar", "registrar"));
    let mut call = Call::new(tape, 1, &phone, &registrar);
    let contact = format!("Contact: <{}>;expires=600", phone.contact());
    let first = call.request(
        tape,
        ms(0),
        Side::Caller,
        "REGISTER",
        &Extra::headers(std::slice::from_ref(&contact)),
    );
    let challenge = [
        "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"77ab01c3\", algorithm=MD5"
            .to_owned(),
    ];
    call.respond(
        tape,
        ms(24),
        &first,
        "401 Unauthorized",
        &Extra::headers(&challenge),
    );
    let headers = [
        contact.clone(),
        format!("Authorization: {}", call.credentials()),
    ];
    let second = call.request(
        tape,
        ms(31),
        Side::Caller,
        "REGISTER",
        &Extra::headers(&headers),
    );
    call.respond(tape, ms(58), &second, "200 OK", &Extra::headers(&[contact]));
    tape.truth.call_ids += 1;
    tape.truth.registrations.push(RegistrationTruth {
        aor: phone.aor(),
        state: "active".to_owned(),
        status: 200,
    });
}

/// A clean call with RTCP, and one that is challenged and dials digits.
fn good_calls(tape: &mut Tape) {
    let bob = carrier("Bob", "+15555550142");
    let mut clean = Plan::clean(ms(1000), ms(7000), &PCMU);
    clean.rtcp = true;
    Call::new(tape, 2, &alice(), &bob).answered(tape, &clean);

    let mut challenged = Plan::clean(ms(4000), ms(4000), &G729);
    challenged.challenged = true;
    challenged.digits = &[4, 2, 11];
    challenged.hangup = Side::Callee;
    Call::new(
        tape,
        3,
        &company("Carol", "+15555550103"),
        &carrier("Menu", "+15555550143"),
    )
    .answered(tape, &challenged);
}

/// Random loss, loss in bursts, jitter, and a callee that is not heard.
fn bad_media(tape: &mut Tape) {
    let mut random = Plan::clean(ms(12_000), ms(8_000), &PCMU);
    random.backward = Some(Network::RandomLoss(30));
    Call::new(tape, 4, &alice(), &carrier("Dave", "+15555550144")).answered(tape, &random);

    let mut bursts = Plan::clean(ms(14_500), ms(6000), &G729);
    bursts.forward = Network::BurstLoss {
        begin: 40,
        stop: 250,
    };
    Call::new(
        tape,
        5,
        &company("Carol", "+15555550103"),
        &carrier("Erin", "+15555550145"),
    )
    .answered(tape, &bursts);

    let mut jitter = Plan::clean(ms(25_000), ms(6000), &PCMA);
    jitter.backward = Some(Network::Jitter(90));
    jitter.rings_after = ms(3500);
    jitter.answers_after = ms(5000);
    Call::new(tape, 6, &carrier("Grace", "+15555550146"), &alice()).answered(tape, &jitter);

    let mut one_way = Plan::clean(ms(27_000), ms(5000), &PCMU);
    one_way.backward = None;
    Call::new(
        tape,
        7,
        &company("Heidi", "+15555550104"),
        &carrier("Ivan", "+15555550147"),
    )
    .answered(tape, &one_way);
}

/// Busy, unknown, nobody there, given up by the caller, and never answered.
fn failures(tape: &mut Tape) {
    let busy = Call::new(tape, 8, &alice(), &carrier("Judy", "+15555550148"));
    busy.refused(tape, ms(9000), None, ms(420), "486 Busy Here", &PCMU);
    let unknown = Call::new(tape, 9, &alice(), &carrier("Nobody", "+15555550199"));
    unknown.refused(tape, ms(10_500), None, ms(180), "404 Not Found", &PCMU);
    let absent = Call::new(
        tape,
        10,
        &company("Carol", "+15555550103"),
        &carrier("Kim", "+15555550149"),
    );
    absent.refused(
        tape,
        ms(16_000),
        Some(ms(350)),
        ms(15_350),
        "480 Temporarily Unavailable",
        &PCMU,
    );
    cancelled(tape);
    unanswered(tape);
}

/// The caller hangs up while it rings: CANCEL, its 200, and the 487 to the INVITE.
fn cancelled(tape: &mut Tape) {
    let mut call = Call::new(
        tape,
        11,
        &company("Heidi", "+15555550104"),
        &carrier("Leo", "+15555550150"),
    );
    let invite = call.invite(tape, ms(20_000), &PCMU, false);
    call.respond(tape, ms(20_400), &invite, "180 Ringing", &Extra::NONE);
    let cancel = invite.turned("CANCEL");
    call.send(tape, ms(26_000), &cancel, &Extra::NONE);
    call.respond(tape, ms(26_060), &cancel, "200 OK", &Extra::NONE);
    call.respond(
        tape,
        ms(26_064),
        &invite,
        "487 Request Terminated",
        &Extra::NONE,
    );
    call.send(tape, ms(26_066), &invite.turned("ACK"), &Extra::NONE);
    call.truth.pdd_ms = Some(400.0);
    call.truth.status = Some(487);
    call.finish(tape, "cancelled");
}

/// Nobody answers at all: the INVITE and six retransmissions, and a last OPTIONS after Timer B has run out.
fn unanswered(tape: &mut Tape) {
    let dead = agent(
        "Mallory",
        "+15555550151",
        "example.net",
        "",
        ([203, 0, 113, 99], 5060),
    );
    let mut call = Call::new(tape, 12, &alice(), &dead);
    let offer = call.sdp(Side::Caller, &PCMU, 1, "sendrecv");
    let mut at = ms(5000);
    let invite = call.request(tape, at, Side::Caller, "INVITE", &Extra::sdp(&offer));
    for doubling in 0..6 {
        at += T1 << doubling;
        call.send(tape, at, &invite, &Extra::sdp(&offer));
    }
    call.truth.retransmissions = 6;
    call.finish(tape, "timeout");
    ping(tape, ms(5000) + 64 * T1 + ms(8000));
}

/// An OPTIONS between the two systems.
fn ping(tape: &mut Tape, at: Moment) {
    let (from, to) = (company("PBX", "ping"), carrier("Edge", "ping"));
    let mut call = Call::new(tape, 13, &from, &to);
    let options = call.request(tape, at, Side::Caller, "OPTIONS", &Extra::NONE);
    call.respond(tape, at + ms(60), &options, "200 OK", &Extra::NONE);
    tape.truth.call_ids += 1;
}

//! What calls do beyond the basic one: hold, forks, early media, dynamic payload types.

use crate::generate::call::{Call, Plan};
use crate::generate::demo::{carrier, company};
use crate::generate::rtp::{Network, OPUS, PCMA, PCMU};
use crate::generate::sip::{Extra, Side};
use crate::generate::tape::{Tape, ms};

/// A call that the caller puts on hold by a re-INVITE (RFC 3264, 8.4) and takes back by another.
pub(crate) fn hold(tape: &mut Tape) {
    let mut call = Call::new(
        tape,
        20,
        &company("Alice", "+15555550101"),
        &carrier("Bob", "+15555550142"),
    );
    let invite = call.invite(tape, ms(0), &PCMU, false);
    call.respond(tape, ms(200), &invite, "180 Ringing", &Extra::NONE);
    call.accept(tape, ms(1000), &invite, &PCMU);
    let mut sources = [Side::Caller, Side::Callee].map(|by| call.source(by, &PCMU, Network::Clean));
    for (version, at, direction, mirrored) in [
        (2, 3000, "sendonly", "recvonly"),
        (3, 5000, "sendrecv", "sendrecv"),
    ] {
        let offer = call.sdp(Side::Caller, &PCMU, version, direction);
        let answer = call.sdp(Side::Callee, &PCMU, version, mirrored);
        let reinvite = call.request(tape, ms(at), Side::Caller, "INVITE", &Extra::sdp(&offer));
        call.respond(tape, ms(at + 60), &reinvite, "200 OK", &Extra::sdp(&answer));
        call.request(tape, ms(at + 65), Side::Caller, "ACK", &Extra::NONE);
        call.truth.reinvites += 1;
    }
    for source in &mut sources {
        source.talk(tape, &mut call.rng, ms(1020), ms(3060));
        source.rest(ms(2020));
        source.talk(tape, &mut call.rng, ms(5080), ms(6980));
    }
    for source in sources {
        source.finish(tape, None);
    }
    call.hang_up(tape, ms(7000), Side::Callee);
    call.truth.pdd_ms = Some(200.0);
    call.truth.setup_ms = Some(1000.0);
    call.truth.duration_s = Some(6.0);
    call.finish(tape, "answered");
}

/// One INVITE that rings at two telephones; the second one answers (RFC 3261, 12.1 and 13.2.2.4).
pub(crate) fn fork(tape: &mut Tape) {
    let mut call = Call::new(
        tape,
        21,
        &company("Alice", "+15555550101"),
        &carrier("Team", "+15555550142"),
    );
    let invite = call.invite(tape, ms(0), &PCMU, false);
    call.respond(tape, ms(250), &invite, "180 Ringing", &Extra::NONE);
    call.dialog.to_tag = call.rng.token();
    call.respond(tape, ms(320), &invite, "180 Ringing", &Extra::NONE);
    call.accept(tape, ms(1500), &invite, &PCMU);
    for by in [Side::Caller, Side::Callee] {
        let mut source = call.source(by, &PCMU, Network::Clean);
        source.talk(tape, &mut call.rng, ms(1520), ms(4480));
        source.finish(tape, None);
    }
    call.hang_up(tape, ms(4500), Side::Caller);
    call.truth.pdd_ms = Some(250.0);
    call.truth.setup_ms = Some(1500.0);
    call.truth.duration_s = Some(3.0);
    call.finish(tape, "answered");
}

/// A network announcement behind a 183 (RFC 3960), then the callee refuses the call.
pub(crate) fn early_media(tape: &mut Tape) {
    let mut call = Call::new(
        tape,
        22,
        &company("Alice", "+15555550101"),
        &carrier("Bob", "+15555550142"),
    );
    let invite = call.invite(tape, ms(0), &PCMA, false);
    let answer = call.sdp(Side::Callee, &PCMA, 1, "sendonly");
    call.respond(
        tape,
        ms(400),
        &invite,
        "183 Session Progress",
        &Extra::sdp(&answer),
    );
    let mut source = call.source(Side::Callee, &PCMA, Network::Clean);
    source.talk(tape, &mut call.rng, ms(420), ms(4420));
    source.finish(tape, None);
    let cause = ["Reason: Q.850;cause=21;text=\"Call rejected\"".to_owned()];
    call.respond(
        tape,
        ms(4500),
        &invite,
        "603 Decline",
        &Extra::headers(&cause),
    );
    call.send(tape, ms(4502), &invite.turned("ACK"), &Extra::NONE);
    call.truth.pdd_ms = Some(400.0);
    call.truth.status = Some(603);
    call.finish(tape, "rejected");
}

/// Opus on payload type 111, which only the session description explains.
pub(crate) fn opus(tape: &mut Tape) {
    let mut plan = Plan::clean(ms(0), ms(5000), &OPUS);
    plan.forward = Network::RandomLoss(20);
    Call::new(
        tape,
        23,
        &company("Alice", "+15555550101"),
        &carrier("Bob", "+15555550142"),
    )
    .answered(tape, &plan);
}

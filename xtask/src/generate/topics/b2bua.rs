//! A call through a proxy to a B2BUA, and the call that the B2BUA makes of it.

use crate::generate::call::Call;
use crate::generate::demo::{carrier, company};
use crate::generate::rtp::PCMU;
use crate::generate::sip::{Agent, Extra, Side, Transaction};
use crate::generate::tape::{Moment, Tape, ms};

/// The proxy beside the caller, and what it puts on top of a request.
const PROXY: ([u8; 4], u16) = ([192, 0, 2, 30], 5060);
const PROXY_VIA: &str = "Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bK-";

/// Both legs bear one Session-ID (RFC 7989). Nothing is heard: the media take another way.
pub(crate) fn b2bua(tape: &mut Tape) {
    let (alice, bob) = (
        company("Alice", "+15555550101"),
        carrier("Bob", "+15555550142"),
    );
    let exchange = |user: &Agent| Agent {
        name: user.name,
        user: user.user,
        product: "Example B2BUA 1.0",
        addr: ([198, 51, 100, 10], 5060).into(),
        ..bob.clone()
    };
    let session = [format!(
        "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote={}",
        "0".repeat(32)
    )];
    let mut incoming = Call::new(tape, 24, &alice, &exchange(&bob));
    let mut outgoing = Call::new(tape, 25, &exchange(&alice), &bob);
    let offer = incoming.sdp(Side::Caller, &PCMU, 1, "sendrecv");
    let invite = incoming
        .dialog
        .begin(&mut incoming.rng, Side::Caller, "INVITE");
    let extra = Extra {
        headers: &session,
        sdp: Some(&offer),
    };
    forward(tape, &incoming, ms(0), &invite, &extra);
    let offer = outgoing.sdp(Side::Caller, &PCMU, 1, "sendrecv");
    let extra = Extra {
        headers: &session,
        sdp: Some(&offer),
    };
    let second = outgoing.request(tape, ms(20), Side::Caller, "INVITE", &extra);
    outgoing.respond(tape, ms(300), &second, "180 Ringing", &Extra::NONE);
    back(
        tape,
        &incoming,
        ms(304),
        &invite,
        "180 Ringing",
        &Extra::NONE,
    );
    outgoing.accept(tape, ms(2000), &second, &PCMU);
    let answer = incoming.sdp(Side::Callee, &PCMU, 1, "sendrecv");
    back(
        tape,
        &incoming,
        ms(2008),
        &invite,
        "200 OK",
        &Extra::sdp(&answer),
    );
    incoming.dialog.established = true;
    for (at, method) in [(2020, "ACK"), (8000, "BYE")] {
        let request = incoming
            .dialog
            .begin(&mut incoming.rng, Side::Caller, method);
        forward(tape, &incoming, ms(at), &request, &Extra::NONE);
        if method == "BYE" {
            back(
                tape,
                &incoming,
                ms(at + 5),
                &request,
                "200 OK",
                &Extra::NONE,
            );
        }
    }
    outgoing.hang_up(tape, ms(8010), Side::Caller);
    incoming.truth.status = Some(200);
    incoming.truth.hangup_by = Some(Side::Caller.name().to_owned());
    for (mut call, pdd, setup, talk) in [
        (incoming, 306.0, 2010.0, 5.99),
        (outgoing, 280.0, 1980.0, 6.01),
    ] {
        call.truth.pdd_ms = Some(pdd);
        call.truth.setup_ms = Some(setup);
        call.truth.duration_s = Some(talk);
        call.finish(tape, "answered");
    }
}

/// The request on its two hops: 3 ms in the proxy.
fn forward(tape: &mut Tape, call: &Call, at: Moment, of: &Transaction, extra: &Extra<'_>) {
    let text = call.dialog.request(of, extra);
    tape.sip(at, call.dialog.caller.addr, PROXY.into(), &text);
    tape.sip(
        at + ms(3),
        PROXY.into(),
        call.dialog.callee.addr,
        &with_via(&text),
    );
}

/// The response on its two hops: 2 ms in the proxy.
fn back(
    tape: &mut Tape,
    call: &Call,
    at: Moment,
    of: &Transaction,
    status: &str,
    extra: &Extra<'_>,
) {
    let text = call.dialog.response(of, status, extra);
    tape.sip(at, call.dialog.callee.addr, PROXY.into(), &with_via(&text));
    tape.sip(at + ms(2), PROXY.into(), call.dialog.caller.addr, &text);
}

/// The message with the proxy's Via on top; its branch is the caller's, turned round.
fn with_via(text: &str) -> String {
    let branch = text.split("branch=z9hG4bK-").nth(1).unwrap_or_default();
    let token = branch.split(';').next().unwrap_or_default();
    let turned: String = token.chars().rev().collect();
    text.replacen("Via:", &format!("{PROXY_VIA}{turned}\r\nVia:"), 1)
}

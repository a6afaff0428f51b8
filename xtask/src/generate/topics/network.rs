//! What lies under a call: IPv6, TCP, VLAN tags, fragments.

use std::net::SocketAddr;

use crate::generate::call::{Call, Plan};
use crate::generate::connection::Connection;
use crate::generate::demo::{carrier, company};
use crate::generate::packet::Tag;
use crate::generate::rtp::{G729, Network, PCMU};
use crate::generate::sip::{Extra, Side};
use crate::generate::tape::{Moment, Tape, ms};

/// A call between addresses of the documentation prefix (RFC 3849).
pub(crate) fn ipv6(tape: &mut Tape) {
    let (mut caller, mut callee) = (
        company("Alice", "+15555550101"),
        carrier("Bob", "+15555550142"),
    );
    caller.addr = SocketAddr::from(([0x2001, 0xdb8, 0, 1, 0, 0, 0, 0x10], 5060));
    callee.addr = SocketAddr::from(([0x2001, 0xdb8, 0, 2, 0, 0, 0, 0x20], 5060));
    Call::new(tape, 30, &caller, &callee).answered(tape, &Plan::clean(ms(0), ms(4000), &G729));
}

/// A call in VLAN 100, and one behind a service tag (IEEE 802.1ad).
pub(crate) fn vlan(tape: &mut Tape) {
    let customer = Tag {
        ethertype: 0x8100,
        id: 100,
    };
    let service = Tag {
        ethertype: 0x88a8,
        id: 7,
    };
    let bob = carrier("Bob", "+15555550142");
    tape.tags = vec![customer];
    Call::new(tape, 31, &company("Alice", "+15555550101"), &bob)
        .answered(tape, &Plan::clean(ms(0), ms(3000), &PCMU));
    tape.tags = vec![service, customer];
    Call::new(tape, 32, &company("Carol", "+15555550103"), &bob)
        .answered(tape, &Plan::clean(ms(1000), ms(3000), &PCMU));
}

/// A call whose INVITE is too large for one packet.
pub(crate) fn fragments(tape: &mut Tape) {
    let mut call = Call::new(
        tape,
        33,
        &company("Alice", "+15555550101"),
        &carrier("Bob", "+15555550142"),
    );
    let invite = call.dialog.begin(&mut call.rng, Side::Caller, "INVITE");
    let history: Vec<String> = (1..16)
        .map(|n| format!("History-Info: <sip:+155555501{n:02}@example.com?Reason=SIP%3Bcause%3D302>;index=1.{n}"))
        .collect();
    let offer = call.sdp(Side::Caller, &PCMU, 1, "sendrecv");
    let extra = Extra {
        headers: &history,
        sdp: Some(&offer),
    };
    let text = call.dialog.request(&invite, &extra);
    tape.sip_fragments(
        ms(0),
        call.dialog.caller.addr,
        call.dialog.callee.addr,
        &text,
    );
    call.respond(tape, ms(250), &invite, "180 Ringing", &Extra::NONE);
    call.accept(tape, ms(1000), &invite, &PCMU);
    for by in [Side::Caller, Side::Callee] {
        let mut source = call.source(by, &PCMU, Network::Clean);
        source.talk(tape, &mut call.rng, ms(1020), ms(2980));
        source.finish(tape, None);
    }
    call.hang_up(tape, ms(3000), Side::Caller);
    call.truth.pdd_ms = Some(250.0);
    call.truth.setup_ms = Some(1000.0);
    call.truth.duration_s = Some(2.0);
    call.finish(tape, "answered");
}

/// A TCP connection that carries a call: two answers in one segment, and one in two.
pub(crate) fn tcp(tape: &mut Tape) {
    let mut caller = company("Alice", "+15555550101");
    caller.addr.set_port(40_112);
    let mut call = Call::new(tape, 34, &caller, &carrier("Bob", "+15555550142"));
    call.dialog.transport = "TCP";
    let mut connection = Connection::open(tape, ms(0), caller.addr, call.dialog.callee.addr);
    let (offer, answer) = (
        call.sdp(Side::Caller, &PCMU, 1, "sendrecv"),
        call.sdp(Side::Callee, &PCMU, 1, "sendrecv"),
    );
    let invite = call.dialog.begin(&mut call.rng, Side::Caller, "INVITE");
    send(
        &mut connection,
        tape,
        ms(100),
        Side::Caller,
        &[call.dialog.request(&invite, &Extra::sdp(&offer))],
        1,
    );
    let trying = call.dialog.response(&invite, "100 Trying", &Extra::NONE);
    let ringing = call.dialog.response(&invite, "180 Ringing", &Extra::NONE);
    send(
        &mut connection,
        tape,
        ms(300),
        Side::Callee,
        &[trying, ringing],
        1,
    );
    send(
        &mut connection,
        tape,
        ms(1100),
        Side::Callee,
        &[call
            .dialog
            .response(&invite, "200 OK", &Extra::sdp(&answer))],
        2,
    );
    call.dialog.established = true;
    let ack = call.dialog.begin(&mut call.rng, Side::Caller, "ACK");
    send(
        &mut connection,
        tape,
        ms(1120),
        Side::Caller,
        &[call.dialog.request(&ack, &Extra::NONE)],
        1,
    );
    for by in [Side::Caller, Side::Callee] {
        let mut source = call.source(by, &PCMU, Network::Clean);
        source.talk(tape, &mut call.rng, ms(1140), ms(3080));
        source.finish(tape, None);
    }
    let bye = call.dialog.begin(&mut call.rng, Side::Caller, "BYE");
    send(
        &mut connection,
        tape,
        ms(3100),
        Side::Caller,
        &[call.dialog.request(&bye, &Extra::NONE)],
        1,
    );
    send(
        &mut connection,
        tape,
        ms(3160),
        Side::Callee,
        &[call.dialog.response(&bye, "200 OK", &Extra::NONE)],
        1,
    );
    connection.close(tape, ms(3200));
    call.truth.status = Some(200);
    call.truth.pdd_ms = Some(200.0);
    call.truth.setup_ms = Some(1000.0);
    call.truth.duration_s = Some(2.0);
    call.truth.hangup_by = Some("caller".to_owned());
    call.finish(tape, "answered");
}

/// Messages of one side on end, in `n_segments` of nearly one size.
fn send(
    connection: &mut Connection,
    tape: &mut Tape,
    at: Moment,
    by: Side,
    messages: &[String],
    n_segments: usize,
) {
    for message in messages {
        tape.count(message);
    }
    let bytes = messages.concat().into_bytes();
    for (index, part) in (0..).zip(bytes.chunks(bytes.len().div_ceil(n_segments))) {
        connection.send(tape, at + ms(index), by, part);
    }
}

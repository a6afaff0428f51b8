//! One and the same call in everything that can carry it, a capture each: what follows from them must be one and the same, too.

use std::net::SocketAddr;

use crate::generate::call::Call;
use crate::generate::demo::{carrier, company};
use crate::generate::hep::Version;
use crate::generate::packet::Tag;
use crate::generate::rtp::{Network, PCMU};
use crate::generate::sip::{Extra, Side};
use crate::generate::stream::Kind;
use crate::generate::tape::{Tape, Way, ms};
use crate::generate::tls;
use crate::generate::tunnel::Tunnel;
use crate::generate::{Scenario, pcap};

/// Every carrier, by folder: `ip` what stands below UDP, `sip` what carries SIP instead of UDP, `tunnel`, `hep`.
pub(in crate::generate) const CARRIERS: &[Scenario] = &[
    pcap("carriers/ip/v4.pcap", |tape| call(tape, Family::V4)),
    pcap("carriers/ip/v6.pcap", |tape| call(tape, Family::V6)),
    pcap("carriers/ip/v4-fragments.pcap", |tape| {
        fragmented(tape, Family::V4);
    }),
    pcap("carriers/ip/v6-fragments.pcap", |tape| {
        fragmented(tape, Family::V6);
    }),
    pcap("carriers/ip/vlan.pcap", |tape| tagged(tape, &[CUSTOMER])),
    pcap("carriers/ip/qinq.pcap", |tape| {
        tagged(tape, &[SERVICE, CUSTOMER]);
    }),
    pcap("carriers/sip/tcp.pcap", |tape| stream(tape, Kind::Tcp)),
    pcap("carriers/sip/websocket.pcap", |tape| {
        stream(tape, Kind::WebSocket { deflate: false });
    }),
    pcap("carriers/sip/websocket-deflate.pcap", |tape| {
        stream(tape, Kind::WebSocket { deflate: true });
    }),
    pcap("carriers/sip/sctp.pcap", |tape| {
        stream(tape, Kind::Sctp { room: 4096 });
    }),
    pcap("carriers/sip/sctp-fragments.pcap", |tape| {
        stream(tape, Kind::Sctp { room: 200 });
    }),
    pcap("carriers/sip/tls12.pcap", |tape| {
        stream(tape, Kind::Tls(tls::Version::Tls12));
    }),
    pcap("carriers/sip/tls13.pcap", |tape| {
        stream(tape, Kind::Tls(tls::Version::Tls13));
    }),
    pcap("carriers/hep/v1.pcap", |tape| agent(tape, Version::One)),
    pcap("carriers/hep/v2.pcap", |tape| agent(tape, Version::Two)),
    pcap("carriers/hep/v3.pcap", |tape| agent(tape, Version::Three)),
    pcap("carriers/tunnel/mpls.pcap", |tape| {
        tunnel(tape, Tunnel::Mpls);
    }),
    pcap("carriers/tunnel/pppoe.pcap", |tape| {
        tunnel(tape, Tunnel::Pppoe);
    }),
    pcap("carriers/tunnel/nsh.pcap", |tape| tunnel(tape, Tunnel::Nsh)),
    pcap("carriers/tunnel/cisco-metadata.pcap", |tape| {
        tunnel(tape, Tunnel::CiscoMetadata);
    }),
    pcap("carriers/tunnel/ipip.pcap", |tape| {
        tunnel(tape, Tunnel::IpInIp);
    }),
    pcap("carriers/tunnel/6in4.pcap", |tape| {
        tape.way = Some(Way::Tunnel(Tunnel::SixInFour));
        call(tape, Family::V6);
    }),
    pcap("carriers/tunnel/4in6.pcap", |tape| {
        tunnel(tape, Tunnel::FourInSix);
    }),
    pcap("carriers/tunnel/gre.pcap", |tape| tunnel(tape, Tunnel::Gre)),
    pcap("carriers/tunnel/nvgre.pcap", |tape| {
        tunnel(tape, Tunnel::Nvgre);
    }),
    pcap("carriers/tunnel/erspan1.pcap", |tape| {
        tunnel(tape, Tunnel::Erspan1);
    }),
    pcap("carriers/tunnel/erspan2.pcap", |tape| {
        tunnel(tape, Tunnel::Erspan2);
    }),
    pcap("carriers/tunnel/erspan3.pcap", |tape| {
        tunnel(tape, Tunnel::Erspan3);
    }),
    pcap("carriers/tunnel/vxlan.pcap", |tape| {
        tunnel(tape, Tunnel::Vxlan);
    }),
    pcap("carriers/tunnel/vxlan-gpe.pcap", |tape| {
        tunnel(tape, Tunnel::VxlanGpe);
    }),
    pcap("carriers/tunnel/geneve.pcap", |tape| {
        tunnel(tape, Tunnel::Geneve);
    }),
    pcap("carriers/tunnel/gtpu.pcap", |tape| {
        tunnel(tape, Tunnel::GtpU);
    }),
    pcap("carriers/tunnel/l2tp.pcap", |tape| {
        tunnel(tape, Tunnel::L2tp);
    }),
    pcap("carriers/tunnel/l2tpv3.pcap", |tape| {
        tunnel(tape, Tunnel::L2tpV3);
    }),
    pcap("carriers/tunnel/l2tpv3-udp.pcap", |tape| {
        tunnel(tape, Tunnel::L2tpV3OverUdp);
    }),
    pcap("carriers/tunnel/tzsp.pcap", |tape| {
        tunnel(tape, Tunnel::Tzsp);
    }),
    pcap("carriers/tunnel/jmirror.pcap", |tape| {
        tunnel(tape, Tunnel::Jmirror);
    }),
];

const CUSTOMER: Tag = Tag {
    ethertype: 0x8100,
    id: 100,
};
const SERVICE: Tag = Tag {
    ethertype: 0x88a8,
    id: 7,
};
/// Small enough that an RTP packet comes in two.
const FRAGMENT_ROOM: usize = 120;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

fn fragmented(tape: &mut Tape, family: Family) {
    tape.fragment = Some(FRAGMENT_ROOM);
    call(tape, family);
}

fn tagged(tape: &mut Tape, tags: &[Tag]) {
    tape.tags = tags.to_vec();
    call(tape, Family::V4);
}

fn tunnel(tape: &mut Tape, tunnel: Tunnel) {
    tape.way = Some(Way::Tunnel(tunnel));
    call(tape, Family::V4);
}

fn agent(tape: &mut Tape, version: Version) {
    tape.way = Some(Way::Agent(version));
    call(tape, Family::V4);
}

fn stream(tape: &mut Tape, kind: Kind) {
    tape.stream = Some(kind);
    call(tape, Family::V4);
}

/// The call: answered and ended by the caller, a quarter of a second of speech both ways. The 100 and the 180 come at one
/// moment, so that a stream may carry them together.
fn call(tape: &mut Tape, family: Family) {
    let (mut caller, mut callee) = (
        company("Alice", "+15555550101"),
        carrier("Bob", "+15555550142"),
    );
    if family == Family::V6 {
        caller.addr = SocketAddr::from(([0x2001, 0xdb8, 0, 1, 0, 0, 0, 0x10], 5060));
        callee.addr = SocketAddr::from(([0x2001, 0xdb8, 0, 2, 0, 0, 0, 0x20], 5060));
    }
    let mut call = Call::new(tape, 50, &caller, &callee);
    call.dialog.transport = tape.stream.map_or("UDP", Kind::name);
    let offer = call.sdp(Side::Caller, &PCMU, 1, "sendrecv");
    let invite = call.request(tape, ms(0), Side::Caller, "INVITE", &Extra::sdp(&offer));
    for status in ["100 Trying", "180 Ringing"] {
        call.respond(tape, ms(200), &invite, status, &Extra::NONE);
    }
    call.accept(tape, ms(1000), &invite, &PCMU);
    for by in [Side::Caller, Side::Callee] {
        let mut source = call.source(by, &PCMU, Network::Clean);
        source.talk(tape, &mut call.rng, ms(1020), ms(1260));
        source.finish(tape, None);
    }
    call.hang_up(tape, ms(1300), Side::Caller);
    call.truth.pdd_ms = Some(200.0);
    call.truth.setup_ms = Some(1000.0);
    call.truth.duration_s = Some(0.3);
    call.finish(tape, "answered");
}

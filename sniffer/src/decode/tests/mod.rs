//! One datagram in every wrapping, cut at every byte, and noise.

mod encapsulation;
mod fragments;
mod noise;
mod plain;
mod samples;

use std::net::SocketAddr;

use self::samples::{BODY, be, datagram, esp, ethernet, ipv4, ipv6, join, over_udp, packet, udp};
use super::{
    Datagram, Decoded, Decoder, Encapsulations, Frame, Limits, LinkType, MAX_DEPTH, Packet, Payload,
};
use crate::record::books::Reason;
use crate::time::Timestamp;

const AT: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);

static NOT_WRAPPED: Encapsulations = Encapsulations::NONE;

fn frame(link: LinkType, bytes: &[u8]) -> Frame<'_> {
    Frame {
        at: AT,
        link,
        interface: 0,
        original_len: u32::try_from(bytes.len()).unwrap(),
        bytes,
    }
}

fn decoder() -> Decoder {
    Decoder::new(Limits::default())
}

fn whole<'a>(src: &str, dst: &str) -> Datagram<'a> {
    Datagram {
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        bytes: BODY,
        wire_len: BODY.len(),
    }
}

fn packet_of(datagram: Datagram<'_>) -> Decoded<'_> {
    Decoded::Packet(Packet {
        at: AT,
        payload: Payload::Udp(datagram),
        frames: 1,
        encapsulation: &NOT_WRAPPED,
    })
}

/// What came around the packet is left out of the comparison; `encapsulation` looks at that.
fn check(name: &str, link: LinkType, bytes: &[u8], expected: Decoded<'_>) {
    let mut decoder = decoder();
    let mut decoded = decoder.decode(&frame(link, bytes));
    if let Decoded::Packet(packet) = &mut decoded {
        packet.encapsulation = &NOT_WRAPPED;
    }
    assert_eq!(decoded, expected, "{name}");
}

#[test]
fn every_wrapping_yields_the_same_packet() {
    let expected = packet_of(whole("192.0.2.1:5060", "192.0.2.2:5062"));
    for sample in samples::samples() {
        check(sample.name, sample.link, &sample.bytes, expected);
    }
}

#[test]
fn ipv6_extension_headers_are_skipped() {
    let expected = packet_of(whole("[2001:db8::1]:5060", "[2001:db8::2]:5062"));
    let option = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let authentication = [17, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9];
    let atomic = [17, 0, 0, 0, 0, 0, 0, 1];
    let jumbo = {
        let mut packet = ipv6(17, &datagram());
        packet[4..6].fill(0);
        packet[44..46].fill(0);
        packet
    };
    let cases = [
        ("plain", ipv6(17, &datagram())),
        ("hop-by-hop", ipv6(0, &join(&[&option(17), &datagram()]))),
        ("routing", ipv6(43, &join(&[&option(17), &datagram()]))),
        ("mobility", ipv6(135, &join(&[&option(17), &datagram()]))),
        (
            "three",
            ipv6(
                0,
                &join(&[&option(43), &option(60), &option(17), &datagram()]),
            ),
        ),
        ("long", ipv6(60, &join(&[&[17, 1], &[0; 14], &datagram()]))),
        (
            "authentication",
            ipv6(51, &join(&[&authentication, &datagram()])),
        ),
        ("atomic fragment", ipv6(44, &join(&[&atomic, &datagram()]))),
        ("no lengths", jumbo),
    ];
    for (name, bytes) in cases {
        check(name, LinkType::IPV6, &bytes, expected);
        let families = [10, 23, 24, 28, 30].map(|family| join(&[&[family, 0, 0, 0], &bytes]));
        for bytes in families {
            check(name, LinkType::NULL, &bytes, expected);
        }
    }
}

#[test]
fn lengths_that_disagree_are_settled() {
    let datagram = |bytes: &'static [u8], wire_len| {
        packet_of(Datagram {
            bytes,
            wire_len,
            ..whole("192.0.2.1:5060", "192.0.2.2:5062")
        })
    };
    let with = |at: usize, field: [u8; 2]| {
        let mut bytes = packet();
        bytes[at..at + 2].copy_from_slice(&field);
        bytes
    };
    let body = BODY.len();
    let cases = [
        ("UDP 0", with(24, [0, 0]), datagram(BODY, body)),
        ("UDP short", with(24, [0, 11]), datagram(&BODY[..3], 3)),
        ("UDP long", with(24, [0x7F, 0]), datagram(BODY, body)),
        ("IP 0", with(2, [0, 0]), datagram(BODY, body)),
        (
            "UDP below its header",
            with(24, [0, 7]),
            Decoded::Dropped(Reason::TransportMalformed),
        ),
        (
            "IP below its header",
            with(2, [0, 19]),
            Decoded::Dropped(Reason::IpMalformed),
        ),
    ];
    for (name, bytes, expected) in cases {
        check(name, LinkType::RAW, &bytes, expected);
        let labelled = ethernet(0x8847, &join(&[&[0, 0x10, 1, 64], &bytes]));
        check(name, LinkType::ETHERNET, &labelled, expected);
    }
}

#[test]
fn options_of_ipv4_are_skipped() {
    let mut bytes = packet();
    bytes[0] = 0x47;
    bytes[2..4].copy_from_slice(&be(28 + 8 + BODY.len()));
    bytes.splice(20..20, [1; 8]);
    let expected = packet_of(whole("192.0.2.1:5060", "192.0.2.2:5062"));
    check("options", LinkType::RAW, &bytes, expected);
}

#[test]
fn what_is_left_has_its_reason() {
    let ether = |ethertype, payload: &[u8]| (LinkType::ETHERNET, ethernet(ethertype, payload));
    let wlan = |control: [u8; 2], more: &[u8]| {
        (
            LinkType::IEEE802_11,
            join(&[&control, &[0; 22], more, &[0; 40]]),
        )
    };
    let on_ip = |protocol, payload: &[u8]| (LinkType::RAW, ipv4(protocol, payload));
    let mut ciphertext = esp(17, &datagram(), 12);
    ciphertext[8..].iter_mut().for_each(|byte| *byte ^= 0x5A);
    let mut fragmented = wlan([8, 1], &[]);
    fragmented.1[22] = 1;
    let cases = [
        (Reason::LinkUnsupported, (LinkType(147), packet())),
        (Reason::LinkMalformed, (LinkType::ETHERNET, vec![0; 13])),
        (Reason::LinkMalformed, ether(200, &[0xAA, 0xAA, 3])),
        (Reason::NotIp, ether(0x0806, &[0; 28])),
        (Reason::NotIp, ether(0x8863, &[0x11, 9, 0, 0, 0, 0])),
        (Reason::NotIp, ether(3, &[0x42, 0x42, 3])),
        (
            Reason::NotIp,
            (LinkType::NULL, join(&[&[7, 0, 0, 0], &packet()])),
        ),
        (
            Reason::NotIp,
            (LinkType::PPP, vec![0xFF, 3, 0xC0, 0x21, 1, 1]),
        ),
        (
            Reason::NotIp,
            (LinkType::LINUX_SLL, join(&[&[0, 4, 3, 0x38], &[0; 28]])),
        ),
        (Reason::NotIp, wlan([0x80, 0], &[])),
        (Reason::NotIp, wlan([0x48, 1], &[])),
        (Reason::LinkEncrypted, wlan([8, 0x41], &[])),
        (Reason::LinkEncrypted, ether(0x88E5, &[0; 20])),
        (Reason::LinkAggregated, wlan([0x88, 1], &[0x80, 0])),
        (Reason::LinkAggregated, wlan([8, 5], &[])),
        (Reason::LinkAggregated, fragmented),
        (Reason::IpMalformed, (LinkType::RAW, vec![0x55; 40])),
        (
            Reason::IpMalformed,
            (LinkType::RAW, packet()[..19].to_vec()),
        ),
        (Reason::Icmp, on_ip(1, &packet())),
        (Reason::Icmp, (LinkType::RAW, ipv6(58, &packet()))),
        (
            Reason::Icmp,
            (LinkType::RAW, samples::ipv4_fragment(7, 0x2000, 1, &[0; 8])),
        ),
        (Reason::NotIp, on_ip(115, &join(&[&[0; 4], &packet()]))),
        (Reason::IpProtocol, on_ip(89, &packet())),
        (Reason::IpProtocol, (LinkType::RAW, ipv6(59, &[0; 8]))),
        (Reason::IpProtocol, on_ip(0, &datagram())),
        (Reason::IpProtocol, on_ip(47, &[0x40, 0, 8, 0, 0, 0, 0, 0])),
        (Reason::Encrypted, on_ip(50, &ciphertext)),
        (Reason::TransportMalformed, on_ip(17, &[0; 7])),
        (Reason::TransportMalformed, on_ip(6, &[0; 20])),
        (Reason::TransportMalformed, on_ip(132, &[0; 11])),
    ];
    for (why, (link, bytes)) in cases {
        check(why.name(), link, &bytes, Decoded::Dropped(why));
    }
}

#[test]
fn a_tunnel_port_alone_proves_nothing() {
    let ip = packet();
    let mut long = ip.clone();
    long[2..4].copy_from_slice(&be(ip.len() + 1));
    let payloads = [
        (
            1701,
            vec![
                0, 2, 0, 1, 0, 2, 0xFF, 3, 0xC0, 0x21, 9, 1, 0, 9, 1, 2, 3, 4,
            ],
        ),
        (1701, b"INVITE sip:b@example.org SIP/2.0\r\n\r\n".to_vec()),
        (2152, join(&[&[0x30, 255, 0, 66, 0, 0, 0, 1], &long])),
        (2152, join(&[&[0x30, 1, 0, 65, 0, 0, 0, 1], &ip])),
        (
            2152,
            join(&[&[0x34, 255, 0, 69, 0, 0, 0, 1, 0, 0, 0, 5, 0], &ip]),
        ),
        (4500, [&[0; 4][..], &[0x21; 28]].concat()),
        (
            4789,
            join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &ethernet(0x0806, &[0; 28])]),
        ),
        (
            4789,
            join(&[&[9, 0, 0, 0, 0, 0, 5, 0], &ethernet(0x0800, &ip)]),
        ),
        (
            4789,
            join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &ethernet(0x0800, &long)]),
        ),
        (6081, join(&[&[0, 0x80, 8, 0, 0, 0, 5, 0], &ip])),
        // A control message; a session whose frame is no IP.
        (1701, join(&[&[0, 3, 0, 0, 0, 0, 0, 0], &ip])),
        (1701, join(&[&[0, 3, 0, 0, 0, 0, 0, 7], &long])),
        // A keep-alive, an encapsulation that is not read, tags without an end.
        (37008, vec![1, 4, 0, 0]),
        (37008, join(&[&[1, 0, 0, 119, 1], &ip])),
        (37008, vec![1, 0, 0, 1, 0, 10, 200, 1]),
        (30030, join(&[&[0; 8], &long])),
    ];
    for (port, payload) in payloads {
        let expected = packet_of(Datagram {
            src: SocketAddr::new([192, 0, 2, 1].into(), port),
            dst: SocketAddr::new([192, 0, 2, 2].into(), port),
            bytes: &payload,
            wire_len: payload.len(),
        });
        check(
            "plain",
            LinkType::ETHERNET,
            &over_udp(port, &payload),
            expected,
        );
    }
}

#[test]
fn tcp_and_sctp_headers_are_read() {
    let mut header = vec![
        0x13, 0xC4, 0x13, 0xC6, 1, 2, 3, 4, 0, 0, 0, 0, 0x60, 0x07, 0, 0, 0, 0, 0, 0,
    ];
    header.extend([1; 4]);
    let bytes = ipv4(6, &join(&[&header, BODY]));
    for n in 40..=bytes.len() {
        let cut = Frame {
            original_len: u32::try_from(bytes.len()).unwrap(),
            ..frame(LinkType::RAW, &bytes[..n])
        };
        let mut decoder = decoder();
        let Decoded::Packet(Packet {
            payload: Payload::Tcp(tcp),
            ..
        }) = decoder.decode(&cut)
        else {
            panic!("no segment in {n} bytes");
        };
        assert_eq!(
            (tcp.src.port(), tcp.dst.port(), tcp.seq),
            (5060, 5062, 0x0102_0304)
        );
        assert_eq!((tcp.syn, tcp.fin, tcp.rst), (true, true, true));
        assert_eq!(
            (tcp.bytes, tcp.wire_len),
            (&BODY[..n.saturating_sub(44)], BODY.len())
        );
    }
    let bytes = ipv4(
        132,
        &join(&[&[0x13, 0xC4, 0x13, 0xC6, 0, 0, 0, 9, 0, 0, 0, 0], BODY]),
    );
    let mut decoder = decoder();
    let Decoded::Packet(packet) = decoder.decode(&frame(LinkType::RAW, &bytes)) else {
        panic!("no SCTP packet");
    };
    let Payload::Sctp(sctp) = packet.payload else {
        panic!("{packet:?}");
    };
    assert_eq!(
        (sctp.src.port(), sctp.dst.port(), sctp.tag, sctp.chunks),
        (5060, 5062, 9, BODY)
    );
}

#[test]
fn nesting_ends_at_the_documented_depth() {
    // Raw IP in IP: n IP headers and the UDP header are n + 1.
    let nested = |n: usize| (1..n).fold(packet(), |inner, _| ipv4(4, &inner));
    let expected = packet_of(whole("192.0.2.1:5060", "192.0.2.2:5062"));
    check("deep", LinkType::RAW, &nested(MAX_DEPTH - 1), expected);
    let too_deep = Decoded::Dropped(Reason::TooDeep);
    check("too deep", LinkType::RAW, &nested(MAX_DEPTH), too_deep);
    check("far too deep", LinkType::RAW, &nested(500), too_deep);
    let labels = join(&[&[0, 0x10, 0, 64].repeat(200), &[0, 0x10, 1, 64], &packet()]);
    check(
        "labels",
        LinkType::ETHERNET,
        &ethernet(0x8847, &labels),
        too_deep,
    );
    let tags = [0, 5, 0x81, 0].repeat(300);
    check(
        "tags",
        LinkType::ETHERNET,
        &ethernet(0x8100, &tags),
        too_deep,
    );
}

#[test]
fn a_frame_cut_anywhere_invents_nothing() {
    for sample in samples::samples() {
        for n in 0..=sample.bytes.len() {
            let bytes = &sample.bytes[..n];
            let cut = Frame {
                original_len: u32::try_from(sample.bytes.len()).unwrap(),
                ..frame(sample.link, bytes)
            };
            if let Decoded::Packet(packet) = decoder().decode(&cut) {
                check_cut(sample.name, bytes, packet);
            }
        }
    }
}

/// The payload lies within the frame up to its end or that of the body, and the body's length is known all the same.
fn check_cut(name: &str, frame: &[u8], packet: Packet<'_>) {
    let Payload::Udp(udp) = packet.payload else {
        panic!("{name}: {packet:?}");
    };
    let (outer, inner) = (frame.as_ptr_range(), udp.bytes.as_ptr_range());
    assert!(
        outer.start <= inner.start && inner.end <= outer.end,
        "{name}"
    );
    if udp.src.port() == 5060 {
        assert_eq!(udp.wire_len, BODY.len(), "{name}");
        assert!(BODY.starts_with(udp.bytes), "{name}");
    }
}

#[test]
fn a_datagram_without_payload_is_a_packet() {
    let empty = Datagram {
        bytes: &[],
        wire_len: 0,
        ..whole("192.0.2.1:5060", "192.0.2.2:5062")
    };
    let bytes = ipv4(17, &udp(5060, 5062, &[]));
    check("empty", LinkType::RAW, &bytes, packet_of(empty));
}

#[test]
fn what_a_sensor_cut_off_is_known_all_the_same() {
    let frame = ethernet(0x0800, &packet());
    let length = be(frame.len());
    let cut = frame.len() - 5;
    let header = [&[1, 0, 0, 1, 41, 2][..], &length, &[1]].concat();
    let bytes = over_udp(37008, &join(&[&header, &frame[..cut]]));
    let expected = Datagram {
        bytes: &BODY[..BODY.len() - 5],
        ..whole("192.0.2.1:5060", "192.0.2.2:5062")
    };
    check("sliced", LinkType::ETHERNET, &bytes, packet_of(expected));
}

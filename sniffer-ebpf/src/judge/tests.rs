//! What becomes of packets, by what they carry and how it is wrapped.

extern crate std;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::prelude::v1::*;
use std::vec;

use super::*;
use crate::{ENDPOINT_RTP, MediaEndpoint, media_endpoint};

struct Bytes(Vec<u8>);

impl Packet for Bytes {
    fn bytes<const N: usize>(&self, at: u32) -> Option<[u8; N]> {
        self.0.get(at as usize..)?.first_chunk().copied()
    }
}

/// SIP at 5060, media at 192.0.2.1:4000 and at port 6000 of 2001:db8::1, fax at 192.0.2.1:4010.
#[derive(Default)]
struct Known {
    early: Cell<bool>,
    left: RefCell<HashSet<DatagramId>>,
}

impl Tables for Known {
    fn is_sip_udp(&self, port: u16) -> bool {
        port == 5060
    }

    fn is_sip_stream(&self, port: u16) -> bool {
        port == 5060
    }

    fn is_rtp_port(&self, port: u16) -> bool {
        (20_000..=20_100).contains(&port)
    }

    fn endpoint(&self, key: &MediaEndpoint) -> Option<u8> {
        let is = |text: &str| *key == media_endpoint(text.parse().expect("an address"));
        match () {
            () if is("192.0.2.1:4000") || is("[2001:db8::1]:6000") => Some(ENDPOINT_RTP),
            () if is("192.0.2.1:4010") => Some(ENDPOINT_WHOLE),
            () => None,
        }
    }

    fn is_early(&self, _: &MediaEndpoint) -> bool {
        self.early.get()
    }

    fn note_first_fragment(&self, datagram: &DatagramId, left: bool) {
        match left {
            true => self.left.borrow_mut().insert(*datagram),
            false => self.left.borrow_mut().remove(datagram),
        };
    }

    fn was_left(&self, datagram: &DatagramId) -> bool {
        self.left.borrow().contains(datagram)
    }
}

fn check(frame: &[u8], class: Class, keep: u32) {
    let verdict = judge(&Bytes(frame.to_vec()), &Known::default(), Start::Ethernet);
    assert_eq!(verdict, Verdict { class, keep }, "{frame:02x?}");
}

const WHOLE: u32 = u32::MAX;

/// An RTP packet: 12 bytes of header, then 160 of payload.
fn rtp() -> Vec<u8> {
    [&[0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4][..], &[0xd5; 160]].concat()
}

fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() + 8) as u16;
    let words = [src, dst, len, 0].map(u16::to_be_bytes);
    [words.as_flattened(), payload].concat()
}

/// A packet from 192.0.2.9 to 192.0.2.1.
fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    v4_part(protocol, [0, 0], payload)
}

fn v4_part(protocol: u8, fragment: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let [l0, l1] = ((payload.len() + 20) as u16).to_be_bytes();
    let [f0, f1] = fragment;
    let head = [
        0x45, 0, l0, l1, 0, 7, f0, f1, 64, protocol, 0, 0, 192, 0, 2, 9, 192, 0, 2, 1,
    ];
    [&head[..], payload].concat()
}

/// A packet from 2001:db8::9 to 2001:db8::1.
fn v6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [l0, l1] = (payload.len() as u16).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, l0, l1, protocol, 64];
    for last in [9, 1] {
        packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    packet.extend(payload);
    packet
}

fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &ethertype.to_be_bytes(), payload].concat()
}

fn over_v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &v4(protocol, payload))
}

#[test]
fn media_is_cut_behind_its_header_and_the_rest_is_not() {
    let to = |port: u16, payload: &[u8]| over_v4(17, &udp(9000, port, payload));
    check(&to(4000, &rtp()), Class::Rtp, 14 + 20 + 8 + 12 + 4);
    check(&to(5060, b"OPTIONS sip:a@b SIP/2.0"), Class::Sip, WHOLE);
    check(&to(4010, &rtp()), Class::Media, WHOLE);
    let from = over_v4(17, &udp(4000, 9000, &rtp()));
    check(&from, Class::OtherUdp, 0);
    let v6_media = ethernet(0x86dd, &v6(17, &udp(9000, 6000, &rtp())));
    check(&v6_media, Class::Rtp, 14 + 40 + 8 + 12 + 4);
    let mut padded = rtp();
    padded[0] = 0xa0;
    check(&to(4000, &padded), Class::Rtp, WHOLE);
    let mut extended = rtp();
    extended[0] = 0x92;
    extended[20..24].copy_from_slice(&[0xbe, 0xde, 0, 3]);
    check(
        &to(4000, &extended),
        Class::Rtp,
        14 + 20 + 8 + 12 + 8 + 4 + 12 + 4,
    );
    check(&to(4000, &[0; 3]), Class::Media, WHOLE);
}

#[test]
fn rtcp_is_known_by_the_port_below() {
    let report = [0x81, 201, 0, 7, 1, 2, 3, 4];
    check(&over_v4(17, &udp(9001, 4001, &report)), Class::Media, WHOLE);
    check(&over_v4(17, &udp(9001, 4003, &report)), Class::OtherUdp, 0);
    check(&over_v4(17, &udp(9001, 4001, &rtp())), Class::OtherUdp, 0);
}

#[test]
fn what_nobody_announced_passes_only_for_a_reason() {
    let to = |port: u16, payload: &[u8]| over_v4(17, &udp(9000, port, payload));
    let check_of = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    check(&to(7000, &check_of), Class::Ice, WHOLE);
    check(&to(7000, b"HEP3\0\x10\0\0"), Class::Wrapped, WHOLE);
    check(&to(20_000, &rtp()), Class::RtpRange, 14 + 20 + 8 + 12 + 4);
    check(&to(20_000, b"no media"), Class::OtherUdp, 0);
    check(&to(7000, &rtp()), Class::OtherUdp, 0);
    let early = Known::default();
    early.early.set(true);
    let verdict = judge(&Bytes(to(7000, &rtp())), &early, Start::Ethernet);
    assert_eq!((verdict.class, verdict.keep), (Class::Early, 58));
    check(&over_v4(6, &[0x13, 0xc4, 0, 80]), Class::Sip, WHOLE);
    check(&over_v4(6, &[0x13, 0xc5, 0, 80]), Class::OtherStream, 0);
    check(&over_v4(1, &[8, 0]), Class::Other, 0);
    check(&ethernet(0x0806, &[0; 28]), Class::Other, 0);
    check(&[0; 3], Class::Wrapped, WHOLE);
}

#[test]
fn it_is_found_in_tags_and_tunnels() {
    let inner = v4(17, &udp(9000, 4000, &rtp()));
    let keep = |before: u32| 14 + before + 20 + 8 + 12 + 4;
    let tag =
        |ethertype: u16, payload: &[u8]| [&[0, 5][..], &ethertype.to_be_bytes(), payload].concat();
    let single = tag(0x0800, &inner);
    check(&ethernet(0x8100, &single), Class::Rtp, keep(4));
    check(
        &ethernet(0x88a8, &tag(0x8100, &single)),
        Class::Rtp,
        keep(8),
    );
    check(
        &ethernet(0x8847, &[&[0, 1, 1, 64][..], &inner].concat()),
        Class::Rtp,
        keep(4),
    );
    check(
        &ethernet(
            0x8864,
            &[&[0x11, 0, 0, 1, 0, 9, 0, 0x21][..], &inner].concat(),
        ),
        Class::Rtp,
        keep(8),
    );
    check(&over_v4(4, &inner), Class::Rtp, keep(20));
    let gre = [&[0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &inner].concat();
    check(&over_v4(47, &gre), Class::Rtp, keep(32));
    let mirrored = ethernet(0x0800, &inner);
    let erspan = [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0; 8], &mirrored].concat();
    check(&over_v4(47, &erspan), Class::Rtp, keep(20 + 16 + 14));
    let vxlan = [&[8, 0, 0, 0, 0, 0, 1, 0][..], &mirrored].concat();
    check(
        &over_v4(17, &udp(50_000, 4789, &vxlan)),
        Class::Rtp,
        keep(28 + 8 + 14),
    );
    let geneve = [&[1, 0, 0x65, 0x58, 0, 0, 1, 0, 9, 9, 9, 9][..], &mirrored].concat();
    check(
        &over_v4(17, &udp(50_000, 6081, &geneve)),
        Class::Rtp,
        keep(28 + 12 + 14),
    );
    check(&over_v4(50, &[0; 8]), Class::Wrapped, WHOLE);
    let deep = (0..MAX_HEADERS).fold(single, |inside, _| tag(0x8100, &inside));
    check(&ethernet(0x8100, &deep), Class::Wrapped, WHOLE);
}

#[test]
fn fragments_fare_as_the_first_one_did() {
    let first = |port: u16| v4_part(17, [0x20, 0], &udp(9000, port, &rtp()));
    let second = Bytes(ethernet(0x0800, &v4_part(17, [0, 30], &[0xd5; 90])));
    let known = Known::default();
    let verdict = |frame: &Bytes| judge(frame, &known, Start::Ethernet);
    let frame = |port: u16| Bytes(ethernet(0x0800, &first(port)));
    assert_eq!(verdict(&second), Verdict::whole(Class::Fragment));
    assert_eq!(verdict(&frame(7000)), Verdict::leave(Class::OtherUdp));
    assert_eq!(verdict(&second), Verdict::leave(Class::OtherUdp));
    assert_eq!(verdict(&frame(4000)), Verdict::whole(Class::Rtp));
    assert_eq!(verdict(&second), Verdict::whole(Class::Fragment));
    let part = |id: u8, offset: u8, payload: &[u8]| {
        let head = [17, 0, 0, offset, 0, 0, 0, id];
        Bytes(ethernet(0x86dd, &v6(44, &[&head[..], payload].concat())))
    };
    assert_eq!(
        verdict(&part(1, 1, &udp(1, 2, &rtp()))),
        Verdict::leave(Class::OtherUdp)
    );
    assert_eq!(
        verdict(&part(1, 8, &[1; 8])),
        Verdict::leave(Class::OtherUdp)
    );
    assert_eq!(
        verdict(&part(2, 8, &[1; 8])),
        Verdict::whole(Class::Fragment)
    );
}

#[test]
fn frames_without_a_link_header_are_told_their_type() {
    let packet = Bytes(v4(17, &udp(9000, 5060, b"SIP/2.0 ")));
    let verdict = judge(&packet, &Known::default(), Start::Ethertype(0x0800));
    assert_eq!(verdict, Verdict::whole(Class::Sip));
}

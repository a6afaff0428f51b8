//! Copies of every kind are told, honest repeats of every kind are not, and memory stays within its bounds.

use proptest::prelude::*;

use super::identity::{Header, Place};
use super::{Duplicates, REMEMBERED, is_sent_once};
use crate::decode::layer::{Trail, walk};
use crate::decode::plain::Plain;
use crate::decode::window::Window;
use crate::decode::{Decoded, Decoder, Frame, Limits, LinkType, link};
use crate::record::books::Reason;
use crate::time::Timestamp;

const SIP: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
const DNS: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01";
const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;

/// A packet as the table below tells it: what a frame wraps.
#[derive(Clone)]
struct Ip {
    id: u16,
    flags: u16,
    ttl: u8,
    tos: u8,
    protocol: u8,
    src: [u8; 4],
    payload: Vec<u8>,
}

impl Ip {
    fn new(protocol: u8, payload: Vec<u8>) -> Ip {
        Ip {
            id: 0x4711,
            flags: 0,
            ttl: 64,
            tos: 0,
            protocol,
            src: [192, 0, 2, 1],
            payload,
        }
    }

    fn udp(payload: &[u8]) -> Ip {
        let length = 8 + payload.len() as u16;
        let header = [5060, 5060, length, 0xBEEF].map(u16::to_be_bytes).concat();
        Ip::new(17, [&header, payload].concat())
    }

    fn tcp(seq: u32, ack: u32, payload: &[u8]) -> Ip {
        let mut header = [5060, 5060].map(u16::to_be_bytes).concat();
        header.extend([seq, ack].map(u32::to_be_bytes).concat());
        header.extend([0x50, 0x10, 1, 0, 0xBE, 0xEF, 0, 0]);
        Ip::new(6, [&header, payload].concat())
    }

    /// "Don't fragment", and no identification: how Linux sends UDP.
    fn nameless(self) -> Ip {
        Ip {
            id: 0,
            flags: DONT_FRAGMENT,
            ..self
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let total = 20 + self.payload.len() as u16;
        let [l0, l1] = total.to_be_bytes();
        let ([i0, i1], [f0, f1]) = (self.id.to_be_bytes(), self.flags.to_be_bytes());
        let mut bytes = vec![0x45, self.tos, l0, l1, i0, i1, f0, f1, self.ttl];
        bytes.extend([self.protocol, self.ttl, 0xCC]);
        bytes.extend(self.src);
        bytes.extend([192, 0, 2, 2]);
        bytes.extend(&self.payload);
        bytes
    }
}

fn rtp(seq: u16) -> Ip {
    let [s0, s1] = seq.to_be_bytes();
    let header = [0x80, 0, s0, s1, 0, 0, s0, s1, 1, 2, 3, 4];
    Ip::udp(&[&header[..], &[0xD5; 160]].concat())
}

fn v6(hops: u8, payload: &[u8]) -> Vec<u8> {
    let udp = Ip::udp(payload).payload;
    let [l0, l1] = (udp.len() as u16).to_be_bytes();
    let mut bytes = vec![0x60, 0, 0, 0, l0, l1, 17, hops];
    bytes.extend([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    bytes.extend(udp);
    bytes
}

/// An Ethernet frame between cards that end in `card`.
fn ethernet(card: u8, ethertype: u16, packet: &[u8]) -> Vec<u8> {
    let [t0, t1] = ethertype.to_be_bytes();
    let cards = [2, 0, 0, 0, 0, card, 2, 0, 0, 0, 1, card, t0, t1];
    [&cards[..], packet].concat()
}

fn eth(packet: &[u8]) -> Vec<u8> {
    ethernet(1, if packet[0] >> 4 == 4 { 0x0800 } else { 0x86DD }, packet)
}

fn vlan(tag: u8, packet: &[u8]) -> Vec<u8> {
    ethernet(1, 0x8100, &[&[0, tag, 8, 0], packet].concat())
}

fn cooked(packet_type: u8, packet: &[u8]) -> Vec<u8> {
    let header = [0, packet_type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    [&header[..], packet].concat()
}

/// IP in IP, the outer header between two gateways, its identification another each time.
fn tunnelled(id: u16, packet: &[u8]) -> Vec<u8> {
    let mut outer = Ip::new(4, packet.to_vec());
    outer.id = id;
    outer.src = [203, 0, 113, 1];
    eth(&outer.bytes())
}

/// A frame of a case: microseconds, interface, bytes.
type Seen = (i64, u32, Vec<u8>);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_nanos(1_700_000_000_000_000_000 + micros * 1000)
}

/// What becomes of each frame, in their order: `+` counted, `c` a copy, `-` dropped for another reason.
fn verdicts(link: LinkType, frames: &[Seen]) -> String {
    let mut decoder = Decoder::new(Limits::default()).without_copies();
    let mut told = String::new();
    for (micros, interface, bytes) in frames {
        let frame = Frame {
            at: at(*micros),
            link,
            interface: *interface,
            original_len: bytes.len() as u32,
            bytes,
        };
        told.push(match decoder.decode(&frame) {
            Decoded::Dropped(Reason::Duplicate) => 'c',
            Decoded::Dropped(_) => '-',
            Decoded::Packet(_) | Decoded::Fragment => '+',
        });
    }
    told
}

fn check(name: &str, frames: &[Seen], expected: &str) {
    assert_eq!(verdicts(LinkType::ETHERNET, frames), expected, "{name}");
}

/// The same bytes at these times.
fn twice(bytes: &[u8], micros: [i64; 2]) -> Vec<Seen> {
    micros.map(|micros| (micros, 0, bytes.to_vec())).to_vec()
}

#[test]
fn copies_at_another_place_are_told() {
    let sip = Ip::udp(SIP);
    let plain = sip.bytes();
    let routed = Ip {
        ttl: 62,
        flags: DONT_FRAGMENT,
        tos: 0xB8,
        ..sip.clone()
    };
    let mut finished = plain.clone();
    finished[26..28].copy_from_slice(&[0x12, 0x34]);
    let cases: [(&str, Vec<Seen>, &str); 10] = [
        (
            "two interfaces",
            vec![(0, 0, eth(&plain)), (90_000, 1, eth(&plain))],
            "+c",
        ),
        (
            "a clock that is behind",
            vec![(0, 0, eth(&plain)), (-40_000, 1, eth(&plain))],
            "+c",
        ),
        (
            "tagged and not",
            vec![(0, 0, vlan(5, &plain)), (9, 0, eth(&plain))],
            "+c",
        ),
        (
            "another tag",
            vec![(0, 0, vlan(5, &plain)), (9, 0, vlan(6, &plain))],
            "+c",
        ),
        (
            "other cards",
            vec![(0, 0, eth(&plain)), (9, 0, ethernet(7, 0x0800, &plain))],
            "+c",
        ),
        (
            "behind a router",
            vec![
                (0, 0, eth(&plain)),
                (300, 0, ethernet(7, 0x0800, &routed.bytes())),
            ],
            "+c",
        ),
        (
            "a tunnel",
            vec![(0, 0, tunnelled(1, &plain)), (80, 0, eth(&plain))],
            "+c",
        ),
        (
            "a checksum its card filled in",
            vec![(0, 0, eth(&plain)), (120, 1, eth(&finished))],
            "+c",
        ),
        (
            "four places",
            (0..4).map(|n| (i64::from(n), n, eth(&plain))).collect(),
            "+ccc",
        ),
        (
            "IPv6",
            vec![
                (0, 0, eth(&v6(64, SIP))),
                (50, 1, eth(&v6(64, SIP))),
                (70, 0, eth(&v6(63, SIP))),
            ],
            "+cc",
        ),
    ];
    for (name, frames, expected) in cases {
        check(name, &frames, expected);
    }
}

#[test]
fn copies_at_the_same_place_are_told() {
    let sip = eth(&Ip::udp(SIP).nameless().bytes());
    check("SIP, bond and its child", &twice(&sip, [0, 5]), "+c");
    check("SIP, a slow mirror", &twice(&sip, [0, 1_430]), "+c");
    check("SIP over IPv6", &twice(&eth(&v6(64, SIP)), [0, 300]), "+c");
    let mut fragment = Ip::udp(SIP);
    fragment.flags = MORE_FRAGMENTS;
    fragment.payload.resize(64, 0);
    check("a fragment", &twice(&eth(&fragment.bytes()), [0, 20]), "+c");
    let mirrored: Vec<Seen> = (0..100)
        .flat_map(|n| {
            twice(
                &eth(&rtp(n).bytes()),
                [0, 12].map(|t| i64::from(n) * 20_000 + t),
            )
        })
        .collect();
    check("RTP, all of it mirrored", &mirrored, &"+c".repeat(100));
    let segments: Vec<Seen> = (0..50)
        .flat_map(|n| {
            twice(
                &eth(&Ip::tcp(n, 7, b"x").bytes()),
                [0, 12].map(|t| i64::from(n) * 900 + t),
            )
        })
        .collect();
    check("TCP, all of it mirrored", &segments, &"+c".repeat(50));
}

#[test]
fn a_cooked_capture_shows_both_sides_of_a_bridge() {
    let packet = rtp(1).bytes();
    let frames = [(0, 0, cooked(0, &packet)), (9, 0, cooked(4, &packet))];
    assert_eq!(verdicts(LinkType::LINUX_SLL, &frames), "+c");
}

#[test]
fn what_a_host_sends_again_is_no_copy() {
    let sip = eth(&Ip::udp(SIP).nameless().bytes());
    check(
        "SIP after T1, no identification",
        &twice(&sip, [0, 500_000]),
        "++",
    );
    check("SIP after a short T1", &twice(&sip, [0, 50_000]), "++");
    let mut again = Ip::udp(SIP);
    again.id += 1;
    let ids = [
        (0, 0, eth(&Ip::udp(SIP).bytes())),
        (5, 0, eth(&again.bytes())),
    ];
    check("another identification", &ids, "++");
    let ports = [
        (0, 0, eth(&Ip::udp(SIP).bytes())),
        (
            5,
            0,
            eth(&Ip {
                src: [192, 0, 2, 9],
                ..Ip::udp(SIP)
            }
            .bytes()),
        ),
    ];
    check("sent on by a proxy", &ports, "++");
    check(
        "IPv6 after T1",
        &twice(&eth(&v6(64, SIP)), [0, 500_000]),
        "++",
    );
    let dns = eth(&Ip::udp(DNS).nameless().bytes());
    let mut frames = twice(&eth(&rtp(1).bytes()), [0, 20_000]);
    frames.extend(twice(&dns, [40_000, 40_500]));
    check("a query sent twice at once", &frames, "++++");
    let acks =
        [0, 20, 40, 60, 61, 62].map(|t| (t, 0, eth(&Ip::tcp(9, 9 + (t / 60) as u32, &[]).bytes())));
    let mut segments = (0..9)
        .map(|n| (n, 0, eth(&Ip::tcp(n as u32, 1, b"x").bytes())))
        .collect::<Vec<_>>();
    segments.extend(acks);
    check("repeated acknowledgements", &segments, &"+".repeat(15));
    let mut resent = Ip::tcp(3, 1, b"x");
    resent.id += 9;
    let segments = [
        (0, 0, eth(&Ip::tcp(3, 1, b"x").bytes())),
        (2_000, 0, eth(&resent.bytes())),
    ];
    check("a retransmitted segment", &segments, "++");
    let ping = eth(&Ip::new(1, vec![8, 0, 0, 0, 1, 1, 2, 2]).bytes());
    check("ICMP", &twice(&ping, [0, 4]), "--");
    let arp = ethernet(1, 0x0806, &[0; 28]);
    check("ARP", &twice(&arp, [0, 4]), "--");
}

#[test]
fn what_the_network_sends_twice_is_no_copy() {
    let mut frames: Vec<Seen> = Vec::new();
    let mut expected = String::new();
    for n in 0..100 {
        let bytes = eth(&rtp(n).nameless().bytes());
        let begins = i64::from(n) * 20_000;
        frames.push((begins, 0, bytes.clone()));
        if n % 30 == 10 {
            frames.push((begins + 500, 0, bytes));
            expected.push('+');
        }
        expected.push('+');
    }
    check("three of a hundred", &frames, &expected);
}

#[test]
fn both_are_told_apart_where_both_occur() {
    let ahead = (0..9).map(|n| (i64::from(n) * 20_000, 0, eth(&rtp(n).bytes())));
    let packet = rtp(100).bytes();
    let seen = |micros: i64, interface: u32| (400_000 + micros, interface, eth(&packet));
    let mut frames: Vec<Seen> = ahead.clone().collect();
    frames.extend(ahead.map(|(at, _, bytes)| (at + 100, 1, bytes)));
    frames.sort_by_key(|&(at, ..)| at);
    frames.extend([seen(0, 0), seen(300, 0), seen(400, 1), seen(700, 1)]);
    let before = "+c".repeat(9);
    check(
        "doubled, then seen by the second tap",
        &frames,
        &format!("{before}++cc"),
    );
    frames.truncate(18);
    frames.extend([seen(0, 0), seen(100, 1), seen(300, 0), seen(400, 1)]);
    check("doubled, seen in turn", &frames, &format!("{before}+c+c"));
    let sip = eth(&Ip::udp(SIP).nameless().bytes());
    let taps = [(0, 0), (30_000, 1), (500_000, 0), (530_000, 1)].map(|(t, n)| (t, n, sip.clone()));
    check("SIP repeated before two taps", &taps, "+c+c");
}

#[test]
fn what_is_cut_is_compared_as_far_as_it_goes() {
    let judge = |first: &[u8], second: &[u8]| {
        let mut duplicates = Duplicates::new(16);
        [first, second].map(|bytes| {
            let frame = Frame {
                at: at(0),
                link: LinkType::ETHERNET,
                interface: 0,
                original_len: 1400,
                bytes,
            };
            let layer = link::first_layer(frame.link).unwrap();
            let mut trail = Trail::default();
            let end = walk(layer, Window::new(bytes, 1400), &mut trail).unwrap();
            duplicates.is_copy(&frame, &trail, || is_sent_once(&end))
        })
    };
    let whole = eth(&Ip::udp(&[SIP, &[b'x'; 1000]].concat()).bytes());
    let cut = whole.get(..128).unwrap().to_vec();
    assert_eq!(judge(&cut, &cut), [false, true]);
    // What was cut off differs: the checksum says so.
    let mut other = cut.clone();
    other[40] ^= 1;
    assert_eq!(judge(&cut, &other), [false, false]);
}

#[test]
fn a_plain_frame_is_seen_where_the_long_way_sees_it() {
    let packet = Ip::udp(SIP);
    for bytes in [eth(&packet.bytes()), eth(&rtp(7).bytes())] {
        let frame = Frame {
            at: at(0),
            link: LinkType::ETHERNET,
            interface: 3,
            original_len: bytes.len() as u32,
            bytes: &bytes,
        };
        let plain = Plain::read(&frame).unwrap();
        let mut trail = Trail::default();
        let layer = link::first_layer(frame.link).unwrap();
        walk(layer, Window::new(&bytes, bytes.len()), &mut trail).unwrap();
        let header = Header::read(plain.ip).unwrap();
        let long = Place::of(&frame, &trail, &header);
        assert_eq!(Place::of_plain(&frame, &header), long);
        let mut duplicates = Duplicates::new(16);
        assert!(!duplicates.is_copy(&frame, &trail, || true));
        assert!(duplicates.is_plain_copy(&frame, plain.ip, || true));
    }
}

#[test]
fn a_flood_is_remembered_within_bounds() {
    let limit = 1000;
    let mut duplicates = Duplicates::new(limit);
    let mut judge = |micros: i64, seq: u16, id: u16| {
        let mut packet = rtp(seq);
        packet.id = id;
        let bytes = eth(&packet.bytes());
        let frame = Frame {
            at: at(micros),
            link: LinkType::ETHERNET,
            interface: u32::from(micros % 2 == 1),
            original_len: bytes.len() as u32,
            bytes: &bytes,
        };
        let layer = link::first_layer(frame.link).unwrap();
        let mut trail = Trail::default();
        let end = walk(layer, Window::new(&bytes, bytes.len()), &mut trail).unwrap();
        let is_copy = duplicates.is_copy(&frame, &trail, || is_sent_once(&end));
        (is_copy, duplicates.len())
    };
    for n in 0..50_000_u32 {
        let (is_copy, len) = judge(0, n as u16, (n >> 8) as u16);
        assert!(!is_copy && len <= 2 * limit);
    }
    // At least the last thousand are known still.
    assert!(judge(1, 49_999_u32 as u16, (49_999_u32 >> 8) as u16).0);
    assert!(judge(1, 49_001_u32 as u16, (49_001_u32 >> 8) as u16).0);
    assert!(!judge(1, 1, 0).0);
    // Time passes, and with it what was remembered.
    judge(300_000, 1, 1);
    assert!(judge(600_000, 1, 1).1 <= 2);
    assert!(REMEMBERED >= limit);
}

#[test]
fn endless_repeats_of_one_packet_are_counted_on() {
    let dns = eth(&Ip::udp(DNS).nameless().bytes());
    let mut frames: Vec<Seen> = (0..20)
        .map(|n| (n, 0, eth(&rtp(n as u16).bytes())))
        .collect();
    frames.extend((0..2000).map(|n| (20_000 + n, 0, dns.clone())));
    check("one query over and over", &frames, &"+".repeat(2020));
}

proptest! {
    /// Copies put in at other places, any number and anywhere in the window, are taken out again, and nothing else is.
    #[test]
    fn injected_copies_are_taken_out(
        gaps in prop::collection::vec(0_i64..30_000, 1..60),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 0_i64..90_000, 1_u32..3), 0..60),
    ) {
        let mut frames: Vec<(i64, bool, u32, Vec<u8>)> = Vec::new();
        let mut now = 0;
        for (n, gap) in gaps.iter().enumerate() {
            now += gap;
            // Sequence numbers repeat now and then, but no sooner than a host would send again.
            frames.push((now, false, 0, eth(&rtp(n as u16).nameless().bytes())));
        }
        let sent = frames.clone();
        for (which, delay, interface) in &copies {
            let (at, _, _, bytes) = which.get(&sent);
            let place = (*at + delay, true, *interface, bytes.clone());
            if !frames.iter().any(|f| f.1 && f.2 == place.2 && f.3 == place.3) {
                frames.push(place);
            }
        }
        frames.sort_by_key(|frame| frame.0);
        let seen: Vec<Seen> = frames.iter().map(|(at, _, n, bytes)| (*at, *n, bytes.clone())).collect();
        let expected: String = frames.iter().map(|frame| if frame.1 { 'c' } else { '+' }).collect();
        prop_assert_eq!(verdicts(LinkType::ETHERNET, &seen), expected);
    }

    /// Whatever the bytes, the answer is given, and the same frames get the same answers.
    #[test]
    fn noise_is_answered(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let frames: Vec<Seen> = packets.iter().map(|p| (0, 0, ethernet(1, 0x0800, p))).collect();
        prop_assert_eq!(verdicts(LinkType::ETHERNET, &frames), verdicts(LinkType::ETHERNET, &frames));
    }
}

//! What each wrapping counts as, and whose addresses stand outside.

use super::samples::{ethernet, ipv4, ipv6, join, over_udp, packet, samples};
use super::{Decoded, LinkType, decoder, frame};
use crate::record::books::Reason;
use crate::record::{Encapsulation, Outer};

/// Samples by what they pass, and `>` where a tunnel is among that. All others pass nothing.
const PASSED: &[(&str, &str)] = &[
    ("PPPoE alone", "pppoe"),
    ("cooked, tagged", "vlan"),
    ("802.1Q", "vlan"),
    ("802.1ad", "vlan"),
    ("9100", "vlan"),
    ("9200", "vlan"),
    ("MPLS", "mpls"),
    ("MPLS pseudowire", "mpls"),
    ("MPLS pseudowire, no word", "mpls"),
    ("MPLS pseudowire like IP", "mpls"),
    ("NSH", "nsh"),
    ("NSH, Ethernet", "nsh"),
    ("NSH in NSH, MPLS", "nsh mpls"),
    ("Cisco MetaData", "cmd"),
    ("Cisco MetaData, tagged", "cmd vlan"),
    ("PPPoE", "pppoe"),
    ("PPPoE, padded", "pppoe"),
    ("IP in IP", "> ipip"),
    ("4in6", "> 4in6"),
    ("6in4, 4in6", "> 6in4 4in6"),
    ("MPLS in IP", "> mpls"),
    ("AH", "ah"),
    ("ESP, 12", "esp"),
    ("ESP, 16", "esp"),
    ("ESP, 0", "esp"),
    ("ESP tunnel mode", "> esp ipip"),
    ("ESP in UDP", "esp"),
    ("GRE", "> gre"),
    ("GRE, all fields", "> gre"),
    ("GRE of PPTP", "> gre"),
    ("NVGRE", "> nvgre"),
    ("GRE, bridged", "> gre"),
    ("WCCP", "> wccp"),
    ("ERSPAN I", "> erspan"),
    ("ERSPAN II", "> erspan"),
    ("ERSPAN III", "> erspan"),
    ("ERSPAN III, platform", "> erspan"),
    ("ERSPAN III, IP", "> erspan"),
    ("VXLAN", "> vxlan"),
    ("VXLAN of Linux", "> vxlan"),
    ("VXLAN policy", "> vxlan"),
    ("VXLAN-GPE, IP", "> vxlan_gpe"),
    ("VXLAN-GPE, NSH", "> vxlan_gpe nsh"),
    ("VXLAN-GPE, Ethernet", "> vxlan_gpe"),
    ("GENEVE", "> geneve"),
    ("GENEVE, IP", "> geneve"),
    ("GTP-U", "> gtpu"),
    ("GTP-U, sequence", "> gtpu"),
    ("GTP-U, extensions", "> gtpu"),
    ("L2TP", "> l2tp"),
    ("L2TP, all fields", "> l2tp"),
    ("L2TP, offset", "> l2tp"),
    ("L2TPv3", "> l2tpv3"),
    ("L2TPv3, cookie and sublayer", "> l2tpv3"),
    ("L2TPv3, PPP", "> l2tpv3"),
    ("L2TPv3, IP", "> l2tpv3"),
    ("L2TPv3 over UDP", "> l2tpv3"),
    ("TZSP", "> tzsp"),
    ("TZSP, 802.11", "> tzsp"),
    ("jmirror", "> jmirror"),
    ("jmirror, PPP", "> jmirror"),
    ("VXLAN in GTP-U in VLAN", "> vlan gtpu vxlan"),
];

/// The kinds in their order, behind a `>` if there are addresses outside.
fn passed(link: LinkType, bytes: &[u8]) -> (String, Option<Outer>) {
    let mut decoder = decoder();
    let Decoded::Packet(packet) = decoder.decode(&frame(link, bytes)) else {
        panic!("no packet in {bytes:02x?}");
    };
    let outer = packet.encapsulation.outer().copied();
    let mark = outer.map(|_| ">");
    let kinds = packet.encapsulation.kinds().map(Encapsulation::name);
    let words: Vec<&str> = mark.into_iter().chain(kinds).collect();
    (words.join(" "), outer)
}

#[test]
fn every_wrapping_is_named() {
    let mut found = 0;
    for sample in samples() {
        let entry = PASSED.iter().find(|(name, _)| *name == sample.name);
        let (words, outer) = passed(sample.link, &sample.bytes);
        assert_eq!(
            words,
            entry.map_or("", |(_, words)| words),
            "{}",
            sample.name
        );
        found += usize::from(entry.is_some());
        if let Some(Outer { src, dst }) = outer {
            // Every sample has these outside, in the version of its outermost header.
            let v4 = [[192, 0, 2, 1], [192, 0, 2, 2]].map(std::net::IpAddr::from);
            assert!([src, dst] == v4 || src.is_ipv6(), "{}", sample.name);
        }
    }
    assert_eq!(found, PASSED.len());
}

#[test]
fn the_addresses_outside_are_those_of_the_first_header() {
    let inner = ipv6(17, &super::datagram());
    let six_in_four = ethernet(0x0800, &ipv4(41, &inner));
    let (words, outer) = passed(LinkType::ETHERNET, &six_in_four);
    let expected = Outer {
        src: [192, 0, 2, 1].into(),
        dst: [192, 0, 2, 2].into(),
    };
    assert_eq!((words.as_str(), outer), ("> 6in4", Some(expected)));
    let (words, outer) = passed(LinkType::IPV6, &ipv6(41, &inner));
    assert_eq!(words, "> 6in6");
    assert!(outer.is_some_and(|outer| outer.src.is_ipv6()));
}

#[test]
fn what_is_dropped_tells_what_it_passed() {
    let arp = ethernet(0x8100, &join(&[&[0, 5, 8, 6], &[0; 28]]));
    let icmp = over_udp(
        2152,
        &join(&[&[0x30, 255, 0, 28, 0, 0, 0, 9], &ipv4(1, &[0; 8])]),
    );
    let lcp = over_udp(
        1701,
        &[
            0, 2, 0, 1, 0, 2, 0xFF, 3, 0xC0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4,
        ],
    );
    let plain = ethernet(0x0806, &[0; 28]);
    let mut decoder = decoder();
    for (bytes, why, kinds) in [
        (arp, Reason::NotIp, "vlan"),
        (icmp, Reason::Icmp, "gtpu"),
        (lcp, Reason::NotIp, "l2tp"),
        (plain, Reason::NotIp, ""),
    ] {
        let decoded = decoder.decode(&frame(LinkType::ETHERNET, &bytes));
        assert_eq!(decoded, Decoded::Dropped(why));
        let words: Vec<&str> = decoder.passed().kinds().map(Encapsulation::name).collect();
        assert_eq!(words.join(" "), kinds);
    }
}

#[test]
fn service_headers_that_contradict_themselves_are_dropped() {
    let mut decoder = decoder();
    let mut check = |ethertype: u16, header: &[u8], why: Reason| {
        let bytes = ethernet(ethertype, &join(&[header, &packet()]));
        let decoded = decoder.decode(&frame(LinkType::ETHERNET, &bytes));
        assert_eq!(decoded, Decoded::Dropped(why), "{header:02x?}");
    };
    check(
        0x894F,
        &[0x40, 2, 1, 1, 0, 0, 1, 255],
        Reason::LinkMalformed,
    );
    check(0x894F, &[0, 1, 1, 1], Reason::LinkMalformed);
    check(0x894F, &[0, 63, 1, 1, 0, 0, 1, 255], Reason::LinkMalformed);
    check(0x894F, &[0, 2, 1, 6, 0, 0, 1, 255], Reason::NotIp);
    check(0x8909, &[2, 1, 0, 1, 0, 9, 8, 0], Reason::LinkMalformed);
    check(0x8909, &[1, 200, 0, 1, 0, 9, 8, 0], Reason::LinkMalformed);
    check(0x8909, &[1, 1, 0, 1, 0, 9, 8, 6], Reason::NotIp);
}

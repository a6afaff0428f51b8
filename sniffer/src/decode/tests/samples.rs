//! The same datagram in every wrapping, built by hand so that each byte is known.

use crate::decode::LinkType;

/// What the datagram carries.
pub(super) const BODY: &[u8] = b"OPTIONS sip:a@example.org SIP/2.0\r\n\r\n.";

/// A wrapping of the datagram: its name, the link type and the frame.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) link: LinkType,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    let length = be(8 + payload.len());
    join(&[
        &src.to_be_bytes(),
        &dst.to_be_bytes(),
        &length,
        &[0, 0],
        payload,
    ])
}

/// IPv4 from 192.0.2.1 to 192.0.2.2, identification and fragment fields as given.
pub(super) fn ipv4_fragment(id: u16, flags: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(be(20 + payload.len()));
    header.extend(id.to_be_bytes());
    header.extend(flags.to_be_bytes());
    header.extend([64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    join(&[&header, payload])
}

pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_fragment(0, 0, protocol, payload)
}

/// IPv6 from 2001:db8::1 to 2001:db8::2.
pub(super) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(be(payload.len()));
    header.extend([next, 64]);
    for last in [1, 2] {
        header.extend([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    join(&[&header, payload])
}

pub(super) fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    join(&[&macs, &ethertype.to_be_bytes(), payload])
}

pub(super) fn be(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap().to_be_bytes()
}

/// The datagram in its IPv4 packet.
pub(super) fn packet() -> Vec<u8> {
    ipv4(17, &datagram())
}

pub(super) fn datagram() -> Vec<u8> {
    udp(5060, 5062, BODY)
}

/// An Ethernet frame whose IPv4 packet carries `payload` from and to `port`.
pub(super) fn over_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(17, &udp(port, port, payload)))
}

fn gre(flags: u16, protocol: u16, fields: &[u8], payload: &[u8]) -> Vec<u8> {
    let header = join(&[&flags.to_be_bytes(), &protocol.to_be_bytes(), fields]);
    ethernet(0x0800, &ipv4(47, &join(&[&header, payload])))
}

fn pppoe(payload: &[u8]) -> Vec<u8> {
    join(&[&[0x11, 0, 0, 7], &be(payload.len()), payload])
}

/// A network service header of so many words.
fn nsh(words: u8, next: u8, metadata: &[u8], payload: &[u8]) -> Vec<u8> {
    join(&[&[0, words, 1, next, 0, 0, 1, 255], metadata, payload])
}

fn snap(oui: [u8; 3], payload: &[u8]) -> Vec<u8> {
    join(&[&[0xAA, 0xAA, 3], &oui, &[8, 0], payload])
}

fn with_length(payload: &[u8]) -> Vec<u8> {
    ethernet(u16::try_from(payload.len()).unwrap(), payload)
}

fn gtp(flags: u8, fields: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = be(fields.len() + payload.len());
    over_udp(
        2152,
        &join(&[&[flags, 255], &length, &[0, 0, 0, 9], fields, payload]),
    )
}

/// NULL-encrypted ESP around `content`, the check value of `icv` bytes being noise.
pub(super) fn esp(next: u8, content: &[u8], icv: usize) -> Vec<u8> {
    let n_padding = (content.len() + 2).next_multiple_of(4) - content.len() - 2;
    let padding: Vec<u8> = (1..=3).take(n_padding).collect();
    let trailer = [u8::try_from(n_padding).unwrap(), next];
    let header = [0, 0, 0x10, 0, 0, 0, 0, 1];
    join(&[&header, content, &padding, &trailer, &vec![0xC7; icv]])
}

fn radiotap(flags: u8, frame: &[u8]) -> Vec<u8> {
    // Two presence words, time stamp and flags present: the time stamp stands at 16, the flags behind it.
    let mut header = vec![0, 0, 26, 0, 0x03, 0, 0, 0x80, 0, 0, 0, 0];
    header.extend([0xEE; 12]);
    header.extend([flags, 0]);
    join(&[&header, frame])
}

fn wlan(control: [u8; 2], more: &[u8]) -> Vec<u8> {
    join(&[&control, &[0; 22], more, &snap([0; 3], &packet())])
}

fn cooked(device: u16, protocol: u16, payload: &[u8]) -> Vec<u8> {
    let device = device.to_be_bytes();
    let address = [0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    join(&[&[0, 0], &device, &address, &protocol.to_be_bytes(), payload])
}

fn cooked2(protocol: u16, payload: &[u8]) -> Vec<u8> {
    let rest = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    join(&[&protocol.to_be_bytes(), &rest, payload])
}

/// Every link type.
fn links() -> Vec<(&'static str, LinkType, Vec<u8>)> {
    let ip = packet();
    let aligned = join(&[&[0x88, 1], &[0; 22], &[0; 4], &snap([0; 3], &ip)]);
    vec![
        ("raw", LinkType::RAW, ip.clone()),
        ("raw of BSD", LinkType(12), ip.clone()),
        ("raw of OpenBSD", LinkType(14), ip.clone()),
        ("raw IPv4", LinkType::IPV4, ip.clone()),
        (
            "null, little-endian",
            LinkType::NULL,
            join(&[&[2, 0, 0, 0], &ip]),
        ),
        (
            "null, big-endian",
            LinkType::NULL,
            join(&[&[0, 0, 0, 2], &ip]),
        ),
        ("loop", LinkType::LOOP, join(&[&[0, 0, 0, 2], &ip])),
        ("PPP", LinkType::PPP, join(&[&[0, 0x21], &ip])),
        (
            "PPP, HDLC address",
            LinkType::PPP,
            join(&[&[0xFF, 3, 0, 0x21], &ip]),
        ),
        (
            "PPP, short protocol",
            LinkType::PPP_HDLC,
            join(&[&[0xFF, 3, 0x21], &ip]),
        ),
        ("PPP, bare", LinkType::PPP_HDLC, join(&[&[0x21], &ip])),
        (
            "Cisco HDLC",
            LinkType::PPP_HDLC,
            join(&[&[0x0F, 0, 8, 0], &ip]),
        ),
        (
            "PPPoE alone",
            LinkType::PPP_ETHER,
            pppoe(&join(&[&[0, 0x21], &ip])),
        ),
        ("cooked", LinkType::LINUX_SLL, cooked(1, 0x0800, &ip)),
        (
            "cooked, 802.2",
            LinkType::LINUX_SLL,
            cooked(1, 4, &snap([0; 3], &ip)),
        ),
        (
            "cooked, 802.11",
            LinkType::LINUX_SLL,
            cooked(801, 4, &wlan([8, 1], &[])),
        ),
        (
            "cooked, tagged",
            LinkType::LINUX_SLL,
            cooked(1, 0x8100, &join(&[&[0, 5, 8, 0], &ip])),
        ),
        ("cooked 2", LinkType::LINUX_SLL2, cooked2(0x0800, &ip)),
        ("802.11", LinkType::IEEE802_11, wlan([8, 1], &[])),
        ("802.11 QoS", LinkType::IEEE802_11, wlan([0x88, 1], &[0; 2])),
        (
            "802.11 HT",
            LinkType::IEEE802_11,
            wlan([0x88, 0x81], &[0; 6]),
        ),
        (
            "802.11 relayed",
            LinkType::IEEE802_11,
            wlan([8, 3], &[0; 6]),
        ),
        (
            "802.11 relayed QoS",
            LinkType::IEEE802_11,
            wlan([0x88, 3], &[0; 8]),
        ),
        (
            "radiotap",
            LinkType::IEEE802_11_RADIOTAP,
            radiotap(0, &wlan([8, 1], &[])),
        ),
        (
            "radiotap, FCS",
            LinkType::IEEE802_11_RADIOTAP,
            radiotap(0x10, &join(&[&wlan([8, 1], &[]), &[0xFC; 4]])),
        ),
        (
            "radiotap, padded",
            LinkType::IEEE802_11_RADIOTAP,
            radiotap(0x20, &aligned),
        ),
    ]
}

/// Every tag, and what else stands between Ethernet and IP.
fn tags() -> Vec<(&'static str, Vec<u8>)> {
    let ip = packet();
    let tagged = join(&[&[0, 5, 8, 0], &ip]);
    let ppp = join(&[&[0, 0x21], &ip]);
    let pseudowire = join(&[&[0, 0x10, 1, 64], &[0; 4], &ethernet(0x0800, &ip)]);
    vec![
        ("Ethernet", ethernet(0x0800, &ip)),
        ("padding", join(&[&ethernet(0x0800, &ip), &[0xAA; 9]])),
        ("802.3", with_length(&snap([0; 3], &ip))),
        ("802.3, bridged", with_length(&snap([0, 0, 0xF8], &ip))),
        ("802.3, IP by SAP", with_length(&join(&[&[6, 6, 3], &ip]))),
        ("802.1Q", ethernet(0x8100, &tagged)),
        (
            "802.1ad",
            ethernet(0x88A8, &join(&[&[0, 6, 0x81, 0], &tagged])),
        ),
        (
            "9100",
            ethernet(0x9100, &join(&[&[0, 6, 0x81, 0], &tagged])),
        ),
        (
            "9200",
            ethernet(0x9200, &join(&[&[0, 6, 0x92, 0], &tagged])),
        ),
        (
            "MPLS",
            ethernet(0x8847, &join(&[&[0, 0x10, 0, 64, 0, 0x20, 1, 64], &ip])),
        ),
        ("MPLS pseudowire", ethernet(0x8847, &pseudowire)),
        (
            "MPLS pseudowire, no word",
            ethernet(
                0x8847,
                &join(&[&[0, 0x10, 1, 64], &[0x22], &ethernet(0x0800, &ip)[1..]]),
            ),
        ),
        (
            "MPLS pseudowire like IP",
            ethernet(
                0x8847,
                &join(&[&[0, 0x10, 1, 64], &[0x46], &ethernet(0x0800, &ip)[1..]]),
            ),
        ),
        ("NSH", ethernet(0x894F, &nsh(2, 1, &[], &ip))),
        (
            "NSH, Ethernet",
            ethernet(0x894F, &nsh(6, 3, &[0xEE; 16], &ethernet(0x0800, &ip))),
        ),
        (
            "NSH in NSH, MPLS",
            ethernet(
                0x894F,
                &nsh(2, 4, &[], &nsh(2, 5, &[], &join(&[&[0, 0x10, 1, 64], &ip]))),
            ),
        ),
        (
            "Cisco MetaData",
            ethernet(0x8909, &join(&[&[1, 1, 0, 1, 0, 9, 8, 0], &ip])),
        ),
        (
            "Cisco MetaData, tagged",
            ethernet(0x8909, &join(&[&[1, 1, 0, 1, 0, 9, 0x81, 0], &tagged])),
        ),
        ("PPPoE", ethernet(0x8864, &pppoe(&ppp))),
        (
            "PPPoE, padded",
            join(&[&ethernet(0x8864, &pppoe(&ppp)), &[0; 5]]),
        ),
    ]
}

/// Every tunnel, on Ethernet.
fn tunnels() -> Vec<(&'static str, Vec<u8>)> {
    let ip = packet();
    let frame = ethernet(0x0800, &ip);
    let ppp = join(&[&[0xFF, 3, 0, 0x21], &ip]);
    let on_ip = |protocol, payload: &[u8]| ethernet(0x0800, &ipv4(protocol, payload));
    let authentication = [
        17, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    ];
    let gpe = |next| [0x0C, 0, 0, next, 0, 0, 5, 0];
    let tail = be(12 + ppp.len());
    vec![
        ("IP in IP", on_ip(4, &ip)),
        ("4in6", ethernet(0x86DD, &ipv6(4, &ip))),
        ("6in4, 4in6", on_ip(41, &ipv6(4, &ip))),
        ("MPLS in IP", on_ip(137, &join(&[&[0, 0x10, 1, 64], &ip]))),
        ("AH", on_ip(51, &join(&[&authentication, &datagram()]))),
        ("ESP, 12", on_ip(50, &esp(17, &datagram(), 12))),
        ("ESP, 16", on_ip(50, &esp(17, &datagram(), 16))),
        ("ESP, 0", on_ip(50, &esp(17, &datagram(), 0))),
        ("ESP tunnel mode", on_ip(50, &esp(4, &ip, 12))),
        ("ESP in UDP", over_udp(4500, &esp(17, &datagram(), 12))),
        ("GRE", gre(0, 0x0800, &[], &ip)),
        ("GRE, all fields", gre(0xB000, 0x0800, &[1; 12], &ip)),
        ("GRE of PPTP", gre(0x3081, 0x880B, &[1; 12], &ppp)),
        ("NVGRE", gre(0x2000, 0x6558, &[1; 4], &frame)),
        ("GRE, bridged", gre(0x2000, 0x6558, &[0; 4], &frame)),
        ("WCCP", gre(0, 0x883E, &[0; 4], &ip)),
        ("ERSPAN I", gre(0, 0x88BE, &[], &frame)),
        (
            "ERSPAN II",
            gre(0x1000, 0x88BE, &[1; 4], &join(&[&[0x10; 8], &frame])),
        ),
        (
            "ERSPAN III",
            gre(
                0x1000,
                0x22EB,
                &[1; 4],
                &join(&[&[0x20; 10], &[0, 0], &frame]),
            ),
        ),
        (
            "ERSPAN III, platform",
            gre(
                0x1000,
                0x22EB,
                &[1; 4],
                &join(&[&[0x20; 10], &[0, 1], &[3; 8], &frame]),
            ),
        ),
        (
            "ERSPAN III, IP",
            gre(0x1000, 0x22EB, &[1; 4], &join(&[&[0x20; 10], &[8, 0], &ip])),
        ),
        (
            "VXLAN",
            over_udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &frame])),
        ),
        (
            "VXLAN of Linux",
            over_udp(8472, &join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &frame])),
        ),
        (
            "VXLAN policy",
            over_udp(4789, &join(&[&[0x88, 0, 1, 2, 0, 0, 5, 0], &frame])),
        ),
        ("VXLAN-GPE, IP", over_udp(4790, &join(&[&gpe(1), &ip]))),
        (
            "VXLAN-GPE, NSH",
            over_udp(4790, &join(&[&gpe(4), &nsh(2, 1, &[], &ip)])),
        ),
        (
            "VXLAN-GPE, Ethernet",
            over_udp(4790, &join(&[&gpe(3), &frame])),
        ),
        (
            "GENEVE",
            over_udp(
                6081,
                &join(&[&[2, 0, 0x65, 0x58, 0, 0, 5, 0], &[9; 8], &frame]),
            ),
        ),
        (
            "GENEVE, IP",
            over_udp(6081, &join(&[&[0, 0x40, 8, 0, 0, 0, 5, 0], &ip])),
        ),
        ("GTP-U", gtp(0x30, &[], &ip)),
        ("GTP-U, sequence", gtp(0x32, &[0, 1, 0, 0x85], &ip)),
        (
            "GTP-U, extensions",
            gtp(
                0x34,
                &[0, 0, 0, 0x85, 1, 0, 9, 0xC0, 2, 0, 0, 0, 0, 0, 0, 0],
                &ip,
            ),
        ),
        ("L2TP", over_udp(1701, &join(&[&[0, 2, 0, 1, 0, 2], &ppp]))),
        (
            "L2TP, all fields",
            over_udp(
                1701,
                &join(&[
                    &[0x4A, 2],
                    &be(14 + ppp.len()),
                    &[0, 1, 0, 2, 0, 0, 0, 0, 0, 0],
                    &ppp,
                ]),
            ),
        ),
        (
            "L2TP, offset",
            over_udp(
                1701,
                &join(&[&[0x42, 2], &tail, &[0, 1, 0, 2, 0, 2, 9, 9], &ppp]),
            ),
        ),
        ("L2TPv3", on_ip(115, &join(&[&[0, 0, 0, 7], &frame]))),
        (
            "L2TPv3, cookie and sublayer",
            on_ip(115, &join(&[&[0, 0, 0, 7], &[0xC0; 12], &frame])),
        ),
        (
            "L2TPv3, PPP",
            on_ip(115, &join(&[&[0, 0, 0, 7], &[0xC0; 8], &ppp])),
        ),
        (
            "L2TPv3, IP",
            on_ip(115, &join(&[&[0, 0, 0, 7], &[0xC0; 4], &ip])),
        ),
        (
            "L2TPv3 over UDP",
            over_udp(
                1701,
                &join(&[&[0, 3, 0, 0, 0, 0, 0, 7], &[0xC0; 8], &frame]),
            ),
        ),
        (
            "TZSP",
            over_udp(37008, &join(&[&[1, 0, 0, 1, 0, 10, 1, 0xB0, 1], &frame])),
        ),
        (
            "TZSP, 802.11",
            over_udp(
                37008,
                &join(&[&[1, 1, 0, 18, 41, 2, 0, 0, 1], &wlan([8, 1], &[])]),
            ),
        ),
        (
            "jmirror",
            over_udp(30030, &join(&[&[0, 0, 0, 9, 0, 0, 1, 0], &ip])),
        ),
        (
            "jmirror, PPP",
            over_udp(30030, &join(&[&[0, 0, 0, 9, 0, 0, 1, 0], &ppp])),
        ),
        (
            "VXLAN in GTP-U in VLAN",
            ethernet(
                0x8100,
                &join(&[
                    &[0, 5, 8, 0],
                    &gtp(
                        0x30,
                        &[],
                        &over_udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &frame]))[14..],
                    )[14..],
                ]),
            ),
        ),
    ]
}

/// The datagram in every wrapping.
pub(super) fn samples() -> Vec<Sample> {
    let on_ethernet = tags().into_iter().chain(tunnels());
    let on_ethernet = on_ethernet.map(|(name, bytes)| (name, LinkType::ETHERNET, bytes));
    links()
        .into_iter()
        .chain(on_ethernet)
        .map(|(name, link, bytes)| Sample { name, link, bytes })
        .collect()
}

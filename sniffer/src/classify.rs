//! What a UDP payload is, from its bytes alone (RFC 7983, 7; RFC 5761, 4).
//!
//! Never from a port. What could be RTP is called RTP here; whether it is a stream shows in its neighbours and in the
//! session descriptions, which `track` knows.

use crate::rtcp::{self, Shape};
use crate::rtp::{Header, RtpError};
use crate::sip::looks_like_sip;

/// What a UDP payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class<'a> {
    /// No payload at all.
    Empty,
    /// A few line ends or null bytes that keep a SIP binding open (RFC 5626, 3.5.1, and custom).
    KeepAlive,
    /// It begins as a SIP message does.
    Sip,
    /// STUN or TURN (RFC 8489, 5; RFC 3489, 11.1).
    Stun,
    /// TURN channel data (RFC 8656, 12.4).
    TurnChannel {
        /// The inner payload as far as it was captured; it can be classified in turn.
        inner: &'a [u8],
        /// Length of the inner payload on the wire.
        wire_len: usize,
    },
    /// DTLS (RFC 6347, 4.1).
    Dtls,
    /// ZRTP (RFC 6189, 5).
    Zrtp,
    /// It could be an RTP packet, encrypted or not.
    Rtp,
    /// One or more readable RTCP packets.
    Rtcp,
    /// SRTCP: only the header of the first packet can be read.
    Srtcp,
    /// None of these.
    Unknown,
}

/// Says what a UDP payload of `wire_len` bytes is. `bytes` may hold fewer where the capture cut it.
///
/// One that was cut before its first byte is unknown, not empty.
pub fn classify(bytes: &[u8], wire_len: usize) -> Class<'_> {
    let bytes = bytes.get(..wire_len).unwrap_or(bytes);
    if wire_len == 0 {
        return Class::Empty;
    }
    direct(bytes, wire_len)
        .or_else(|| turn_channel(bytes, wire_len))
        .unwrap_or(Class::Unknown)
}

/// The header of what [`classify`] calls RTP at a glance: version 2, and nothing but a payload behind twelve bytes. `None` is
/// everything else, RTP of other shapes included.
#[inline]
pub(crate) fn plain_rtp(bytes: &[u8], wire_len: usize) -> Option<Header<'_>> {
    match bytes {
        // With the marker set, payload types 64 to 95 read as packet types of RTCP.
        [0x80, 192..=223, ..] => None,
        [0x80, ..] => Header::parse_cut(bytes, wire_len).ok(),
        _ => None,
    }
}

/// What it is unless it is channel data.
fn direct(bytes: &[u8], wire_len: usize) -> Option<Class<'_>> {
    match bytes.first()? {
        0x80..=0xbf => media(bytes, wire_len),
        _ if is_keep_alive(bytes, wire_len) => Some(Class::KeepAlive),
        _ if looks_like_sip(bytes.trim_ascii_start()) => Some(Class::Sip),
        0..=3 => is_stun(bytes, wire_len).then_some(Class::Stun),
        16..=19 => is_zrtp(bytes).then_some(Class::Zrtp),
        20..=63 => is_dtls(bytes, wire_len).then_some(Class::Dtls),
        _ => None,
    }
}

/// Tells RTP from RTCP where both may come (RFC 5761, 4).
fn media(bytes: &[u8], wire_len: usize) -> Option<Class<'_>> {
    match rtcp::shape(bytes, wire_len) {
        Some(Shape::Clear) => Some(Class::Rtcp),
        Some(Shape::Encrypted) => Some(Class::Srtcp),
        None => could_be_rtp(bytes, wire_len).then_some(Class::Rtp),
    }
}

/// Whether the bytes can be an RTP packet.
///
/// Payload types 64 to 95 are shut out where the marker bit makes them look like RTCP types that are in use: nobody
/// sends them so (RFC 3551, 6). A packet may be nothing but a plain header: such keep bindings open (RFC 6263, 4).
fn could_be_rtp(bytes: &[u8], wire_len: usize) -> bool {
    let Ok(header) = Header::parse_cut(bytes, wire_len) else {
        return false;
    };
    if header.marker() && matches!(header.pt(), 64..=67 | 72..=85) {
        return false;
    }
    if header.payload_len() == 0 && !header.has_padding() {
        return bytes.first() == Some(&0x80);
    }
    has_possible_padding(&header, bytes, wire_len) && has_distinct_csrcs(&header)
}

/// Whether no source contributes twice. Games whose headers have a few bits set and many bytes empty fail here.
fn has_distinct_csrcs(header: &Header<'_>) -> bool {
    header
        .csrcs()
        .enumerate()
        .all(|(index, csrc)| header.csrcs().skip(index + 1).all(|other| other != csrc))
}

/// Whether the padding bit agrees with the last byte.
///
/// Under SRTP the length of padding is encrypted and the last byte is that of the tag. WebRTC pads to probe for
/// bandwidth, and its packets carry extensions of a kind that nothing else does: those are let through.
fn has_possible_padding(header: &Header<'_>, bytes: &[u8], wire_len: usize) -> bool {
    bytes.len() < wire_len
        || Header::parse(bytes).err() != Some(RtpError::Padding)
        || header.extension().is_some_and(|e| e.is_general())
}

/// Whether it is a few line ends, or a few null bytes.
fn is_keep_alive(bytes: &[u8], wire_len: usize) -> bool {
    const MOST: usize = 8;
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    wire_len <= MOST
        && bytes.len() == wire_len
        && (bytes.iter().all(line_end) || bytes.iter().all(|&byte| byte == 0))
}

/// Whether header and length are those of STUN. Without the magic cookie everything must fit exactly.
fn is_stun(bytes: &[u8], wire_len: usize) -> bool {
    const HEADER: usize = 20;
    let Some(&[t0, t1, l0, l1, cookie @ ..]) = bytes.first_chunk::<8>() else {
        return false;
    };
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    if cookie == [0x21, 0x12, 0xa4, 0x42] {
        return len.is_multiple_of(4) && HEADER + len <= wire_len;
    }
    is_classic_type(u16::from_be_bytes([t0, t1]))
        && HEADER + len == wire_len
        && attributes_fit(bytes.get(HEADER..).unwrap_or(&[]), bytes.len() < wire_len)
}

/// Binding and shared secret, each as request, response and error (RFC 3489, 11.1).
fn is_classic_type(message_type: u16) -> bool {
    matches!(
        message_type,
        0x0001 | 0x0101 | 0x0111 | 0x0002 | 0x0102 | 0x0112
    )
}

/// Whether attributes follow each other without a gap to the end (RFC 3489, 11.2).
fn attributes_fit(mut bytes: &[u8], is_cut: bool) -> bool {
    while let Some((&[_, _, l0, l1], rest)) = bytes.split_first_chunk() {
        match rest.get(usize::from(u16::from_be_bytes([l0, l1]))..) {
            Some(behind) => bytes = behind,
            None => return is_cut,
        }
    }
    bytes.is_empty() || is_cut
}

/// Whether the magic word is where ZRTP has it (RFC 6189, 5).
fn is_zrtp(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ZRTP")
}

/// Whether the first record's version is one of DTLS 1.0 or 1.2 and its length fits (RFC 6347, 4.1).
///
/// The short records that DTLS 1.3 uses behind its handshake (RFC 9147, 4) show too little to be told by content.
fn is_dtls(bytes: &[u8], wire_len: usize) -> bool {
    const HEADER: usize = 13;
    let Some(&[_, 0xfe, minor, ..]) = bytes.first_chunk::<HEADER>() else {
        return false;
    };
    let len = bytes
        .get(11..13)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |len| usize::from(u16::from_be_bytes(*len)));
    matches!(minor, 0xff | 0xfd) && HEADER + len <= wire_len
}

/// Channel data whose length fits, exactly or with up to three bytes that pad to a word (RFC 8656, 12.5), and that
/// carries something known: GTP control messages begin and count just so.
fn turn_channel(bytes: &[u8], wire_len: usize) -> Option<Class<'_>> {
    const HEADER: usize = 4;
    let (&[0x40..=0x7f, _, l0, l1], rest) = bytes.split_first_chunk::<HEADER>()? else {
        return None;
    };
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    let fits = HEADER + len == wire_len || HEADER + len.next_multiple_of(4) == wire_len;
    let inner = rest.get(..len).unwrap_or(rest);
    (fits && direct(inner, len).is_some()).then_some(Class::TurnChannel {
        inner,
        wire_len: len,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: Class<'_>) {
        assert_eq!(classify(bytes, bytes.len()), expected, "{bytes:02x?}");
    }

    fn check_cut(bytes: &[u8], wire_len: usize, expected: Class<'_>) {
        assert_eq!(
            classify(bytes, wire_len),
            expected,
            "{bytes:02x?} of {wire_len}"
        );
    }

    /// An RTP packet: the first two bytes, then sequence number, time stamp and source, then `rest`.
    fn rtp(first: u8, second: u8, rest: &[u8]) -> Vec<u8> {
        [&[first, second, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4], rest].concat()
    }

    /// A STUN message: type, length, cookie, an identifier of 12 bytes, then `rest`.
    fn stun(message_type: u16, len: u16, cookie: u32, rest: &[u8]) -> Vec<u8> {
        let mut bytes = message_type.to_be_bytes().to_vec();
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&cookie.to_be_bytes());
        bytes.extend_from_slice(&[7; 12]);
        bytes.extend_from_slice(rest);
        bytes
    }

    fn turn(inner: &[u8], wire_len: usize) -> Class<'_> {
        Class::TurnChannel { inner, wire_len }
    }

    #[test]
    fn sip_is_told_by_its_first_line() {
        check(b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n", Class::Sip);
        check(b"SIP/2.0 200 OK\r\n", Class::Sip);
        check(b"\r\n\r\nOPTIONS sip:a SIP/2.0\n", Class::Sip);
        check(
            b"!interesting-Method0123456789_*+`.%indeed'~ sip:a SIP/2.0\r\n",
            Class::Sip,
        );
        check(b"NEWMETHOD  tel:+1;a=\"b c\"  SIP/2.0 \r\n", Class::Sip);
        check(b"invite sip:a@b sip/7.0\r\n", Class::Sip);
        check(b"GET / HTTP/1.1\r\nHost: sip\r\n", Class::Unknown);
        check(b"HTTP/1.1 200 OK\r\n\r\n", Class::Unknown);
        check(
            b"NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\n",
            Class::Unknown,
        );
        check(b"INVITE sip:a@b\r\nSIP/2.0\r\n", Class::Unknown);
        check(b"text without meaning", Class::Unknown);
        check(b" SIP/2.0 200 OK", Class::Sip);
    }

    #[test]
    fn keep_alives_are_short() {
        check(b"\r\n\r\n", Class::KeepAlive);
        check(b"\n", Class::KeepAlive);
        check(&[0; 4], Class::KeepAlive);
        check(&[0; 9], Class::Unknown);
        check(b"\0\0\r\n", Class::Unknown);
        check_cut(b"\r\n", 40, Class::Unknown);
    }

    #[test]
    fn nothing_is_empty_only_when_nothing_was_sent() {
        check(&[], Class::Empty);
        check_cut(&[], 172, Class::Unknown);
        check_cut(&[1, 2, 3], 0, Class::Empty);
    }

    #[test]
    fn stun_needs_its_cookie_or_a_perfect_fit() {
        const COOKIE: u32 = 0x2112_a442;
        check(&stun(0x0001, 0, COOKIE, &[]), Class::Stun);
        check(&stun(0x0113, 4, COOKIE, &[0, 0x1a, 0, 0]), Class::Stun);
        check(&stun(0x0001, 8, COOKIE, &[1, 2, 3, 4]), Class::Unknown);
        check(&stun(0x0001, 3, COOKIE, &[1, 2, 3]), Class::Unknown);
        check(&stun(0x0001, 0, 1, &[]), Class::Stun);
        check(&stun(0x0101, 8, 1, &[0, 1, 0, 4, 9, 9, 9, 9]), Class::Stun);
        check(
            &stun(0x0101, 8, 1, &[0, 1, 0, 5, 9, 9, 9, 9]),
            Class::Unknown,
        );
        check(&stun(0x0101, 4, 1, &[]), Class::Unknown);
        check(&stun(0x0003, 0, 1, &[]), Class::Unknown);
        check_cut(&stun(0x0101, 80, 1, &[0, 1]), 100, Class::Stun);
    }

    #[test]
    fn channel_data_shows_what_it_carries() {
        let channel = |len: u8, inner: &[u8]| [&[0x40, 1, 0, len], inner].concat();
        let media = rtp(0x80, 0, &[9, 9]);
        check(&channel(14, &media), turn(&media, 14));
        check(
            &channel(14, &[&media[..], &[0; 2]].concat()),
            turn(&media, 14),
        );
        check(
            &channel(14, &[&media[..], &[0; 1]].concat()),
            Class::Unknown,
        );
        check(&channel(15, &media), Class::Unknown);
        check(&channel(14, &[9; 14]), Class::Unknown);
        check(&channel(0, &[]), Class::Unknown);
        check(&channel(18, &channel(14, &media)), Class::Unknown);
        check_cut(&channel(96, &media), 100, turn(&media, 96));
    }

    #[test]
    fn dtls_and_zrtp_show_their_versions() {
        let mut hello = vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0];
        check(&hello, Class::Dtls);
        hello[2] = 0xfd;
        check(&hello, Class::Dtls);
        check(&hello[..14], Class::Unknown);
        check_cut(&hello[..14], 15, Class::Dtls);
        hello[1] = 3;
        check(&hello, Class::Unknown);
        check(
            &[0x10, 0, 0, 1, b'Z', b'R', b'T', b'P', 0, 0, 0, 1],
            Class::Zrtp,
        );
        check(
            &[0x10, 0, 0, 1, b'Z', b'R', b'T', b'Q', 0, 0, 0, 1],
            Class::Unknown,
        );
    }

    #[test]
    fn what_could_be_rtp_is() {
        check(&rtp(0x80, 0, &[0xff; 160]), Class::Rtp);
        check(&rtp(0x80, 0x80 | 96, &[1]), Class::Rtp);
        check(&rtp(0xa0, 0, &[1, 0, 2]), Class::Rtp);
        check(&rtp(0xa0, 0, &[0, 0, 3]), Class::Rtp);
        check(&rtp(0x81, 0, &[0, 0, 0, 1, 9]), Class::Rtp);
        check(&rtp(0x90, 0, &[0xbe, 0xde, 0, 0, 9]), Class::Rtp);
        check(&rtp(0x80, 72, &[9; 20]), Class::Rtp);
        check(&rtp(0x80, 20, &[]), Class::Rtp);
        check(&rtp(0x80, 0, &[]), Class::Rtp);
        check_cut(&rtp(0xa0, 0, &[9; 4]), 172, Class::Rtp);
        check(&rtp(0xb0, 97, &[0xbe, 0xde, 0, 0, 1, 2, 200]), Class::Rtp);
    }

    #[test]
    fn what_cannot_be_rtp_is_not() {
        check(&rtp(0x80, 0, &[])[..11], Class::Unknown);
        check(&rtp(0x81, 0, &[0, 0, 0]), Class::Unknown);
        check(&rtp(0x90, 0, &[0xbe, 0xde, 0, 9, 1]), Class::Unknown);
        check(&rtp(0xa0, 0, &[1, 2, 200]), Class::Unknown);
        check(&rtp(0xa0, 0, &[]), Class::Unknown);
        check(&rtp(0x81, 0, &[0, 0, 0, 1]), Class::Unknown);
        check(&rtp(0x80, 0x80 | 72, &[9; 20]), Class::Unknown);
        check(
            &rtp(0x83, 0, &[1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 9]),
            Class::Unknown,
        );
        check(&rtp(0xc0, 0, &[9; 20]), Class::Unknown);
    }

    #[test]
    fn rtcp_is_told_from_rtp_by_its_lengths() {
        check(&[0x80, 0xc9, 0, 1, 1, 2, 3, 4], Class::Rtcp);
        check(&[0x80, 0xc9, 0, 2, 1, 2, 3, 4], Class::Unknown);
        let srtcp = [
            0x80, 0xc9, 0, 1, 1, 2, 3, 4, 0x80, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
        ];
        check(&srtcp, Class::Srtcp);
    }

    proptest! {
        #[test]
        fn what_is_rtp_at_a_glance_is_rtp(second: u8, rest: Vec<u8>, wire_len in 0usize..300) {
            let bytes = [&[0x80, second], &rest[..]].concat();
            let header = plain_rtp(&bytes, wire_len);
            if let Some(header) = header {
                prop_assert_eq!(classify(&bytes, wire_len), Class::Rtp);
                prop_assert_eq!((header.csrc_count(), header.extension(), header.padding_len()), (0, None, 0));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, wire_len in 0usize..3000) {
            if let Class::TurnChannel { inner, .. } = classify(&bytes, wire_len) {
                prop_assert!(inner.len() + 4 <= bytes.len());
            }
        }
    }
}

//! The header of an RTP packet (RFC 3550, 5.1).

use super::{SeqNo, Ssrc};

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtpError {
    /// Fewer than the twelve bytes of the fixed header.
    TooShort,
    /// A version other than 2.
    Version,
    /// The contributing sources reach beyond the packet.
    Csrc,
    /// The header extension reaches beyond the packet.
    Extension,
    /// The padding says it has no length, or one beyond the payload.
    Padding,
}

impl RtpError {
    /// The reason as metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            RtpError::TooShort => "too_short",
            RtpError::Version => "version",
            RtpError::Csrc => "csrc",
            RtpError::Extension => "extension",
            RtpError::Padding => "padding",
        }
    }
}

/// A view of an RTP packet whose header is known to be complete.
///
/// Parsing split the packet into its parts once, so no accessor can fail.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    fixed: &'a [u8; 12],
    csrcs: &'a [[u8; 4]],
    extension: Option<Extension<'a>>,
    /// Payload as captured, padding removed as far as it is known.
    payload: &'a [u8],
    /// Bytes behind the header on the wire, padding included.
    body_len: usize,
    /// 0 where there is no padding, or where its length cannot be known.
    padding_len: u8,
}

/// A header extension (RFC 3550, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The first 16 bits, whose meaning a profile defines.
    pub profile: u16,
    /// The words behind the length.
    pub data: &'a [u8],
}

impl Extension<'_> {
    /// Whether it holds one-byte or two-byte elements as WebRTC uses them (RFC 8285, 4.2 and 4.3).
    pub const fn is_general(&self) -> bool {
        self.profile == 0xbede || self.profile >> 4 == 0x100
    }
}

impl<'a> Header<'a> {
    /// Reads a packet that was captured in full.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let header = Self::parse_cut(bytes, bytes.len())?;
        match header.has_padding() && header.padding_len == 0 {
            true => Err(RtpError::Padding),
            false => Ok(header),
        }
    }

    /// Reads a packet of `wire_len` bytes of which the capture may hold fewer.
    ///
    /// The header must have been captured whole. Padding that was cut off, or whose length makes no sense (under
    /// SRTP the length is encrypted: RFC 3711, 3.1), stays counted as payload.
    #[inline]
    pub fn parse_cut(bytes: &'a [u8], wire_len: usize) -> Result<Self, RtpError> {
        let bytes = bytes.get(..wire_len).unwrap_or(bytes);
        let (fixed, rest) = bytes.split_first_chunk().ok_or(RtpError::TooShort)?;
        if fixed[0] >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let (csrcs, rest) = split_csrcs(rest, fixed[0] & 0x0f)?;
        let (extension, body) = match fixed[0] & 0x10 != 0 {
            true => split_extension(rest)?,
            false => (None, rest),
        };
        let body_len = body.len() + (wire_len - bytes.len());
        let padding_len = match fixed[0] & 0x20 != 0 && body.len() == body_len {
            true => padding_len(body),
            false => 0,
        };
        let payload = body
            .get(..body.len() - usize::from(padding_len))
            .unwrap_or(body);
        Ok(Header {
            fixed,
            csrcs,
            extension,
            payload,
            body_len,
            padding_len,
        })
    }

    /// Version, which is always 2.
    pub const fn version(&self) -> u8 {
        self.fixed[0] >> 6
    }

    /// The padding bit.
    pub const fn has_padding(&self) -> bool {
        self.fixed[0] & 0x20 != 0
    }

    /// Padding bytes at the end; 0 where there are none, where they were cut off, or where their length makes no sense.
    pub const fn padding_len(&self) -> usize {
        self.padding_len as usize
    }

    /// The header extension, if there is one.
    pub const fn extension(&self) -> Option<Extension<'a>> {
        self.extension
    }

    /// Number of contributing sources, 0 to 15.
    pub const fn csrc_count(&self) -> usize {
        self.csrcs.len()
    }

    /// The contributing sources.
    pub fn csrcs(&self) -> impl ExactSizeIterator<Item = Ssrc> + 'a {
        self.csrcs.iter().copied().map(Ssrc::from)
    }

    /// The marker bit.
    pub const fn marker(&self) -> bool {
        self.fixed[1] & 0x80 != 0
    }

    /// Payload type, 0 to 127.
    pub const fn pt(&self) -> u8 {
        self.fixed[1] & 0x7f
    }

    /// Sequence number.
    pub const fn seq(&self) -> SeqNo {
        SeqNo(u16::from_be_bytes([self.fixed[2], self.fixed[3]]))
    }

    /// Time stamp in units of the payload type's clock.
    pub const fn ts(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// Synchronisation source.
    pub const fn ssrc(&self) -> Ssrc {
        Ssrc(u32::from_be_bytes([
            self.fixed[8],
            self.fixed[9],
            self.fixed[10],
            self.fixed[11],
        ]))
    }

    /// The payload as far as it was captured, without padding.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Bytes of payload on the wire, without padding; more than `payload()` holds where the capture cut it.
    pub const fn payload_len(&self) -> usize {
        self.body_len - self.padding_len as usize
    }
}

fn split_csrcs(bytes: &[u8], count: u8) -> Result<(&[[u8; 4]], &[u8]), RtpError> {
    let (list, rest) = bytes
        .split_at_checked(usize::from(count) * 4)
        .ok_or(RtpError::Csrc)?;
    Ok((list.as_chunks().0, rest))
}

fn split_extension(bytes: &[u8]) -> Result<(Option<Extension<'_>>, &[u8]), RtpError> {
    let (&[p0, p1, l0, l1], rest) = bytes.split_first_chunk().ok_or(RtpError::Extension)?;
    let (data, rest) = rest
        .split_at_checked(usize::from(u16::from_be_bytes([l0, l1])) * 4)
        .ok_or(RtpError::Extension)?;
    let profile = u16::from_be_bytes([p0, p1]);
    Ok((Some(Extension { profile, data }), rest))
}

/// What the last byte says, itself counted (RFC 3550, 5.1); 0 if that cannot be.
fn padding_len(body: &[u8]) -> u8 {
    match body.last() {
        Some(&len) if usize::from(len) <= body.len() => len,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet: the first two bytes, sequence number 1, time stamp 2, source 3, and `rest`.
    fn packet(first: u8, second: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, second, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend_from_slice(rest);
        bytes
    }

    /// `(payload, payload_len, padding_len)` of the packet, or why there is none.
    fn check(bytes: &[u8], expected: Result<(&[u8], usize, usize), RtpError>) {
        let read = Header::parse(bytes).map(|h| (h.payload(), h.payload_len(), h.padding_len()));
        assert_eq!(read, expected, "{bytes:02x?}");
    }

    #[test]
    fn fixed_fields_are_read() {
        let bytes = packet(0x80, 0x80 | 101, &[9]);
        let h = Header::parse(&bytes).unwrap();
        assert_eq!((h.version(), h.pt(), h.marker()), (2, 101, true));
        assert_eq!((h.seq(), h.ts(), h.ssrc()), (SeqNo(1), 2, Ssrc(3)));
        assert_eq!((h.csrc_count(), h.extension()), (0, None));
    }

    #[test]
    fn payload_begins_behind_sources_and_extension() {
        check(&packet(0x80, 0, &[7, 8]), Ok((&[7, 8], 2, 0)));
        check(&packet(0x80, 0, &[]), Ok((&[], 0, 0)));
        check(
            &packet(0x82, 0, &[0, 0, 0, 9, 0, 0, 0, 8, 7]),
            Ok((&[7], 1, 0)),
        );
        check(
            &packet(0x90, 0, &[0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7]),
            Ok((&[7], 1, 0)),
        );
        check(
            &packet(0x91, 0, &[0, 0, 0, 9, 0x10, 0, 0, 0, 7]),
            Ok((&[7], 1, 0)),
        );
    }

    #[test]
    fn sources_and_extension_are_shown() {
        let bytes = packet(
            0x92,
            0,
            &[0, 0, 0, 9, 0, 0, 0, 8, 0xbe, 0xde, 0, 1, 1, 2, 3, 4],
        );
        let h = Header::parse(&bytes).unwrap();
        assert_eq!(h.csrcs().collect::<Vec<_>>(), [Ssrc(9), Ssrc(8)]);
        let extension = h.extension().unwrap();
        assert_eq!(
            (extension.profile, extension.data),
            (0xbede, &[1, 2, 3, 4][..])
        );
        assert!(extension.is_general());
    }

    #[test]
    fn padding_is_removed() {
        check(&packet(0xa0, 0, &[7, 0, 2]), Ok((&[7], 1, 2)));
        check(&packet(0xa0, 0, &[0, 0, 3]), Ok((&[], 0, 3)));
    }

    #[test]
    fn the_impossible_is_refused() {
        check(&[], Err(RtpError::TooShort));
        check(&packet(0x80, 0, &[])[..11], Err(RtpError::TooShort));
        check(&packet(0x40, 0, &[1]), Err(RtpError::Version));
        check(&packet(0x81, 0, &[1, 2, 3]), Err(RtpError::Csrc));
        check(&packet(0x90, 0, &[1, 2, 3]), Err(RtpError::Extension));
        check(
            &packet(0x90, 0, &[1, 2, 0, 1, 3, 4, 5]),
            Err(RtpError::Extension),
        );
        check(&packet(0xa0, 0, &[]), Err(RtpError::Padding));
        check(&packet(0xa0, 0, &[1, 0]), Err(RtpError::Padding));
        check(&packet(0xa0, 0, &[1, 3]), Err(RtpError::Padding));
    }

    #[test]
    fn a_cut_packet_keeps_its_length() {
        let bytes = packet(0xa0, 0, &[7, 8]);
        let h = Header::parse_cut(&bytes, 172).unwrap();
        assert_eq!((h.payload(), h.payload_len()), (&[7, 8][..], 160));
        assert_eq!((h.has_padding(), h.padding_len()), (true, 0));
    }

    #[test]
    fn senseless_padding_stays_payload_when_asked_to_be_lax() {
        let h = packet(0xa0, 0, &[7, 200]);
        let h = Header::parse_cut(&h, h.len()).unwrap();
        assert_eq!((h.payload(), h.padding_len()), (&[7, 200][..], 0));
    }

    #[test]
    fn bytes_beyond_the_wire_length_do_not_count() {
        let bytes = packet(0x80, 0, &[7, 8, 9]);
        assert_eq!(Header::parse_cut(&bytes, 13).unwrap().payload(), [7]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, first in 0x80u8..=0xbf, wire_len in 0usize..4000) {
            let mut bytes = bytes;
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            if let Ok(h) = Header::parse_cut(&bytes, wire_len) {
                prop_assert!(h.payload_len() >= h.payload().len());
                prop_assert!(12 + 4 * h.csrc_count() + h.payload_len() + h.padding_len() <= wire_len);
            }
            let _ = Header::parse(&bytes);
        }
    }
}

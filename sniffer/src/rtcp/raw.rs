//! The frame of every RTCP packet: the common header and the length it states (RFC 3550, 6.1).

/// Why reading a datagram as RTCP stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtcpError {
    /// Fewer than the four bytes of the common header.
    TooShort,
    /// A version other than 2.
    Version,
    /// A packet type outside 192 to 223 (RFC 5761, 4).
    Type,
    /// The last packet reaches beyond the datagram, or beyond what was captured of it.
    Length,
    /// Padding in a packet that is not the last, or of a length that makes no sense.
    Padding,
    /// The packet lacks fields that its type requires.
    Body,
}

impl RtcpError {
    /// The reason as metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            RtcpError::TooShort => "too_short",
            RtcpError::Version => "version",
            RtcpError::Type => "type",
            RtcpError::Length => "length",
            RtcpError::Padding => "padding",
            RtcpError::Body => "body",
        }
    }
}

/// The common header (RFC 3550, 6.4.1), before it is known whether the packet is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommonHeader {
    pub(super) padding: bool,
    pub(super) count: u8,
    pub(super) pt: u8,
    /// Length of the packet in bytes, header included.
    pub(super) len: usize,
}

impl CommonHeader {
    /// Bytes of the common header.
    pub(super) const LEN: usize = 4;

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RtcpError> {
        let &[first, pt, l0, l1] = bytes.first_chunk().ok_or(RtcpError::TooShort)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        if !(192..=223).contains(&pt) {
            return Err(RtcpError::Type);
        }
        Ok(CommonHeader {
            padding: first & 0x20 != 0,
            count: first & 0x1f,
            pt,
            len: (usize::from(u16::from_be_bytes([l0, l1])) + 1) * 4,
        })
    }
}

/// A packet whose frame is whole: its header fields and what is behind them, padding removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// Packet type, 192 to 223.
    pub pt: u8,
    /// The five bits behind the padding bit: a count, a subtype or a format.
    pub count: u8,
    /// Everything behind the common header, without padding.
    pub body: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Takes the first packet of a datagram; gives it and the bytes behind it.
    ///
    /// Of a packet that reaches beyond the bytes there is, what is there is given, and `None` for what is behind.
    pub(super) fn split(bytes: &'a [u8]) -> Result<(Self, Option<&'a [u8]>), RtcpError> {
        let CommonHeader {
            padding,
            count,
            pt,
            len,
        } = CommonHeader::parse(bytes)?;
        let (packet, rest) = match bytes.split_at_checked(len) {
            Some((packet, rest)) => (packet, Some(rest)),
            None => (bytes, None),
        };
        let body = packet.get(CommonHeader::LEN..).unwrap_or(&[]);
        let body = match (padding, rest) {
            (false, _) | (true, None) => body,
            (true, Some([])) => strip_padding(body).ok_or(RtcpError::Padding)?,
            (true, Some(_)) => return Err(RtcpError::Padding),
        };
        Ok((Raw { pt, count, body }, rest))
    }
}

/// Removes padding: a multiple of four bytes whose last says how many, itself counted (RFC 3550, 6.4.1).
fn strip_padding(body: &[u8]) -> Option<&[u8]> {
    let len = usize::from(*body.last()?);
    let kept = body.len().checked_sub(len)?;
    (len > 0 && len % 4 == 0)
        .then(|| body.get(..kept))
        .flatten()
}

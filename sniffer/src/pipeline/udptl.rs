//! UDPTL, which carries T.38 fax (ITU-T T.38, 9.1): its sequence number, and how it protects earlier messages.
//!
//! UDPTL begins with a number that counts up, so from 32,768 on it looks like RTP. An address that was offered for fax may
//! still get audio, until the offer is answered or after it was refused; what the bytes say decides. Fax is not read.

use crate::quality::fax_loss::Recovery;

/// Error recovery by earlier messages, and by parity: the choice as aligned PER has it.
const REDUNDANCY: u8 = 0x00;
const PARITY: u8 = 0x80;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Udptl {
    pub(super) seq: u16,
    /// `None` where the capture cut it off.
    pub(super) recovery: Option<Recovery>,
}

/// Reads a datagram of `wire_len` bytes, or what was captured of it; `None` unless number, message and error recovery
/// follow each other up to its end.
pub(super) fn parse(bytes: &[u8], wire_len: usize) -> Option<Udptl> {
    let bytes = bytes.get(..wire_len).unwrap_or(bytes);
    let (seq, rest) = bytes.split_first_chunk()?;
    let seq = u16::from_be_bytes(*seq);
    let mut rest = Rest(rest);
    let recovery = match rest.packet() {
        Ok(recovery) => rest.0.is_empty().then_some(recovery)?,
        Err(Stop::End) if bytes.len() < wire_len => {
            return Some(Udptl {
                seq,
                recovery: None,
            });
        }
        Err(_) => return None,
    };
    let recovery = Some(recovery);
    Some(Udptl { seq, recovery })
}

/// Why reading stopped.
enum Stop {
    /// There are no more bytes.
    End,
    /// They are no UDPTL.
    Form,
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn packet(&mut self) -> Result<Recovery, Stop> {
        self.field()?;
        match self.octet()? {
            REDUNDANCY => {
                let messages = self.fields()?;
                Ok(Recovery::Redundancy(
                    u16::try_from(messages).unwrap_or(u16::MAX),
                ))
            }
            PARITY => {
                let span = self.integer()?;
                let groups = u8::try_from(self.fields()?).unwrap_or(u8::MAX);
                Ok(Recovery::Parity { span, groups })
            }
            _ => Err(Stop::Form),
        }
    }

    /// Fields behind their number; how many there were.
    fn fields(&mut self) -> Result<usize, Stop> {
        let fields = self.length()?;
        (0..fields).try_for_each(|_| self.field())?;
        Ok(fields)
    }

    /// A field behind its length.
    fn field(&mut self) -> Result<(), Stop> {
        let len = self.length()?;
        self.0 = self.0.get(len..).ok_or(Stop::End)?;
        Ok(())
    }

    /// An integer behind its length; one too large for an octet is as good as the largest.
    fn integer(&mut self) -> Result<u8, Stop> {
        let len = self.length()?;
        let octets = self.0.get(..len).ok_or(Stop::End)?;
        self.0 = self.0.get(len..).unwrap_or_default();
        let (last, above) = octets.split_last().ok_or(Stop::Form)?;
        let is_small = above.iter().all(|octet| *octet == 0);
        Ok(if is_small { *last } else { u8::MAX })
    }

    /// A length of one octet, or of two from 128 on (ITU-T X.691, length determinants of the aligned variant).
    fn length(&mut self) -> Result<usize, Stop> {
        let first = usize::from(self.octet()?);
        match first {
            0..=0x7f => Ok(first),
            0x80..=0xbf => Ok((first & 0x3f) << 8 | usize::from(self.octet()?)),
            _ => Err(Stop::Form),
        }
    }

    fn octet(&mut self) -> Result<u8, Stop> {
        let (&octet, rest) = self.0.split_first().ok_or(Stop::End)?;
        self.0 = rest;
        Ok(octet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], wire_len: usize, expected: Option<Option<Recovery>>) {
        let found = parse(bytes, wire_len).map(|udptl| udptl.recovery);
        assert_eq!(found, expected, "{bytes:02x?}");
    }

    fn repeats(messages: u16) -> Option<Option<Recovery>> {
        Some(Some(Recovery::Redundancy(messages)))
    }

    #[test]
    fn messages_and_what_protects_them_fill_the_datagram() {
        check(&[0x80, 8, 1, 6, 0, 0], 6, repeats(0));
        check(&[0x80, 8, 1, 6, 0, 2, 1, 6, 2, 7, 7], 11, repeats(2));
        let parity = Recovery::Parity { span: 3, groups: 1 };
        check(
            &[0x80, 8, 1, 6, 0x80, 1, 3, 1, 2, 9, 9],
            11,
            Some(Some(parity)),
        );
        check(&[0x80, 8, 1, 6, 0, 0, 0], 7, None);
        check(&[0x80, 8, 9, 6, 0, 0], 6, None);
        check(&[0x80, 8, 1, 6, 7, 0], 6, None);
    }

    #[test]
    fn the_number_stands_first() {
        let seq = parse(&[0x80, 8, 1, 6, 0, 0], 6).map(|udptl| udptl.seq);
        assert_eq!(seq, Some(0x8008));
    }

    #[test]
    fn long_messages_have_long_lengths() {
        let long = [&[0x80, 8, 0x80, 200], &[6; 200][..], &[0, 0]].concat();
        check(&long, long.len(), repeats(0));
        check(&long[..100], long.len(), Some(None));
    }

    #[test]
    fn audio_has_another_shape() {
        let audio = [
            &[0x80, 8, 7, 47, 0, 4, 217, 136, 14, 175, 14, 175],
            &[0xd5; 160][..],
        ]
        .concat();
        check(&audio, audio.len(), None);
        check(&audio[..20], audio.len(), None);
        check(&[], 0, None);
    }
}

//! Whether a datagram has the shape of UDPTL, which carries T.38 fax (ITU-T T.38, 9.1).
//!
//! UDPTL begins with a number that counts up, so from 32,768 on it looks like RTP. An address that was offered for fax may
//! still get audio, until the offer is answered or after it was refused; what the bytes say decides. Fax is not read.

/// Error recovery by earlier messages, and by parity: the choice as aligned PER has it.
const REDUNDANCY: u8 = 0x00;
const PARITY: u8 = 0x80;

/// Whether number, message and error recovery follow each other up to the end of a datagram of `wire_len` bytes, or of
/// what was captured of it.
pub(super) fn is_udptl(bytes: &[u8], wire_len: usize) -> bool {
    let bytes = bytes.get(..wire_len).unwrap_or(bytes);
    let mut rest = Rest(bytes.get(2..).unwrap_or(&[]));
    match rest.packet() {
        Ok(()) => rest.0.is_empty(),
        Err(Stop::End) => bytes.len() < wire_len,
        Err(Stop::Form) => false,
    }
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
    fn packet(&mut self) -> Result<(), Stop> {
        self.field()?;
        match self.octet()? {
            REDUNDANCY => {}
            PARITY => self.field()?,
            _ => return Err(Stop::Form),
        }
        let fields = self.length()?;
        (0..fields).try_for_each(|_| self.field())
    }

    /// A field behind its length.
    fn field(&mut self) -> Result<(), Stop> {
        let len = self.length()?;
        self.0 = self.0.get(len..).ok_or(Stop::End)?;
        Ok(())
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

    fn check(bytes: &[u8], wire_len: usize, expected: bool) {
        assert_eq!(is_udptl(bytes, wire_len), expected, "{bytes:02x?}");
    }

    #[test]
    fn messages_and_what_repeats_them_fill_the_datagram() {
        check(&[0x80, 8, 1, 6, 0, 0], 6, true);
        check(&[0x80, 8, 1, 6, 0, 2, 1, 6, 2, 7, 7], 11, true);
        check(&[0x80, 8, 1, 6, 0x80, 1, 3, 1, 2, 9, 9], 11, true);
        check(&[0x80, 8, 1, 6, 0, 0, 0], 7, false);
        check(&[0x80, 8, 9, 6, 0, 0], 6, false);
        check(&[0x80, 8, 1, 6, 7, 0], 6, false);
    }

    #[test]
    fn long_messages_have_long_lengths() {
        let long = [&[0x80, 8, 0x80, 200], &[6; 200][..], &[0, 0]].concat();
        check(&long, long.len(), true);
        check(&long[..100], long.len(), true);
    }

    #[test]
    fn audio_has_another_shape() {
        let audio = [
            &[0x80, 8, 7, 47, 0, 4, 217, 136, 14, 175, 14, 175],
            &[0xd5; 160][..],
        ]
        .concat();
        check(&audio, audio.len(), false);
        check(&audio[..20], audio.len(), false);
        check(&[], 0, false);
    }
}

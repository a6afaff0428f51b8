//! The head of a WebSocket frame (RFC 6455, 5.2).

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    /// Text or binary: RFC 7118 carries SIP in both.
    Data,
    Close,
    Ping,
    Pong,
}

/// The head of a frame; its payload is the `len` bytes behind `head_len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) fin: bool,
    /// RSV1: the message is compressed (RFC 7692, 6).
    pub(crate) compressed: bool,
    pub(crate) opcode: Opcode,
    pub(crate) mask: Option<[u8; 4]>,
    pub(crate) head_len: usize,
    pub(crate) len: u64,
}

/// What the bytes at the beginning of a frame say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Head(Head),
    NeedMore,
    /// Reserved bits or opcodes, lengths not in their shortest form, a control frame too long or in pieces.
    NotAFrame,
}

/// Reads the head of the frame at the beginning of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let Some((&[first, second], rest)) = bytes.split_first_chunk() else {
        return Parsed::NeedMore;
    };
    let Some(opcode) = opcode(first) else {
        return Parsed::NotAFrame;
    };
    let Some((len, rest)) = payload_len(second & 0x7f, rest) else {
        return Parsed::NeedMore;
    };
    let mask = match (second & 0x80 != 0, rest.first_chunk()) {
        (false, _) => None,
        (true, Some(&mask)) => Some(mask),
        (true, None) => return Parsed::NeedMore,
    };
    let head = Head {
        fin: first & 0x80 != 0,
        compressed: first & 0x40 != 0,
        opcode,
        mask,
        head_len: bytes.len() - rest.len() + mask.map_or(0, |mask| mask.len()),
        len,
    };
    if head.is_valid(second & 0x7f) {
        Parsed::Head(head)
    } else {
        Parsed::NotAFrame
    }
}

impl Head {
    /// Length of the whole frame; `None` if no memory could hold it.
    pub(crate) fn total(&self) -> Option<usize> {
        usize::try_from(self.len).ok()?.checked_add(self.head_len)
    }

    fn is_control(&self) -> bool {
        matches!(self.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }

    fn is_valid(&self, short_len: u8) -> bool {
        let shortest = match short_len {
            126 => self.len > 125,
            127 => self.len > 0xffff && self.len >> 63 == 0,
            _ => true,
        };
        let control = !self.is_control() || (self.fin && short_len <= 125 && !self.compressed);
        // Only the first frame of a message says that it is compressed (RFC 7692, 6.1).
        shortest && control && !(self.compressed && self.opcode == Opcode::Continuation)
    }
}

/// Undoes the masking of the bytes of a payload, from its first byte on (RFC 6455, 5.3).
pub(crate) fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

fn opcode(first: u8) -> Option<Opcode> {
    if first & 0x30 != 0 {
        return None;
    }
    match first & 0x0f {
        0 => Some(Opcode::Continuation),
        1 | 2 => Some(Opcode::Data),
        8 => Some(Opcode::Close),
        9 => Some(Opcode::Ping),
        10 => Some(Opcode::Pong),
        _ => None,
    }
}

fn payload_len(short_len: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short_len {
        126 => rest
            .split_first_chunk()
            .map(|(&len, rest)| (u64::from(u16::from_be_bytes(len)), rest)),
        127 => rest
            .split_first_chunk()
            .map(|(&len, rest)| (u64::from_be_bytes(len), rest)),
        _ => Some((u64::from(short_len), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is head length, payload length, FIN, compressed, masked.
    fn check(bytes: &[u8], expected: Result<(usize, u64, bool, bool, bool), Parsed>) {
        let parsed = match parse(bytes) {
            Parsed::Head(head) => Ok((
                head.head_len,
                head.len,
                head.fin,
                head.compressed,
                head.mask.is_some(),
            )),
            other => Err(other),
        };
        assert_eq!(parsed, expected, "{bytes:x?}");
    }

    #[test]
    fn reads_the_three_lengths() {
        check(&[0x81, 5], Ok((2, 5, true, false, false)));
        check(&[0x82, 0x85, 1, 2, 3, 4], Ok((6, 5, true, false, true)));
        check(&[0x01, 126, 1, 0], Ok((4, 256, false, false, false)));
        check(
            &[0xc1, 127, 0, 0, 0, 0, 0, 1, 0, 0],
            Ok((10, 65536, true, true, false)),
        );
        check(&[0x89, 0], Ok((2, 0, true, false, false)));
    }

    #[test]
    fn waits_for_the_rest_of_the_head() {
        let whole = [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
        for n in 0..whole.len() {
            check(&whole[..n], Err(Parsed::NeedMore));
        }
        check(&whole, Ok((14, 65536, true, false, true)));
    }

    #[test]
    fn refuses_what_no_frame_begins_with() {
        for bytes in [
            &[0x91, 5][..],
            &[0xa1, 5],
            &[0x83, 5],
            &[0x81, 126, 0, 125],
            &[0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
            &[0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
            &[0x09, 1],
            &[0x89, 126, 1, 0],
            &[0xc0, 1],
            b"GET / HTTP/1.1",
            b"INVITE sip:",
        ] {
            check(bytes, Err(Parsed::NotAFrame));
        }
    }

    #[test]
    fn unmasks() {
        let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask(&mut payload, [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(&payload, b"Hello");
    }
}

//! The chunks of an SCTP packet (RFC 9260, 3.2), and those that carry user data.

/// The chunks one behind the other, as far as they were captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks<'a>(pub(super) &'a [u8]);

/// A chunk: type, flags, and what stands behind its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    kind: u8,
    flags: u8,
    value: &'a [u8],
    /// The capture cut it.
    cut: bool,
}

/// A piece of a user message: a DATA chunk (RFC 9260, 3.3.1) or an I-DATA chunk (RFC 8260, 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data<'a> {
    pub(super) tsn: u32,
    pub(super) stream: u16,
    /// First piece of its message.
    pub(super) begins: bool,
    /// Last piece of its message.
    pub(super) ends: bool,
    pub(super) order: Order,
    pub(super) bytes: &'a [u8],
    /// The capture lacks the end of it.
    pub(super) cut: bool,
}

/// How the pieces of a message are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By TSN.
    Tsn,
    /// By a number of their own within the message `message`, in the ordered or unordered part of the stream.
    Fragment {
        message: u32,
        unordered: bool,
        number: u32,
    },
}

const DATA: u8 = 0;
const I_DATA: u8 = 64;

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (&[kind, flags, high, low], rest) = self.0.split_first_chunk()?;
        // A length that does not even cover the head of the chunk: nothing behind it can be found.
        let len = usize::from(u16::from_be_bytes([high, low])).checked_sub(4)?;
        let value = rest.get(..len).unwrap_or(rest);
        self.0 = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(Chunk {
            kind,
            flags,
            value,
            cut: value.len() < len,
        })
    }
}

impl<'a> Chunk<'a> {
    /// The user data in it; `None` in control chunks, and where the capture cut one of several pieces of a message.
    pub(super) fn data(&self) -> Option<Data<'a>> {
        if self.cut && !(self.begins() && self.ends()) {
            return None;
        }
        let (order, tsn, stream, bytes) = match self.kind {
            DATA => {
                let (head, bytes) = self.value.split_first_chunk::<12>()?;
                (Order::Tsn, u32_at(head, 0), u16_at(head, 4), bytes)
            }
            I_DATA => {
                let (head, bytes) = self.value.split_first_chunk::<16>()?;
                let order = self.fragment(u32_at(head, 8), u32_at(head, 12));
                (order, u32_at(head, 0), u16_at(head, 4), bytes)
            }
            _ => return None,
        };
        Some(Data {
            tsn,
            stream,
            begins: self.begins(),
            ends: self.ends(),
            order,
            bytes,
            cut: self.cut,
        })
    }

    fn begins(&self) -> bool {
        self.flags & 2 != 0
    }

    fn ends(&self) -> bool {
        self.flags & 1 != 0
    }

    /// In the first piece the number's place holds the payload protocol identifier; the number is 0.
    fn fragment(&self, message: u32, number: u32) -> Order {
        Order::Fragment {
            message,
            unordered: self.flags & 4 != 0,
            number: if self.begins() { 0 } else { number },
        }
    }
}

fn u32_at(head: &[u8], at: usize) -> u32 {
    let bytes = head.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |&bytes| u32::from_be_bytes(bytes))
}

fn u16_at(head: &[u8], at: usize) -> u16 {
    let bytes = head.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |&bytes| u16::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The TSN and bytes of each data chunk.
    fn check(bytes: &[u8], expected: &[(u32, &[u8])]) {
        let seen: Vec<_> = Chunks(bytes)
            .filter_map(|chunk| chunk.data())
            .map(|data| (data.tsn, data.bytes))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn steps_over_padding_and_control() {
        let mut bytes = vec![
            0, 3, 0, 17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, b'a', 0, 0, 0,
        ];
        bytes.extend([3, 0, 0, 8, 1, 2, 3, 4]);
        bytes.extend([
            64, 3, 0, 21, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'b',
        ]);
        check(&bytes, &[(1, b"a"), (2, b"b")]);
    }

    #[test]
    fn gives_the_beginning_of_a_message_that_was_cut() {
        let chunk = [0, 3, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, b'a'];
        check(&chunk, &[(1, b"a")]);
        assert!(Chunks(&chunk).all(|chunk| chunk.data().is_some_and(|data| data.cut)));
    }

    #[test]
    fn stops_where_lengths_make_no_sense() {
        check(&[], &[]);
        check(&[0, 3, 0], &[]);
        check(&[0, 3, 0, 3, 0, 3, 0, 17], &[]);
        check(&[0, 3, 0, 5, 0], &[]);
        check(
            &[0, 2, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, b'a'],
            &[],
        );
    }
}

//! Handshake messages out of the records of one direction (RFC 8446, 4; RFC 5246, 7.4).

/// Types of the messages that matter to a reader.
pub(super) mod message {
    pub(in super::super) const HELLO_REQUEST: u8 = 0;
    pub(in super::super) const CLIENT_HELLO: u8 = 1;
    pub(in super::super) const SERVER_HELLO: u8 = 2;
    pub(in super::super) const END_OF_EARLY_DATA: u8 = 5;
    pub(in super::super) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(in super::super) const FINISHED: u8 = 20;
    pub(in super::super) const KEY_UPDATE: u8 = 24;
}

/// Type and length.
const HEADER_LEN: usize = 4;
/// The longest message that is waited for.
const MAX_LEN: usize = 64 * 1024;

/// Joins what records bring, until messages are whole.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    pending: Vec<u8>,
    /// Bytes still to come of a message too long to be kept.
    skip: usize,
}

impl Assembler {
    /// Takes the content of a record and calls `take` with each message it completes: its type, and the whole of it.
    pub(super) fn push(&mut self, content: &[u8], mut take: impl FnMut(u8, &[u8])) {
        let n = self.skip.min(content.len());
        self.skip -= n;
        self.pending
            .extend_from_slice(content.get(n..).unwrap_or_default());
        let mut used = 0;
        while let Some((kind, total)) = header(self.pending.get(used..).unwrap_or_default()) {
            if total > MAX_LEN {
                let there = self.pending.len() - used;
                self.skip = total.saturating_sub(there);
                used += there.min(total);
                continue;
            }
            let Some(message) = self.pending.get(used..used + total) else {
                break;
            };
            take(kind, message);
            used += total;
        }
        self.pending.drain(..used);
    }

    /// Forgets what was begun.
    pub(super) fn clear(&mut self) {
        *self = Assembler::default();
    }

    /// Bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.pending.capacity()
    }
}

/// Type and whole length of the message at the front.
fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let &[kind, a, b, c] = bytes.first_chunk::<HEADER_LEN>()?;
    let len = u32::from_be_bytes([0, a, b, c]) as usize;
    Some((kind, HEADER_LEN + len))
}

/// What stands behind the header of a message.
pub(super) fn body(message: &[u8]) -> &[u8] {
    message.get(HEADER_LEN..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &[u8], expected: &[(u8, usize)]) {
        for size in [1, 3, 1000, content.len().max(1)] {
            let mut assembler = Assembler::default();
            let mut seen = Vec::new();
            for part in content.chunks(size) {
                assembler.push(part, |kind, message| seen.push((kind, body(message).len())));
            }
            assert_eq!(seen, expected, "in parts of {size}");
        }
    }

    #[test]
    fn messages_are_joined_and_taken_apart() {
        check(&[14, 0, 0, 0], &[(14, 0)]);
        check(&[1, 0, 0, 2, 9, 9, 2, 0, 0, 1, 9], &[(1, 2), (2, 1)]);
        check(&[1, 0, 0, 2, 9], &[]);
    }

    #[test]
    fn a_message_too_long_is_passed_over() {
        let long = [&[11, 1, 0, 0][..], &[7; 0x10000], &[2, 0, 0, 1, 9]].concat();
        check(&long, &[(2, 1)]);
    }
}

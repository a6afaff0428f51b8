//! How the reassembler asks where a message ends, without knowing how SIP is read.

/// What stands at the beginning of some bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A whole message: `len` bytes from offset `start`. What lies before `start` belongs to no message.
    Message {
        /// Offset of the start line.
        start: usize,
        /// Length of start line, headers and body.
        len: usize,
    },
    /// A keep-alive of `len` bytes between messages (RFC 5626, 3.5.1).
    KeepAlive {
        /// Bytes it takes.
        len: usize,
    },
    /// The beginning of what may be a message.
    NeedMore {
        /// Where its headers already say so: the bytes from the beginning of the slice to the end of the message.
        ///
        /// `None` is always a correct answer. With the length known the framer is not asked again before the message
        /// is complete, and a hole in its body costs no search for the next message.
        total: Option<usize>,
    },
    /// Not the beginning of a message, whatever follows.
    NotSip,
}

/// Finds the messages in the bytes of a stream (RFC 3261, 18.3).
pub trait Framer {
    /// What `bytes` begin with. `bytes` is never empty.
    fn next(&self, bytes: &[u8]) -> Framed;
}

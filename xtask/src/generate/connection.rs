//! A TCP connection on the tape: every byte is acknowledged by the next segment.

use std::net::SocketAddr;

use super::packet::{ACK, FIN, PSH, SYN, Segment};
use super::sip::Side;
use super::tape::{Moment, Tape, ms};

/// The sequence numbers of both directions, the client's first.
pub(crate) struct Connection {
    ends: [SocketAddr; 2],
    sequence: [u32; 2],
}

impl Connection {
    /// The three-way handshake (RFC 9293, 3.5), which takes 31 ms.
    pub(crate) fn open(
        tape: &mut Tape,
        at: Moment,
        client: SocketAddr,
        server: SocketAddr,
    ) -> Self {
        let mut connection = Connection {
            ends: [client, server],
            sequence: [0xffff_ff00, 0x1000],
        };
        connection.segment(tape, at, Side::Caller, SYN, &[]);
        connection.segment(tape, at + ms(30), Side::Callee, SYN | ACK, &[]);
        connection.segment(tape, at + ms(31), Side::Caller, ACK, &[]);
        connection
    }

    /// Bytes of one side in one segment.
    pub(crate) fn send(&mut self, tape: &mut Tape, at: Moment, by: Side, bytes: &[u8]) {
        self.segment(tape, at, by, PSH | ACK, bytes);
    }

    /// The client closes, then the server.
    pub(crate) fn close(&mut self, tape: &mut Tape, at: Moment) {
        self.segment(tape, at, Side::Caller, FIN | ACK, &[]);
        self.segment(tape, at + ms(30), Side::Callee, FIN | ACK, &[]);
        self.segment(tape, at + ms(31), Side::Caller, ACK, &[]);
    }

    fn segment(&mut self, tape: &mut Tape, at: Moment, by: Side, flags: u8, payload: &[u8]) {
        let [src, dst] = if by == Side::Caller { [0, 1] } else { [1, 0] };
        let segment = Segment {
            sequence: self.sequence[src],
            acknowledge: if flags & ACK == 0 {
                0
            } else {
                self.sequence[dst]
            },
            flags,
        };
        tape.tcp(at, self.ends[src], self.ends[dst], segment, payload);
        let counted = payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        self.sequence[src] = self.sequence[src].wrapping_add(counted);
    }
}

//! One ring, read frame by frame: packets that are shown twice are passed, and those that the host merged are taken apart.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::cooked::Bench;
use super::link::Link;
use super::merged;
use crate::capture::sys::{Ring, RingGauge, RingPacket};
use crate::decode::Frame;
use crate::time::Timestamp;

/// What was read of a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReadCounts {
    /// Packets, each of which is a frame or several.
    pub(super) packets: u64,
    /// Bytes of the frames on the wire.
    pub(super) bytes: u64,
    /// Packets that the kernel took twice, see [`is_echo`].
    pub(super) echoes: u64,
    /// Packets taken apart, and the frames they became.
    pub(super) split: u64,
    pub(super) split_into: u64,
    /// Packets that were merged and could not be taken apart.
    pub(super) unsplit: u64,
}

impl ReadCounts {
    /// Adds what was read since.
    pub(super) fn add(&mut self, more: ReadCounts) {
        self.packets += more.packets;
        self.bytes += more.bytes;
        self.echoes += more.echoes;
        self.split += more.split;
        self.split_into += more.split_into;
        self.unsplit += more.unsplit;
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Reader {
    ring: Ring,
    link: Link,
    /// Longest packet with one UDP datagram that the device takes.
    longest: u32,
    /// The datagram of the packet in hand whose turn it is, and how many there are.
    turn: (usize, usize),
    bench: (Bench, Bench),
    counts: ReadCounts,
}

impl Reader {
    /// Reads `ring`, whose device takes packets of `mtu` bytes.
    pub(super) fn new(ring: Ring, link: Link, mtu: u32) -> Reader {
        Reader {
            ring,
            link,
            longest: mtu.saturating_add(LINK_HEADER),
            turn: (0, 1),
            bench: <(Bench, Bench)>::default(),
            counts: ReadCounts::default(),
        }
    }

    /// The time of the frame in hand.
    #[inline]
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        while self.ring.packet().as_ref().is_some_and(is_echo) {
            self.ring.pass();
            self.counts.echoes += 1;
        }
        self.ring.packet().map(|packet| packet.at)
    }

    /// The frame in hand.
    #[inline]
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        let packet = self.ring.packet()?;
        let (bytes, wire_len) = match packet.merged {
            None => {
                self.counts.unsplit += u64::from(is_too_long(&packet, self.longest));
                self.link.frame(&packet, &mut self.bench.0)
            }
            Some(_) => {
                if self.turn.0 == 0 {
                    self.turn.1 = count(&packet, &mut self.counts);
                }
                match self.turn.1 {
                    1 => self.link.frame(&packet, &mut self.bench.0),
                    _ => self.link.datagram(&packet, self.turn.0, &mut self.bench),
                }
            }
        };
        self.counts.bytes += u64::from(wire_len);
        Some(Frame {
            at: packet.at,
            link: self.link.frames(),
            interface,
            original_len: wire_len.max(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
            bytes,
        })
    }

    /// Goes on behind the frame in hand, and says whether that is done with a packet of the ring.
    #[inline]
    pub(super) fn pass(&mut self) -> bool {
        let (turn, of) = self.turn;
        if turn + 1 < of {
            self.turn.0 += 1;
            return false;
        }
        self.turn = (0, 1);
        self.counts.packets += 1;
        self.ring.pass();
        true
    }

    /// What was read since the last call.
    pub(super) fn take_counts(&mut self) -> ReadCounts {
        std::mem::take(&mut self.counts)
    }

    /// What can be asked about the ring from another thread.
    pub(super) fn gauge(&self) -> io::Result<RingGauge> {
        self.ring.gauge()
    }
}

impl AsFd for Reader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

/// Ethernet with two tags.
const LINK_HEADER: u32 = 22;

/// How many frames a packet is that was merged.
fn count(packet: &RingPacket<'_>, counts: &mut ReadCounts) -> usize {
    match merged::count(packet) {
        Some(n) => {
            counts.split += 1;
            counts.split_into += n as u64;
            n
        }
        None => {
            counts.unsplit += 1;
            1
        }
    }
}

/// The loopback device shows each packet twice, as it goes out and as it comes in.
fn is_echo(packet: &RingPacket<'_>) -> bool {
    packet.hardware == libc::ARPHRD_LOOPBACK && packet.kind == libc::PACKET_OUTGOING
}

/// Whether a packet is longer than the wire takes, and no TCP segment: it was merged, and the kernel does not tell how.
fn is_too_long(packet: &RingPacket<'_>, longest: u32) -> bool {
    packet.wire_len > longest && packet.hardware != libc::ARPHRD_LOOPBACK && merged::is_udp(packet)
}

//! Where a workload goes: a classic pcap file, written frame by frame.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::Options;
use crate::generate::packet::{self, Segment, Tag};

/// 2024-01-15 09:00:00 UTC, when every generated capture begins.
const EPOCH_SECS: u64 = 1_705_309_200;

/// Nanoseconds since the capture began.
pub(super) type Moment = u64;

/// Milliseconds as a [`Moment`].
pub(super) const fn ms(millis: u64) -> Moment {
    millis * 1_000_000
}

/// A second of the capture as a report writes it. Captures begin at nine and are over before midnight.
pub(super) fn rfc3339(second: Moment) -> String {
    let of_day = 9 * 3600 + second;
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("2024-01-15T{hours:02}:{minutes:02}:{seconds:02}.000000000Z")
}

/// A pcap file under way.
pub(crate) struct Sink<W> {
    out: W,
    tags: &'static [Tag],
    snap: usize,
    packets: u64,
}

/// The tag of frames that bear one.
const VLAN: &[Tag] = &[Tag {
    ethertype: 0x8100,
    id: 7,
}];

impl<W: Write> Sink<W> {
    pub(crate) fn new(out: W, options: &Options) -> Self {
        Sink {
            out,
            tags: if options.vlan { VLAN } else { &[] },
            snap: options.snap,
            packets: 0,
        }
    }

    /// A UDP datagram.
    pub(super) fn udp(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        payload: &[u8],
    ) -> io::Result<()> {
        let frame = self.frame(src, dst, &packet::udp(src, dst, payload));
        self.write(at, &frame)
    }

    /// A TCP segment.
    pub(super) fn tcp(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        segment: Segment,
        payload: &[u8],
    ) -> io::Result<()> {
        let frame = self.frame(src, dst, &packet::tcp(src, dst, segment, payload));
        self.write(at, &frame)
    }

    /// The frame around an IP packet.
    pub(super) fn frame(&self, src: SocketAddr, dst: SocketAddr, packet: &[u8]) -> Vec<u8> {
        packet::ethernet(src.ip(), dst.ip(), self.tags, packet)
    }

    /// Writes a frame; frames come in order of time.
    pub(super) fn write(&mut self, at: Moment, frame: &[u8]) -> io::Result<()> {
        if self.packets == 0 {
            self.begin()?;
        }
        self.packets += 1;
        let kept = &frame[..frame.len().min(self.snap)];
        let micros = at / 1000;
        let mut header = [0; 16];
        for (slot, value) in header.chunks_exact_mut(4).zip([
            EPOCH_SECS + micros / 1_000_000,
            micros % 1_000_000,
            kept.len() as u64,
            frame.len() as u64,
        ]) {
            slot.copy_from_slice(&(value as u32).to_le_bytes());
        }
        self.out.write_all(&header)?;
        self.out.write_all(kept)
    }

    /// Ends the file, and says how many frames are in it.
    pub(super) fn finish(&mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.packets)
    }

    fn begin(&mut self) -> io::Result<()> {
        self.out.write_all(&crate::generate::file::pcap(&[]))
    }
}

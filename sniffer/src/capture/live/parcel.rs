//! Frames on their way from the thread that read them to the one that follows calls: copies, many at a time.

use super::reader::ReadCounts;
use crate::decode::{Frame, LinkType};
use crate::time::Timestamp;

/// Bytes of frames from which on a parcel is handed over: those of a block of the ring.
const FULL: usize = 256 * 1024;

/// Frames from which on a parcel is handed over.
const FULL_FRAMES: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    frames: Vec<Place>,
    bytes: Vec<u8>,
    /// The frame whose turn it is.
    turn: usize,
    /// What was read of the ring for it, but for the packets: they count as they are passed.
    pub(super) counts: ReadCounts,
}

/// A frame in the bytes.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Timestamp,
    link: LinkType,
    original_len: u32,
    start: usize,
    end: usize,
    ends_packet: bool,
}

impl Parcel {
    /// Copies a frame behind the others.
    pub(super) fn put(&mut self, frame: &Frame<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(frame.bytes);
        self.frames.push(Place {
            at: frame.at,
            link: frame.link,
            original_len: frame.original_len,
            start,
            end: self.bytes.len(),
            ends_packet: false,
        });
    }

    /// The last frame was the last that its packet of the ring became.
    pub(super) fn end_packet(&mut self) {
        if let Some(place) = self.frames.last_mut() {
            place.ends_packet = true;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL || self.frames.len() >= FULL_FRAMES
    }

    /// The time of the frame in hand.
    pub(super) fn head(&self) -> Option<Timestamp> {
        self.frames.get(self.turn).map(|place| place.at)
    }

    /// The frame in hand.
    pub(super) fn frame(&self, interface: u32) -> Option<Frame<'_>> {
        let place = self.frames.get(self.turn)?;
        Some(Frame {
            at: place.at,
            link: place.link,
            interface,
            original_len: place.original_len,
            bytes: self.bytes.get(place.start..place.end)?,
        })
    }

    /// Goes on behind the frame in hand, and says whether that is done with a packet of the ring.
    pub(super) fn pass(&mut self) -> bool {
        let place = self.frames.get(self.turn);
        self.turn += 1;
        place.is_some_and(|place| place.ends_packet)
    }

    /// Empties it for other frames; its memory stays.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.bytes.clear();
        self.turn = 0;
        self.counts = ReadCounts::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let frames = [(1, &b"first"[..]), (2, b""), (2, b"third")];
        let frame = |(at, bytes): (i64, &'static [u8])| Frame {
            at: Timestamp::from_nanos(at),
            link: LinkType::ETHERNET,
            interface: 0,
            original_len: 100,
            bytes,
        };
        let mut parcel = Parcel::default();
        for _ in 0..2 {
            for (n, one) in frames.into_iter().enumerate() {
                parcel.put(&frame(one));
                if n != 1 {
                    parcel.end_packet();
                }
            }
            for (n, (at, bytes)) in frames.into_iter().enumerate() {
                assert_eq!(parcel.head(), Some(Timestamp::from_nanos(at)));
                let found = parcel.frame(7).expect("it was put in");
                assert_eq!((found.bytes, found.interface), (bytes, 7));
                assert_eq!(parcel.pass(), n != 1);
            }
            assert!(parcel.head().is_none() && parcel.frame(7).is_none());
            parcel.clear();
            assert!(parcel.is_empty());
        }
    }

    #[test]
    fn a_parcel_is_bounded() {
        let mut parcel = Parcel::default();
        let frame = |bytes| Frame {
            at: Timestamp::from_nanos(1),
            link: LinkType::ETHERNET,
            interface: 0,
            original_len: 0,
            bytes,
        };
        (0..FULL_FRAMES).for_each(|_| parcel.put(&frame(&[])));
        assert!(parcel.is_full());
        parcel.clear();
        (0..4).for_each(|_| parcel.put(&frame(&[0; FULL / 4])));
        assert!(parcel.is_full());
    }
}

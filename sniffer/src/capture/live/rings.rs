//! All rings of one interface: one, or several that share its packets.
//!
//! Which ring a packet comes to does not matter: frames go out by the time at which the kernel took them in.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::bell::Bell;
use super::lane::{self, Lane};
use super::link::Link;
use super::reader::{ReadCounts, Reader};
use crate::capture::sys::{Ring, RingGroup, RingSettings};
use crate::decode::Frame;
use crate::time::Timestamp;

/// Bytes of a parcel at the most, but for one frame: as many parcels may wait as the rings have memory.
const PARCEL: usize = 256 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Rings {
    lanes: Vec<Lane>,
    /// The lane whose frame is in hand.
    turn: usize,
    /// Up to when rings without a frame in hand have been seen, and how many they are.
    seen: Option<Timestamp>,
    lacking: usize,
    /// Rung where threads read.
    bell: Option<Arc<Bell>>,
}

/// What became of packets since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fates {
    /// Packets that passed the filter, those dropped included.
    pub(super) received: u64,
    /// Packets for which there was no room.
    pub(super) dropped: u64,
}

impl Rings {
    /// Opens `n` rings, which share the memory that `settings` name; the device takes packets of `mtu` bytes.
    pub(super) fn open(
        settings: &RingSettings<'_>,
        link: Link,
        mtu: u32,
        n: usize,
    ) -> io::Result<Rings> {
        if n < 2 {
            let reader = Reader::new(Ring::open(settings)?, link, mtu);
            return Ok(Rings::of(vec![Lane::straight(reader)?], None));
        }
        let bell = Arc::new(Bell::new()?);
        let bytes = settings.bytes / n;
        let handing = lane::Settings {
            bell: Arc::clone(&bell),
            parcels: (bytes / PARCEL).max(4),
        };
        let mut group = RingGroup::New;
        let mut lanes = Vec::with_capacity(n);
        for _ in 0..n {
            let ring = Ring::open(&RingSettings {
                bytes,
                group: Some(group),
                ..*settings
            })?;
            group = ring.group().map_or(RingGroup::New, RingGroup::Of);
            let reader = Reader::new(ring, link, mtu);
            lanes.push(Lane::with_thread(reader, handing.clone())?);
        }
        Ok(Rings::of(lanes, Some(bell)))
    }

    fn of(lanes: Vec<Lane>, bell: Option<Arc<Bell>>) -> Rings {
        Rings {
            lanes,
            turn: 0,
            seen: None,
            lacking: 0,
            bell,
        }
    }

    /// The time of the earliest frame.
    #[inline]
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        let mut earliest = None;
        self.seen = None;
        self.lacking = 0;
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            match lane.head() {
                Some(at) if earliest.is_none_or(|first| at < first) => {
                    earliest = Some(at);
                    self.turn = number;
                }
                Some(_) => {}
                None => {
                    let seen = self.seen.unwrap_or(Timestamp::MAX);
                    self.seen = Some(seen.min(lane.seen()));
                    self.lacking += 1;
                }
            }
        }
        earliest
    }

    /// Up to when the rings without a frame in hand had been seen at the last look at `head`: `None` where all have one.
    /// Those that were looked at then have been seen up to then, which is [`Timestamp::MAX`].
    pub(super) fn seen(&self) -> Option<Timestamp> {
        self.seen
    }

    /// The frame in hand, which the last look at `head` found.
    #[inline]
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        self.lanes.get_mut(self.turn)?.frame(interface)
    }

    /// Goes on behind it.
    #[inline]
    pub(super) fn pass(&mut self) {
        if let Some(lane) = self.lanes.get_mut(self.turn) {
            lane.pass();
        }
    }

    /// What to wait at: nothing where each has a frame in hand.
    pub(super) fn awaited(&mut self) -> Option<BorrowedFd<'_>> {
        let before = self.lacking;
        if before == 0 {
            return None;
        }
        let Some(bell) = self.bell.clone() else {
            return self.lanes.first()?.awaited();
        };
        bell.listen();
        self.head();
        // What came before somebody listened has rung for nobody.
        if self.lacking < before {
            bell.ring();
        }
        self.bell.as_ref().map(|bell| bell.ear())
    }

    /// Waiting is over.
    pub(super) fn awake(&self) {
        if let Some(bell) = &self.bell {
            bell.awake();
        }
    }

    /// What was read since the last call.
    pub(super) fn take_counts(&mut self) -> ReadCounts {
        let mut counts = ReadCounts::default();
        for lane in &mut self.lanes {
            counts.add(lane.take_counts());
        }
        counts
    }

    /// What became of packets since the last call.
    pub(super) fn take_fates(&self) -> Fates {
        let mut fates = Fates::default();
        for drops in self
            .lanes
            .iter()
            .filter_map(|lane| lane.gauge().take_drops().ok())
        {
            fates.received += drops.packets;
            fates.dropped += drops.dropped;
        }
        fates
    }

    /// From now on packets bear the time of the kernel.
    pub(super) fn leave_card_times(&self) -> io::Result<()> {
        self.lanes
            .iter()
            .try_for_each(|lane| lane.gauge().leave_card_times())
    }

    /// Takes the errors that wait at the sockets, and says whether there was one.
    pub(super) fn take_error(&self) -> bool {
        let errors = self.lanes.iter().map(|lane| lane.gauge().take_error());
        errors.fold(false, |any, error| any | !matches!(error, Ok(None)))
    }
}

//! One source of frames: the ring of an interface, or what capture agents send.

use std::os::fd::BorrowedFd;

use super::hep::HepTap;
use super::tap::Tap;
use super::{LiveError, LiveSettings, TapCounts};
use crate::capture::prefilter::Prefilter;
use crate::decode::Frame;
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

/// See the module.
#[derive(Debug)]
pub(super) enum Source {
    Tap(Box<Tap>),
    Hep(Box<HepTap>),
}

impl Source {
    /// All that `settings` name.
    pub(super) fn open_all(
        settings: &LiveSettings,
        filter: &Prefilter,
    ) -> Result<Vec<Source>, LiveError> {
        let tap = |name: &String| Tap::open(name, settings, filter);
        let hep = settings.hep.iter().map(|hep| {
            let source = HepTap::open(hep).map_err(|source| LiveError::HepListen {
                address: hep.listen,
                source,
            })?;
            Ok(Source::Hep(Box::new(source)))
        });
        let taps = settings.interfaces.iter().map(tap);
        let taps = taps.map(|tap| Ok(Source::Tap(Box::new(tap?))));
        taps.chain(hep).collect()
    }

    /// Whether it can still bring frames.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Source::Tap(tap) => tap.is_open(),
            Source::Hep(_) => true,
        }
    }

    /// The time of the frame in hand.
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        match self {
            Source::Tap(tap) => tap.head(),
            Source::Hep(hep) => hep.head(),
        }
    }

    /// The frame in hand.
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        match self {
            Source::Tap(tap) => tap.frame(interface),
            Source::Hep(hep) => hep.frame(interface),
        }
    }

    /// Goes on behind the frame in hand.
    pub(super) fn pass(&mut self) {
        match self {
            Source::Tap(tap) => tap.pass(),
            Source::Hep(hep) => hep.pass(),
        }
    }

    /// What to wait at: nothing while a frame is in hand.
    pub(super) fn awaited(&mut self) -> Option<BorrowedFd<'_>> {
        match self {
            Source::Tap(tap) => tap.awaited(),
            Source::Hep(hep) => hep.awaited(),
        }
    }

    /// Waiting is over.
    pub(super) fn awake(&mut self, filter: &Prefilter) {
        match self {
            Source::Tap(tap) => tap.take_error(filter),
            Source::Hep(hep) => hep.awake(),
        }
    }

    /// Reads what was counted, and opens again what was away.
    pub(super) fn look_after(&mut self, filter: &Prefilter) {
        match self {
            Source::Tap(tap) => tap.look_after(filter),
            Source::Hep(hep) => hep.look_after(),
        }
    }

    /// What was dropped since the last call.
    pub(super) fn take_drops(&mut self) -> Option<KernelDrops> {
        match self {
            Source::Tap(tap) => tap.take_drops(),
            Source::Hep(hep) => Some(hep.take_drops()),
        }
    }

    /// What became of its frames so far.
    pub(super) fn counts(&self) -> TapCounts {
        match self {
            Source::Tap(tap) => tap.counts(),
            Source::Hep(hep) => hep.counts(),
        }
    }
}

//! One direction of a TLS session: what protects its records, and those that wait for their keys.

use std::collections::VecDeque;

use super::super::cipher::{Opened, Opener};
use super::super::handshake::Assembler;
use super::super::record::Header;
use super::super::secret::Secret;
use crate::time::Timestamp;

/// Records that may have been lost one after the other and are still counted back: each is a try at the next one.
pub(super) const MAX_DOUBT: u32 = 64;
/// Records in a row that may fail to open after a loss.
const MAX_FAILURES: u32 = 8;
/// Bytes of records that may wait for keys.
const MAX_QUEUED: usize = 64 * 1024;
/// What a waiting record costs beyond its bytes.
const ITEM_OVERHEAD: usize = 48;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) stage: Stage,
    pub(super) handshake: Assembler,
    /// Its hello was seen.
    pub(super) said_hello: bool,
    /// How many records may be missing before the next one.
    pub(super) doubt: u32,
    failures: u32,
    pub(super) queue: VecDeque<Item>,
    queued: usize,
}

/// How the next record is to be read.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// As it is.
    #[default]
    Clear,
    /// Protected, by keys still to be found.
    Next(Epoch),
    /// Protected.
    Protected(Box<Protection>),
    /// Not at all any more.
    Shut,
}

/// The keys of a stretch of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Those of TLS 1.0 to 1.2.
    Master,
    Early,
    Handshake,
    Application,
}

/// Keys in use.
#[derive(Debug)]
pub(super) struct Protection {
    pub(super) opener: Opener,
    pub(super) epoch: Epoch,
    /// The traffic secret of TLS 1.3 from which the next one follows.
    pub(super) secret: Option<Secret>,
    seq: u64,
}

/// What waits.
#[derive(Debug)]
pub(super) enum Item {
    Record(Timestamp, Header, Box<[u8]>),
    /// So many records at most were lost here.
    Lost(u32),
}

/// What became of a record that could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may have been lost sight of; the next one may open.
    Passing,
    /// Nothing opens any more since bytes were lost.
    LostTrack,
    /// Nothing was lost, and it does not open: the keys are others, or the record is damaged.
    NotAuthentic,
}

impl Protection {
    pub(super) fn new(opener: Opener, epoch: Epoch, secret: Option<Secret>) -> Box<Protection> {
        Box::new(Protection {
            opener,
            epoch,
            secret,
            seq: 0,
        })
    }

    /// Opens the next record, or the one up to `doubt` records further on.
    pub(super) fn open(&mut self, header: Header, payload: &[u8], doubt: u32) -> Option<Opened> {
        let last = self.seq.checked_add(u64::from(doubt))?;
        let (seq, opened) = (self.seq..=last).find_map(|seq| {
            let opened = self.opener.open(seq, header, payload)?;
            Some((seq, opened))
        })?;
        self.seq = seq.checked_add(1)?;
        Some(opened)
    }
}

impl Direction {
    /// Bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.handshake.held() + self.queued
    }

    /// Notes that up to `n` records were lost.
    pub(super) fn lose(&mut self, n: u32) {
        self.doubt = self.doubt.saturating_add(n).min(MAX_DOUBT);
        self.handshake.clear();
        if let Stage::Protected(protection) = &mut self.stage {
            protection.opener.lose();
        }
    }

    /// Notes that a record opened.
    pub(super) fn regain(&mut self, payload: &[u8]) {
        self.doubt = 0;
        self.failures = 0;
        if let Stage::Protected(protection) = &mut self.stage {
            protection.opener.pass(payload);
        }
    }

    /// Notes that a record did not open.
    pub(super) fn fail(&mut self, payload: &[u8]) -> Failure {
        let Stage::Protected(protection) = &mut self.stage else {
            return Failure::Passing;
        };
        let cut_off = protection.opener.is_cut_off();
        protection.opener.pass(payload);
        if self.doubt == 0 {
            return Failure::NotAuthentic;
        }
        self.doubt = (self.doubt + 1).min(MAX_DOUBT);
        self.failures += u32::from(!cut_off);
        if self.failures > MAX_FAILURES {
            Failure::LostTrack
        } else {
            Failure::Passing
        }
    }

    /// Lets an item wait; `false` if there is no room left.
    pub(super) fn enqueue(&mut self, item: Item) -> bool {
        self.queued += item.cost();
        self.queue.push_back(item);
        self.queued <= MAX_QUEUED
    }

    /// The item that waits longest.
    pub(super) fn dequeue(&mut self) -> Option<Item> {
        let item = self.queue.pop_front()?;
        self.queued -= item.cost();
        Some(item)
    }

    /// Puts an item back before all others.
    pub(super) fn requeue(&mut self, item: Item) {
        self.queued += item.cost();
        self.queue.push_front(item);
    }

    /// Forgets what waits.
    pub(super) fn drop_queue(&mut self) {
        self.queue = VecDeque::new();
        self.queued = 0;
    }

    /// Reads nothing more.
    pub(super) fn shut(&mut self) {
        self.stage = Stage::Shut;
        self.handshake.clear();
        self.drop_queue();
    }

    pub(super) fn is_shut(&self) -> bool {
        matches!(self.stage, Stage::Shut)
    }
}

impl Item {
    fn cost(&self) -> usize {
        match self {
            Item::Record(_, _, bytes) => bytes.len() + ITEM_OVERHEAD,
            Item::Lost(_) => ITEM_OVERHEAD,
        }
    }
}

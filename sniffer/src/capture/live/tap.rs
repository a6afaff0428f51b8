//! One interface being captured from: its ring while it is there, and the way back when it was away.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::flow::Flow;
use super::interfaces::{known_names, packets_of};
use super::link::Link;
use super::rings::Rings;
use super::{LiveError, LiveSettings, clock};
use crate::capture::Timestamps;
use crate::capture::prefilter::Prefilter;
use crate::capture::sys::{CardClock, CardClockError, Device, RingSettings, device};
use crate::decode::Frame;
use crate::privileges::kernel;
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

/// The name for all interfaces at once.
const ANY: &str = "any";

/// First and longest wait before an interface is looked for again.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The last packets of a device that is gone are handed over within this time.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Longest packet that devices take, of those that are not known: Ethernet's longer frames.
const JUMBO: u32 = 9216;

/// Kernels from this on tell how UDP datagrams were merged; those before it drop them instead.
const TELLS_MERGED: (u32, u32) = (6, 2);

/// Shortest time between two lines of the log about drops.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// What became of the packets of one interface, since capturing began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TapCounts {
    /// Name of the interface, as given.
    pub name: String,
    /// Whether it is there and up.
    pub up: bool,
    /// Packets that the kernel took for us, those dropped included.
    pub received: u64,
    /// Of these, packets that the ring had no room for.
    pub dropped: u64,
    /// Frames read from the ring.
    pub frames: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Times it was opened again after it had been away.
    pub returns: u64,
    /// Whether packets pass it, as it counts itself, and none of them come to us.
    pub stalled: bool,
    /// Packets read that the host had merged of several UDP datagrams, and the frames they were taken apart to.
    pub split: u64,
    /// See `split`.
    pub split_into: u64,
    /// Packets read that seem to have been merged and were not taken apart.
    pub unsplit: u64,
}

/// An interface with its ring, or without while it is away.
#[derive(Debug)]
pub(super) struct Tap {
    settings: LiveSettings,
    rings: Option<Rings>,
    /// Number of the device that the rings are bound to.
    index: i32,
    /// Since when it is known that the device is gone.
    gone: Option<Instant>,
    retry: Retry,
    counts: TapCounts,
    /// Packets that the kernel took twice.
    echoes: u64,
    /// Kernel drops not yet told, from when on.
    untold: u64,
    told_at: Timestamp,
    /// Kernel drops not yet in the log, and when it was last written to.
    unlogged: u64,
    logged: Option<Instant>,
    flow: Flow,
    /// The clock that packets bear the time of, where it is that of the network card.
    card: Option<CardClock>,
}

/// When to look for an interface that is away.
#[derive(Debug)]
struct Retry {
    at: Instant,
    wait: Duration,
}

impl Tap {
    /// Opens the ring of the interface called `name`.
    pub(super) fn open(
        name: &str,
        settings: &LiveSettings,
        filter: &Prefilter,
    ) -> Result<Tap, LiveError> {
        let now = clock::now();
        let mut tap = Tap {
            settings: settings.clone(),
            rings: None,
            index: 0,
            gone: None,
            retry: Retry {
                at: clock::steady(),
                wait: FIRST_WAIT,
            },
            counts: TapCounts {
                name: name.to_owned(),
                ..TapCounts::default()
            },
            echoes: 0,
            untold: 0,
            told_at: now,
            unlogged: 0,
            logged: None,
            flow: Flow::new(clock::steady()),
            card: None,
        };
        if settings.timestamps == Timestamps::Hardware {
            tap.card = Some(card_clock(name)?);
        }
        match tap.connect(filter) {
            Ok(()) => Ok(tap),
            Err(source) => Err(refusal(name, source)),
        }
    }

    /// Up to when it has been seen that nothing comes; `None` where frames of all its rings are in hand, and where it is away.
    /// What was looked at last has been seen up to that look, which is [`Timestamp::MAX`].
    pub(super) fn seen(&self) -> Option<Timestamp> {
        self.rings.as_ref()?.seen()
    }

    /// The time of the frame in hand.
    #[inline]
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        self.rings.as_mut()?.head()
    }

    /// The frame in hand.
    #[inline]
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        self.rings.as_mut()?.frame(interface)
    }

    /// Goes on behind the frame in hand.
    #[inline]
    pub(super) fn pass(&mut self) {
        if let Some(rings) = &mut self.rings {
            rings.pass();
        }
    }

    /// What to wait at: nothing while frames are in hand.
    pub(super) fn awaited(&mut self) -> Option<BorrowedFd<'_>> {
        self.rings.as_mut()?.awaited()
    }

    /// Takes note of what befell the device.
    pub(super) fn take_error(&mut self, filter: &Prefilter) {
        let Some(rings) = &self.rings else { return };
        rings.awake();
        if rings.take_error() {
            self.look_after(filter);
        }
    }

    /// Reads what the kernel counted; sees whether the device is still the one it was, and opens it again where it is not.
    pub(super) fn look_after(&mut self, filter: &Prefilter) {
        self.read_counts();
        if self.counts.name == ANY {
            return;
        }
        match device(&self.counts.name) {
            Ok(device) if self.rings.is_some() && device.index == self.index => {
                self.note_state(device.up);
                self.note_flow(filter);
                self.look_at_clock();
            }
            _ if self.head().is_some() => self.note_state(false),
            _ => self.come_back(filter),
        }
    }

    /// What was dropped since the last call, if anything was read since.
    pub(super) fn take_drops(&mut self) -> Option<KernelDrops> {
        let until = clock::now();
        let from = std::mem::replace(&mut self.told_at, until);
        Some(KernelDrops {
            from,
            until,
            packets: std::mem::take(&mut self.untold),
        })
    }

    /// What became of its packets so far.
    pub(super) fn counts(&self) -> TapCounts {
        TapCounts {
            received: self.counts.received.saturating_sub(self.echoes),
            ..self.counts.clone()
        }
    }

    fn connect(&mut self, filter: &Prefilter) -> io::Result<()> {
        let device = match &*self.counts.name {
            ANY => Device {
                index: 0,
                hardware: u16::MAX,
                up: true,
                mtu: JUMBO,
            },
            name => device(name)?,
        };
        let link = Link::of(device.hardware);
        let settings = RingSettings {
            index: device.index,
            framing: link.framing(),
            promiscuous: self.settings.promiscuous,
            bytes: self.settings.ring_bytes,
            filter: filter.of_socket(link.framing(), link.frames()),
            tells_merged: self.settings.split_merged
                && kernel().is_some_and(|kernel| kernel >= TELLS_MERGED),
            card_times: self.card.is_some(),
            group: None,
        };
        let open = |n| Rings::open(&settings, link, device.mtu, n);
        let n = self.settings.threads;
        let rings = open(n).or_else(|error| match n > 1 && !device.up {
            true => open(1),
            false => Err(error),
        });
        self.rings = Some(rings?);
        self.index = device.index;
        self.counts.up = device.up;
        Ok(())
    }

    /// The device is not the one it was: its ring brings nothing more.
    fn come_back(&mut self, filter: &Prefilter) {
        let now = clock::steady();
        self.note_state(false);
        if self.rings.is_some() && now - *self.gone.get_or_insert(now) < LAST_WORDS {
            return;
        }
        self.gone = None;
        self.read_counts();
        if self.rings.take().is_some() {
            tracing::warn!(
                interface = self.counts.name,
                "interface is gone, waiting for it"
            );
            self.retry = Retry {
                at: now,
                wait: FIRST_WAIT,
            };
        }
        if now < self.retry.at {
            return;
        }
        if self.card.take().is_some() {
            self.card = CardClock::of(&self.counts.name)
                .map_err(|error| self.tell(&error))
                .ok();
        }
        match self.connect(filter) {
            Ok(()) => {
                self.counts.returns += 1;
                tracing::info!(interface = self.counts.name, "interface is back");
            }
            Err(_) => {
                self.retry.at = now + self.retry.wait;
                self.retry.wait = (self.retry.wait * 2).min(LONGEST_WAIT);
            }
        }
    }

    /// Times of a card whose clock has left the host's are used no more.
    fn look_at_clock(&mut self) {
        let Some(Err(error)) = self.card.as_ref().map(CardClock::check) else {
            return;
        };
        self.tell(&error);
        self.card = None;
        if let Some(Err(error)) = self.rings.as_ref().map(Rings::leave_card_times) {
            tracing::error!(%error, "the times of the network card stay");
        }
    }

    fn tell(&self, error: &CardClockError) {
        tracing::error!(
            interface = self.counts.name,
            %error,
            "no times of the network card any more, those of the kernel instead"
        );
    }

    fn note_state(&mut self, up: bool) {
        match (std::mem::replace(&mut self.counts.up, up), up) {
            (true, false) => tracing::warn!(interface = self.counts.name, "interface is down"),
            (false, true) => tracing::info!(interface = self.counts.name, "interface is up"),
            _ => {}
        }
    }

    /// A filter leaves packets on purpose: what passes the interface says nothing then.
    fn note_flow(&mut self, filter: &Prefilter) {
        let passed = match filter.leaves_any() {
            false => packets_of(&self.counts.name),
            true => None,
        };
        let received = self.counts.received;
        let stalled =
            passed.is_some_and(|passed| self.flow.is_stalled(clock::steady(), passed, received));
        if stalled && !self.counts.stalled {
            tracing::error!(
                interface = self.counts.name,
                "packets pass the interface, and none come to us"
            );
        }
        self.counts.stalled = stalled;
    }

    fn read_counts(&mut self) {
        if let Some(rings) = &mut self.rings {
            let (read, fates) = (rings.take_counts(), rings.take_fates());
            let counts = &mut self.counts;
            counts.received += fates.received;
            counts.dropped += fates.dropped;
            counts.frames += read.packets;
            counts.bytes += read.bytes;
            counts.split += read.split;
            counts.split_into += read.split_into;
            counts.unsplit += read.unsplit;
            self.echoes += read.echoes;
            self.untold += fates.dropped;
            self.unlogged += fates.dropped;
        }
        self.log_drops();
    }

    fn log_drops(&mut self) {
        let now = clock::steady();
        let quiet = self.logged.is_some_and(|at| now - at < BETWEEN_LINES);
        if self.unlogged > 0 && !quiet {
            tracing::warn!(
                interface = self.counts.name,
                packets = self.unlogged,
                "the kernel dropped packets: the ring was full"
            );
            self.unlogged = 0;
            self.logged = Some(now);
        }
    }
}

fn card_clock(name: &str) -> Result<CardClock, LiveError> {
    // What is no device is told as such.
    device(name).map_err(|source| refusal(name, source))?;
    CardClock::of(name).map_err(|source| LiveError::NoCardTimes {
        name: name.to_owned(),
        source,
    })
}

fn refusal(name: &str, source: io::Error) -> LiveError {
    let name = name.to_owned();
    match source.raw_os_error() {
        Some(libc::ENODEV) => LiveError::NoSuchInterface {
            name,
            known: known_names(),
        },
        Some(libc::EPERM | libc::EACCES) => LiveError::NotAllowed { name },
        _ => LiveError::Open { name, source },
    }
}

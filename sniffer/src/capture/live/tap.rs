//! One interface being captured from: its ring while it is there, and the way back when it was away.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::cooked::{self, Bench};
use super::flow::Flow;
use super::interfaces::{known_names, packets_of};
use super::{LiveError, LiveSettings, clock};
use crate::capture::prefilter::Prefilter;
use crate::capture::sys::{Device, Framing, Ring, RingPacket, RingSettings, device};
use crate::decode::{Frame, LinkType};
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

/// The name for all interfaces at once.
const ANY: &str = "any";

/// First and longest wait before an interface is looked for again.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The last packets of a device that is gone are handed over within this time.
const LAST_WORDS: Duration = Duration::from_millis(200);

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
}

/// An interface with its ring, or without while it is away.
#[derive(Debug)]
pub(super) struct Tap {
    settings: LiveSettings,
    link: Link,
    ring: Option<Ring>,
    /// Number of the device that the ring is bound to.
    index: i32,
    /// Since when it is known that the device is gone.
    gone: Option<Instant>,
    retry: Retry,
    counts: TapCounts,
    /// Packets that the kernel took twice, see [`is_echo`].
    echoes: u64,
    /// Kernel drops not yet told, from when on.
    untold: u64,
    told_at: Timestamp,
    /// Kernel drops not yet in the log, and when it was last written to.
    unlogged: u64,
    logged: Option<Instant>,
    bench: Bench,
    flow: Flow,
}

/// When to look for an interface that is away.
#[derive(Debug)]
struct Retry {
    at: Instant,
    wait: Duration,
}

/// How frames of a device begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// As the hardware has it.
    Plain(LinkType),
    /// With a header made here (`LINKTYPE_LINUX_SLL2`).
    Cooked,
}

impl Link {
    fn of(hardware: u16) -> Link {
        match hardware {
            libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Link::Plain(LinkType::ETHERNET),
            libc::ARPHRD_NONE | libc::ARPHRD_TUNNEL | libc::ARPHRD_TUNNEL6 => {
                Link::Plain(LinkType::RAW)
            }
            libc::ARPHRD_IEEE80211 => Link::Plain(LinkType::IEEE802_11),
            libc::ARPHRD_IEEE80211_RADIOTAP => Link::Plain(LinkType::IEEE802_11_RADIOTAP),
            _ => Link::Cooked,
        }
    }

    /// The link type of frames as they are given out.
    fn frames(self) -> LinkType {
        match self {
            Link::Plain(link) => link,
            Link::Cooked => LinkType::LINUX_SLL2,
        }
    }

    fn framing(self) -> Framing {
        match self {
            Link::Plain(_) => Framing::Link,
            Link::Cooked => Framing::Cooked,
        }
    }
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
            link: Link::Cooked,
            ring: None,
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
            bench: Bench::default(),
            flow: Flow::new(clock::steady()),
        };
        match tap.connect(filter) {
            Ok(()) => Ok(tap),
            Err(source) => Err(refusal(name, source)),
        }
    }

    /// Whether it is there.
    pub(super) fn is_open(&self) -> bool {
        self.ring.is_some()
    }

    /// The time of the frame in hand.
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        let ring = self.ring.as_mut()?;
        while ring.packet().as_ref().is_some_and(is_echo) {
            ring.pass();
            self.echoes += 1;
        }
        ring.packet().map(|packet| packet.at)
    }

    /// The frame in hand.
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        let packet = self.ring.as_mut()?.packet()?;
        let (link, (bytes, wire_len)) = match (self.link, packet.vlan) {
            (Link::Cooked, _) => (
                LinkType::LINUX_SLL2,
                cooked::with_header(&packet, &mut self.bench),
            ),
            (Link::Plain(LinkType::ETHERNET), Some(tag)) => (
                LinkType::ETHERNET,
                cooked::with_tag(&packet, tag, &mut self.bench),
            ),
            (Link::Plain(link), _) => (link, (packet.bytes, packet.wire_len)),
        };
        self.counts.bytes += u64::from(wire_len);
        Some(Frame {
            at: packet.at,
            link,
            interface,
            original_len: wire_len.max(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
            bytes,
        })
    }

    /// Goes on behind the frame in hand.
    pub(super) fn pass(&mut self) {
        self.counts.frames += 1;
        if let Some(ring) = &mut self.ring {
            ring.pass();
        }
    }

    /// The socket to wait at: none while a frame is in hand.
    pub(super) fn awaited(&mut self) -> Option<BorrowedFd<'_>> {
        match self.head() {
            Some(_) => None,
            None => self.ring.as_ref().map(AsFd::as_fd),
        }
    }

    /// Takes note of what befell the device.
    pub(super) fn take_error(&mut self, filter: &Prefilter) {
        let told = self.ring.as_ref().map(Ring::take_error);
        if !matches!(told, None | Some(Ok(None))) {
            self.look_after(filter);
        }
    }

    /// Reads what the kernel counted; sees whether the device is still the one it was, and opens it again where it is not.
    pub(super) fn look_after(&mut self, filter: &Prefilter) {
        self.read_drops();
        if self.counts.name == ANY {
            return;
        }
        match device(&self.counts.name) {
            Ok(device) if self.ring.is_some() && device.index == self.index => {
                self.note_state(device.up);
                self.note_flow(filter);
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
                mtu: 0,
            },
            name => device(name)?,
        };
        let link = Link::of(device.hardware);
        self.ring = Some(Ring::open(&RingSettings {
            index: device.index,
            framing: link.framing(),
            promiscuous: self.settings.promiscuous,
            bytes: self.settings.ring_bytes,
            filter: filter.of_socket(link.framing(), link.frames()),
        })?);
        self.link = link;
        self.index = device.index;
        self.counts.up = device.up;
        Ok(())
    }

    /// The device is not the one it was: its ring brings nothing more.
    fn come_back(&mut self, filter: &Prefilter) {
        let now = clock::steady();
        self.note_state(false);
        if self.ring.is_some() && now - *self.gone.get_or_insert(now) < LAST_WORDS {
            return;
        }
        self.gone = None;
        if self.ring.take().is_some() {
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

    fn read_drops(&mut self) {
        if let Some(Ok(drops)) = self.ring.as_ref().map(Ring::take_drops) {
            self.counts.received += drops.packets;
            self.counts.dropped += drops.dropped;
            self.untold += drops.dropped;
            self.unlogged += drops.dropped;
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

/// The loopback device shows each packet twice, as it goes out and as it comes in.
fn is_echo(packet: &RingPacket<'_>) -> bool {
    packet.hardware == libc::ARPHRD_LOOPBACK && packet.kind == libc::PACKET_OUTGOING
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

//! The media streams of one worker: which packet belongs to which stream, which stream to which call, and when a
//! stream is over.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::arena::Arena;
use super::capture_loss::Gaps;
use super::event::{RtcpEvent, RtpEvent, Stamp};
use super::mail::{Mail, StreamNews};
use super::media_index::{MediaIndex, Owner};
use super::stream::{SliceScores, Stream};
use super::timers::Timers;
use super::{Limits, Output, QualitySettings, Settings};
use crate::record::books::{Handled, Reason};
use crate::record::{Interval, IntervalRecord, MosMissing, Outer, Record, StreamId};
use crate::rtp::Keying;
use crate::rtp::payload::static_format;
use crate::time::{Span, Timestamp};

/// Silence after which a stream that belongs to no call is over.
const IDLE: Span = Span::from_secs(60);

/// Silence after which a stream is over once its call is.
const IDLE_AFTER_CALL: Span = Span::from_secs(10);

/// Silence after which what looked like RTP and was never confirmed is dropped.
const IDLE_UNCONFIRMED: Span = Span::from_secs(10);

/// How often a stream asks again which call it belongs to.
const ASK_EVERY: Span = Span::from_secs(5);

/// How much later than a stream's first packet the SDP of its true call may be.
const ANNOUNCED_LATE: Span = Span::from_secs(2);

/// While nothing is known about a new stream, each of its first packets asks the index.
const EAGER_PACKETS: u64 = 256;

/// Streams of one SSRC that an RTCP packet is matched against.
type SameSsrc = SmallVec<[usize; 2]>;

/// The streams of one worker.
#[derive(Debug)]
pub struct StreamTable {
    index: Arc<MediaIndex>,
    entries: Arena<Entry>,
    /// Keys of the entries, found by what the entries say they are.
    by_id: HashTable<u32>,
    hasher: RandomState,
    by_ssrc: HashMap<u32, SameSsrc, RandomState>,
    timers: Timers,
    capacity: usize,
    of_one_ssrc: usize,
    quality: QualitySettings,
    /// Silence after which a stream is over while its call goes on: as long as that may last.
    media_silence: Span,
    /// Whether other nodes may know what this one does not.
    has_peers: bool,
}

#[derive(Debug)]
struct Entry {
    stream: Stream,
    id: StreamId,
    key: Key,
    /// Where its first packet came through; boxed, because few do.
    outer: Option<Box<Outer>>,
    /// What its timer is set to.
    armed: Timestamp,
    owner: Option<Owner>,
    first: Stamp,
    last: Timestamp,
    asked: Timestamp,
    /// The payload type of the last packet, if something says what that is.
    known_pt: Option<u8>,
    packets: u64,
    gaps: Gaps,
}

/// What a stream is looked up by, in two words: compared and hashed with every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    words: [u64; 2],
    /// Whether the words are all that names the stream, as with IPv4; else they are a hash of it.
    is_whole: bool,
}

impl Key {
    #[inline(always)]
    fn of(event: &RtpEvent, hasher: &RandomState) -> Key {
        let (SocketAddr::V4(src), SocketAddr::V4(dst)) = (&event.src, &event.dst) else {
            return Key {
                words: [hasher.hash_one((event.src, event.dst)), event.ssrc.into()],
                is_whole: false,
            };
        };
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let ports = u32::from(src.port()) << 16 | u32::from(dst.port());
        Key {
            words: [
                pair(src.ip().to_bits(), dst.ip().to_bits()),
                pair(ports, event.ssrc),
            ],
            is_whole: true,
        }
    }

    #[inline(always)]
    fn hash(self, hasher: &RandomState) -> u64 {
        let [first, second] = self.words;
        let mut hash = hasher.build_hasher();
        hash.write_u128(u128::from(first) << 64 | u128::from(second));
        hash.finish()
    }
}

impl StreamTable {
    /// A table without streams that asks `index` which call a stream belongs to.
    pub fn new(index: Arc<MediaIndex>, settings: &Settings) -> Self {
        let limits: &Limits = &settings.limits;
        StreamTable {
            index,
            entries: Arena::default(),
            by_id: HashTable::new(),
            hasher: RandomState::default(),
            by_ssrc: HashMap::default(),
            timers: Timers::default(),
            capacity: limits.streams,
            of_one_ssrc: limits.streams_of_ssrc,
            quality: settings.quality,
            media_silence: settings.media_silence,
            has_peers: settings.has_peers,
        }
    }

    /// Streams being followed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Streams that proved to be media.
    pub fn n_media(&self) -> u64 {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.is_media())
            .count() as u64
    }

    /// Whether no stream is being followed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reads what the next packet of a stream needs, and does nothing with it: where there are many streams, each packet finds its own
    /// far away in memory, and the reads of several packets overlap.
    #[inline]
    pub fn fetch(&self, event: &RtpEvent) {
        if let Some(entry) = self
            .find(Key::of(event, &self.hasher), event)
            .and_then(|key| self.entries.get(key))
        {
            let near = entry.packets ^ entry.asked.as_nanos() as u64;
            std::hint::black_box(near ^ entry.stream.fetch());
        }
    }

    /// Takes in one RTP packet, which came through a tunnel between the addresses `outer` if there was one.
    pub fn on_rtp(
        &mut self,
        outer: Option<&Outer>,
        stamp: Stamp,
        event: &RtpEvent,
        out: &mut Output,
    ) {
        let short = Key::of(event, &self.hasher);
        let key = match self.find(short, event) {
            Some(key) => key,
            None => match self.open(outer, stamp, short, event, out) {
                Some(key) => key,
                None => return out.books.drop(Reason::StreamsFull, 1),
            },
        };
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        entry.packets += 1;
        let before = std::mem::replace(&mut entry.last, stamp.clock);
        if entry.wants_owner(stamp, event.pt) {
            entry.ask(stamp, &self.index, out);
            if self.has_peers && entry.wonders_now() {
                entry.wonder(out);
            }
            let look = entry.next_look(self.media_silence);
            self.timers.bring_forward(&mut entry.armed, look, key);
        }
        if entry.stream.interval_is_over(event.at, &self.quality) && entry.is_media() {
            let interval = entry.stream.take_interval(event.at, &self.quality);
            out.emit(stamp.clock, entry.interval_record(interval));
        }
        let formats = entry.owner.as_ref().map(|owner| &owner.formats);
        let missing = entry.stream.on_rtp(event, formats, &self.quality);
        if entry.is_media() {
            entry
                .gaps
                .on_packet(before, stamp.clock, missing.into(), &mut out.slots);
        }
    }

    /// Takes in what an RTCP packet says about a source: for the stream of that SSRC that runs between the same
    /// two hosts, in the direction the report is about, or for the only stream of that SSRC.
    pub fn on_rtcp(&mut self, event: &RtcpEvent) {
        let Some(keys) = self.by_ssrc.get(&event.ssrc) else {
            return;
        };
        let between = |key: &&usize| {
            let Some(entry) = self.entries.get(**key) else {
                return false;
            };
            let (from, to) = (entry.id.src.ip(), entry.id.dst.ip());
            match event.sent_by_source() {
                true => (event.src.ip(), event.dst.ip()) == (from, to),
                false => (event.src.ip(), event.dst.ip()) == (to, from),
            }
        };
        let best = keys
            .iter()
            .filter(between)
            .min_by_key(|key| self.port_distance(**key, event));
        let only = if let [key] = keys.as_slice() {
            Some(key)
        } else {
            None
        };
        if let Some(entry) = best.or(only).and_then(|key| self.entries.get_mut(*key)) {
            entry.stream.on_rtcp(event);
        }
    }

    /// Ends what has been silent for long enough by `now`.
    pub fn advance(&mut self, now: Timestamp, out: &mut Output) {
        while let Some((at, key)) = self.timers.due(now) {
            let Some(entry) = self.entries.get_mut(key) else {
                continue;
            };
            if entry.check_at().is_some_and(|check| check <= at) {
                entry.ask(Stamp::before(at), &self.index, out);
                if self.has_peers {
                    entry.wonder(out);
                }
            }
            if entry.deadline(self.media_silence) <= at {
                self.close(key, at, out);
            } else {
                entry.armed = entry.next_look(self.media_silence);
                self.timers.set(entry.armed, key);
            }
        }
    }

    /// The next moment at which [`StreamTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Timestamp {
        self.timers.next_deadline()
    }

    /// Ends everything: the capture is over at `now`.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        while let Some((_, key)) = self.timers.pop() {
            self.close(key, now, out);
        }
    }

    #[inline(always)]
    fn find(&self, key: Key, event: &RtpEvent) -> Option<usize> {
        let is_it = |place: &u32| {
            let entry = self.entries.get(*place as usize);
            entry.is_some_and(|entry| {
                entry.key == key && (key.is_whole || entry.id == StreamId::of(event))
            })
        };
        let place = self.by_id.find(key.hash(&self.hasher), is_it)?;
        Some(*place as usize)
    }

    fn open(
        &mut self,
        outer: Option<&Outer>,
        stamp: Stamp,
        short: Key,
        event: &RtpEvent,
        out: &mut Output,
    ) -> Option<usize> {
        let id = StreamId::of(event);
        if self.entries.len() >= self.capacity && !self.evict_unconfirmed(stamp.clock, out) {
            return None;
        }
        let armed = stamp.clock + IDLE_UNCONFIRMED;
        let key = self.entries.insert(Entry {
            stream: Stream::new(event),
            id,
            key: short,
            outer: outer.copied().map(Box::new),
            armed,
            owner: None,
            first: stamp,
            last: stamp.clock,
            asked: Timestamp::MIN,
            known_pt: None,
            packets: 0,
            gaps: Gaps::default(),
        });
        let (hasher, entries) = (&self.hasher, &self.entries);
        let hash_of = |key: &u32| {
            let entry = entries.get(*key as usize);
            entry.map_or(0, |entry| entry.key.hash(hasher))
        };
        // There are never more entries than a table may hold of them.
        let short_key = u32::try_from(key).unwrap_or(u32::MAX);
        self.by_id
            .insert_unique(short.hash(hasher), short_key, hash_of);
        let same_ssrc = self.by_ssrc.entry(id.ssrc).or_default();
        if same_ssrc.len() < self.of_one_ssrc {
            same_ssrc.push(key);
        }
        self.timers.set(armed, key);
        Some(key)
    }

    /// Makes room by dropping the oldest thing that is not known to be RTP, if there is one near the front.
    fn evict_unconfirmed(&mut self, now: Timestamp, out: &mut Output) -> bool {
        const TRIES: usize = 64;
        for _ in 0..TRIES {
            let Some((_, key)) = self.timers.pop() else {
                return false;
            };
            let Some(entry) = self.entries.get_mut(key) else {
                continue;
            };
            if !entry.is_media() {
                self.close(key, now, out);
                return true;
            }
            entry.armed = entry.next_look(self.media_silence);
            self.timers.set(entry.armed, key);
        }
        false
    }

    fn close(&mut self, key: usize, at: Timestamp, out: &mut Output) {
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        let hash = entry.key.hash(&self.hasher);
        if let Ok(known) = self.by_id.find_entry(hash, |known| *known as usize == key) {
            known.remove();
        }
        if let Some(keys) = self.by_ssrc.get_mut(&entry.id.ssrc) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_ssrc.remove(&entry.id.ssrc);
            }
        }
        entry.settle(at, &self.quality, out);
    }

    fn port_distance(&self, key: usize, event: &RtcpEvent) -> u32 {
        let Some(entry) = self.entries.get(key) else {
            return u32::MAX;
        };
        let (src, dst) = match event.sent_by_source() {
            true => (entry.id.src, entry.id.dst),
            false => (entry.id.dst, entry.id.src),
        };
        let apart = |a: u16, b: u16| u32::from(a.abs_diff(b));
        apart(src.port(), event.src.port()) + apart(dst.port(), event.dst.port())
    }
}

impl Entry {
    fn is_media(&self) -> bool {
        self.owner.is_some() || self.stream.is_confirmed()
    }

    /// When it is over unless another packet comes.
    fn deadline(&self, in_call: Span) -> Timestamp {
        let idle = match &self.owner {
            None if !self.stream.is_confirmed() => IDLE_UNCONFIRMED,
            None => IDLE,
            Some(Owner { until: Some(_), .. }) => IDLE_AFTER_CALL,
            Some(Owner { until: None, .. }) => in_call,
        };
        self.last + idle
    }

    /// When to look whether the call of a silent stream has ended meanwhile.
    fn check_at(&self) -> Option<Timestamp> {
        self.owner
            .as_ref()
            .map(|_| self.last.max(self.asked) + IDLE_AFTER_CALL)
    }

    /// When to look at it again, unless a packet makes that earlier.
    fn next_look(&self, in_call: Span) -> Timestamp {
        let deadline = self.deadline(in_call);
        self.check_at()
            .map_or(deadline, |check| check.min(deadline))
    }

    fn wants_owner(&mut self, stamp: Stamp, pt: u8) -> bool {
        if stamp.clock >= self.asked + ASK_EVERY {
            return true;
        }
        if self.known_pt == Some(pt) {
            return false;
        }
        match &self.owner {
            None => self.packets <= EAGER_PACKETS,
            Some(owner) => {
                let is_known = owner.formats.format(pt).is_some() || static_format(pt).is_some();
                self.known_pt = is_known.then_some(pt);
                !is_known
            }
        }
    }

    /// Asks the index whose this stream is. A binding once made holds, unless the true call was announced just as
    /// the stream began.
    fn ask(&mut self, stamp: Stamp, index: &MediaIndex, out: &mut Output) {
        self.asked = stamp.clock;
        self.known_pt = None;
        let found = index.owner(self.id.src, self.id.dst, stamp);
        match (&mut self.owner, found) {
            (Some(bound), Some(found)) if bound.call_id == found.call_id => {
                match bound.peer == found.peer {
                    true => *bound = found,
                    // Its SIP has come to be seen elsewhere, or here.
                    false => self.join(found, stamp.clock, out),
                }
            }
            (Some(_), Some(found)) if stamp.clock.since(self.first.clock) <= ANNOUNCED_LATE => {
                self.join(found, stamp.clock, out);
            }
            // Others lay claim to the addresses, or nobody does: what counts is whether its own call still does.
            (Some(bound), _) => {
                match index.standing(&bound.call_id, self.id.src, self.id.dst, stamp) {
                    Some(until) => bound.until = until,
                    None => bound.until = bound.until.or(Some(stamp.clock)),
                }
            }
            (None, Some(found)) => self.join(found, stamp.clock, out),
            (None, None) => {}
        }
    }

    /// Whether its packets so far are reason to ask other nodes: ever less often at first, later each time it asks here. One packet
    /// alone resembles RTP too easily.
    fn wonders_now(&self) -> bool {
        self.packets > EAGER_PACKETS || (self.packets > 1 && self.packets.is_power_of_two())
    }

    /// Has other nodes asked about its addresses, unless its call is known here.
    fn wonder(&self, out: &mut Output) {
        if self.owner.as_ref().is_none_or(|of| of.peer.is_some()) {
            out.wanted.extend([self.id.dst, self.id.src]);
        }
    }

    fn join(&mut self, owner: Owner, at: Timestamp, out: &mut Output) {
        if let Some(left) = self.owner.take() {
            out.mails.push(self.mail(&left, at, StreamNews::Left));
        }
        let start = self.stream.first_at();
        out.mails
            .push(self.mail(&owner, at, StreamNews::Joined { start }));
        self.owner = Some(owner);
    }

    fn mail(&self, owner: &Owner, at: Timestamp, news: StreamNews) -> Mail {
        Mail {
            call_id: Arc::clone(&owner.call_id),
            at,
            stream: self.id,
            news,
            peer: owner.peer.clone(),
        }
    }

    fn interval_record(&self, interval: Interval) -> Record {
        Record::Interval(Box::new(IntervalRecord {
            ssrc: self.id.ssrc,
            src: self.id.src,
            dst: self.id.dst,
            call_id: self.owner.as_ref().map(|owner| Arc::clone(&owner.call_id)),
            stream_start: self.stream.first_at(),
            codec: self.stream.codec(),
            interval,
        }))
    }

    fn settle(mut self, at: Timestamp, quality: &QualitySettings, out: &mut Output) {
        if !self.is_media() {
            return out.books.drop(Reason::NotRtp, self.packets);
        }
        out.books.handle(Handled::Rtp, self.packets);
        let call_id = self.owner.as_ref().map(|owner| Arc::clone(&owner.call_id));
        let last = self.stream.take_last_interval(quality);
        out.emit(at, self.interval_record(last));
        let traits = self.stream.traits();
        let mut record = self.stream.record(self.id, call_id, quality);
        record.outer = self.outer.as_deref().copied();
        if let Some(Owner { formats, .. }) = &self.owner {
            record.content.ptime_asked_ms = formats.ptime_ms;
            let seen = record.content.encryption;
            let named = seen.filter(|seen| *seen != Keying::Unknown);
            record.content.encryption = named.or(formats.keying).or(seen);
        }
        record.gaps = self.gaps.kept();
        let is_scored = record.mos_missing != Some(MosMissing::MostlyMissing);
        if let Some(owner) = &self.owner {
            let news = StreamNews::Closed {
                mos: record.mos,
                intervals: match is_scored {
                    true => self.stream.slice_scores(),
                    false => SliceScores::default(),
                },
                rtt_ms: record.rtcp.as_ref().and_then(|rtcp| rtcp.rtt_ms),
                end: record.end,
                silent_since: self.last,
                traits,
            };
            out.mails.push(self.mail(owner, at, news));
        }
        out.emit(at, Record::Stream(Box::new(record)));
    }
}

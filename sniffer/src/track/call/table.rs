//! The calls of one worker: which message belongs to which call, and when a call's record can be written.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use slab::Slab;
use smallvec::SmallVec;

use super::findings::Bench;
use super::ladder::Ladders;
use super::parked::Parked;
use super::post::Post;
use super::progress::Told;
use super::state::{Call, is_invite_request};
use super::transactions::Transactions;
use crate::record::{Record, SipHop};
use crate::sip::{Message, Method, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::conversation::Watch;
use crate::track::event::{CallReport, ReportEvent, SipEvent};
use crate::track::kpi::{Kpis, Scopes};
use crate::track::levels::place_of;
use crate::track::mail::{Mail, StreamNews};
use crate::track::media_index::MediaIndex;
use crate::track::timers::Timers;
use crate::track::{Limits, Output, ProgressSettings, Settings, Thresholds};

/// The calls of one worker. Where there is no room for another, the one that would have ended first is ended early.
#[derive(Debug)]
pub struct CallTable {
    /// Each in a place of its own: they are large, and a table that grows moves what it holds.
    pub(super) calls: Slab<Box<Entry>>,
    pub(super) by_call_id: HashMap<Arc<str>, SmallVec<[usize; 1]>, RandomState>,
    pub(super) timers: Timers,
    /// When silence will close calls, as far as their streams have told.
    pub(super) quiet: Timers,
    pub(super) parked: Parked,
    pub(super) media_silence: Span,
    /// Calls whose signalling is over and whose streams may not be; by key.
    pub(super) waiting: VecDeque<usize>,
    post: Post,
    ladders: Ladders,
    watch: Watch,
    kpi: Kpis,
    scopes: Arc<Scopes>,
    endpoint_reports: EndpointReportCounts,
    capacity: usize,
    of_one_call_id: usize,
    evicted: u64,
    refused: u64,
    thresholds: Thresholds,
    copied_headers: Vec<Box<str>>,
    progress: ProgressSettings,
    keeps_transactions: bool,
    index: Option<Arc<MediaIndex>>,
}

/// What became of voice quality reports that endpoints sent in SIP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointReportCounts {
    /// Those that told their call something.
    pub joined: u64,
    /// Those that said what had been said: repeats, and further hops.
    pub repeated: u64,
    /// Those about a call that the capture does not show, or no longer.
    pub without_call: u64,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) call: Call,
    /// What its timer is set to, until its signalling is over.
    pub(super) armed: Timestamp,
    /// When its signalling was over.
    pub(super) gone: Option<Timestamp>,
    /// What the timer of its silence is set to.
    pub(super) quiet: Option<Timestamp>,
    /// Its messages, where they were asked for.
    ladder: Vec<SipHop>,
    /// What was told of it while it goes on.
    told: Told,
    /// Its transactions, where they were asked for.
    transactions: Transactions,
}

impl CallTable {
    /// A table that keeps the messages of the calls with the Call-IDs `ladders_for`.
    pub fn new(ladders_for: &[String], limits: &Limits) -> Self {
        CallTable {
            calls: Slab::new(),
            by_call_id: HashMap::default(),
            timers: Timers::default(),
            quiet: Timers::default(),
            parked: Parked::default(),
            media_silence: Settings::default().media_silence,
            waiting: VecDeque::new(),
            post: Post::default(),
            ladders: Ladders::new(ladders_for),
            watch: Watch::default(),
            kpi: Kpis::default(),
            scopes: Arc::default(),
            endpoint_reports: EndpointReportCounts::default(),
            capacity: limits.calls,
            of_one_call_id: limits.calls_of_call_id,
            evicted: 0,
            refused: 0,
            thresholds: Thresholds::default(),
            copied_headers: Vec::new(),
            progress: ProgressSettings::default(),
            keeps_transactions: false,
            index: None,
        }
    }

    /// The same, as the operator chose, and judging calls by whether `index` knows of any media.
    #[must_use]
    pub fn judged_by(self, settings: &Settings, index: Arc<MediaIndex>) -> Self {
        CallTable {
            thresholds: settings.thresholds,
            media_silence: settings.media_silence,
            copied_headers: settings.copied_headers.clone(),
            progress: settings.progress,
            keeps_transactions: settings.keep_transactions,
            index: Some(index),
            ..self
        }
    }

    /// The same table, with key figures by what `scopes` tells apart.
    pub fn with_scopes(mut self, scopes: &Scopes) -> Self {
        self.kpi = Kpis::new(scopes);
        self.scopes = Arc::new(scopes.clone());
        self
    }

    /// Tells calls apart by other `scopes` from now on. Calls that have begun stay with their trunks, as far as these keep their names.
    pub fn change_scopes(&mut self, scopes: &Arc<Scopes>) {
        for (_, entry) in &mut self.calls {
            entry.call.figures.move_to(&self.scopes, scopes);
        }
        self.kpi.regroup(scopes);
        self.scopes = Arc::clone(scopes);
    }

    /// Looks out for what joins calls to conversations.
    pub fn watch_with(&mut self, watch: Watch) {
        self.watch = watch;
    }

    /// Calls being followed.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Calls whose signalling goes on, by state.
    pub fn by_state(&self) -> [u64; 5] {
        let mut counts = [0; 5];
        let going_on = self.calls.iter().filter(|(_, entry)| entry.gone.is_none());
        for (_, entry) in going_on {
            if let Some(n) = counts.get_mut(place_of(entry.call.state)) {
                *n += 1;
            }
        }
        counts
    }

    /// Whether no call is being followed.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The key figures so far.
    pub fn kpi(&self) -> &Kpis {
        &self.kpi
    }

    /// Calls ended early because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Calls left because too many of the same Call-ID were going on.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes in one message that is not about a registration.
    pub fn on_message(&mut self, event: &SipEvent<'_>, out: &mut Output) {
        let Some(call_id) = event.message.call_id_shown() else {
            return;
        };
        if !self.park_message(call_id, event) {
            self.take(call_id, event, out);
        }
    }

    /// Takes in a message at the moment at which it came.
    pub(super) fn take(&mut self, call_id: &str, event: &SipEvent<'_>, out: &mut Output) {
        let key = self
            .find(call_id, event)
            .or_else(|| self.open(call_id, event, out));
        self.keep(call_id, event, key);
        let Some(key) = key else {
            return self.tell(self.last_of(call_id), event, out);
        };
        if let Some(entry) = self.calls.get_mut(key).map(Box::as_mut) {
            let Entry {
                call,
                armed,
                transactions,
                ..
            } = entry;
            if self.keeps_transactions {
                transactions.on_message(event, call.requester(event.message));
            }
            if !event.repeat {
                call.figures.note(&self.scopes, event);
            }
            call.on_message(event);
            if call.from_the_start && !event.repeat {
                let sighting = self.watch.look(&call.call_id, call.start, event);
                out.sightings.extend(sighting);
            }
            if is_invite_request(event.message) && event.message.to_tag().is_none() {
                call.note_identity(event.message, &self.copied_headers);
            }
            if let Some(index) = &self.index {
                call.note_sharing(event, index);
            }
            self.timers.bring_forward(armed, call.deadline(), key);
        }
        self.tell(Some(key), event, out);
        self.watch_silence(key);
    }

    /// Tells those who ask for it what the message brought to its call.
    fn tell(&mut self, key: Option<usize>, event: &SipEvent<'_>, out: &mut Output) {
        if self.progress == ProgressSettings::default() {
            return;
        }
        let entry = key.and_then(|key| self.calls.get_mut(key));
        if let Some(Entry { call, told, .. }) = entry.map(Box::as_mut) {
            told.tell(call, event, self.progress, out);
        }
    }

    fn last_of(&self, call_id: &str) -> Option<usize> {
        self.by_call_id.get(call_id)?.last().copied()
    }

    /// Keeps the message, if it was asked for. One that no call takes stands with the last one of its Call-ID.
    fn keep(&mut self, call_id: &str, event: &SipEvent<'_>, key: Option<usize>) {
        let key = key.or_else(|| self.last_of(call_id));
        let entry = key.and_then(|key| self.calls.get_mut(key));
        self.ladders
            .note(call_id, event, entry.map(|entry| &mut entry.ladder));
    }

    /// Takes in a report on the media of a call: of several with its Call-ID, the last that began. One that comes
    /// before its call, or after its signalling was over, is left.
    pub fn on_report(&mut self, clock: Timestamp, event: &ReportEvent) {
        if !self.park_report(clock, event) {
            self.take_report(event);
        }
    }

    /// Takes in a report at the moment at which it came.
    pub(super) fn take_report(&mut self, event: &ReportEvent) {
        let call = self.reported(&event.call_id);
        match (&event.report, call) {
            (CallReport::Agent(report), Some(call)) => call.on_report(report),
            (CallReport::Agent(_), None) => {}
            (CallReport::Endpoint(reports), Some(call)) => match call.on_endpoint_report(reports) {
                true => self.endpoint_reports.joined += 1,
                false => self.endpoint_reports.repeated += 1,
            },
            (CallReport::Handshake(keying), Some(call)) => call.on_handshake(*keying),
            (CallReport::Fax(packet), Some(call)) => call.fax.on_packet(packet),
            (CallReport::Handshake(_) | CallReport::Fax(_), None) => {}
            (CallReport::Replaced(by), Some(call)) => call.on_replacement(by.as_deref()),
            (CallReport::Replaced(_), None) => {}
            (CallReport::Endpoint(_), None) => self.endpoint_reports.without_call += 1,
        }
    }

    fn reported(&mut self, call_id: &str) -> Option<&mut Call> {
        let keys = self.by_call_id.get(call_id)?;
        let goes_on = |key: &&usize| {
            self.calls
                .get(**key)
                .is_some_and(|entry| entry.gone.is_none())
        };
        let key = keys.iter().rfind(goes_on)?;
        self.calls.get_mut(*key).map(|entry| &mut entry.call)
    }

    /// What became of the reports of endpoints.
    pub fn endpoint_reports(&self) -> EndpointReportCounts {
        self.endpoint_reports
    }

    /// Takes in what a stream says to its call.
    pub fn on_mail(&mut self, mail: Mail) {
        self.post.put(mail);
    }

    /// Ends the signalling of what has waited long enough by `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((at, key)) = self.timers.due(now) {
            let Some(entry) = self.calls.get_mut(key) else {
                continue;
            };
            let deadline = entry.call.deadline();
            if deadline > at {
                entry.armed = deadline;
                self.timers.set(deadline, key);
                continue;
            }
            entry.gone = Some(at);
            self.waiting.push_back(key);
        }
    }

    /// The next moment at which [`CallTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Timestamp {
        self.timers.next_deadline()
    }

    /// Writes the records of the calls that were over, streams included, before `passed`: every worker has handled all
    /// that came earlier.
    pub fn settle(&mut self, passed: Timestamp, out: &mut Output) {
        self.post
            .due(passed)
            .iter()
            .for_each(|mail| self.deliver(mail));
        let before = passed - Span::from_nanos(1);
        self.catch_up(before, out);
        let mut still_waiting = VecDeque::with_capacity(self.waiting.len());
        for key in std::mem::take(&mut self.waiting) {
            match self.over_at(key, before) {
                Some(at) => self.close(key, at, out),
                None => still_waiting.push_back(key),
            }
        }
        self.waiting = still_waiting;
    }

    /// Writes all records: the capture is over at `now`, and every stream has reported.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        self.post.all().iter().for_each(|mail| self.deliver(mail));
        self.catch_up(now, out);
        let keys: Vec<usize> = self.calls.iter().map(|(key, _)| key).collect();
        for key in keys {
            let at = self.over_at(key, now).unwrap_or(now);
            self.close(key, at, out);
        }
    }

    /// A stream joins the last call of that Call-ID that had begun; later it speaks to the one it joined.
    fn deliver(&mut self, mail: &Mail) {
        let Some(keys) = self.by_call_id.get(&*mail.call_id) else {
            return;
        };
        let is_it = |key: &&usize| {
            let call = self.calls.get(**key).map(|entry| &entry.call);
            call.is_some_and(|call| match mail.news {
                StreamNews::Joined { .. } => call.began <= mail.at,
                StreamNews::Left | StreamNews::Closed { .. } => call.media.has_running(mail),
            })
        };
        let key = keys.iter().rfind(is_it).copied();
        let Some(key) = key else {
            return;
        };
        if let Some(entry) = self.calls.get_mut(key) {
            entry.call.media.on_mail(mail);
        }
        self.watch_silence(key);
    }

    fn over_at(&self, key: usize, passed: Timestamp) -> Option<Timestamp> {
        let entry = self.calls.get(key)?;
        entry
            .gone
            .and_then(|gone| entry.call.media.silent_from(gone, passed))
    }

    fn find(&self, call_id: &str, event: &SipEvent<'_>) -> Option<usize> {
        let message = event.message;
        let keys = self.by_call_id.get(call_id)?;
        let (from_tag, to_tag) = (message.from_tag(), message.to_tag());
        let initial = is_invite_request(message) && to_tag.is_none();
        let takes = |call: &Call| match initial {
            true => call.has_tag(from_tag) && (event.repeat || !call.is_followed_by(message)),
            false => {
                (call.has_tag(from_tag) || call.has_tag(to_tag)) && !call.is_later_than(message)
            }
        };
        let is_it = |key: &usize| {
            let entry = self.calls.get(*key);
            entry.is_some_and(|entry| entry.gone.is_none() && takes(&entry.call))
        };
        keys.iter().rev().copied().find(is_it)
    }

    fn open(&mut self, call_id: &str, event: &SipEvent<'_>, out: &mut Output) -> Option<usize> {
        if event.repeat || !begins_a_call(event.message) {
            return None;
        }
        let of_this = self.by_call_id.get(call_id).map_or(0, SmallVec::len);
        if of_this >= self.of_one_call_id {
            self.refused += 1;
            return None;
        }
        if self.calls.len() >= self.capacity {
            self.evict(event.stamp.clock, out);
        }
        let call_id = match self.by_call_id.get_key_value(call_id) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(call_id),
        };
        let mut call = Call::new(Arc::clone(&call_id), event);
        for key in self.by_call_id.get(&call_id).into_iter().flatten() {
            call.has_namesake = true;
            if let Some(entry) = self.calls.get_mut(*key) {
                entry.call.has_namesake = true;
            }
        }
        let armed = call.deadline();
        let key = self.calls.insert(Box::new(Entry {
            call,
            armed,
            gone: None,
            quiet: None,
            ladder: self.ladders.begin(&call_id),
            told: Told::default(),
            transactions: Transactions::default(),
        }));
        self.by_call_id.entry(call_id).or_default().push(key);
        self.timers.set(armed, key);
        Some(key)
    }

    /// Ends a call early: one that waits for its streams only, or else the next one to end.
    fn evict(&mut self, now: Timestamp, out: &mut Output) {
        if let Some(key) = self.waiting.pop_front().or_else(|| self.next_to_end()) {
            self.evicted += 1;
            self.close(key, now, out);
        }
    }

    fn next_to_end(&mut self) -> Option<usize> {
        loop {
            let (at, key) = self.timers.pop()?;
            let entry = self.calls.get_mut(key)?;
            let deadline = entry.call.deadline();
            if deadline <= at {
                return Some(key);
            }
            entry.armed = deadline;
            self.timers.set(deadline, key);
        }
    }

    fn close(&mut self, key: usize, at: Timestamp, out: &mut Output) {
        let Some(entry) = self.calls.try_remove(key) else {
            return;
        };
        let Entry {
            mut call,
            gone,
            ladder,
            transactions,
            quiet,
            ..
        } = *entry;
        if let Some(quiet) = quiet {
            self.quiet.cancel(quiet, key);
        }
        call.conclude();
        if let Some(gone) = gone {
            call.give_up(gone, self.media_silence);
        }
        if let Some(keys) = self.by_call_id.get_mut(&call.call_id) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_call_id.remove(&call.call_id);
            }
        }
        let groups = self
            .scopes
            .places(call.figures.passage(), &call.from, &call.to);
        self.kpi.count(&call.facts(at), groups);
        let bench = Bench {
            thresholds: &self.thresholds,
            had_media: self.index.as_ref().is_some_and(|index| index.had_media(at)),
        };
        let mut record = call.record(at, ladder, bench);
        record.transactions = transactions.records();
        out.emit(at, Record::Call(Box::new(record)));
    }
}

/// Whether a call may begin with this message: an INVITE, an answer to one, or a message inside its dialog when the
/// capture began after the INVITE. Whatever announces media does: the streams it brings need their call.
fn begins_a_call(message: &Message<'_>) -> bool {
    let method = match message.start() {
        StartLine::Request { method, .. } => Some(method),
        StartLine::Response { .. } => message.cseq().map(|cseq| cseq.method),
    };
    let in_dialog = || message.to_tag().is_some();
    match method {
        Some(Method::Invite) => true,
        Some(Method::Bye) => message.is_request() && in_dialog(),
        Some(Method::Ack | Method::Prack | Method::Update) => {
            in_dialog() && message.sdp_bodies().next().is_some()
        }
        _ => false,
    }
}

//! The calls of one worker: which message belongs to which call, and when a call's record can be written.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use slab::Slab;
use smallvec::SmallVec;

use super::ladder::Ladder;
use super::state::Call;
use super::summary::KpiCounts;
use crate::record::Record;
use crate::sip::{Message, Method, StartLine};
use crate::time::Timestamp;
use crate::track::Output;
use crate::track::event::{ReportEvent, SipEvent};
use crate::track::mail::Mail;
use crate::track::party::shown;
use crate::track::timers::Timers;

/// Calls followed at most; beyond it the one that would have ended first is ended early.
const CAPACITY: usize = 1 << 20;

/// The calls of one worker.
#[derive(Debug, Default)]
pub struct CallTable {
    calls: Slab<Entry>,
    by_call_id: HashMap<Arc<str>, SmallVec<[usize; 1]>, RandomState>,
    timers: Timers,
    /// Calls whose signalling is over and whose streams may not be; by key.
    waiting: Vec<usize>,
    ladder: Ladder,
    kpi: KpiCounts,
    evicted: u64,
}

#[derive(Debug)]
struct Entry {
    call: Call,
    /// When its signalling was over.
    gone: Option<Timestamp>,
}

impl CallTable {
    /// A table that keeps the messages of `ladder_for`, where that is given.
    pub fn new(ladder_for: Option<Arc<str>>) -> Self {
        CallTable {
            ladder: Ladder::new(ladder_for),
            ..CallTable::default()
        }
    }

    /// Calls being followed.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no call is being followed.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The key figures so far.
    pub fn kpi(&self) -> &KpiCounts {
        &self.kpi
    }

    /// Calls ended early because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes in one message that is not about a registration.
    pub fn on_message(&mut self, event: &SipEvent<'_>, out: &mut Output) {
        let Some(call_id) = event.message.call_id() else {
            return;
        };
        let call_id = shown(call_id);
        self.ladder.note(&call_id, event);
        let Some(key) = self
            .find(&call_id, event)
            .or_else(|| self.open(&call_id, event, out))
        else {
            return;
        };
        if let Some(entry) = self.calls.get_mut(key) {
            entry.call.on_message(event);
        }
    }

    /// Takes in a report on the media of a call: of several with its Call-ID, the last that began. One that comes
    /// before its call, or after its signalling was over, is left.
    pub fn on_report(&mut self, event: &ReportEvent) {
        let keys = self.by_call_id.get(&*event.call_id);
        for key in keys.into_iter().flatten().rev() {
            if let Some(Entry { call, gone: None }) = self.calls.get_mut(*key) {
                return call.on_report(&event.report);
            }
        }
    }

    /// Takes in what a stream says to its call.
    pub fn on_mail(&mut self, mail: &Mail) {
        let Some(keys) = self.by_call_id.get(&*mail.call_id) else {
            return;
        };
        let began_by = |key: &&usize| {
            self.calls
                .get(**key)
                .is_some_and(|entry| entry.call.began <= mail.at)
        };
        let key = keys.iter().rfind(began_by).or(keys.first()).copied();
        if let Some(entry) = key.and_then(|key| self.calls.get_mut(key)) {
            entry.call.media.on_mail(mail);
        }
    }

    /// Ends the signalling of what has waited long enough by `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((at, key)) = self.timers.due(now) {
            let Some(entry) = self.calls.get_mut(key) else {
                continue;
            };
            let deadline = entry.call.deadline();
            if deadline > at {
                self.timers.set(deadline, key);
                continue;
            }
            entry.gone = Some(at);
            self.waiting.push(key);
        }
    }

    /// The next moment at which [`CallTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    /// Writes the records of the calls that were over, streams included, at a moment that every worker has passed.
    pub fn settle(&mut self, passed: Timestamp, out: &mut Output) {
        let mut still_waiting = Vec::with_capacity(self.waiting.len());
        for key in std::mem::take(&mut self.waiting) {
            match self.over_at(key, passed) {
                Some(at) => self.close(key, at, out),
                None => still_waiting.push(key),
            }
        }
        self.waiting = still_waiting;
    }

    /// Writes all records: the capture is over at `now`, and every stream has reported.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        let keys: Vec<usize> = self.calls.iter().map(|(key, _)| key).collect();
        for key in keys {
            let at = self.over_at(key, now).unwrap_or(now);
            self.close(key, at, out);
        }
    }

    fn over_at(&self, key: usize, passed: Timestamp) -> Option<Timestamp> {
        let entry = self.calls.get(key)?;
        entry
            .gone
            .and_then(|gone| entry.call.media.silent_from(gone, passed))
    }

    fn find(&self, call_id: &str, event: &SipEvent<'_>) -> Option<usize> {
        let keys = self.by_call_id.get(call_id)?;
        let from_tag = event.message.from().and_then(|from| from.tag().map(shown));
        let to_tag = event.message.to().and_then(|to| to.tag().map(shown));
        let initial = is_invite_request(event.message) && to_tag.is_none();
        keys.iter().rev().copied().find(|key| {
            let Some(Entry { call, gone }) = self.calls.get(*key) else {
                return false;
            };
            gone.is_none()
                && call.has_tags(from_tag.as_deref(), to_tag.as_deref())
                && !(initial && call.is_followed_by(event.message))
        })
    }

    fn open(&mut self, call_id: &str, event: &SipEvent<'_>, out: &mut Output) -> Option<usize> {
        if event.repeat || !begins_a_call(event.message) {
            return None;
        }
        if self.calls.len() >= CAPACITY {
            self.evict(event.stamp.clock, out);
        }
        let call_id = match self.by_call_id.get_key_value(call_id) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(call_id),
        };
        let call = Call::new(Arc::clone(&call_id), event);
        self.kpi.attempts += u64::from(call.from_the_start);
        let deadline = call.deadline();
        let key = self.calls.insert(Entry { call, gone: None });
        self.by_call_id.entry(call_id).or_default().push(key);
        self.timers.set(deadline, key);
        Some(key)
    }

    fn evict(&mut self, now: Timestamp, out: &mut Output) {
        let key = if self.waiting.is_empty() {
            self.timers.pop().map(|(_, key)| key)
        } else {
            self.waiting.pop()
        };
        if let Some(key) = key {
            self.evicted += 1;
            self.close(key, now, out);
        }
    }

    fn close(&mut self, key: usize, at: Timestamp, out: &mut Output) {
        let Some(Entry { mut call, gone }) = self.calls.try_remove(key) else {
            return;
        };
        if let Some(gone) = gone {
            call.give_up(gone);
        }
        if let Some(keys) = self.by_call_id.get_mut(&call.call_id) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_call_id.remove(&call.call_id);
            }
        }
        self.kpi.count(&call);
        let ladder = self.ladder.take(&call.call_id);
        out.emit(at, Record::Call(Box::new(call.record(at, ladder))));
    }
}

/// Whether a call may begin with this message: an INVITE, an answer to one, or a request inside its dialog when the
/// capture began after the INVITE.
fn begins_a_call(message: &Message<'_>) -> bool {
    match message.start() {
        StartLine::Request {
            method: Method::Invite,
            ..
        } => true,
        StartLine::Request {
            method: Method::Bye,
            ..
        } => message.to().is_some_and(|to| to.tag().is_some()),
        StartLine::Request { .. } => false,
        StartLine::Response { .. } => message
            .cseq()
            .is_some_and(|cseq| cseq.method == Method::Invite),
    }
}

fn is_invite_request(message: &Message<'_>) -> bool {
    matches!(
        message.start(),
        StartLine::Request {
            method: Method::Invite,
            ..
        }
    )
}

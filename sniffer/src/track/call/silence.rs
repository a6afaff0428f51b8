//! Calls that the silence of their media closes, at the moment at which it has lasted long enough.
//!
//! That moment lies behind the one up to which every worker has handled its packets: only then have all streams told when
//! they fell silent. Messages that come after so long a silence wait until then (`parked`).

use super::parked::{ParkedMessage, Waiting, What};
use super::table::CallTable;
use crate::time::Timestamp;
use crate::track::Output;
use crate::track::event::{ReportEvent, SipEvent};

impl CallTable {
    /// Lets a message wait whose call may have been closed by silence; whether it does.
    pub(super) fn park_message(&mut self, call_id: &str, event: &SipEvent<'_>) -> bool {
        let clock = event.stamp.clock;
        let waits = self.may_be_silent(call_id, clock);
        if waits {
            let message = Box::new(ParkedMessage::new(event));
            self.parked.put(call_id, clock, What::Message(message));
        }
        waits
    }

    /// The same for a report.
    pub(super) fn park_report(&mut self, clock: Timestamp, event: &ReportEvent) -> bool {
        let waits = self.may_be_silent(&event.call_id, clock);
        if waits {
            let report = What::Report(event.clone());
            self.parked.put(&event.call_id, clock, report);
        }
        waits
    }

    fn may_be_silent(&self, call_id: &str, clock: Timestamp) -> bool {
        let silent = |key: &usize| {
            let entry = self.calls.get(*key);
            entry.is_some_and(|entry| {
                entry.gone.is_none() && entry.call.may_be_silent(clock, self.media_silence)
            })
        };
        let of_it = self.by_call_id.get(call_id);
        of_it.is_some_and(|keys| keys.iter().any(silent)) || self.parked.holds(call_id)
    }

    /// Takes in what waited, up to `by`, each at its own moment, and closes what fell silent on the way.
    pub(super) fn catch_up(&mut self, by: Timestamp, out: &mut Output) {
        while let Some(Waiting {
            call_id,
            clock,
            what,
        }) = self.parked.next(by)
        {
            self.advance(clock);
            self.close_silent(clock);
            self.revoke(&call_id, clock);
            match what {
                What::Message(message) => message.show(|event| self.take(&call_id, event, out)),
                What::Report(report) => self.take_report(&report),
            }
        }
        self.advance(by);
        self.close_silent(by);
    }

    /// Takes back ends that came by timers while a message was waiting which is earlier.
    fn revoke(&mut self, call_id: &str, clock: Timestamp) {
        for key in self.by_call_id.get(call_id).into_iter().flatten() {
            let Some(entry) = self.calls.get_mut(*key) else {
                continue;
            };
            if entry.gone.is_some_and(|gone| gone > clock) {
                entry.gone = None;
                entry.armed = entry.call.deadline();
                self.timers.set(entry.armed, *key);
                self.waiting.retain(|other| other != key);
            }
        }
    }

    /// Sets the timer for the moment at which silence will close the call, where that is known.
    pub(super) fn watch_silence(&mut self, key: usize) {
        let Some(entry) = self.calls.get_mut(key) else {
            return;
        };
        if let Some(at) = entry.call.silent_at(self.media_silence)
            && entry.quiet.is_none()
        {
            entry.quiet = Some(at);
            self.quiet.set(at, key);
        }
    }

    /// Closes the calls whose media had been silent for long enough by `by`. A timer may have ended one already, later.
    fn close_silent(&mut self, by: Timestamp) {
        while let Some((_, key)) = self.quiet.due(by) {
            let Some(entry) = self.calls.get_mut(key) else {
                continue;
            };
            entry.quiet = None;
            match entry.call.silent_at(self.media_silence) {
                Some(at) if at <= by => {
                    if entry.gone.is_none() {
                        self.waiting.push_back(key);
                    }
                    entry.gone = Some(entry.gone.map_or(at, |gone| gone.min(at)));
                }
                Some(_) => self.watch_silence(key),
                None => {}
            }
        }
    }
}

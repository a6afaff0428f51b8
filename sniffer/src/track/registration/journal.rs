//! What happens to registrations, told as it happens, and counted.

use std::collections::BTreeMap;

use crate::record::{
    Record, RegistrationChange, RegistrationEvent, RegistrationRecord, RegistrationSummary,
};
use crate::time::{Span, Timestamp};
use crate::track::{Delays, Output};

/// Registrations of one worker in numbers.
#[derive(Clone, Debug, Default)]
pub struct RegistrationCounts {
    pub(super) attempts: u64,
    pub(super) succeeded: u64,
    /// By status; nobody answered where there is none.
    failures: BTreeMap<Option<u16>, u64>,
    pub(super) abandoned: u64,
    pub(super) fetches: u64,
    pub(super) challenges: u64,
    pub(super) stale_nonces: u64,
    pub(super) wrong_credentials: u64,
    rrd: Delays,
    registrar: Delays,
    events: BTreeMap<RegistrationChange, u64>,
}

impl RegistrationCounts {
    /// Writes an event about the binding or attempt of `record`.
    pub(super) fn tell(
        &mut self,
        event: RegistrationChange,
        record: &RegistrationRecord,
        previous: Option<Box<str>>,
        (at, clock): (Timestamp, Timestamp),
        out: &mut Output,
    ) {
        *self.events.entry(event).or_default() += 1;
        let event = RegistrationEvent {
            at,
            event,
            aor: record.aor.clone(),
            contact: record.contact.clone(),
            previous,
            received: record.received,
            user_agent: record.user_agent.clone(),
            status: record.status,
            expires: record.expires,
            call_id: record.call_id.clone(),
            binding: Some(Box::new(record.clone())),
        };
        out.emit(clock, Record::RegistrationEvent(Box::new(event)));
    }

    /// Counts an attempt that came to nothing. A challenge is no failure (RFC 6076, 4.2).
    pub(super) fn fail(&mut self, status: Option<u16>) {
        match status {
            Some(401 | 407) => self.abandoned += 1,
            other => *self.failures.entry(other).or_default() += 1,
        }
    }

    /// Counts how long a phone waited to be bound.
    pub(super) fn waited(&mut self, span: Span) {
        self.rrd.record(span);
    }

    /// Counts how long a registrar took.
    pub(super) fn served(&mut self, span: Span) {
        self.registrar.record(span);
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &RegistrationCounts) {
        self.attempts += other.attempts;
        self.succeeded += other.succeeded;
        self.abandoned += other.abandoned;
        self.fetches += other.fetches;
        self.challenges += other.challenges;
        self.stale_nonces += other.stale_nonces;
        self.wrong_credentials += other.wrong_credentials;
        for (status, n) in &other.failures {
            *self.failures.entry(*status).or_default() += n;
        }
        for (event, n) in &other.events {
            *self.events.entry(*event).or_default() += n;
        }
        self.rrd.merge(&other.rrd);
        self.registrar.merge(&other.registrar);
    }

    /// How long phones waited to be bound (RFC 6076, 4.1).
    pub fn delays(&self) -> &Delays {
        &self.rrd
    }

    /// The numbers as the report has them; `None` where nobody tried to register.
    pub fn summary(&self) -> Option<RegistrationSummary> {
        let failed = self.failures.values().sum();
        let status = |status: Option<u16>| match status {
            Some(code) => code.to_string(),
            None => "no_answer".to_owned(),
        };
        let summary = RegistrationSummary {
            attempts: self.attempts,
            succeeded: self.succeeded,
            failed,
            failures: self
                .failures
                .iter()
                .map(|(key, n)| (status(*key), *n))
                .collect(),
            abandoned: self.abandoned,
            fetches: self.fetches,
            challenges: self.challenges,
            stale_nonces: self.stale_nonces,
            wrong_credentials: self.wrong_credentials,
            ira: (self.attempts > 0).then(|| 100.0 * failed as f64 / self.attempts as f64),
            rrd: self.rrd.distribution(),
            registrar: self.registrar.distribution(),
            events: self
                .events
                .iter()
                .map(|(event, n)| (event.name(), *n))
                .collect(),
        };
        (self.attempts + self.fetches > 0).then_some(summary)
    }
}

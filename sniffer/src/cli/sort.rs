//! The order of records: by a key a person chose, worst first where the key is a quality.
//!
//! Sorting is stable, so equal records keep the order of the report; what is unknown comes last.

use std::cmp::Ordering;

use clap::ValueEnum;

use super::media::Media;
use crate::record::{CallRecord, RegistrationRecord, StreamRecord};

/// What records are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SortKey {
    /// Earliest first: the order of the report
    #[default]
    Start,
    /// Longest first
    Duration,
    /// Longest post-dial delay first (registrations: request delay)
    Pdd,
    /// Lowest score first
    Mos,
    /// Highest loss first (calls: that of their worst stream)
    Loss,
    /// Highest mean jitter first (calls: that of their worst stream)
    Jitter,
    /// Highest status first: 6xx, 5xx, 4xx, ...
    Status,
}

/// Orders calls by `key`.
pub(super) fn calls<'a>(calls: &mut [&'a CallRecord], key: SortKey, media: &Media<'a>) {
    by(calls, |call| match key {
        SortKey::Start => None,
        SortKey::Duration => call.duration_s,
        SortKey::Pdd => call.pdd_ms,
        SortKey::Mos => call.mos.map(|mos| -mos.min),
        SortKey::Loss => media.worst_loss(call),
        SortKey::Jitter => media.worst_jitter(call),
        SortKey::Status => call.status.map(f64::from),
    });
}

/// Orders streams by `key`; those of signalling do not apply and leave them as they are.
pub(super) fn streams(streams: &mut [&StreamRecord], key: SortKey) {
    by(streams, |stream| match key {
        SortKey::Start | SortKey::Pdd | SortKey::Status => None,
        SortKey::Duration => Some(stream.end.since(stream.start).as_secs_f64()),
        SortKey::Mos => stream.mos.map(|mos| -mos),
        SortKey::Loss => stream.loss_ratio(),
        SortKey::Jitter => stream.jitter_ms.map(|jitter| jitter.mean),
    });
}

/// Orders registrations by `key`; those of media do not apply and leave them as they are.
pub(super) fn registrations(registrations: &mut [&RegistrationRecord], key: SortKey) {
    by(registrations, |registration| match key {
        SortKey::Pdd => registration.rrd_ms,
        SortKey::Status => registration.status.map(f64::from),
        _ => None,
    });
}

/// Largest figure first, unknown last. Figures are taken once: that of a call walks its streams.
fn by<'a, T>(records: &mut [&'a T], figure: impl Fn(&'a T) -> Option<f64>) {
    records.sort_by_cached_key(|record| Descending(figure(record)));
}

#[derive(PartialEq)]
struct Descending(Option<f64>);

impl Eq for Descending {}

impl Ord for Descending {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl PartialOrd for Descending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;

    fn check(key: SortKey, expected: [&str; 4]) {
        let report = testing::report();
        let media = Media::new(&report);
        let mut records: Vec<_> = report.calls.iter().collect();
        calls(&mut records, key, &media);
        let order: Vec<&str> = records.iter().map(|call| &*call.call_id).collect();
        assert_eq!(
            order,
            expected.map(|name| format!("{name}@example.com")),
            "{key:?}"
        );
    }

    #[test]
    fn worst_calls_come_first_and_unknown_last() {
        check(SortKey::Start, ["good", "busy", "failed", "long"]);
        check(SortKey::Duration, ["long", "good", "busy", "failed"]);
        check(SortKey::Pdd, ["failed", "busy", "good", "long"]);
        check(SortKey::Mos, ["good", "long", "busy", "failed"]);
        check(SortKey::Loss, ["good", "long", "busy", "failed"]);
        check(SortKey::Jitter, ["good", "long", "busy", "failed"]);
        check(SortKey::Status, ["failed", "busy", "good", "long"]);
    }

    #[test]
    fn worst_streams_come_first() {
        let report = testing::report();
        let order = |key| {
            let mut records: Vec<_> = report.streams.iter().collect();
            streams(&mut records, key);
            records.iter().map(|stream| stream.ssrc).collect::<Vec<_>>()
        };
        assert_eq!(order(SortKey::Start), [0xa1, 0xb2, 0xc3, 0xd4]);
        assert_eq!(order(SortKey::Mos), [0xb2, 0xc3, 0xa1, 0xd4]);
        assert_eq!(order(SortKey::Loss), [0xb2, 0xa1, 0xc3, 0xd4]);
        assert_eq!(order(SortKey::Jitter), [0xb2, 0xc3, 0xa1, 0xd4]);
        assert_eq!(order(SortKey::Duration), [0xc3, 0xa1, 0xb2, 0xd4]);
    }

    #[test]
    fn refused_registrations_come_first() {
        let report = testing::report();
        let mut records: Vec<_> = report.registrations.iter().collect();
        registrations(&mut records, SortKey::Status);
        assert_eq!(records[0].status, Some(403));
    }
}

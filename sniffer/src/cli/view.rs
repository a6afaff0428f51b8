//! What of a report is shown, and in which order: parts, sorting, limits, or one call alone.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::args::Section;
use super::media::Media;
use super::sort::{self, SortKey};
use crate::record::{
    CallRecord, ConversationRecord, RegistrationRecord, Report, SecurityRecord, StreamRecord,
};

/// What a person asked to see.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// The parts; all of them when empty.
    pub(super) only: Vec<Section>,
    /// Order of the records.
    pub(super) sort: SortKey,
    /// Most records of a kind.
    pub(super) limit: Option<usize>,
}

/// A part's records as shown; an absent part was not asked for.
pub(super) type Shown<'a, T> = Option<Listing<'a, T>>;

/// Records in the order shown, and how many were left out by the limit.
#[derive(Debug)]
pub(super) struct Listing<'a, T> {
    /// The records shown.
    pub(super) records: Vec<&'a T>,
    /// How many more there are.
    pub(super) left_out: usize,
}

/// A report as it is shown.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// The report behind it.
    pub(super) report: &'a Report,
    /// Whether it is one call alone.
    pub(super) of_call: bool,
    /// Whether the summary is shown.
    pub(super) summary: bool,
    /// Calls.
    pub(super) calls: Shown<'a, CallRecord>,
    /// Conversations.
    pub(super) conversations: Shown<'a, ConversationRecord>,
    /// Registrations.
    pub(super) registrations: Shown<'a, RegistrationRecord>,
    /// What looks like an attack.
    pub(super) security: Shown<'a, SecurityRecord>,
    /// Streams.
    pub(super) streams: Shown<'a, StreamRecord>,
}

impl<'a> View<'a> {
    /// The parts of `report` that `selection` names.
    pub(super) fn new(report: &'a Report, media: &Media<'a>, selection: &Selection) -> Self {
        let wants = |part| selection.only.is_empty() || selection.only.contains(&part);
        let Selection { sort, limit, .. } = *selection;
        View {
            report,
            of_call: false,
            summary: wants(Section::Summary),
            calls: wants(Section::Calls)
                .then(|| Listing::of(&report.calls, limit, |all| sort::calls(all, sort, media))),
            conversations: wants(Section::Conversations)
                .then(|| Listing::of(&report.conversations, limit, |_| {})),
            registrations: wants(Section::Registrations).then(|| {
                Listing::of(&report.registrations, limit, |all| {
                    sort::registrations(all, sort);
                })
            }),
            security: wants(Section::Security)
                .then(|| Listing::of(&report.security, limit, |_| {})),
            streams: wants(Section::Streams)
                .then(|| Listing::of(&report.streams, limit, |all| sort::streams(all, sort))),
        }
    }

    /// The calls with one Call-ID (a fork or a reused Call-ID makes several), the conversations they are legs of, and
    /// their streams.
    pub(super) fn of_call(report: &'a Report, media: &Media<'a>, call_id: &str) -> Self {
        let calls: Vec<_> = report
            .calls
            .iter()
            .filter(|call| &*call.call_id == call_id)
            .collect();
        // Two calls may list one stream, which is still one stream.
        let mut seen: HashSet<*const StreamRecord, RandomState> = HashSet::default();
        let streams = calls
            .iter()
            .flat_map(|call| media.of(call))
            .filter(|stream| seen.insert(std::ptr::from_ref(*stream)))
            .collect();
        View {
            report,
            of_call: true,
            summary: false,
            calls: Some(Listing::all(calls)),
            conversations: Some(Listing::all(
                report
                    .conversations
                    .iter()
                    .filter(|one| one.legs.iter().any(|leg| &*leg.call_id == call_id))
                    .collect(),
            )),
            registrations: None,
            security: None,
            streams: Some(Listing::all(streams)),
        }
    }
}

impl<'a, T> Listing<'a, T> {
    fn all(records: Vec<&'a T>) -> Self {
        Listing {
            records,
            left_out: 0,
        }
    }

    fn of(records: &'a [T], limit: Option<usize>, sort: impl FnOnce(&mut [&'a T])) -> Self {
        let mut records: Vec<&T> = records.iter().collect();
        sort(&mut records);
        let keep = limit.unwrap_or(records.len()).min(records.len());
        let left_out = records.len() - keep;
        records.truncate(keep);
        Listing { records, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;

    fn check(only: &[Section], limit: Option<usize>, expected: [Option<(usize, usize)>; 3]) {
        let report = testing::report();
        let selection = Selection {
            only: only.to_vec(),
            sort: SortKey::Start,
            limit,
        };
        let view = View::new(&report, &Media::new(&report), &selection);
        let actual = [
            view.calls.map(|list| (list.records.len(), list.left_out)),
            view.streams.map(|list| (list.records.len(), list.left_out)),
            view.registrations
                .map(|list| (list.records.len(), list.left_out)),
        ];
        assert_eq!(actual, expected);
    }

    #[test]
    fn selects_parts_and_limits_them() {
        check(&[], None, [Some((4, 0)), Some((4, 0)), Some((3, 0))]);
        check(&[Section::Streams], Some(1), [None, Some((1, 3)), None]);
        check(&[Section::Calls], Some(9), [Some((4, 0)), None, None]);
        check(&[Section::Summary], None, [None, None, None]);
    }

    #[test]
    fn one_call_comes_with_its_streams_only() {
        let report = testing::report();
        let view = View::of_call(&report, &Media::new(&report), "good@example.com");
        assert_eq!(view.calls.map(|list| list.records.len()), Some(1));
        assert_eq!(view.streams.map(|list| list.records.len()), Some(2));
        assert!(view.registrations.is_none() && view.security.is_none() && !view.summary);
    }
}

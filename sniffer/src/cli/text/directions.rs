//! Which streams of a call belong side by side: what the caller hears and what the callee hears of one exchange.

use std::collections::HashSet;

use crate::record::{CallRecord, MosMissing, Side, StreamRecord};
use crate::time::Span;

/// Streams of a call that are compared with each other; further ones stand alone.
const MOST_COMPARED: usize = 64;

/// A stream, and who hears it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directed<'s> {
    pub(super) stream: &'s StreamRecord,
    /// The side that receives it; unknown where neither SDP nor the signalling addresses tell.
    pub(super) to: Option<Side>,
}

impl Directed<'_> {
    /// `caller → callee`.
    pub(super) fn title(&self) -> &'static str {
        match self.to {
            Some(Side::Callee) => "caller → callee",
            Some(Side::Caller) => "callee → caller",
            None => "direction unknown",
        }
    }

    /// `to callee`.
    pub(super) fn short_title(&self) -> &'static str {
        match self.to {
            Some(Side::Callee) => "to callee",
            Some(Side::Caller) => "to caller",
            None => "?",
        }
    }
}

/// Streams that are read together, at most one in each direction. What the callee hears comes first.
#[derive(Clone, Debug)]
pub(super) struct Exchange<'s> {
    pub(super) streams: Vec<Directed<'s>>,
}

/// The streams of `call`, two that answer each other together: first those between the same two addresses, then those
/// that overlap in time. Video stays with video.
pub(super) fn exchanges<'s>(call: &CallRecord, streams: &[&'s StreamRecord]) -> Vec<Exchange<'s>> {
    let all: Vec<Directed<'s>> = streams
        .iter()
        .map(|stream| Directed {
            stream,
            to: receiver(call, stream),
        })
        .collect();
    let mut partners = Partners::default();
    partners.join(&all, is_mirrored);
    partners.join(&all, |one, other| {
        one.to.is_some() && one.to.map(Side::other) == other.to
    });
    (0..all.len())
        .filter_map(|index| partners.exchange(&all, index))
        .collect()
}

/// Who receives `stream`: by the addresses that SDP announced, or else by those the signalling runs between.
fn receiver(call: &CallRecord, stream: &StreamRecord) -> Option<Side> {
    let lines = || call.rounds.iter().flat_map(|round| &round.lines);
    let callers = |address| lines().any(|line| line.caller == Some(address));
    let callees = |address| lines().any(|line| line.callee == Some(address));
    let (src, dst) = (stream.src, stream.dst);
    let told = |by_caller: bool, by_callee: bool| match (by_caller, by_callee) {
        (true, false) => Some(Side::Caller),
        (false, true) => Some(Side::Callee),
        _ => None,
    };
    told(callers(dst), callees(dst))
        .or_else(|| told(callees(src), callers(src)))
        .or_else(|| told(call.src.ip() == dst.ip(), call.dst.ip() == dst.ip()))
        .or_else(|| told(call.dst.ip() == src.ip(), call.src.ip() == src.ip()))
}

fn is_mirrored(one: &Directed<'_>, other: &Directed<'_>) -> bool {
    (one.stream.src, one.stream.dst) == (other.stream.dst, other.stream.src)
        && (one.to.is_none() || one.to != other.to)
}

/// Pairs found so far, as indices.
#[derive(Debug, Default)]
struct Partners {
    pairs: Vec<(usize, usize)>,
    taken: HashSet<usize, foldhash::fast::RandomState>,
}

impl Partners {
    /// Pairs each stream that has no partner with the fitting one that it shares the most time with.
    fn join(&mut self, all: &[Directed<'_>], fit: fn(&Directed<'_>, &Directed<'_>) -> bool) {
        let compared = all.get(..MOST_COMPARED).unwrap_or(all);
        for (index, one) in compared.iter().enumerate() {
            if self.taken.contains(&index) {
                continue;
            }
            let later = compared.iter().enumerate().skip(index + 1);
            let fitting = later
                .filter(|(at, other)| !self.taken.contains(at) && fit(one, other))
                .filter(|(_, other)| is_voice(one.stream) == is_voice(other.stream))
                .filter_map(|(at, other)| Some((at, shared_time(one.stream, other.stream)?)));
            // Of equals the first.
            let best = fitting.reduce(|best, next| if next.1 > best.1 { next } else { best });
            if let Some((at, _)) = best {
                self.taken.extend([index, at]);
                self.pairs.push((index, at));
            }
        }
    }

    /// The exchange that begins with the stream at `index`; none for a second one.
    fn exchange<'s>(&self, all: &[Directed<'s>], index: usize) -> Option<Exchange<'s>> {
        if self.pairs.iter().any(|(_, second)| *second == index) {
            return None;
        }
        let second = self.pairs.iter().find(|(first, _)| *first == index);
        let mut streams = vec![*all.get(index)?];
        streams.extend(second.and_then(|(_, at)| all.get(*at)));
        streams.sort_by_key(|directed| directed.to == Some(Side::Caller));
        Some(Exchange { streams })
    }
}

fn is_voice(stream: &StreamRecord) -> bool {
    stream.mos_missing != Some(MosMissing::NotVoice)
}

fn shared_time(one: &StreamRecord, other: &StreamRecord) -> Option<Span> {
    let shared = one.end.min(other.end).since(one.start.max(other.start));
    (shared.as_nanos() >= 0).then_some(shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::{self, at, stream};

    /// Streams as `(source, destination, start, end)` in seconds; the exchanges as indices.
    fn check(streams: &[(&str, &str, i64, i64)], expected: &[&[usize]]) {
        let call = testing::report().calls.remove(0);
        let all: Vec<StreamRecord> = (0..)
            .zip(streams)
            .map(|(ssrc, &(src, dst, start, end))| {
                let mut one = stream(ssrc, src, dst);
                (one.start, one.end) = (at(start * 1000), at(end * 1000));
                one
            })
            .collect();
        let found: Vec<Vec<usize>> = exchanges(&call, &all.iter().collect::<Vec<_>>())
            .iter()
            .map(|one| one.streams.iter().map(|d| d.stream.ssrc as usize).collect())
            .collect();
        assert_eq!(found, expected);
    }

    const A: &str = "10.0.0.1:4000";
    const B: &str = "10.0.0.2:5000";

    #[test]
    fn two_directions_stand_together_what_the_callee_hears_first() {
        check(&[(B, A, 0, 9), (A, B, 1, 9)], &[&[1, 0]]);
    }

    #[test]
    fn a_new_source_stands_alone_or_with_what_it_overlaps() {
        check(
            &[(A, B, 0, 9), (B, A, 0, 3), (B, A, 4, 9)],
            &[&[0, 2], &[1]],
        );
    }

    #[test]
    fn asymmetric_ports_are_joined_by_time() {
        check(&[(A, B, 0, 9), ("10.0.0.2:7000", A, 0, 9)], &[&[0, 1]]);
        check(&[(A, B, 0, 3), ("10.0.0.2:7000", A, 5, 9)], &[&[0], &[1]]);
    }

    #[test]
    fn strangers_are_joined_by_their_addresses_only() {
        let (x, y) = ("10.9.0.1:1", "10.9.0.2:2");
        check(
            &[(x, y, 0, 9), (A, B, 0, 9), (y, x, 0, 9)],
            &[&[0, 2], &[1]],
        );
    }
}

//! Load made up by hand, shared out in several ways.

use super::load::Load;
use super::{Facts, Farewell, Kpis, Passage, Scopes, Trunk};
use crate::record::{Outcome, Party};
use crate::time::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs_nanos(second, 500_000_000)
}

/// A load of attempts and of calls from a second to another.
fn load(attempts: impl IntoIterator<Item = i64>, calls: &[(i64, i64)]) -> Load {
    let mut load = Load::default();
    attempts
        .into_iter()
        .for_each(|second| load.attempt(at(second)));
    for (from, until) in calls {
        load.call(at(*from), Some(at(*until)));
    }
    load
}

/// The most calls at once, where, and in intervals how long.
fn peak(load: &Load) -> Option<(u64, i64, i64)> {
    let peak = load.peak()?;
    let second = peak.at.as_nanos() / 1_000_000_000;
    Some((peak.calls, second, peak.interval_s))
}

fn peak_hour(load: &Load) -> Option<(i64, u64)> {
    let hour = load.peak_hour()?;
    Some((hour.start.as_nanos() / 1_000_000_000, hour.attempts))
}

#[test]
fn calls_count_in_every_second_they_touch() {
    let load = load([], &[(1, 5), (5, 9), (6, 7)]);
    assert_eq!(peak(&load), Some((2, 5, 1)));
    assert_eq!(peak(&Load::default()), None);
}

#[test]
fn a_call_without_end_stays_up() {
    let mut load = load([], &[(1, 2)]);
    load.call(at(3), None);
    load.call(at(1000), None);
    assert_eq!(peak(&load), Some((2, 1000, 1)));
}

#[test]
fn the_peak_hour_begins_on_a_quarter() {
    let early = [0, 100, 1000];
    let late = [5000, 5400, 6000, 8000, 8999];
    let load = load(early.into_iter().chain(late), &[]);
    // 4500 to 8100 holds four, and so does 5400 to 9000: the earlier counts.
    assert_eq!(peak_hour(&load), Some((4500, 4)));
}

#[test]
fn shares_add_up_to_the_whole_also_where_intervals_were_joined() {
    for spread in [1, 7, 100_000] {
        let calls: Vec<(i64, i64)> = (0..20_000).map(|n| (n * spread, n * spread + 30)).collect();
        let whole = load([], &calls);
        for cut in [0, 1, 9_000, 20_000] {
            let mut shared = load([], &calls[..cut]);
            shared.merge(&load([], &calls[cut..]));
            assert_eq!(peak(&shared), peak(&whole), "{spread} {cut}");
        }
    }
}

#[test]
fn time_stamps_without_sense_are_bounded() {
    let everywhere = (0..50_000).map(|n| i64::MIN / 1_000_000_000 + n * 368_000);
    let mut load = load([], &[]);
    everywhere.for_each(|second| load.attempt(at(second)));
    assert_eq!(peak_hour(&load), None, "hours are not told apart any more");
}

/// Trunks of these names, each with a network of its own.
fn trunks(names: &[(&str, &str)]) -> Scopes {
    let trunk = |(name, network): &(&str, &str)| Trunk {
        name: (*name).into(),
        networks: vec![network.parse().expect("a network")],
    };
    Scopes {
        trunks: names.iter().map(trunk).collect(),
        ..Scopes::default()
    }
}

/// A call that nobody took.
fn failed() -> Facts {
    Facts {
        from_the_start: true,
        outcome: Outcome::Failed,
        status: Some(500),
        start: at(1),
        answer: None,
        end: None,
        request_delay: None,
        post_dial_delay: None,
        setup_time: None,
        bids: 1,
        challenged: false,
        reinvites: 0,
        retransmissions: 0,
        hops: None,
        farewell: Farewell::default(),
    }
}

#[test]
fn a_change_of_trunks_keeps_what_keeps_its_name() {
    let before = trunks(&[("a", "192.0.2.0/28"), ("b", "192.0.2.16/28")]);
    let after = trunks(&[("b", "192.0.2.16/28"), ("c", "192.0.2.32/28")]);
    let mut kpis = Kpis::new(&before);
    // Two calls of b, one of none of them.
    for place in [1, 1, 2] {
        kpis.count(&failed(), [place]);
    }
    kpis.regroup(&after);
    let found: Vec<(&str, u64)> = kpis
        .groups()
        .map(|(_, name, counts)| (name, counts.attempts))
        .collect();
    assert_eq!(found, [("b", 2), ("c", 0), ("other", 1)]);
    assert_eq!(kpis.total().attempts, 3);
}

#[test]
fn a_call_under_way_stays_with_its_trunk() {
    let before = trunks(&[("a", "192.0.2.0/28"), ("b", "192.0.2.16/28")]);
    let after = trunks(&[("b", "198.51.100.0/24"), ("c", "192.0.2.0/28")]);
    let mut passage = Passage::default();
    let address = |text: &str| text.parse().expect("an address");
    passage.note(&before, address("192.0.2.1"), address("192.0.2.17"));
    passage.move_to(&before, &after);
    let nobody = Party::default();
    assert_eq!(after.places(&passage, &nobody, &nobody)[..], [0]);
}

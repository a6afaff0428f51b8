//! Load made up by hand, shared out in several ways.

use super::load::Load;
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

//! Streams that run side by side, and packets that are missing.

use super::*;
use crate::quality::sequence::Sequence;
use crate::record::{CaptureLoss, Gap};
use crate::time::Timestamp;

const STREAMS: u64 = 20;

/// The gaps of 20 streams of 500 packets, 20 ms apart, of which those are missing that `is_missing` says: of which
/// stream, and how many ms from the beginning. The counts go through `workers` workers.
fn run(workers: u64, is_missing: impl Fn(u64, i64) -> bool) -> (Judge, Vec<Vec<Gap>>) {
    let mut counts: Vec<SlotCounts> = (0..workers).map(|_| SlotCounts::default()).collect();
    let mut judge = Judge::default();
    let kept = (0..STREAMS)
        .map(|stream| {
            let counts = &mut counts[(stream % workers) as usize];
            follow(stream, counts, &is_missing)
        })
        .collect();
    counts.iter().for_each(|counts| judge.take_in(counts));
    judge.decide(Timestamp::MAX);
    (judge, kept)
}

fn follow(
    stream: u64,
    counts: &mut SlotCounts,
    is_missing: &impl Fn(u64, i64) -> bool,
) -> Vec<Gap> {
    let mut gaps = Gaps::default();
    let mut sequence = Sequence::new(0);
    let mut before = at(0);
    for seq in 1..500_u16 {
        let ms = i64::from(seq) * 20 + stream as i64;
        if is_missing(stream, ms) {
            continue;
        }
        let lost = sequence.lost();
        sequence.on_packet(seq);
        let missing = (sequence.lost() - lost) as u32;
        gaps.on_packet(before, at(ms), missing, counts);
        before = at(ms);
    }
    gaps.kept()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_secs_nanos(1_700_000_000, 0) + crate::time::Span::from_millis(ms)
}

/// What of each stream's loss is the sensor's; 1000 packets lost at most.
fn losses(judge: &Judge, kept: &[Vec<Gap>]) -> Vec<Option<u64>> {
    let loss = |gaps: &Vec<Gap>| judge.loss(at(20_000), 1000, gaps);
    kept.iter()
        .map(|gaps| loss(gaps).map(|loss| loss.lost))
        .collect()
}

#[test]
fn what_all_streams_lack_at_once_is_the_sensors() {
    for workers in [1, 2, 4, 8] {
        let (judge, kept) = run(workers, |stream, ms| {
            (4000..4300).contains(&ms) || stream == 3 && (6000..6300).contains(&ms)
        });
        assert_eq!(
            losses(&judge, &kept),
            vec![Some(15); 20],
            "{workers} workers"
        );
    }
}

#[test]
fn what_one_stream_or_one_direction_lacks_is_the_networks() {
    let (judge, kept) = run(1, |stream, ms| stream == 3 && (6000..6300).contains(&ms));
    assert_eq!(losses(&judge, &kept), vec![None; 20]);
    let (judge, kept) = run(1, |stream, ms| {
        stream % 2 == 0 && (6000..6300).contains(&ms)
    });
    assert_eq!(losses(&judge, &kept), vec![None; 20]);
}

#[test]
fn scattered_loss_of_all_streams_is_the_networks() {
    let (judge, kept) = run(1, |stream, ms| {
        (stream * 7919 + ms as u64 / 20 * 104_729) % 31 < 3
    });
    assert_eq!(losses(&judge, &kept), vec![None; 20]);
}

#[test]
fn silence_of_all_for_long_says_nothing() {
    let (judge, kept) = run(1, |_, ms| (2000..8000).contains(&ms));
    assert_eq!(losses(&judge, &kept), vec![None; 20]);
}

#[test]
fn drops_of_the_kernel_explain_no_more_than_their_number() {
    let (mut judge, kept) = run(1, |stream, ms| stream == 3 && (6000..6300).contains(&ms));
    let drops = |packets| KernelDrops {
        from: at(5000),
        until: at(6100),
        packets,
    };
    let loss = |judge: &Judge, ms| judge.loss(at(ms), 15, &kept[3]);
    judge.on_drops(at(9000), drops(14));
    assert_eq!(loss(&judge, 20_000), None);
    judge.on_drops(at(9000), drops(15));
    let expected = CaptureLoss {
        lost: 15,
        simultaneous: 0,
        kernel: 15,
    };
    assert_eq!(loss(&judge, 20_000), Some(expected));
    assert_eq!(loss(&judge, 8000), None, "it was not known then");
}

#[test]
fn of_many_gaps_the_largest_are_kept() {
    let mut gaps = Gaps::default();
    let mut slots = SlotCounts::default();
    for n in 0..100 {
        let missing = if n == 50 { 9 } else { 1 + n as u32 % 2 };
        gaps.on_packet(at(n * 200), at(n * 200 + 40), missing, &mut slots);
    }
    let kept = gaps.kept();
    assert_eq!(kept.len(), 32);
    assert!(kept.iter().any(|gap| gap.lost == 9));
    assert!(kept.iter().all(|gap| gap.lost > 1));
    assert!(kept.is_sorted_by_key(|gap| gap.from));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut judge = Judge::default();
    for n in 0..70_000 {
        let mut slots = SlotCounts::default();
        for _ in 0..4 {
            Gaps::default().on_packet(at(n * 300), at(n * 300 + 60), 2, &mut slots);
        }
        judge.take_in(&slots);
        judge.decide(at(n * 300));
    }
    judge.decide(Timestamp::MAX);
    assert!(judge.stumbled.len() <= 1 << 16);
    assert!(judge.counts.is_empty());
}

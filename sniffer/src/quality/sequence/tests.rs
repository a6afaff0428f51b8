//! The tracker against known cases, and against a reference that keeps every packet.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, PartialEq, Eq)]
struct Figures {
    expected: u64,
    lost: u64,
    duplicates: u64,
    reordered: u64,
    restarts: u32,
}

fn track(seqs: impl IntoIterator<Item = u16>) -> Sequence {
    let mut seqs = seqs.into_iter();
    let mut sequence = Sequence::new(seqs.next().unwrap());
    for seq in seqs {
        sequence.on_packet(seq);
    }
    sequence
}

fn runs(sequence: &Sequence) -> u32 {
    sequence.loss_counts().runs.iter().sum()
}

fn figures(sequence: &Sequence) -> Figures {
    Figures {
        expected: sequence.expected(),
        lost: sequence.lost(),
        duplicates: sequence.duplicates(),
        reordered: sequence.reordered(),
        restarts: sequence.restarts(),
    }
}

/// `expected`: expected, lost, duplicates, reordered, restarts.
fn check(seqs: impl IntoIterator<Item = u16>, expected: (u64, u64, u64, u64, u32)) {
    let (expected, lost, duplicates, reordered, restarts) = expected;
    let want = Figures {
        expected,
        lost,
        duplicates,
        reordered,
        restarts,
    };
    let sequence = track(seqs);
    assert_eq!(figures(&sequence), want);
    assert_eq!(
        u64::from(sequence.loss_counts().lost),
        lost,
        "every lost packet is in a run"
    );
}

#[test]
fn in_order_with_and_without_wrap() {
    check(0..100, (100, 0, 0, 0, 0));
    check((65_500..=u16::MAX).chain(0..64), (100, 0, 0, 0, 0));
}

#[test]
fn a_gap_is_loss_up_to_the_dropout() {
    check([10, 11, 14, 15], (6, 2, 0, 0, 0));
    check([10, 10 + 2999, 3010], (3001, 2998, 0, 0, 0));
}

#[test]
fn duplicates_are_not_negative_loss() {
    check([1, 2, 2, 2, 3, 1], (3, 0, 3, 0, 0));
}

#[test]
fn a_late_packet_fills_its_gap() {
    check([1, 2, 4, 5, 3, 6], (6, 0, 0, 1, 0));
    assert_eq!(runs(&track([1, 2, 4, 5, 3, 6])), 0);
}

#[test]
fn a_packet_older_than_the_first_extends_the_range() {
    check([101, 100, 102], (3, 0, 0, 1, 0));
    check([0, u16::MAX, 1], (3, 0, 0, 1, 0));
}

#[test]
fn a_confirmed_jump_is_a_restart_and_loses_nothing() {
    check((1000..1050).chain(40_000..40_050), (100, 0, 0, 0, 1));
    check((1000..1050).chain(100..150), (100, 0, 0, 0, 1));
    check([1, 2, 9000, 9000, 9001, 9001], (4, 0, 2, 0, 1));
}

#[test]
fn a_stray_changes_nothing() {
    check([1, 2, 30_000, 3, 4], (4, 0, 0, 0, 0));
    // Two strays that are no neighbours in time are no new start.
    check([1, 2, 30_000, 3, 30_001, 4], (4, 0, 0, 0, 0));
}

#[test]
fn loss_before_a_restart_stays_one_run() {
    let sequence = track([1, 2, 5, 40_000, 40_001, 40_005]);
    assert_eq!((sequence.lost(), runs(&sequence)), (5, 2));
}

#[test]
fn a_run_longer_than_the_window_is_one_run() {
    let sequence = track((0..10).chain(1010..1020));
    assert_eq!((sequence.lost(), runs(&sequence)), (1000, 1));
}

/// Every packet kept, extended around the highest one; nothing jumps.
fn reference(seqs: &[u16]) -> (Figures, u64) {
    let mut highest = i64::from(seqs[0]);
    let (mut seen, mut duplicates, mut reordered) = (BTreeSet::from([highest]), 0, 0);
    for &seq in &seqs[1..] {
        let position = highest + i64::from(seq.wrapping_sub(highest as u16) as i16);
        match seen.insert(position) {
            false => duplicates += 1,
            true if position < highest => reordered += 1,
            true => highest = position,
        }
    }
    let base = *seen.first().unwrap();
    let mut runs = 0;
    for position in base + 1..=highest {
        runs += u64::from(!seen.contains(&position) && seen.contains(&(position - 1)));
    }
    let expected = highest.abs_diff(base) + 1;
    let lost = expected - seen.len() as u64;
    (
        Figures {
            expected,
            lost,
            duplicates,
            reordered,
            restarts: 0,
        },
        runs,
    )
}

proptest! {
    #[test]
    fn agrees_with_a_reference_that_forgets_nothing(
        start: u16,
        moves in prop::collection::vec(prop_oneof![8 => Just(1_i32), 2 => -90..90_i32, 1 => 1..2900_i32], 1..400),
    ) {
        // Each move is from the highest number so far, so that none counts as a jump.
        let (mut highest, mut seqs) = (i64::from(start), vec![start]);
        for step in moves {
            let position = highest + i64::from(step);
            highest = highest.max(position);
            seqs.push(position as u16);
        }
        let sequence = track(seqs.iter().copied());
        let (figures_wanted, runs) = reference(&seqs);
        prop_assert_eq!(figures(&sequence), figures_wanted);
        prop_assert_eq!(u64::from(self::runs(&sequence)), runs);
    }

    #[test]
    fn any_numbers_keep_the_sums_right(seqs in prop::collection::vec(any::<u16>(), 1..300)) {
        let sequence = track(seqs.iter().copied());
        prop_assert!(sequence.lost() <= sequence.expected());
        prop_assert_eq!(u64::from(sequence.loss_counts().lost), sequence.lost());
    }
}

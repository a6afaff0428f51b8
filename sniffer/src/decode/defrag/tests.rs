//! The table alone: overlaps, repetitions, limits.

use std::net::Ipv4Addr;

use super::datagram::{FRAGMENT_COST, MAX_FRAGMENTS};
use super::*;

const AT: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);
const WAITS: Outcome = Outcome::Waits;
const OVERLAP: Outcome = Outcome::Refused(Reason::FragmentOverlap);
const DUPLICATE: Outcome = Outcome::Refused(Reason::FragmentDuplicate);
const MALFORMED: Outcome = Outcome::Refused(Reason::IpMalformed);

fn fragment(sender: u32, offset: usize, more: bool, bytes: &[u8]) -> Fragment<'_> {
    Fragment {
        ends: Ends {
            src: Ipv4Addr::from_bits(sender).into(),
            dst: Ipv4Addr::LOCALHOST.into(),
        },
        protocol: 17,
        id: 1,
        offset,
        more,
        window: Window::new(bytes, bytes.len()),
    }
}

fn complete(frames: u32, wire_len: usize) -> Outcome {
    Outcome::Complete(Whole {
        ends: fragment(1, 0, true, &[]).ends,
        protocol: 17,
        wire_len,
        frames,
    })
}

/// Adds fragments of one datagram, each byte being its fragment's number, and compares what becomes of each;
/// `given_up` are the frames lost before the end.
fn check(fragments: &[(usize, bool, usize, u8)], expected: &[Outcome], given_up: u64) {
    let mut table = Defrag::new(Limits::default());
    let mut whole = Vec::new();
    let outcomes: Vec<_> = fragments
        .iter()
        .map(|&(offset, more, len, byte)| {
            table.add(
                AT,
                &fragment(1, offset, more, &vec![byte; len]),
                1,
                &mut whole,
            )
        })
        .collect();
    assert_eq!(outcomes, expected);
    assert_eq!(table.given_up.total(), given_up);
}

#[test]
fn repetitions_are_left_out() {
    check(
        &[(0, true, 8, 1), (0, true, 8, 1), (8, false, 5, 2)],
        &[WAITS, DUPLICATE, complete(2, 13)],
        0,
    );
    check(
        &[(8, false, 5, 2), (8, false, 5, 2), (0, true, 8, 1)],
        &[WAITS, DUPLICATE, complete(2, 13)],
        0,
    );
}

#[test]
fn overlaps_condemn_the_datagram() {
    let cases = [
        // The same place with other bytes, or another word about being the last.
        [(0, true, 8, 1), (0, true, 8, 2)],
        [(8, true, 8, 1), (8, false, 8, 1)],
        // A part of it, from before, from behind, from within and around.
        [(8, true, 16, 1), (0, true, 16, 1)],
        [(0, true, 16, 1), (8, true, 16, 1)],
        [(0, true, 24, 1), (8, true, 8, 1)],
        [(8, true, 8, 1), (0, true, 24, 1)],
        // Beyond the end.
        [(8, false, 8, 1), (16, true, 8, 1)],
        [(16, true, 8, 1), (8, false, 8, 1)],
        [(8, false, 8, 1), (24, false, 8, 1)],
    ];
    for [first, second] in cases {
        // What comes after is refused as well.
        let third = (64, true, 8, 1);
        check(&[first, second, third], &[WAITS, OVERLAP, OVERLAP], 1);
    }
}

#[test]
fn impossible_fragments_are_refused() {
    check(&[(0, true, 9, 1)], &[MALFORMED], 0);
    check(&[(0, true, 0, 1)], &[MALFORMED], 0);
    check(&[(65_528, false, 8, 1)], &[MALFORMED], 0);
    check(&[(65_528, false, 7, 1)], &[WAITS], 0);
}

#[test]
fn the_largest_datagram_completes() {
    let mut table = Defrag::new(Limits::default());
    let mut whole = Vec::new();
    let bytes = vec![7; 1480];
    for offset in (0..64_000).step_by(1480) {
        table.add(AT, &fragment(1, offset, true, &bytes), 1, &mut whole);
    }
    let last = table.add(
        AT,
        &fragment(1, 65_120, false, &bytes[..415]),
        1,
        &mut whole,
    );
    assert_eq!(last, complete(45, 65_535));
    assert_eq!(whole.len(), 65_535);
    assert_eq!(
        (table.bytes, table.waiting.len(), table.by_age.len()),
        (0, 0, 0)
    );
}

#[test]
fn a_flood_of_datagrams_stays_within_the_limits() {
    let limits = Limits {
        datagrams: 1000,
        bytes: 1 << 20,
    };
    let mut table = Defrag::new(limits);
    let mut whole = Vec::new();
    for sender in 0..100_000 {
        let outcome = table.add(AT, &fragment(sender, 0, true, &[1; 8]), 1, &mut whole);
        assert_eq!(outcome, WAITS);
        assert!(table.waiting.len() <= limits.datagrams);
        assert_eq!(table.waiting.len(), table.by_age.len());
    }
    let evicted: Vec<_> = table.given_up.iter().collect();
    assert_eq!(evicted, [(Reason::FragmentEvicted, 99_000)]);
    // The newest stayed.
    let rest = fragment(99_999, 8, false, &[2; 8]);
    assert!(matches!(
        table.add(AT, &rest, 1, &mut whole),
        Outcome::Complete(_)
    ));
    table.finish();
    let all: Vec<_> = table.given_up.iter().collect();
    let timed_out = (Reason::FragmentTimeout, 999);
    assert_eq!(all, [timed_out, (Reason::FragmentEvicted, 99_000)]);
    assert_eq!(
        (table.bytes, table.waiting.len(), table.by_age.len()),
        (0, 0, 0)
    );
}

#[test]
fn a_flood_of_bytes_stays_within_the_limits() {
    let limits = Limits {
        datagrams: 1_000_000,
        bytes: 1 << 20,
    };
    let mut table = Defrag::new(limits);
    let (mut whole, bytes) = (Vec::new(), vec![1; 1480]);
    for n in 0..100_000 {
        let part = usize::try_from(n % 4).unwrap();
        let piece = fragment(n / 4, 1480 * part, true, &bytes);
        assert_eq!(table.add(AT, &piece, 1, &mut whole), WAITS);
        assert!(table.bytes <= limits.bytes);
    }
    let held = limits.bytes / (1480 + FRAGMENT_COST);
    let evicted = table.given_up.total();
    assert!(evicted >= 100_000 - held as u64, "{evicted}");
    table.finish();
    assert_eq!(table.given_up.total(), 100_000);
}

#[test]
fn a_datagram_larger_than_the_table_is_given_up_itself() {
    let mut table = Defrag::new(Limits {
        datagrams: 8,
        bytes: 1000,
    });
    let outcome = table.add(AT, &fragment(1, 0, true, &[1; 1480]), 3, &mut Vec::new());
    assert_eq!(outcome, WAITS);
    let given_up: Vec<_> = table.given_up.iter().collect();
    assert_eq!(given_up, [(Reason::FragmentEvicted, 3)]);
}

#[test]
fn a_datagram_in_too_many_pieces_is_condemned() {
    let mut table = Defrag::new(Limits::default());
    let mut whole = Vec::new();
    for n in 0..MAX_FRAGMENTS {
        let piece = fragment(1, 16 * n, true, &[1; 8]);
        assert_eq!(table.add(AT, &piece, 1, &mut whole), WAITS);
    }
    let refused = Outcome::Refused(Reason::FragmentEvicted);
    for offset in [8, 24] {
        let piece = fragment(1, offset, true, &[1; 8]);
        assert_eq!(table.add(AT, &piece, 1, &mut whole), refused);
    }
    assert_eq!(table.given_up.total(), MAX_FRAGMENTS as u64);
    assert_eq!(table.bytes, 0);
}

#[test]
fn a_jump_of_time_forward_expires_and_backward_does_not() {
    let mut table = Defrag::new(Limits::default());
    let mut whole = Vec::new();
    table.add(AT, &fragment(1, 0, true, &[1; 8]), 1, &mut whole);
    let before = AT - Span::from_secs(1000);
    table.add(before, &fragment(2, 0, true, &[1; 8]), 1, &mut whole);
    assert_eq!(table.given_up.total(), 0);
    // The one that began earlier goes first, whenever it came.
    table.expire(AT);
    assert_eq!((table.given_up.total(), table.waiting.len()), (1, 1));
    table.expire(Timestamp::MAX);
    assert_eq!((table.given_up.total(), table.waiting.len()), (2, 0));
}

//! What is missing costs the messages it touches and no more.

use std::ops::Range;

use super::*;

/// The messages of the dialog that lie outside of `lost`.
fn untouched(lost: &Range<usize>) -> Vec<Vec<u8>> {
    let (bytes, ranges) = stream();
    let touches = |range: &Range<usize>| range.start < lost.end && lost.start < range.end;
    let rest = ranges.into_iter().filter(|range| !touches(range));
    rest.map(|range| bytes[range].to_vec()).collect()
}

#[test]
fn one_segment_lost_at_each_position() {
    let (bytes, _) = stream();
    for size in [1, 9, 100, 250, 1000] {
        let segments = cut(&bytes, ISN, size);
        for n in 1..segments.len() {
            let mut rest = segments.clone();
            rest.remove(n);
            let start = (n - 1) * size;
            let lost = start..(start + size).min(bytes.len());
            check(&rest, &untouched(&lost));
        }
    }
}

#[test]
fn a_part_of_a_segment_cut_off_by_the_capture() {
    let (bytes, _) = stream();
    for size in [60, 300, 1000] {
        let segments = cut(&bytes, ISN, size);
        for n in 1..segments.len() {
            let mut rest = segments.clone();
            let keep = rest[n].bytes.len() / 2;
            rest[n].bytes.truncate(keep);
            let start = (n - 1) * size;
            let lost = start + keep..(start + size).min(bytes.len());
            check(&rest, &untouched(&lost));
        }
    }
}

#[test]
fn what_the_capture_left_of_a_message_is_handed_on() {
    let (bytes, ranges) = stream();
    let mut starts: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    starts.push(bytes.len());
    for (n, message) in ranges.iter().enumerate() {
        for (keep, hints) in [(70, true), (128, false), (250, true), (400, false)] {
            // Each message in a segment of its own, this one's cut.
            let mut segments = vec![syn(true, ISN)];
            for ends in starts.windows(2) {
                let seq = ISN + 1 + ends[0] as u32;
                segments.push(data(true, seq, &bytes[ends[0]..ends[1]]));
            }
            let is_whole = keep >= message.len();
            if !is_whole {
                segments[n + 1].bytes.truncate(keep);
            }
            let mut tap = Tap::new(hints);
            tap.play(&segments);
            let left = &bytes[message.start..message.start + keep.min(message.len())];
            let expected = if is_whole {
                vec![]
            } else {
                vec![left.to_vec()]
            };
            assert!(tap.cut == expected, "message {n} cut to {keep}");
            assert_eq!(tap.streams.stats().cut, expected.len() as u64);
            let whole = |range: &&Range<usize>| is_whole || *range != message;
            let others = ranges.iter().filter(whole);
            let others: Vec<_> = others.map(|range| bytes[range.clone()].to_vec()).collect();
            assert!(tap.messages == others, "message {n} cut to {keep}");
            assert_eq!(tap.fates[n + 1], Ok(Handled::Sip));
        }
    }
}

#[test]
fn less_than_a_start_line_is_nothing() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 200);
    segments[1].bytes.truncate(20);
    let mut tap = Tap::new(true);
    tap.play(&segments);
    assert!(tap.cut.is_empty());
    assert_eq!(tap.messages, untouched(&(20..200)));
}

#[test]
fn a_message_that_lacks_a_segment_is_not_handed_on() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 250);
    segments.remove(2);
    let mut tap = Tap::new(true);
    tap.play(&segments);
    assert_eq!(tap.finish(), untouched(&(250..500)));
    assert!(tap.cut.is_empty());
}

#[test]
fn picked_up_in_the_middle() {
    let (bytes, _) = stream();
    for from in (0..bytes.len()).step_by(3) {
        let segments: Vec<Seg> = cut(&bytes[from..], ISN, 200).split_off(1);
        check(&segments, &untouched(&(0..from)));
    }
}

#[test]
fn a_gap_is_given_up_in_time() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 250);
    segments.remove(3);
    let mut tap = Tap::new(true);
    tap.play(&segments);
    let before = tap.messages.len();
    tap.advance(Span::from_millis(2900));
    assert_eq!(tap.messages.len(), before);
    tap.advance(Span::from_millis(200));
    assert_eq!(tap.messages, untouched(&(500..750)));
    // Their times are those of their segments, not of when the gap was given up.
    assert!(tap.times.iter().all(|&at| at <= segments.len() as i64));
    let stats = tap.streams.stats();
    assert_eq!((stats.gaps, stats.gap_bytes), (1, 250));
}

#[test]
fn a_late_retransmission_closes_the_gap() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 250);
    let late = segments.remove(3);
    let mut tap = Tap::new(true);
    tap.play(&segments).advance(Span::from_secs(2));
    tap.play(&[late]);
    assert_eq!(tap.messages, dialog());
    assert_eq!(tap.streams.stats().gaps, 0);
}

#[test]
fn a_gap_is_given_up_when_too_much_waits() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 50);
    segments.remove(2);
    let limits = StreamLimits {
        early_segments: 10,
        ..StreamLimits::default()
    };
    let mut tap = Tap::with(true, limits);
    tap.play(&segments);
    assert_eq!(tap.messages, untouched(&(50..100)));
}

#[test]
fn a_reset_gives_up_the_gap() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes, ISN, 250);
    segments.remove(3);
    segments.push(Seg {
        rst: true,
        ..data(false, 1, b"")
    });
    let mut tap = Tap::new(true);
    tap.play(&segments);
    assert_eq!(tap.messages, untouched(&(500..750)));
    assert_eq!(tap.fates.last(), Some(&Ok(Handled::Sip)));
}

#[test]
fn a_status_line_in_a_body_is_no_message() {
    let fragment = b"SIP/2.0 200 OK\r\n";
    let mut notify = message("NOTIFY sip:a@b SIP/2.0", "refer", fragment.len());
    let at = notify.len() - fragment.len();
    notify[at..].copy_from_slice(fragment);
    let bye = message("BYE sip:a@b SIP/2.0", "refer", 0);
    let bytes = [notify, bye.clone()].concat();
    // The start line is lost, so that the length of the body stays unknown.
    let segments = cut(&bytes, ISN, 30);
    let rest: Vec<Seg> = [&segments[..1], &segments[2..]].concat();
    check(&rest, &[bye]);
}

#[test]
fn a_message_too_long_is_passed_over() {
    let limits = StreamLimits {
        direction_bytes: 4000,
        ..StreamLimits::default()
    };
    let big = message("MESSAGE sip:a@b SIP/2.0", "big", 9000);
    let bytes = [dialog()[0].clone(), big, dialog()[3].clone()].concat();
    for hints in [true, false] {
        for size in [100, 1460] {
            let mut tap = Tap::with(hints, limits);
            let seen = tap.play(&cut(&bytes, ISN, size)).finish();
            assert_eq!(seen, [dialog()[0].clone(), dialog()[3].clone()]);
            assert!(tap.streams.stats().oversized > 0);
        }
    }
}

#[test]
fn garbage_between_messages_costs_only_itself() {
    let bytes = [
        &dialog()[0][..],
        b"v=0 a body longer than it said\r\nm=audio 1 RTP/AVP 0\r\n",
        &dialog()[3],
    ]
    .concat();
    for size in [1, 40, 5000] {
        check(
            &cut(&bytes, ISN, size),
            &[dialog()[0].clone(), dialog()[3].clone()],
        );
    }
}

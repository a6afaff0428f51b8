//! However a stream is cut, and in whatever order it comes, its messages are the same.

use proptest::prelude::*;

use super::*;

#[test]
fn any_cut_yields_the_messages() {
    let (bytes, _) = stream();
    for size in [1, 2, 3, 7, 50, 100, 333, 536, 1460, 9000] {
        check(&cut(&bytes, ISN, size), &dialog());
        check(&cut(&bytes, u32::MAX - 700, size), &dialog());
    }
}

#[test]
fn shuffled_segments_yield_the_messages() {
    let (bytes, _) = stream();
    for seed in 1..40 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut segments = cut(&bytes, u32::MAX - 1000, 10 + dice.roll(300));
        dice.shuffle(&mut segments[1..]);
        check(&segments, &dialog());
    }
}

#[test]
fn retransmitted_segments_change_nothing() {
    let (bytes, _) = stream();
    for seed in 1..40 {
        let mut dice = Dice(seed * 0x51_7cc1);
        let mut segments = cut(&bytes, ISN, 20 + dice.roll(400));
        for _ in 0..30 {
            let copy = segments[dice.roll(segments.len())].clone();
            segments.push(copy);
        }
        dice.shuffle(&mut segments[1..]);
        check(&segments, &dialog());
    }
}

#[test]
fn overlapping_segments_change_nothing() {
    let (bytes, _) = stream();
    for seed in 1..40 {
        let mut dice = Dice(seed * 0x2545_f491);
        let mut segments = cut(&bytes, ISN, 100);
        for _ in 0..40 {
            let from = dice.roll(bytes.len());
            let to = (from + 1 + dice.roll(500)).min(bytes.len());
            segments.push(data(true, ISN + 1 + from as u32, &bytes[from..to]));
        }
        dice.shuffle(&mut segments[1..]);
        check(&segments, &dialog());
    }
}

#[test]
fn the_first_copy_wins() {
    let (bytes, _) = stream();
    let mut segments = Vec::new();
    for seg in cut(&bytes, ISN, 120) {
        let mut other = seg.clone();
        other.bytes.fill(b'x');
        other.syn = false;
        segments.extend([seg, other]);
    }
    check(&segments, &dialog());
}

#[test]
fn whole_messages_are_not_copied() {
    let bytes = dialog().concat();
    let mut streams = Streams::new(PlainFramer { hints: true }, StreamLimits::default());
    let mut n = 0;
    let segment = TcpSegment {
        src: client(),
        dst: server(),
        seq: 1,
        syn: false,
        fin: false,
        rst: false,
        bytes: &bytes,
        wire_len: bytes.len(),
    };
    let fate = streams.on_tcp(Timestamp::default(), &segment, &mut |message| {
        assert!(bytes.as_ptr_range().contains(&message.bytes.as_ptr()));
        assert_eq!((message.src, message.dst), (client(), server()));
        n += 1;
    });
    assert_eq!((n, fate), (dialog().len(), Ok(Handled::Sip)));
    assert_eq!(streams.held(), 0);
}

#[test]
fn a_message_is_as_late_as_its_last_segment() {
    let one = message("INVITE sip:a@b SIP/2.0", "one", 90);
    let two = message("BYE sip:a@b SIP/2.0", "one", 0);
    let bytes = [one, two].concat();
    let mut segments = cut(&bytes, ISN, 100);
    let mut tap = Tap::new(true);
    tap.play(&segments).finish();
    assert_eq!(tap.times, [4, 5]);
    segments.swap(1, 2);
    segments.swap(2, 4);
    let mut tap = Tap::new(true);
    tap.play(&segments).finish();
    assert_eq!(tap.times, [5, 5]);
}

#[test]
fn keep_alives_and_their_fates() {
    let (bytes, _) = stream();
    let n = bytes.len() as u32;
    let mut segments = cut(&bytes, ISN, bytes.len());
    segments.push(data(true, ISN + 1 + n, b"\r\n\r\n"));
    // Probes of TCP itself: the byte before the next, or none.
    segments.push(data(true, ISN + n + 4, b"\0"));
    segments.push(data(true, ISN + n + 4, b""));
    segments.push(data(false, 1, b"\r\n"));
    segments.push(data(true, ISN + 1 + n + 4, &dialog()[0]));
    // No keep-alive: other bytes that end so.
    segments.push(data(false, 3, b"{}\n\r\n"));
    let mut tap = Tap::new(true);
    tap.play(&segments).finish();
    assert_eq!(
        tap.fates,
        [
            Ok(Handled::TcpSegment),
            Ok(Handled::Sip),
            Ok(Handled::KeepAlive),
            Ok(Handled::TcpSegment),
            Ok(Handled::TcpSegment),
            Ok(Handled::KeepAlive),
            Ok(Handled::Sip),
            Ok(Handled::TcpSegment),
        ]
    );
}

#[test]
fn large_bodies() {
    let big = message("MESSAGE sip:a@b SIP/2.0", "big", 60_000);
    let small = message("BYE sip:a@b SIP/2.0", "small", 0);
    let bytes = [big.clone(), small.clone()].concat();
    for size in [1, 1460, 16_000] {
        let mut tap = Tap::new(true);
        assert_eq!(
            tap.play(&cut(&bytes, ISN, size)).finish(),
            [big.clone(), small.clone()]
        );
    }
}

#[test]
fn a_new_connection_between_the_same_ends() {
    let (bytes, _) = stream();
    let mut segments = cut(&bytes[..bytes.len() - 30], ISN, 200);
    segments.push(syn(true, ISN));
    let half = segments.len();
    segments.extend(cut(&bytes, ISN + 100_000, 200));
    segments.insert(half + 1, syn(false, 5));
    let mut expected = dialog();
    expected.pop();
    expected.extend(dialog());
    check(&segments, &expected);
}

#[test]
fn both_directions() {
    let there = message("INVITE sip:a@b SIP/2.0", "one", 500);
    let back = message("SIP/2.0 200 OK", "one", 600);
    let mut segments = cut(&there, ISN, 90);
    segments.insert(1, syn(false, 9));
    for (n, part) in back.chunks(77).enumerate() {
        let at = (2 * n + 3).min(segments.len());
        segments.insert(at, data(false, 10 + 77 * n as u32, part));
    }
    let mut seen = Tap::new(true).play(&segments).finish();
    seen.sort();
    assert_eq!(seen, [there, back]);
}

proptest! {
    #[test]
    fn cuts_at_random(cuts in prop::collection::vec(1usize..400, 1..80), order in any::<u64>()) {
        let (bytes, _) = stream();
        let mut segments = vec![syn(true, ISN)];
        let mut from = 0;
        for size in cuts.iter().cycle() {
            let to = (from + size).min(bytes.len());
            segments.push(data(true, ISN + 1 + from as u32, &bytes[from..to]));
            from = to;
            if from == bytes.len() {
                break;
            }
        }
        let mut tap = Tap::new(true);
        if segments.len() < 500 {
            Dice(order | 1).shuffle(&mut segments[1..]);
        }
        prop_assert_eq!(tap.play(&segments).finish(), dialog());
    }
}

#[test]
fn a_time_far_in_the_future_does_not_make_connections_idle() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let leap = Timestamp::from_nanos(Span::from_secs(1_000_000).as_nanos());
    let mut tap = Tap::new(true);
    for seg in cut(&sip, ISN, 60) {
        tap.streams.advance(leap, &mut |_| ());
        tap.play(&[seg]);
    }
    assert_eq!(tap.messages, [sip]);
    assert_eq!(tap.streams.stats().expired, 0);
}

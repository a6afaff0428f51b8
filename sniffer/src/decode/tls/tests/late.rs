//! Keys that come after the records, and directions that are captured out of step.

use super::talk::{Talk, Terms};
use super::{read, tap};
use crate::decode::KeyLog;
use crate::decode::streams::tests::{Seg, dialog};
use crate::decode::tls::cipher::Version;
use crate::record::books::{Handled, Reason};

const ALL: [Terms; 3] = [
    Terms::new(Version::Tls13, 0x1301),
    Terms::new(Version::Tls12, 0xc030),
    Terms::new(Version::Tls10, 0x0035),
];

/// A dialog in both directions.
fn talk(terms: Terms) -> (Talk, Vec<Vec<u8>>) {
    let messages = dialog();
    let mut talk = Talk::new(terms);
    for (n, message) in messages.iter().enumerate() {
        talk.say(n % 2 == 0, message);
    }
    (talk, messages)
}

fn sorted(mut messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    messages.sort();
    messages
}

#[test]
fn records_wait_for_a_log_that_grows() {
    for terms in ALL {
        let (talk, messages) = talk(terms);
        let segments = talk.segments(100_000);
        for known_before in 2..segments.len() {
            let (before, after) = segments.split_at(known_before);
            let mut tap = tap(KeyLog::growing());
            tap.play(before);
            assert!(tap.fates.iter().all(Result::is_ok));
            tap.streams.keys_mut().add_lines(talk.log().as_bytes());
            let seen = tap.play(after).finish();
            assert_eq!(sorted(seen), sorted(messages.clone()), "{known_before}");
        }
    }
}

#[test]
fn times_are_those_of_the_records() {
    let (talk, messages) = talk(Terms::new(Version::Tls12, 0xc030));
    let segments = talk.segments(100_000);
    let (last, before) = segments.split_last().unwrap();
    let mut tap = tap(KeyLog::growing());
    tap.play(before);
    tap.streams.keys_mut().add_lines(talk.log().as_bytes());
    tap.play(std::slice::from_ref(last));
    let n = segments.len() as i64;
    let mut times = tap.times.clone();
    times.sort_unstable();
    let first = n - messages.len() as i64 + 1;
    assert_eq!(times, (first..=n).collect::<Vec<_>>());
}

#[test]
fn they_do_not_wait_for_ever() {
    let mut talk = Talk::new(Terms::new(Version::Tls13, 0x1301));
    (0..20).for_each(|_| talk.say(true, &[b'x'; 10_000]));
    (0..20).for_each(|_| talk.say(false, &[b'x'; 10_000]));
    let mut tap = tap(KeyLog::growing());
    for seg in talk.segments(100_000) {
        tap.play(&[seg]);
        assert!(tap.streams.held() < 160_000);
    }
    assert_eq!(tap.streams.tls().stopped, [("no_keys", 1)].into());
    assert_eq!(tap.fates.last(), Some(&Err(Reason::Tls)));
    assert_eq!(tap.streams.held(), 0);
}

#[test]
fn many_that_wait_stay_within_bounds() {
    use crate::decode::TcpSegment;
    use crate::decode::streams::tests::PlainFramer;
    use crate::decode::streams::{StreamLimits, Streams};
    use crate::time::Timestamp;
    let limits = StreamLimits {
        total_bytes: 1 << 20,
        ..StreamLimits::default()
    };
    let mut streams = Streams::with_keys(PlainFramer { hints: true }, limits, KeyLog::growing());
    let mut talk = Talk::new(Terms::new(Version::Tls13, 0x1301));
    (0..5).for_each(|_| talk.say(true, &[b'x'; 9000]));
    for port in 1000..1200 {
        let ends = [([10, 0, 0, 1], port).into(), ([10, 0, 0, 2], 5061).into()];
        for seg in talk.segments(1460) {
            let segment = TcpSegment {
                src: ends[usize::from(!seg.from_client)],
                dst: ends[usize::from(seg.from_client)],
                seq: seg.seq,
                syn: seg.syn,
                fin: false,
                rst: false,
                bytes: &seg.bytes,
                wire_len: seg.wire_len,
            };
            let _ = streams.on_tcp(Timestamp::default(), &segment, &mut |_| ());
            assert!(streams.held() <= limits.total_bytes);
        }
    }
    assert_eq!(streams.tls().sessions, 200);
    assert!(streams.stats().given_up > 0);
}

#[test]
fn directions_may_be_out_of_step() {
    for terms in ALL {
        let (talk, messages) = talk(terms);
        let segments = talk.segments(100_000);
        let by = |client: bool| -> Vec<Seg> {
            let of_one = segments.iter().filter(|seg| seg.from_client == client);
            of_one.cloned().collect()
        };
        for client_first in [true, false] {
            let order = [by(client_first), by(!client_first)].concat();
            let (seen, summary) = read(talk.keys(), &order);
            assert_eq!(sorted(seen), sorted(messages.clone()), "{summary:?}");
        }
    }
}

#[test]
fn shuffled_segments_change_nothing() {
    use crate::decode::streams::tests::Dice;
    for (terms, seed) in ALL.into_iter().zip([3, 5, 7]) {
        let (talk, messages) = talk(terms);
        let mut segments = talk.segments(50);
        Dice(seed).shuffle(&mut segments[2..]);
        let mut tap = tap(talk.keys());
        assert_eq!(sorted(tap.play(&segments).finish()), sorted(messages));
    }
}

#[test]
fn a_session_without_secrets_costs_the_others_nothing() {
    let (talk, _) = talk(Terms::new(Version::Tls13, 0x1301));
    let other = talk.log().replace(&"c1".repeat(32), &"c2".repeat(32));
    let mut tap = tap(super::talk::keys(&other));
    tap.play(&talk.segments(100_000));
    let [first, second, rest @ ..] = &tap.fates[..] else {
        panic!("too few frames")
    };
    assert_eq!([first, second], [&Ok(Handled::TcpSegment); 2]);
    assert!(rest.iter().all(|fate| *fate == Err(Reason::Tls)));
    assert_eq!(tap.streams.tls().stopped, [("no_keys", 1)].into());
    assert_eq!(tap.streams.tls().decrypted, 0);
}

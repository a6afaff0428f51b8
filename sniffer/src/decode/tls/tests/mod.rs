//! Sessions made here, and read.

mod late;
mod loss;
mod noise;
mod other;
mod sealer;
mod suites;
mod talk;

use talk::Talk;

use super::KeyLog;
use crate::decode::streams::tests::{PlainFramer, Seg, Tap};
use crate::decode::streams::{StreamLimits, Streams};
use crate::record::TlsSummary;

/// The bytes that hexadecimal digits stand for; blanks do not count.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

/// A tap that has a key log.
fn tap(keys: KeyLog) -> Tap {
    let mut tap = Tap::new(true);
    tap.streams = Streams::with_keys(PlainFramer { hints: true }, StreamLimits::default(), keys);
    tap
}

/// What segments yield with a key log: messages, and the sessions in numbers.
fn read(keys: KeyLog, segments: &[Seg]) -> (Vec<Vec<u8>>, TlsSummary) {
    let mut tap = tap(keys);
    let messages = tap.play(segments).finish();
    (messages, tap.streams.tls().clone())
}

/// The messages a talk yields, however it is cut into segments.
#[track_caller]
fn check(talk: &Talk, expected: &[Vec<u8>]) {
    for size in [1, 7, 100, 1460, 100_000] {
        let (messages, summary) = read(talk.keys(), &talk.segments(size));
        assert!(
            messages == expected,
            "in segments of {size}: {} messages, {summary:?}",
            messages.len()
        );
        assert_eq!((summary.sessions, summary.decrypted), (1, 1));
        assert_eq!(summary.sni, [("sip.example.com".to_owned(), 1)].into());
        assert_eq!(summary.alpn, [("sip/2".to_owned(), 1)].into());
    }
}

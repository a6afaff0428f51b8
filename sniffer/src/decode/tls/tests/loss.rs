//! What is missing from the capture, and what does not open.

use super::talk::{Talk, Terms, keys};
use super::{read, tap};
use crate::decode::streams::tests::{Seg, dialog, message};
use crate::decode::tls::cipher::Version;
use crate::record::books::Reason;

const ALL: [Terms; 6] = [
    Terms::new(Version::Tls13, 0x1302),
    Terms::new(Version::Tls13, 0x1303),
    Terms::new(Version::Tls12, 0xc02f),
    Terms::new(Version::Tls12, 0xcca8),
    Terms::new(Version::Tls12, 0x003c),
    Terms::new(Version::Tls11, 0x002f),
];

/// A talk in which the client says `messages`.
fn talk(terms: Terms, messages: &[Vec<u8>]) -> Talk {
    let mut talk = Talk::new(terms);
    messages.iter().for_each(|message| talk.say(true, message));
    talk
}

/// Plays a talk without the segments that `lost` names among those that carry data, by number from the end.
#[track_caller]
fn check(talk: &Talk, size: usize, lost: &[usize], expected: &[Vec<u8>]) {
    let mut segments = talk.segments(size);
    let n = segments.len();
    let mut number = 0;
    segments.retain(|_| {
        number += 1;
        !lost.contains(&(n - number))
    });
    let (messages, summary) = read(talk.keys(), &segments);
    assert!(
        messages == expected,
        "{} messages, {summary:?}",
        messages.len()
    );
}

#[test]
fn a_lost_record_costs_its_message() {
    let messages = dialog();
    for terms in ALL {
        for lost in 0..messages.len() - 1 {
            let mut expected = messages.clone();
            expected.remove(lost);
            let from_end = messages.len() - 1 - lost;
            check(&talk(terms, &messages), 100_000, &[from_end], &expected);
        }
    }
}

#[test]
fn in_tls_1_0_the_next_record_goes_with_it() {
    let messages = dialog();
    let talk = talk(Terms::new(Version::Tls10, 0x0035), &messages);
    let expected = [&messages[..1], &messages[3..]].concat();
    check(&talk, 100_000, &[messages.len() - 2], &expected);
}

#[test]
fn a_hole_in_a_record_costs_its_message() {
    let long = message("INVITE sip:bob@example.com SIP/2.0", "one", 5000);
    let short = message("BYE sip:bob@example.com SIP/2.0", "one", 0);
    for terms in ALL {
        let talk = talk(terms, &[short.clone(), long.clone(), short.clone()]);
        check(&talk, 1000, &[2], &[short.clone(), short.clone()]);
    }
}

#[test]
fn many_lost_records_are_counted_back() {
    let messages: Vec<_> = (0..60)
        .map(|n| message("OPTIONS sip:a SIP/2.0", &format!("call-{n}"), 0))
        .collect();
    for terms in ALL {
        let lost: Vec<usize> = (10..50).collect();
        let expected = [&messages[..10], &messages[50..]].concat();
        check(&talk(terms, &messages), 100_000, &lost, &expected);
    }
}

#[test]
fn more_than_can_be_counted_back_end_it() {
    let messages: Vec<_> = (0..200)
        .map(|n| message("OPTIONS sip:a SIP/2.0", &format!("call-{n}"), 0))
        .collect();
    let talk = talk(Terms::new(Version::Tls13, 0x1301), &messages);
    let mut segments = talk.segments(100_000);
    let n = segments.len();
    segments.drain(n - 190..n - 50);
    let mut tap = tap(talk.keys());
    tap.play(&segments).finish();
    assert_eq!(tap.messages.len(), 10);
    assert_eq!(tap.streams.tls().stopped, [("gap", 1)].into());
}

#[test]
fn the_rest_of_the_handshake_may_be_lost() {
    let messages = dialog();
    let mut talk = Talk::new(Terms::new(Version::Tls13, 0x1301));
    messages.iter().for_each(|message| talk.say(false, message));
    // All between the hellos and the data: both Finished are under other keys.
    let mut segments = talk.segments(100_000);
    let n = segments.len();
    segments.drain(4..n - messages.len());
    assert_eq!(read(talk.keys(), &segments).0, messages);

    let mut talk = Talk::new(Terms::new(Version::Tls12, 0xc02f));
    messages.iter().for_each(|message| talk.say(true, message));
    let mut segments = talk.segments(100_000);
    let n = segments.len();
    segments.drain(5..n - messages.len());
    assert_eq!(read(talk.keys(), &segments).0, messages);
}

#[test]
fn a_lost_key_update_is_found_out() {
    let messages = dialog();
    let mut talk = Talk::new(Terms::new(Version::Tls13, 0x1303));
    talk.say(true, &messages[0]);
    talk.update_keys(true);
    messages[1..]
        .iter()
        .for_each(|message| talk.say(true, message));
    check(&talk, 100_000, &[messages.len() - 1], &messages);
}

#[test]
fn without_application_data_secrets_of_the_handshake_nothing_is_missed() {
    let messages = dialog();
    let talk = talk(Terms::new(Version::Tls13, 0x1302), &messages);
    let log: String = talk
        .log()
        .lines()
        .filter(|line| !line.contains("HANDSHAKE"))
        .map(|line| format!("{line}\n"))
        .collect();
    let (seen, summary) = read(keys(&log), &talk.segments(100_000));
    assert_eq!((seen, summary.decrypted), (messages, 1));
}

/// The numbers of a talk that does not open, and the fates of its last frames.
#[track_caller]
fn stops(log: &str, segments: &[Seg], why: &'static str, n_messages: usize) {
    let mut tap = tap(keys(log));
    let messages = tap.play(segments).finish();
    assert_eq!(messages.len(), n_messages);
    assert_eq!(tap.streams.tls().stopped, [(why, 1)].into());
    assert_eq!(tap.fates.last(), Some(&Err(Reason::Tls)));
}

#[test]
fn wrong_keys_open_nothing() {
    for terms in ALL {
        let talk = talk(terms, &dialog());
        let random = "c1".repeat(32);
        let wrong: String = talk
            .log()
            .lines()
            .map(|line| {
                let (label, secret) = line.rsplit_once(' ').unwrap();
                assert!(label.ends_with(&random));
                format!("{label} {}\n", "77".repeat(secret.len() / 2))
            })
            .collect();
        stops(&wrong, &talk.segments(100_000), "not_authentic", 0);
    }
}

#[test]
fn a_damaged_record_ends_its_direction_alone() {
    let messages = dialog();
    for terms in ALL {
        let mut talk = talk(terms, &messages[..2]);
        let (_, damaged) = talk.turns.last_mut().unwrap();
        let at = damaged.len() - 20;
        damaged[at] ^= 1;
        talk.say(false, &messages[2]);
        talk.say(true, &messages[3]);
        stops(&talk.log(), &talk.segments(100_000), "not_authentic", 2);
    }
}

#[test]
fn a_record_cut_by_the_capture_is_lost_alone() {
    let messages = dialog();
    for terms in ALL {
        let talk = talk(terms, &messages);
        let mut segments = talk.segments(100_000);
        let n = segments.len() - messages.len();
        segments[n + 1].bytes.truncate(60);
        let expected = [&messages[..1], &messages[2..]].concat();
        assert_eq!(read(talk.keys(), &segments).0, expected);
    }
}

//! What is written can be read, what cannot be read is left, and questions are asked as often as they should be.

use std::sync::Arc;
use std::time::Duration;

use super::RedisAddress;
use super::asked::{Answer, Asked};
use super::wire::{self, Keys};
use crate::export::steady;
use crate::quality::bunch::Bunch;
use crate::record::StreamId;
use crate::rtp::Keying;
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap};
use crate::time::{Span, Timestamp};
use crate::track::mail::{Mail, StreamNews, StreamTraits};
use crate::track::media_index::{Peer, PeerClaim};
use crate::track::stream::SliceScores;

fn check_address(text: &str, expected: Option<(&str, bool)>) {
    let read = text.parse::<RedisAddress>().ok();
    let read = read.map(|address| (format!("{address:?}"), address.is_cluster()));
    let expected = expected.map(|(shown, cluster)| (shown.to_owned(), cluster));
    assert_eq!(read, expected, "{text}");
}

#[test]
fn addresses_are_read_and_shown_without_their_passwords() {
    check_address("redis://h", Some(("redis://h", false)));
    check_address(
        "rediss://:secret@h:7000/2",
        Some(("rediss://h:7000/2", false)),
    );
    check_address("redis://user:se@cret@h", Some(("redis://user@h", false)));
    check_address("redis://user@h", Some(("redis://user@h", false)));
    let cluster = "rediss+cluster://u:p@a:1,b:2,[2001:db8::1]:3";
    let shown = "rediss+cluster://u@a:1,b:2,[2001:db8::1]:3";
    check_address(cluster, Some((shown, true)));
    // A fragment would have certificates believed whosever they are.
    let wrong = [
        "",
        "h",
        "redis://",
        "http://h",
        "rediss://h/#insecure",
        "redis://a,b",
        "redis+cluster://a,",
    ];
    for text in wrong {
        check_address(text, None);
    }
}

fn claim() -> PeerClaim {
    let mut formats = PayloadMap::default();
    formats.insert(8, PayloadFormat::of_static(8).unwrap());
    let opus = PayloadFormat {
        encoding: "opus".into(),
        clock_hz: 48_000,
        channels: 2,
        fmtp: Some("useinbandfec=1".into()),
        kind: MediaKind::Audio,
    };
    formats.insert(111, opus);
    formats.ptime_ms = Some(20);
    formats.keying = Some(Keying::Dtls);
    PeerClaim {
        call_id: "one@example.com".into(),
        kind: MediaKind::Audio,
        formats: Arc::new(formats),
        began: Timestamp::from_nanos(1_700_000_000_123_456_789),
        ended: Some(Timestamp::from_nanos(-1)),
    }
}

#[test]
fn what_is_said_of_an_address_is_read_as_it_was_written() {
    let open = PeerClaim {
        ended: None,
        ..claim()
    };
    let written = wire::write_claims("edge", &[claim(), open.clone()]);
    assert_eq!(
        wire::read_claims(&written),
        Some(vec![claim(), open.clone()])
    );
    // No more calls of one address are believed than an address may have.
    let many = wire::write_claims("edge", &vec![open; 50]);
    assert_eq!(wire::read_claims(&many).map(|claims| claims.len()), Some(8));
    let long = [&b"\""[..], &[b'x'; 100_000], b"\""].concat();
    for odd in [&b""[..], b"{}", b"[1]", b"\xff", &long] {
        assert_eq!(wire::read_claims(odd), None);
    }
}

fn check_mail(news: StreamNews) {
    let stream = StreamId {
        ssrc: 7,
        src: ([192, 0, 2, 1], 4000).into(),
        dst: "[2001:db8::1]:5000".parse().unwrap(),
    };
    let mail = Mail {
        call_id: "one@example.com".into(),
        at: Timestamp::from_nanos(5),
        stream,
        news,
        peer: Some(Arc::new(Peer {
            name: "theirs".into(),
        })),
    };
    let read = wire::read_mail(&wire::write_mail("ours", &mail)).unwrap();
    assert_eq!(
        (read.call_id, read.stream, read.news),
        (mail.call_id, stream, news)
    );
    assert_eq!(read.peer.map(|peer| peer.name.clone()), Some("ours".into()));
}

#[test]
fn mails_are_read_as_they_were_written() {
    check_mail(StreamNews::Left);
    let start = Timestamp::from_nanos(1_700_000_000_000_000_001);
    check_mail(StreamNews::Joined { start });
    check_mail(StreamNews::Closed {
        mos: Some(4.41),
        intervals: SliceScores::from_parts([4.2, 43.5, 10.0]),
        rtt_ms: None,
        end: start,
        silent_since: start,
        traits: StreamTraits {
            packets: u64::MAX,
            highest_seq: 65_535,
            payload_types: u128::MAX,
            media_types: 1 << 111,
            packet_ms: Some(20),
            pace_ms: Some((1000, 999)),
            bunch: Some(Bunch {
                at: start,
                late: Span::from_millis(300),
                packets: 12,
            }),
            audio: true,
        },
    });
    assert!(wire::read_mail(b"{}").is_none());
}

#[test]
fn keys_of_a_group_lie_together_and_groups_apart() {
    let keys = Keys {
        prefix: "sipvane".to_owned(),
    };
    let (group, key) = keys.media("192.0.2.1:4000".parse().unwrap());
    assert_eq!(key, format!("sipvane:{{{group:02}}}:media:192.0.2.1:4000"));
    let group_of = |port: u16| keys.media(([192, 0, 2, 1], port).into()).0;
    let groups: std::collections::BTreeSet<u8> = (0..1000).map(group_of).collect();
    assert!(groups.len() > 60 && groups.iter().all(|group| *group < wire::GROUPS));
}

fn answer(print: u64, peers: &[&str], goes_on: bool) -> Answer {
    let peer = |name: &&str| {
        Arc::new(Peer {
            name: (*name).into(),
        })
    };
    Answer {
        print,
        peers: peers.iter().map(peer).collect(),
        goes_on,
    }
}

#[test]
fn an_unknown_address_is_asked_about_again_soon_and_then_less_often() {
    let (mut asked, start) = (Asked::default(), steady());
    let address = ([192, 0, 2, 1], 4000).into();
    let mut times = Vec::new();
    for tenth in 0..300 {
        let now = start + Duration::from_millis(100 * tenth);
        // A stream wants it all the time.
        assert!(asked.want(address, now));
        for due in asked.take_due(now, 10) {
            times.push(tenth / 10);
            asked.answered(due, now, answer(1, &[], false));
        }
    }
    assert_eq!(times, [0, 1, 2, 3, 4, 5, 10, 15, 20, 25]);
    // Nobody wants it any more.
    let now = start + Duration::from_secs(90);
    assert_eq!(asked.take_due(now, 10).len(), 0);
}

#[test]
fn what_goes_on_is_asked_about_until_it_is_over() {
    let (mut asked, start) = (Asked::default(), steady());
    let address = ([192, 0, 2, 1], 4000).into();
    let at = |secs| start + Duration::from_secs(secs);
    asked.want(address, start);
    assert_eq!(asked.take_due(start, 10), [address]);
    assert!(
        asked
            .answered(address, start, answer(3, &["a", "b"], true))
            .1
    );
    // Long after the last stream: the port may be used anew, and must not be this call's then.
    assert_eq!(asked.take_due(at(3600), 10), [address]);
    let (silent, is_new) = asked.answered(address, at(3600), answer(5, &["b"], true));
    assert_eq!((silent.len(), &*silent[0].name, is_new), (1, "a", true));
    assert_eq!(asked.take_due(at(3603), 10), [address]);
    assert!(!asked.answered(address, at(3603), answer(5, &["b"], true)).1);
    // While nobody can be asked nothing is believed, and the next answer is news.
    let said: Vec<_> = asked
        .doubt()
        .into_iter()
        .map(|(of, peer)| (of, peer.name.clone()))
        .collect();
    assert_eq!(said, [(address, "b".into())]);
    asked.want(address, at(3604));
    assert_eq!(asked.take_due(at(3606), 10), [address]);
    assert!(
        asked
            .answered(address, at(3606), answer(5, &["b"], false))
            .1
    );
    assert_eq!(asked.take_due(at(3700), 10).len(), 0);
}

//! Whatever arrives, what is kept stays within its bounds.

use proptest::prelude::*;

use super::*;

fn segment(src: SocketAddr, seq: u32, syn: bool, bytes: &[u8]) -> TcpSegment<'_> {
    TcpSegment {
        src,
        dst: server(),
        seq,
        syn,
        fin: false,
        rst: false,
        bytes,
        wire_len: bytes.len(),
    }
}

fn source(n: u32) -> SocketAddr {
    SocketAddr::from((n.to_be_bytes(), 5060))
}

/// Plays `n` connections of `segments(n)` each and asserts the bounds all the way.
fn flood(n: u32, limits: StreamLimits, segments: &[(u32, bool, &[u8])]) -> StreamStats {
    let mut streams = Streams::new(PlainFramer { hints: true }, limits);
    for connection in 0..n {
        for &(seq, syn, bytes) in segments {
            let at = Timestamp::from_nanos(i64::from(connection) * 1000);
            let _ = streams.on_tcp(
                at,
                &segment(source(connection), seq, syn, bytes),
                &mut |_| {},
            );
            assert!(streams.len() <= limits.connections);
            assert!(streams.held() <= limits.total_bytes);
        }
    }
    streams.stats()
}

#[test]
fn half_open_connections() {
    let limits = StreamLimits {
        connections: 10_000,
        ..StreamLimits::default()
    };
    let stats = flood(1_000_000, limits, &[(1, true, b"")]);
    assert_eq!(stats.evicted, 990_000);
}

#[test]
fn messages_that_never_end() {
    let limits = StreamLimits {
        total_bytes: 1_000_000,
        ..StreamLimits::default()
    };
    let part = message("MESSAGE sip:a SIP/2.0", "one", 1000);
    let stats = flood(20_000, limits, &[(1, true, b""), (2, false, &part[..900])]);
    assert!(stats.given_up > 18_000, "{stats:?}");
    assert_eq!(stats.evicted, 0);
}

#[test]
fn gaps_that_never_close() {
    let limits = StreamLimits {
        total_bytes: 1_000_000,
        ..StreamLimits::default()
    };
    let stats = flood(
        5000,
        limits,
        &[
            (1, true, b""),
            (9, false, &[b'x'; 500]),
            (5000, false, &[b'y'; 500]),
        ],
    );
    assert!(stats.given_up > 3500, "{stats:?}");
}

#[test]
fn one_direction_full_of_holes() {
    let limits = StreamLimits {
        early_segments: 64,
        direction_bytes: 10_000,
        search_bytes: usize::MAX,
        ..StreamLimits::default()
    };
    let mut streams = Streams::new(PlainFramer { hints: true }, limits);
    let _ = streams.on_tcp(
        Timestamp::default(),
        &segment(source(1), 0, true, b""),
        &mut |_| {},
    );
    for n in 1..100_000 {
        let _ = streams.on_tcp(
            Timestamp::default(),
            &segment(source(1), n * 2, false, b"x"),
            &mut |_| {},
        );
        assert!(streams.held() <= 2 * limits.direction_bytes);
    }
    assert!(streams.stats().gaps > 90_000);
}

#[test]
fn idle_connections_are_forgotten() {
    let mut streams = Streams::new(PlainFramer { hints: true }, StreamLimits::default());
    for n in 0..1000 {
        let at = Timestamp::from_secs_nanos(i64::from(n), 0);
        let _ = streams.on_tcp(
            at,
            &segment(source(n), 1, false, b"INVITE sip:"),
            &mut |_| {},
        );
    }
    // Those of the last 15 minutes are left.
    assert_eq!(streams.len(), 900);
    assert_eq!(streams.stats().expired, 100);
    streams.advance(Timestamp::from_secs_nanos(5000, 0), &mut |_| {});
    assert_eq!((streams.len(), streams.held()), (0, 0));
}

#[test]
fn the_least_recent_is_evicted() {
    let limits = StreamLimits {
        connections: 2,
        ..StreamLimits::default()
    };
    let sip = message("BYE sip:a SIP/2.0", "one", 0);
    let (first, last) = sip.split_at(60);
    let mut streams = Streams::new(PlainFramer { hints: true }, limits);
    let mut seen = Vec::new();
    for (n, seq, bytes) in [
        (1, 1, first),
        (2, 1, first),
        (1, 1, b""),
        (3, 1, first),
        (1, 61, last),
        (2, 61, last),
    ] {
        let _ = streams.on_tcp(
            Timestamp::default(),
            &segment(source(n), seq, false, bytes),
            &mut |message| {
                seen.push(message.src);
            },
        );
    }
    assert_eq!(seen, [source(1)]);
    assert_eq!(streams.stats().evicted, 2);
}

/// Bytes that look like something now and then.
fn scrap() -> impl Strategy<Value = Vec<u8>> {
    let sip = message("INVITE sip:a SIP/2.0", "one", 40);
    let part =
        (0..sip.len(), 0..sip.len()).prop_map(move |(a, b)| sip[a.min(b)..a.max(b)].to_vec());
    prop_oneof![
        part.clone(),
        part,
        prop::collection::vec(any::<u8>(), 0..60),
        Just(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".to_vec()),
        Just(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n".to_vec()),
        Just(b"\x81\x7f\0\0\0\0\0\x01\0\0".to_vec()),
        Just(b"\xc1\x05\x01\x02\x03\x04\x05".to_vec()),
        Just(b"INVITE sip:a SIP/2.0\r\nContent-Length: 999999999\r\n\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
    ]
}

proptest! {
    #[test]
    fn anything(segments in prop::collection::vec((any::<bool>(), prop_oneof![0u32..600, any::<u32>()], scrap(), 0usize..30, 0u8..40, 0i64..2_000_000_000), 0..60)) {
        let limits = StreamLimits {
            total_bytes: 2000,
            direction_bytes: 1000,
            search_bytes: 500,
            early_segments: 5,
            ..StreamLimits::default()
        };
        let run = || {
            let mut tap = Tap::with(true, limits);
            for (from_client, seq, bytes, cut, flags, step) in &segments {
                tap.step = *step;
                tap.play(&[Seg {
                    wire_len: bytes.len() + cut / 20 * cut,
                    syn: *flags == 1,
                    rst: *flags == 2,
                    ..data(*from_client, *seq, bytes)
                }]);
                assert!(tap.streams.held() <= limits.total_bytes);
            }
            (tap.finish(), tap.times, tap.fates)
        };
        prop_assert_eq!(run(), run());
    }
}

//! Descriptions as text, and what is read from them.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::rtp::Ssrc;
use crate::rtp::payload::MediaKind;

const PLAIN: &str = "v=0\r\no=alice 2890844526 2890844527 IN IP4 192.0.2.1\r\ns=-\r\n\
    c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8 97 101\r\n\
    a=rtpmap:97 opus/48000/2\r\na=fmtp:97 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:60\r\na=sendonly\r\n";

const WEBRTC: &str = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE a v\na=ice-lite\na=ice-ufrag:s8P2\n\
    a=fingerprint:sha-256 AA:BB\na=setup:actpass\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\na=rtcp-mux\na=mid:a\n\
    a=candidate:1 1 udp 2113937151 192.0.2.7 40000 typ host generation 0\n\
    a=candidate:2 2 UDP 1 198.51.100.9 40001 typ srflx raddr 192.0.2.7 rport 40001\n\
    a=candidate:3 1 tcp 1 2001:db8::7 9 typ host tcptype active\n\
    a=candidate:4 1 udp 1 d7e2.local 50000 typ relay\na=candidate:5 junk\n\
    a=ssrc:1234 cname:x\na=ssrc:1234 msid:y z\na=ssrc:99 cname:x\na=rtpmap:111 OPUS/48000/2\n\
    m=video 0 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=bundle-only\na=mid:v\na=setup:active\na=label:7\n";

fn parse(text: &str) -> Session {
    Session::parse(text.as_bytes()).unwrap()
}

/// The first media of `c=IN IP4 192.0.2.1` and these lines.
fn media(lines: &str) -> Media {
    parse(&format!("c=IN IP4 192.0.2.1\n{lines}"))
        .media
        .remove(0)
}

/// Where RTP and RTCP of the first media are expected; a dash for nowhere.
fn check(lines: &str, rtp: &str, rtcp: &str) {
    let media = media(lines);
    let text = |addr: Option<std::net::SocketAddr>| addr.map_or("-".into(), |a| a.to_string());
    assert_eq!(text(media.rtp_addr()), rtp, "{lines}");
    assert_eq!(text(media.rtcp_addr()), rtcp, "{lines}");
}

/// What the payload types of the first media mean: `PT encoding/clock/channels fmtp`.
fn check_formats(lines: &str, expected: &[&str]) {
    let media = media(lines);
    let seen: Vec<String> = media
        .payloads
        .iter()
        .map(|(pt, f)| {
            let fmtp = f.fmtp.as_deref().map_or(String::new(), |p| format!(" {p}"));
            format!("{pt} {}/{}/{}{fmtp}", f.encoding, f.clock_hz, f.channels)
        })
        .collect();
    assert_eq!(seen, expected, "{lines}");
}

#[test]
fn a_plain_offer_is_read() {
    let session = parse(PLAIN);
    let origin = session.origin.unwrap();
    assert_eq!(
        (origin.username(), origin.session_id()),
        ("alice", "2890844526")
    );
    assert_eq!(
        (origin.version(), origin.address()),
        ("2890844527", "192.0.2.1")
    );
    let [media] = &session.media[..] else {
        panic!("not one media line");
    };
    assert_eq!(
        (media.kind, media.port, media.port_count),
        (MediaKind::Audio, 49170, 1)
    );
    assert_eq!(media.proto(), "RTP/AVP");
    assert_eq!(media.formats().collect::<String>(), "0897101");
    assert_eq!(media.direction, Direction::SendOnly);
    assert_eq!(
        (media.payloads.ptime_ms, media.maxptime_ms),
        (Some(20), Some(60))
    );
    assert!(media.is_hold() && media.is_rtp() && !media.is_secure() && !media.security.any());
}

#[test]
fn a_webrtc_offer_is_read() {
    let session = parse(WEBRTC);
    assert!(session.ice_lite && session.security.fingerprint);
    assert!(
        session
            .media
            .iter()
            .all(|media| media.ice_ufrag.as_deref() == Some("s8P2"))
    );
    let [audio, video] = &session.media[..] else {
        panic!("not two media lines");
    };
    assert!(audio.rtcp_mux && audio.is_secure() && !audio.is_hold());
    assert_eq!((audio.rtp_addr(), audio.rtcp_addr()), (None, None));
    assert_eq!(audio.ssrcs, [Ssrc(1234), Ssrc(99)]);
    assert_eq!(
        (audio.mid.as_deref(), video.label.as_deref()),
        (Some("a"), Some("7"))
    );
    assert_eq!(audio.security.setup, Some(Setup::ActPass));
    assert_eq!(video.security.setup, Some(Setup::Active));
    assert!(video.security.fingerprint && !video.is_disabled());
    assert_eq!(session.transport_of(1), Some(audio));
    assert_eq!(session.transport_of(0), Some(audio));
    assert_eq!(session.transport_of(2), None);
}

#[test]
fn candidates_are_read() {
    let session = parse(WEBRTC);
    let seen: Vec<_> = session.media[0]
        .candidates
        .iter()
        .map(|c| {
            (
                c.component,
                c.is_udp,
                c.kind,
                c.addr().map(|a| a.to_string()),
            )
        })
        .collect();
    let addr = |text: &str| Some(text.to_owned());
    assert_eq!(
        seen,
        [
            (1, true, CandidateKind::Host, addr("192.0.2.7:40000")),
            (
                2,
                true,
                CandidateKind::ServerReflexive,
                addr("198.51.100.9:40001")
            ),
            (1, false, CandidateKind::Host, addr("[2001:db8::7]:9")),
            (1, true, CandidateKind::Relayed, None),
        ]
    );
    assert_eq!(
        &*session.media[0].candidates[3].connection.host,
        "d7e2.local"
    );
}

#[test]
fn endpoints_follow_the_attributes() {
    check("m=audio 5004 RTP/AVP 0", "192.0.2.1:5004", "192.0.2.1:5005");
    check(
        "m=audio 5004 RTP/AVP 0\na=rtcp-mux",
        "192.0.2.1:5004",
        "192.0.2.1:5004",
    );
    check(
        "m=audio 5004 RTP/AVP 0\na=rtcp:6000",
        "192.0.2.1:5004",
        "192.0.2.1:6000",
    );
    check(
        "m=audio 5004 RTP/AVP 0\na=rtcp:6000 IN IP6 2001:db8::1",
        "192.0.2.1:5004",
        "[2001:db8::1]:6000",
    );
    check(
        "m=audio 5004 RTP/AVP 0\na=rtcp:x",
        "192.0.2.1:5004",
        "192.0.2.1:5005",
    );
    check(
        "m=audio 5004 RTP/AVP 0\na=rtcp-mux\na=rtcp:9 IN IP4 0.0.0.0",
        "192.0.2.1:5004",
        "192.0.2.1:5004",
    );
    check("m=audio 65535 RTP/AVP 0", "192.0.2.1:65535", "-");
    check("m=image 5004 udptl t38", "192.0.2.1:5004", "-");
    check("m=audio 0 RTP/AVP 0", "-", "-");
    check("m=audio 70000 RTP/AVP 0", "-", "-");
    check("m=audio $ RTP/AVP 0", "-", "-");
    check("m=audio", "-", "-");
}

#[test]
fn connections_come_in_many_forms() {
    let with =
        |c: &str, rtp: &str, rtcp: &str| check(&format!("m=audio 4 RTP/AVP 0\n{c}"), rtp, rtcp);
    with("c=IN IP4 198.51.100.1", "198.51.100.1:4", "198.51.100.1:5");
    with(
        "c=IN IP4 233.252.0.1/127/3",
        "233.252.0.1:4",
        "233.252.0.1:5",
    );
    with("c=IN IP6 ff15::101/3", "[ff15::101]:4", "[ff15::101]:5");
    with(
        "c= in  ip6  [2001:db8::1%eth0] ",
        "[2001:db8::1]:4",
        "[2001:db8::1]:5",
    );
    with("c=IN IP4 2001:db8::1", "[2001:db8::1]:4", "[2001:db8::1]:5");
    with("c=IN IP4 media.example.com", "-", "-");
    with("c=IN IP4 0.0.0.0", "-", "-");
    with("c=IN IP6 ::", "-", "-");
    with("c=IN IP4", "192.0.2.1:4", "192.0.2.1:5");
    with(
        "c=IN IP4 198.51.100.1\nc=IN IP4 198.51.100.2",
        "198.51.100.1:4",
        "198.51.100.1:5",
    );
    let named = media("m=audio 4 RTP/AVP 0\nc=IN IP4 media.example.com/127");
    assert_eq!(&*named.connection.unwrap().host, "media.example.com");
}

#[test]
fn hold_has_an_old_and_a_new_form() {
    let is_hold = |lines: &str| media(lines).is_hold();
    assert!(is_hold("m=audio 4 RTP/AVP 0\nc=IN IP4 0.0.0.0"));
    assert!(is_hold("m=audio 4 RTP/AVP 0\na=inactive"));
    assert!(!is_hold("m=audio 4 RTP/AVP 0"));
    assert!(!is_hold("m=audio 4 RTP/AVP 0\na=recvonly"));
    assert!(!is_hold("m=audio 9 RTP/AVP 0\nc=IN IP4 0.0.0.0"));
}

#[test]
fn directions_come_from_the_session_unless_said() {
    let of = |text: &str| parse(text).media[0].direction;
    assert_eq!(of("a=recvonly\nm=audio 4 RTP/AVP 0"), Direction::RecvOnly);
    assert_eq!(
        of("a=recvonly\nm=audio 4 RTP/AVP 0\na=SendRecv"),
        Direction::SendRecv
    );
    assert_eq!(of("m=audio 4 RTP/AVP 0"), Direction::SendRecv);
    assert!(Direction::SendOnly.sends() && !Direction::SendOnly.receives());
}

#[test]
fn payload_types_get_their_meaning() {
    check_formats(
        "m=audio 4 RTP/AVP 0 18 97 101 96\na=rtpmap:97 opus/48000/2\na=fmtp:97 a=1; b=2\n\
         a=fmtp:18 annexb=no\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15",
        &[
            "0 PCMU/8000/1",
            "18 G729/8000/1 annexb=no",
            "97 opus/48000/2 a=1; b=2",
            "101 telephone-event/8000/1 0-15",
        ],
    );
    check_formats(
        "m=audio 4 RTP/AVP 8\na=rtpmap:8 speex/16000",
        &["8 speex/16000/1"],
    );
    check_formats(
        "m=audio 4 RTP/AVP 0\na=rtpmap:99 iLBC/8000",
        &["0 PCMU/8000/1", "99 iLBC/8000/1"],
    );
    check_formats(
        "m=audio 4 RTP/AVP 101\na=rtpmap:101 telephone-event",
        &["101 telephone-event/8000/1"],
    );
    check_formats(
        "m=audio 4 RTP/AVP 96\na=rtpmap:96 PCMU/0/0",
        &["96 PCMU/8000/1"],
    );
    check_formats("m=audio 4 RTP/AVP 96\na=rtpmap:96 DVI4", &[]);
    check_formats("m=audio 4 RTP/AVP 96\na=rtpmap:96 speex", &[]);
    check_formats(
        "m=audio 4 RTP/AVP 96\na=rtpmap:96\na=rtpmap:x PCMU/8000\na=rtpmap:200 PCMU/8000",
        &[],
    );
    check_formats(
        "m=audio 4 RTP/AVP 96\na=rtpmap:96 speex/8000\na=rtpmap:96 speex/16000",
        &["96 speex/16000/1"],
    );
    check_formats("m=image 4 udptl t38 0", &[]);
}

#[test]
fn durations_may_have_fractions() {
    let ptime = |value: &str| {
        media(&format!("m=audio 4 RTP/AVP 0\na=ptime:{value}"))
            .payloads
            .ptime_ms
    };
    assert_eq!(ptime("20"), Some(20));
    assert_eq!(ptime(" 2.5"), Some(3));
    assert_eq!(ptime("0"), None);
    assert_eq!(ptime("-20"), None);
    assert_eq!(ptime("1e30"), None);
    assert_eq!(ptime("NaN"), None);
    assert_eq!(ptime("fast"), None);
}

#[test]
fn protocols_are_told_apart() {
    let of = |proto: &str| {
        let media = media(&format!("m=audio 4 {proto} 0"));
        (media.is_rtp(), media.is_secure(), media.is_udptl())
    };
    assert_eq!(of("RTP/AVP"), (true, false, false));
    assert_eq!(of("rtp/savpf"), (true, true, false));
    assert_eq!(of("UDP/TLS/RTP/SAVPF"), (true, true, false));
    assert_eq!(of("UDPTL"), (false, false, true));
    assert_eq!(of("UDP/TLS/UDPTL"), (false, true, true));
    assert_eq!(of("TCP/MSRP"), (false, false, false));
}

#[test]
fn encryption_is_noted() {
    let security = media(
        "m=audio 4/2 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\na=key-mgmt:mikey AA\n\
         a=zrtp-hash:1.10 ab\na=setup:nonsense",
    )
    .security;
    assert!(security.crypto && security.key_mgmt && security.zrtp_hash && !security.fingerprint);
    assert_eq!(security.setup, None);
}

#[test]
fn odd_writing_is_tolerated() {
    let body = b"\0\r\no=My Phone 1 2 IN IP4 192.0.2.1\rjunk\r\n=\r\nM=x\r\n c = IN\r\n\
        c=IN IP4 192.0.2.9\n\ns=caf\xe9\nm=audio 5004/2  RTP/AVP  0\na = sendonly\na=RTPMAP:0 PCMU/8000\n\na\n";
    let session = Session::parse(body).unwrap();
    assert_eq!(session.origin.unwrap().username(), "My");
    let [media] = &session.media[..] else {
        panic!("not one media line");
    };
    assert_eq!((media.port_count, media.payloads.len()), (2, 1));
    assert_eq!(media.rtp_addr().unwrap().to_string(), "192.0.2.9:5004");
}

#[test]
fn other_bodies_are_refused() {
    let error = |body: &[u8]| Session::parse(body).err();
    assert_eq!(error(b""), Some(SdpError::Empty));
    assert_eq!(error(b" \r\n"), Some(SdpError::Empty));
    assert_eq!(
        error(b"Signal=5\r\nDuration=160\r\n"),
        Some(SdpError::NotSdp)
    );
    assert_eq!(error(b"<xml a=\"b\"/>"), Some(SdpError::NotSdp));
    assert_eq!(error(b"\xff\xfe\x00"), Some(SdpError::NotSdp));
}

#[test]
fn floods_are_cut_off() {
    let mut text = String::from("c=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP");
    for n in 0..1000 {
        write!(text, " {}", n % 128).unwrap();
    }
    for n in 0..1000 {
        write!(
            text,
            "\na=candidate:1 1 udp 1 192.0.2.1 {n} typ host\na=ssrc:{n} cname:x"
        )
        .unwrap();
        write!(text, "\na=rtpmap:{} speex/8000", n % 256).unwrap();
    }
    text.push_str(&"\nm=video 2 RTP/AVP 31".repeat(1000));
    text.push_str("\na=label:last");
    let session = parse(&text);
    let audio = &session.media[0];
    assert_eq!(
        (session.media.len(), session.is_truncated),
        (MAX_MEDIA, true)
    );
    assert_eq!(
        (audio.formats().count(), audio.payloads.len()),
        (MAX_FORMATS, MAX_FORMATS)
    );
    assert_eq!(
        (audio.candidates.len(), audio.ssrcs.len()),
        (MAX_CANDIDATES, MAX_SSRCS)
    );
    assert!(session.media.iter().all(|media| media.label.is_none()));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body: Vec<u8>) {
        let _ = Session::parse(&body);
    }

    #[test]
    fn arbitrary_lines_never_panic(lines in prop::collection::vec(
        "(o=|c=|m=|a=|a=rtcp:|a=rtpmap:|a=fmtp:|a=candidate:|a=ssrc:|a=group:|a=ptime:)[ -~é]{0,40}", 0..20,
    )) {
        if let Ok(session) = Session::parse(lines.join("\n").as_bytes()) {
            for (index, media) in session.media.iter().enumerate() {
                let _ = (media.rtp_addr(), media.rtcp_addr(), media.is_hold(), session.transport_of(index));
            }
        }
    }

    #[test]
    fn a_flipped_byte_never_panics(at in 0usize..1200, to: u8) {
        let mut body = WEBRTC.as_bytes().to_vec();
        if let Some(byte) = body.get_mut(at) {
            *byte = to;
        }
        prop_assert!(Session::parse(&body).is_ok());
    }
}

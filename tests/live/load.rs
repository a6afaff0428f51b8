//! Many calls at once, behind the eBPF filter: no stream is missed, and the table of the filter has room.
//!
//! `LIVE_LOAD_CALLS=20000` makes it a test of the size that docs/live.md states.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::script::{Cue, datagram};
use super::wire::{ENDS, Wire, may_go_on};
use super::{PORT, prefilter, wait_for};

/// Calls, unless the environment says otherwise.
const CALLS: u32 = 500;

/// Packets of a stream.
const PACKETS: u16 = 12;

/// Frames in a second: below what a build without optimisation takes in.
const RATE: u64 = 10_000;

#[test]
fn no_stream_of_many_calls_is_missed() {
    if !may_go_on("live::load::no_stream_of_many_calls_is_missed") {
        return;
    }
    let asked = std::env::var("LIVE_LOAD_CALLS").ok();
    let n: u32 = asked.map_or(CALLS, |n| n.parse().expect("a number of calls"));
    let wire = Wire::lay();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("records");
    let address = format!("127.0.0.1:{PORT}");
    let more = [
        "--prefilter",
        "ebpf",
        "--ring-mib",
        "256",
        "--listen",
        &address,
    ];
    let live = prefilter::watch(&wire, &records, &more);
    wire.play(0, &paced((0..n).flat_map(setup)));
    wait_for(|| {
        let known = prefilter::scraped(&wire)["sipvane_prefilter_endpoints"];
        (known == f64::from(2 * n)).then_some(())
    });
    wire.play(
        0,
        &paced((0..PACKETS).flat_map(|seq| (0..n).flat_map(move |call| media(call, seq)))),
    );
    let rtp = f64::from(2 * n) * f64::from(PACKETS);
    let passed = "sipvane_prefilter_packets_total{class=\"rtp\",verdict=\"passed\"}";
    let counts = wait_for(|| {
        let counts = prefilter::scraped(&wire);
        (counts[passed] == rtp && counts["rtp_streams"] == f64::from(2 * n)).then_some(counts)
    });
    assert_eq!(counts["sipvane_prefilter_endpoints_refused_total"], 0.0);
    assert_eq!(
        counts[&format!("sipvane_kernel_drops_total{{interface=\"{}\"}}", ENDS[1].0)],
        0.0
    );
    let memory = counts["process_resident_memory_bytes"] / f64::from(1 << 20);
    let cpu = counts["process_cpu_seconds_total"];
    println!(
        "{n} calls, {} streams: {memory:.0} MiB, {cpu:.1} s at work",
        2 * n
    );
    let (status, said) = live.end("-TERM");
    assert!(status.success(), "{said}");
    let text = fs::read_to_string(&records).expect("it wrote");
    let whole = format!("\"packets\":{PACKETS},");
    let streams = text
        .lines()
        .filter(|line| line.starts_with("{\"type\":\"stream\""));
    let of_calls = streams.filter(|line| line.contains(&whole) && line.contains("\"call_id\":"));
    assert_eq!(of_calls.count(), 2 * n as usize);
}

/// One frame after the other, at the rate.
fn paced(frames: impl Iterator<Item = Vec<u8>>) -> Vec<Cue> {
    let at = |place: u64| Duration::from_micros(place * 1_000_000 / RATE);
    (0..).map(at).zip(frames).collect()
}

/// Caller and callee: no two calls share an address.
fn ends(call: u32) -> [IpAddr; 2] {
    [10_u32, 11].map(|net| Ipv4Addr::from((net << 24) | (call + 1)).into())
}

/// INVITE, 200 and ACK.
fn setup(call: u32) -> [Vec<u8>; 3] {
    let [caller, callee] = ends(call);
    let message = |first: &str, cseq: &str, tag: &str, media: Option<IpAddr>| {
        let body = media.map_or_else(String::new, |ip| {
            format!(
                "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
            )
        });
        let len = body.len();
        format!(
            "{first}\r\nVia: SIP/2.0/UDP {caller};branch=z9hG4bK{call}\r\nFrom: <sip:a@{caller}>;tag=a\r\n\
             To: <sip:b@{callee}>{tag}\r\nCall-ID: load-{call}\r\nCSeq: {cseq}\r\nMax-Forwards: 70\r\n\
             Content-Type: application/sdp\r\nContent-Length: {len}\r\n\r\n{body}"
        )
    };
    let send =
        |from: IpAddr, to: IpAddr, text: String| datagram(from, to, [5060; 2], text.as_bytes());
    let invite = message(
        &format!("INVITE sip:b@{callee} SIP/2.0"),
        "1 INVITE",
        "",
        Some(caller),
    );
    let answer = message("SIP/2.0 200 OK", "1 INVITE", ";tag=b", Some(callee));
    let ack = message(
        &format!("ACK sip:b@{callee} SIP/2.0"),
        "1 ACK",
        ";tag=b",
        None,
    );
    [
        send(caller, callee, invite),
        send(callee, caller, answer),
        send(caller, callee, ack),
    ]
}

/// A packet in either direction.
fn media(call: u32, seq: u16) -> [Vec<u8>; 2] {
    let [caller, callee] = ends(call);
    let packet = |from: IpAddr, to: IpAddr, ssrc: u32| {
        let stamp = u32::from(seq) * 160;
        let rtp = [
            &[0x80, 8][..],
            &seq.to_be_bytes(),
            &stamp.to_be_bytes(),
            &ssrc.to_be_bytes(),
            &[0xd5; 160],
        ];
        datagram(from, to, [4000; 2], &rtp.concat())
    };
    [
        packet(caller, callee, 2 * call),
        packet(callee, caller, 2 * call + 1),
    ]
}

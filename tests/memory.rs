//! What a call and a stream take while they last, as ARCHITECTURE.md says. A program of its own, since it counts every
//! byte that is allocated.

use std::alloc::System;
use std::net::SocketAddr;
use std::sync::Arc;

use sniffer::sip::Message;
use sniffer::time::{Span, Timestamp};
use sniffer::track::event::{PayloadHead, RtpEvent, SipEvent, Stamp};
use sniffer::track::media_index::{MediaAnnouncer, MediaIndex};
use sniffer::track::{Output, Tracker};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Enough for the tables to be at their usual load.
const MANY: u32 = 20_000;

/// What the page of bounds promises, in bytes.
const OF_A_CALL: usize = 5_000;
const OF_A_STREAM: usize = 2_000;

/// A worker with all that stands before it, and the frame it has come to.
struct Desk {
    tracker: Tracker,
    announcer: MediaAnnouncer,
    output: Output,
    frame: u64,
}

impl Desk {
    fn new() -> Desk {
        let index = Arc::new(MediaIndex::default());
        Desk {
            tracker: Tracker::new(Arc::clone(&index), &[]),
            announcer: MediaAnnouncer::new(index),
            output: Output::default(),
            frame: 0,
        }
    }

    fn stamp(&mut self) -> Stamp {
        self.frame += 1;
        Stamp {
            frame: self.frame,
            clock: Timestamp::default() + Span::from_nanos(self.frame as i64),
        }
    }

    fn message(&mut self, src: SocketAddr, dst: SocketAddr, text: &str) {
        let stamp = self.stamp();
        let message = Message::parse(text.as_bytes()).expect("it is well-formed");
        self.announcer.on_message(stamp, &message);
        let event = SipEvent {
            at: stamp.clock,
            stamp,
            src,
            dst,
            outer: None,
            transport: "udp",
            message: &message,
            repeat: false,
        };
        self.tracker.on_sip(event, &mut self.output);
        // What is sent on is not kept here.
        self.output = Output::default();
    }

    /// A call that is up: INVITE, 180, 200 and ACK, offer and answer in them.
    fn call(&mut self, number: u32) {
        let [a, b, c, d] = number.to_be_bytes();
        let caller = SocketAddr::from(([10, b, c, d], 5060));
        let callee = SocketAddr::from(([172, 16 + a, c, d], 5060));
        let common = format!(
            "Via: SIP/2.0/UDP {caller};branch=z9hG4bK87edb4fd{number:08}\r\n\
             From: \"Subscriber {number}\" <sip:+1{number:010}@sip.example.com>;tag=8209b4{number:06}\r\n\
             Call-ID: 6c23aacca1387409-{number:08}@{caller}\r\nContact: <sip:{caller}>\r\nUser-Agent: Example Softswitch 4.2\r\n"
        );
        let to = format!("To: <sip:+2{number:010}@sip.example.org>");
        let sdp = |at: SocketAddr| {
            let ip = at.ip();
            format!(
                "Content-Type: application/sdp\r\n\r\nv=0\r\no=- {number} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
                 m=audio 10000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
            )
        };
        let (offer, answer) = (sdp(caller), sdp(callee));
        let invite =
            format!("INVITE sip:{callee} SIP/2.0\r\n{common}{to}\r\nCSeq: 1 INVITE\r\n{offer}");
        self.message(caller, callee, &invite);
        for (status, body) in [("180 Ringing", "\r\n"), ("200 OK", answer.as_str())] {
            let text = format!(
                "SIP/2.0 {status}\r\n{common}{to};tag=b{number}\r\nCSeq: 1 INVITE\r\n{body}"
            );
            self.message(callee, caller, &text);
        }
        let ack = format!(
            "ACK sip:{callee} SIP/2.0\r\n{common}{to};tag=b{number}\r\nCSeq: 1 ACK\r\n\r\n"
        );
        self.message(caller, callee, &ack);
    }

    /// A stream of G.711 that nobody announced, until it has proved to be one.
    fn stream(&mut self, number: u32) {
        let [_, b, c, d] = number.to_be_bytes();
        for seq in 0..20_u16 {
            let stamp = self.stamp();
            let event = RtpEvent {
                at: stamp.clock,
                src: SocketAddr::from(([10, b, c, d], 10_000)),
                dst: SocketAddr::from(([172, 16, c, d], 20_000)),
                ssrc: number,
                ts: u32::from(seq) * 160,
                seq,
                payload_len: 160,
                padding_len: 0,
                pt: 0,
                marker: false,
                head: PayloadHead::of(&[0xff; 4]),
                dscp: None,
            };
            self.tracker.on_rtp(stamp, &event, &mut self.output);
        }
        self.output = Output::default();
    }
}

/// Bytes that stay allocated for each of many things.
fn bytes_each(make: fn(&mut Desk, u32)) -> usize {
    let mut desk = Desk::new();
    make(&mut desk, 0);
    let region = Region::new(ALLOCATOR);
    (1..=MANY).for_each(|number| make(&mut desk, number));
    let change = region.change();
    (change.bytes_allocated - change.bytes_deallocated) / MANY as usize
}

#[test]
fn calls_and_streams_take_what_is_promised() {
    let call = bytes_each(Desk::call);
    let stream = bytes_each(Desk::stream);
    assert!(call <= OF_A_CALL, "a call takes {call} bytes");
    assert!(stream <= OF_A_STREAM, "a stream takes {stream} bytes");
    let page = include_str!("../ARCHITECTURE.md");
    for promised in [
        format!(
            "A call that is up takes {} KB at most",
            OF_A_CALL as f64 / 1e3
        ),
        format!("a stream {} KB", OF_A_STREAM as f64 / 1e3),
    ] {
        assert!(
            page.contains(&promised),
            "the page does not say: {promised}"
        );
    }
    println!("a call {call} bytes, a stream {stream} bytes");
}

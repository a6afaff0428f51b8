//! Concurrent calls with media both ways: jitter, loss, and RTCP every five seconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::net::SocketAddr;

use super::attempts::{address, media};
use super::messages::{Parties, Step, mix, sdp};
use super::sink::{Moment, Sink, ms};
use super::{Options, Speech, Truth};
use crate::generate::packet;
use crate::generate::rng::Rng;

const PACKET_TIME: Moment = ms(20);
const PACKETS_BETWEEN_REPORTS: u64 = 250;
/// All calls begin within this time.
const RAMP: Moment = ms(1000);
/// From the INVITE to the 200, to the ACK, and to the first packet of media.
const ANSWERED: Moment = ms(400);
/// Hosts of callers, each with so many calls that their ports suffice.
const CALLS_OF_HOST: u64 = 64;

/// Writes the calls.
pub(super) fn play<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let n_calls = options.calls.unwrap_or(1000);
    let n_packets = options.seconds * 50;
    let mut streams = Vec::new();
    let mut due = BinaryHeap::new();
    for call in 0..n_calls {
        let begins = RAMP * call / n_calls;
        for (index, step) in SETUP.iter().enumerate() {
            due.push(Reverse((begins + step.0, Event::Sip(call, index))));
        }
        let ends = begins + ANSWERED + options.seconds * ms(1000) + ms(200);
        due.push(Reverse((ends, Event::Sip(call, SETUP.len()))));
        for side in 0..2 {
            let stream = Stream::new(options, sink, call, side, begins + ANSWERED + ms(40));
            due.push(Reverse((stream.next_at, Event::Rtp(streams.len()))));
            streams.push(stream);
        }
    }
    truth.calls = n_calls;
    truth.answered = n_calls;
    truth.streams = 2 * n_calls;
    while let Some(Reverse((at, event))) = due.pop() {
        match event {
            Event::Sip(call, index) => {
                let next = signal(options, sink, truth, at, call, index)?;
                due.extend(next.map(|at| Reverse((at, Event::Sip(call, index + 1)))));
            }
            Event::Rtp(index) => {
                let peer = report_of(&streams[index ^ 1]);
                let stream = &mut streams[index];
                stream.send(at, peer, sink, truth)?;
                if stream.n < n_packets {
                    due.push(Reverse((stream.next_at, event)));
                }
            }
        }
    }
    Ok(())
}

/// What a moment brings; at equal times signalling goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A message of a call: one of the set-up, then the BYE, then its answer.
    Sip(u64, usize),
    Rtp(usize),
}

const SETUP: &[(Moment, Step)] = &[
    (0, Step::Invite),
    (ms(3), Step::Response(100, "Trying")),
    (ms(90), Step::Response(180, "Ringing")),
    (ANSWERED, Step::Response(200, "OK")),
    (ANSWERED + ms(8), Step::Ack(true)),
];

/// Sends a message, and says when the next one is due that is not planned yet.
fn signal<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
    at: Moment,
    call: u64,
    index: usize,
) -> io::Result<Option<Moment>> {
    let step = match index.checked_sub(SETUP.len()) {
        None => SETUP[index].1,
        Some(0) => Step::Bye,
        Some(_) => Step::ByeDone,
    };
    let (caller, callee) = ends(options, call);
    let parties = Parties {
        call,
        caller,
        callee,
        transport: "UDP",
    };
    let speech = speech(options, call);
    let body = match step {
        Step::Invite => sdp(media(caller, port_slot(call)), speech, call),
        Step::Response(200, _) => sdp(media(callee, port_slot(call)), speech, call),
        _ => String::new(),
    };
    let (src, dst) = match step.is_callers() {
        true => (caller, callee),
        false => (callee, caller),
    };
    let table = match step {
        Step::Invite | Step::Ack(_) | Step::Bye => &mut truth.requests,
        _ => &mut truth.responses,
    };
    *table.entry(step.name()).or_default() += 1;
    sink.udp(at, src, dst, parties.message(step, &body).as_bytes())?;
    Ok(matches!(step, Step::Bye).then_some(at + ms(12)))
}

fn ends(options: &Options, call: u64) -> (SocketAddr, SocketAddr) {
    let host = call / CALLS_OF_HOST;
    (
        address(options.ipv6, 1, host),
        address(options.ipv6, 2, host),
    )
}

/// What gives each call of a host ports of its own.
fn port_slot(call: u64) -> u64 {
    call % CALLS_OF_HOST * 64
}

fn speech(options: &Options, call: u64) -> Speech {
    match (options.codec, call % 3) {
        (Speech::Mix, 0) => Speech::Pcmu,
        (Speech::Mix, 1) => Speech::Amr,
        (Speech::Mix, _) => Speech::Opus,
        (one, _) => one,
    }
}

/// One direction of a call.
struct Stream {
    src: SocketAddr,
    dst: SocketAddr,
    ssrc: u32,
    /// The frame of every packet but for what changes; where its IPv4 and RTP headers begin.
    frame: Vec<u8>,
    ip_at: usize,
    rtp_at: usize,
    ticks: u32,
    rng: Rng,
    /// When packet 0 is due without jitter.
    begins: Moment,
    n: u64,
    next_at: Moment,
    sent: u64,
    lost: u64,
    /// Loss in a thousand, and packets left to lose of a burst.
    loss: u64,
    losing: u64,
}

/// What a receiver report about a stream says.
#[derive(Clone, Copy)]
struct Report {
    ssrc: u32,
    lost: u64,
    highest: u64,
}

fn report_of(stream: &Stream) -> Report {
    Report {
        ssrc: stream.ssrc,
        lost: stream.lost,
        highest: stream.n.saturating_sub(1),
    }
}

impl Stream {
    fn new<W: Write>(
        options: &Options,
        sink: &Sink<W>,
        call: u64,
        side: u64,
        begins: Moment,
    ) -> Stream {
        let (caller, callee) = ends(options, call);
        let ports = [
            media(caller, port_slot(call)),
            media(callee, port_slot(call)),
        ];
        let (src, dst) = (ports[side as usize], ports[1 - side as usize]);
        let (pt, bytes, ticks): (u8, usize, u32) = match speech(options, call) {
            Speech::Amr => (97, 33, 160),
            Speech::Opus => (111, 60, 960),
            Speech::Pcmu | Speech::Mix => (0, 160, 160),
        };
        let ssrc = mix(call, 20 + side + 7 * options.seed) as u32;
        let mut rtp = vec![0x80, pt, 0, 0, 0, 0, 0, 0];
        rtp.extend(ssrc.to_be_bytes());
        rtp.extend((0..bytes).map(|i| mix(call, 1000 + i as u64) as u8));
        if pt == 97 {
            // CMR 7, then one frame of mode 7 in a table of contents (RFC 4867, 4.4).
            rtp[12..14].copy_from_slice(&[0x70, 0x3c]);
        }
        let packet = packet::udp(src, dst, &rtp);
        let frame = sink.frame(src, dst, &packet);
        Stream {
            src,
            dst,
            ssrc,
            ip_at: frame.len() - packet.len(),
            rtp_at: frame.len() - rtp.len(),
            frame,
            ticks,
            rng: Rng::new(mix(call, 30 + side + 7 * options.seed)),
            begins: begins + mix(call, 40 + side) % PACKET_TIME,
            n: 0,
            next_at: begins + PACKET_TIME,
            sent: 0,
            lost: 0,
            loss: [0, 0, 0, 5, 5, 20][(mix(call, 50 + side) % 6) as usize],
            losing: 0,
        }
    }

    /// Sends packet `n`, if the network does not lose it, and a report now and then.
    fn send<W: Write>(
        &mut self,
        at: Moment,
        peer: Report,
        sink: &mut Sink<W>,
        truth: &mut Truth,
    ) -> io::Result<()> {
        // The first packet is never lost: what is lost before it nobody can know.
        if self.n > 0 && self.losing == 0 && self.rng.per_mille(self.loss) {
            self.losing = 1 + self.rng.below(4);
        }
        if self.losing > 0 {
            self.losing -= 1;
            self.lost += 1;
        } else {
            self.write(at, sink)?;
            truth.rtp += 1;
            // Only what a later packet shows to be missing counts as lost.
            truth.lost += std::mem::take(&mut self.lost);
        }
        self.n += 1;
        if self.n.is_multiple_of(PACKETS_BETWEEN_REPORTS) {
            self.report(at, peer, sink)?;
            truth.rtcp += 1;
        }
        let due = self.begins + self.n * PACKET_TIME + self.jitter();
        self.next_at = due.max(at + 10_000);
        Ok(())
    }

    /// Mostly under 3 ms, sometimes up to 40.
    fn jitter(&mut self) -> Moment {
        let most = if self.rng.per_mille(15) {
            ms(40)
        } else {
            ms(3)
        };
        self.rng.below(most)
    }

    fn write<W: Write>(&mut self, at: Moment, sink: &mut Sink<W>) -> io::Result<()> {
        self.sent += 1;
        let (seq, ts) = (self.n as u16, (self.n as u32).wrapping_mul(self.ticks));
        let rtp = &mut self.frame[self.rtp_at..];
        rtp[1] = (rtp[1] & 0x7f) | if self.n == 0 { 0x80 } else { 0 };
        rtp[2..4].copy_from_slice(&seq.to_be_bytes());
        rtp[4..8].copy_from_slice(&ts.to_be_bytes());
        if self.src.is_ipv4() {
            packet::identify(&mut self.frame[self.ip_at..], seq);
        }
        sink.write(at, &self.frame)
    }

    /// A sender report with one report block about the peer's stream (RFC 3550, 6.4.1).
    fn report<W: Write>(&self, at: Moment, peer: Report, sink: &mut Sink<W>) -> io::Result<()> {
        let mut bytes = vec![0x81, 200, 0, 12];
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend((at / 1_000_000_000).to_be_bytes());
        bytes.extend((self.n as u32).wrapping_mul(self.ticks).to_be_bytes());
        bytes.extend((self.sent as u32).to_be_bytes());
        bytes.extend((self.sent as u32).wrapping_mul(160).to_be_bytes());
        bytes.extend(peer.ssrc.to_be_bytes());
        bytes.extend((peer.lost as u32 & 0x00ff_ffff).to_be_bytes());
        bytes.extend((peer.highest as u32).to_be_bytes());
        bytes.extend([0; 12]);
        let up = |addr: SocketAddr| SocketAddr::new(addr.ip(), addr.port() + 1);
        sink.udp(at, up(self.src), up(self.dst), &bytes)
    }
}

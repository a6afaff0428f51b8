//! Short calls without media: nine in ten are answered, one is refused.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::messages::{Parties, Step, mix, sdp};
use super::sink::{Moment, Sink, ms};
use super::{Options, Speech, Truth};
use crate::generate::packet::{ACK, PSH, SYN, Segment};

/// Time between two calls: a thousand a second.
const BETWEEN: Moment = ms(1);
/// Hosts that call.
const CALLERS: u64 = 64;

const ANSWERED: &[Step] = &[
    Step::Invite,
    Step::Response(100, "Trying"),
    Step::Response(180, "Ringing"),
    Step::Response(200, "OK"),
    Step::Ack(true),
    Step::Bye,
    Step::ByeDone,
];
const REFUSED: [&[Step]; 4] = [
    &refused(486, "Busy Here"),
    &refused(404, "Not Found"),
    &refused(480, "Temporarily Unavailable"),
    &refused(503, "Service Unavailable"),
];

const fn refused(code: u16, reason: &'static str) -> [Step; 5] {
    [
        Step::Invite,
        Step::Response(100, "Trying"),
        Step::Response(180, "Ringing"),
        Step::Response(code, reason),
        Step::Ack(false),
    ]
}

/// Writes the calls.
pub(super) fn play<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let n_calls = options.calls.unwrap_or(200_000);
    let mut wires = Wires::new(options);
    // One entry a call: its next message. The next call to begin stands beside.
    let mut due: BinaryHeap<Reverse<(Moment, u64, usize)>> = BinaryHeap::new();
    let mut begun = 0;
    loop {
        let next = due.peek().map_or(Moment::MAX, |Reverse((at, ..))| *at);
        if begun < n_calls && begun * BETWEEN <= next {
            due.push(Reverse((begun * BETWEEN, begun, 0_usize)));
            begun += 1;
            continue;
        }
        let Some(Reverse((at, call, index))) = due.pop() else {
            return Ok(());
        };
        let plan = plan(call, options.seed);
        wires.send(at, call, plan[index], sink)?;
        count(plan[index], truth);
        if index + 1 < plan.len() {
            due.push(Reverse((at + pause(call, plan[index]), call, index + 1)));
        }
    }
}

fn plan(call: u64, seed: u64) -> &'static [Step] {
    match mix(call, 100 + seed) % 10 {
        0 => REFUSED[(mix(call, 101 + seed) % 4) as usize],
        _ => ANSWERED,
    }
}

/// How long after this message the next one comes.
fn pause(call: u64, after: Step) -> Moment {
    let between = |from: u64, to: u64| ms(from) + mix(call, 110) % ms(to - from);
    match after {
        Step::Invite => between(1, 20),
        Step::Response(100, _) => between(80, 1500),
        Step::Response(180, _) => between(500, 5000),
        Step::Ack(_) => between(2000, 15_000),
        _ => between(5, 40),
    }
}

fn count(step: Step, truth: &mut Truth) {
    let table = match step {
        Step::Invite | Step::Ack(_) | Step::Bye => &mut truth.requests,
        _ => &mut truth.responses,
    };
    *table.entry(step.name()).or_default() += 1;
    truth.calls += u64::from(matches!(step, Step::Invite));
    truth.answered += u64::from(matches!(step, Step::Response(200, _)));
}

/// The way the messages take: datagrams, or one connection a caller.
struct Wires {
    ipv6: bool,
    connections: Option<Vec<Connection>>,
}

/// Next sequence numbers of the two directions.
#[derive(Clone, Copy, Default)]
struct Connection {
    open: bool,
    sent: [u32; 2],
}

impl Wires {
    fn new(options: &Options) -> Self {
        let connections = vec![Connection::default(); CALLERS as usize];
        Wires {
            ipv6: options.ipv6,
            connections: options.tcp.then_some(connections),
        }
    }

    fn send<W: Write>(
        &mut self,
        at: Moment,
        call: u64,
        step: Step,
        sink: &mut Sink<W>,
    ) -> io::Result<()> {
        let host = call % CALLERS;
        let (caller, callee) = (address(self.ipv6, 1, host), address(self.ipv6, 2, host % 4));
        let transport = if self.connections.is_some() {
            "TCP"
        } else {
            "UDP"
        };
        let parties = Parties {
            call,
            caller,
            callee,
            transport,
        };
        let body = match step {
            Step::Invite => sdp(media(caller, call), Speech::Pcmu, call),
            Step::Response(200, _) => sdp(media(callee, call), Speech::Pcmu, call),
            _ => String::new(),
        };
        let text = parties.message(step, &body);
        let (src, dst) = match step.is_callers() {
            true => (caller, callee),
            false => (callee, caller),
        };
        match &mut self.connections {
            None => sink.udp(at, src, dst, text.as_bytes()),
            Some(connections) => {
                let connection = &mut connections[host as usize];
                connection.send(at, (src, dst), step.is_callers(), text.as_bytes(), sink)
            }
        }
    }
}

impl Connection {
    fn send<W: Write>(
        &mut self,
        at: Moment,
        (src, dst): (SocketAddr, SocketAddr),
        is_callers: bool,
        payload: &[u8],
        sink: &mut Sink<W>,
    ) -> io::Result<()> {
        if !self.open {
            self.open = true;
            let segment = |sequence, acknowledge, flags| Segment {
                sequence,
                acknowledge,
                flags,
            };
            sink.tcp(at, src, dst, segment(0, 0, SYN), &[])?;
            sink.tcp(at, dst, src, segment(0, 1, SYN | ACK), &[])?;
            sink.tcp(at, src, dst, segment(1, 1, ACK), &[])?;
            self.sent = [1, 1];
        }
        let (ours, theirs) = if is_callers { (0, 1) } else { (1, 0) };
        let segment = Segment {
            sequence: self.sent[ours],
            acknowledge: self.sent[theirs],
            flags: ACK | PSH,
        };
        self.sent[ours] = self.sent[ours].wrapping_add(payload.len() as u32);
        sink.tcp(at, src, dst, segment, payload)
    }
}

/// Host `host` of network `network`, at the port of SIP.
pub(super) fn address(ipv6: bool, network: u8, host: u64) -> SocketAddr {
    let [.., a, b, c] = host.to_be_bytes();
    let ip = match ipv6 {
        false => IpAddr::V4(Ipv4Addr::new(10, 16 * network + a, b, c)),
        true => IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            u16::from(network),
            0,
            0,
            0,
            u16::from(a),
            u16::from_be_bytes([b, c]),
        )),
    };
    SocketAddr::new(ip, 5060)
}

/// Where a host wants the media of a call: an even port of its own for 20,000 calls.
pub(super) fn media(host: SocketAddr, call: u64) -> SocketAddr {
    SocketAddr::new(host.ip(), 10_000 + (call / CALLERS % 20_000 * 2) as u16)
}

//! The messages of one call as they are played: who sends what and when, and what of it is sent again.

use std::net::SocketAddr;

use super::super::Options;
use super::super::attempts::address;
use super::super::messages::mix;
use super::super::sink::{Moment, ms};
use crate::generate::rng::Rng;

/// Hosts that call, and that are called.
const CALLERS: u64 = 240;
const CALLEES: u64 = 16;

/// A message on its way. Frames are ordered by time, then by call and place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Frame {
    pub(super) at: Moment,
    call: u64,
    index: usize,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) is_request: bool,
    /// Method or status.
    pub(super) name: String,
    pub(super) text: String,
}

/// What a message belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transaction {
    pub(super) method: &'static str,
    pub(super) cseq: u32,
    pub(super) by_caller: bool,
}

/// A call being written.
pub(super) struct Scene {
    call: u64,
    caller: SocketAddr,
    callee: SocketAddr,
    pub(super) rng: Rng,
    /// Now.
    pub(super) at: Moment,
    pub(super) frames: Vec<Frame>,
    pub(super) repeats: u64,
    /// Max-Forwards of its requests.
    pub(super) forwards: u8,
}

impl Scene {
    pub(super) fn new(options: &Options, call: u64, begins: Moment) -> Scene {
        let mut rng = Rng::new(mix(call, 700 + options.seed));
        Scene {
            call,
            caller: address(options.ipv6, 1, call % CALLERS),
            callee: address(options.ipv6, 2, call % CALLEES),
            at: begins,
            frames: Vec::new(),
            repeats: 0,
            forwards: 70 - rng.below(4) as u8,
            rng,
        }
    }

    /// Lets between `from` and `to` milliseconds pass.
    pub(super) fn wait(&mut self, from: u64, to: u64) {
        // The file has microseconds: what is drawn must not be cut.
        self.at += ms(from) + self.rng.below((to - from) * 1000) * 1000;
    }

    /// Sends a request; `tag` is the callee's where it is known.
    pub(super) fn request(&mut self, transaction: Transaction, tag: Option<&str>) {
        let method = transaction.method;
        let start = format!(
            "{method} sip:+{}@{} SIP/2.0",
            self.callee_number(),
            self.callee
        );
        let more = format!("Max-Forwards: {}\r\n", self.forwards);
        self.push(&start, method, transaction, tag, &more, true);
    }

    /// Sends an answer.
    pub(super) fn answer(
        &mut self,
        status: u16,
        reason: &str,
        transaction: Transaction,
        tag: Option<&str>,
    ) {
        let start = format!("SIP/2.0 {status} {reason}");
        self.push(&start, &status.to_string(), transaction, tag, "", false);
    }

    /// Sends the last message again, each time so long after it first was; time goes on as if it had not.
    pub(super) fn repeat_last(&mut self, after: &[Moment]) {
        let Some(last) = self.frames.last().cloned() else {
            return;
        };
        for pause in after {
            let index = self.frames.len();
            self.repeats += 1;
            self.frames.push(Frame {
                at: last.at + pause,
                index,
                ..last.clone()
            });
        }
    }

    /// Sends the last message again half a second later, in so many of a thousand calls.
    pub(super) fn perhaps_repeat(&mut self, per_mille: u64) {
        if self.rng.per_mille(per_mille) {
            self.repeat_last(&[ms(500)]);
        }
    }

    fn callee_number(&self) -> u64 {
        20_000_000_000 + self.call * 7 % 1_000_000_000
    }

    fn push(
        &mut self,
        start: &str,
        name: &str,
        transaction: Transaction,
        tag: Option<&str>,
        more: &str,
        is_request: bool,
    ) {
        let Scene {
            call,
            caller,
            callee,
            ..
        } = *self;
        let Transaction {
            method,
            cseq,
            by_caller,
        } = transaction;
        let (client, server) = match by_caller {
            true => (caller, callee),
            false => (callee, caller),
        };
        let (src, dst) = match is_request {
            true => (client, server),
            false => (server, client),
        };
        // The ACK of a failure belongs to the transaction of its INVITE, and so does a CANCEL; callers name it so.
        let (branch_of, cseq_method) = match method {
            "CANCEL" | "ACK of failure" => ("INVITE", method.split(' ').next().unwrap_or(method)),
            _ => (method, method),
        };
        let mut branch = 0;
        for byte in branch_of.bytes() {
            branch = mix(branch, u64::from(byte));
        }
        let ours = format!(
            "<sip:+{}@sip.example.com>;tag=a{:08x}",
            10_000_000_000 + call % 1_000_000_000,
            mix(call, 701) as u32
        );
        let tag = tag.map_or_else(String::new, |tag| format!(";tag={tag}"));
        let theirs = format!("<sip:+{}@sip.example.org>{tag}", self.callee_number());
        let (from, to) = match by_caller {
            true => (ours, theirs),
            false => (theirs, ours),
        };
        let start = start.replacen("ACK of failure", "ACK", 1);
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP {client};branch=z9hG4bK{:016x}\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {:016x}@{}\r\nCSeq: {cseq} {cseq_method}\r\n{more}Content-Length: 0\r\n\r\n",
            mix(branch, mix(call, 702 + u64::from(cseq))),
            mix(call, 703),
            caller.ip(),
        );
        self.frames.push(Frame {
            at: self.at,
            call,
            index: self.frames.len(),
            src,
            dst,
            is_request,
            name: name.split(' ').next().unwrap_or(name).to_owned(),
            text,
        });
    }
}

/// An OPTIONS that only shows how late it is.
pub(super) fn sign_of_life(options: &Options, at: Moment) -> Frame {
    let mut scene = Scene::new(options, 999_999_999, at);
    let transaction = Transaction {
        method: "OPTIONS",
        cseq: 1,
        by_caller: true,
    };
    scene.request(transaction, None);
    scene.frames.remove(0)
}

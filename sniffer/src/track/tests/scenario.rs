//! A scenario file: blocks of events, then the expected records.
//!
//! ```text
//! A sentence or two of purpose.
//! limits: calls=2 streams=4          smaller tables
//! media silence: 60                  calls are closed after so much of it, in seconds
//! show: kpi                          the key figures as well
//! show: transactions                 the transactions by method, and no records
//! headers: X-Trace                   header fields that name conversations
//! copy: X-Account                    header fields that are copied into the record
//! thresholds: short_call=10          other thresholds of findings, in seconds
//! security: trusted=192.0.2.10 toll=88213
//! show: security                     what looks like an attack, and no other record
//! show: registrations                what happened to registrations, and their numbers, as well
//! trunk: carrier edge bob            told apart by trunk: a name, and its hosts
//! domains: example.com               told apart by domain
//! inside: proxy bob                  told apart by direction
//! @ 0.5 alice>proxy                  a SIP message follows; see `message`
//! @ 0.5 alice:1{n}>proxy times=300 every=0.1 from=100   the block so often; {n} counts, from 100
//! @ 1 rtp alice:4000>bob:5000 ssrc=1 pt=0 packets=50 every=20 seq=1 ts=0
//! @ 2 rtcp bob:5001>alice:4001 rr ssrc=1 lost=3      also `sr`, `bye` and what else `rtcp` below names
//! @ 9 tick                           time goes on; the last event ends the capture
//! ==
//! the records
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::hosts;
use super::message::Writer;
use crate::rtcp::xr::{RunLengths, StatisticsSummary};
use crate::rtp::Ssrc;
use crate::time::{Span, Timestamp};
use crate::track::Settings;
use crate::track::event::{Feedback, PayloadHead, RtcpEvent, RtcpKind, RtpEvent};
use crate::track::kpi::Trunk;

/// The moment that scenarios count from.
pub(super) const ORIGIN: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);

pub(super) struct Scenario {
    pub(super) settings: Settings,
    pub(super) shows: Shows,
    pub(super) events: Vec<(Timestamp, Event)>,
    pub(super) expected: String,
}

/// What is compared beside the records.
#[derive(Clone, Copy, Default)]
pub(super) struct Shows {
    pub(super) kpi: bool,
    pub(super) registrations: bool,
    /// Instead of the records.
    pub(super) transactions: bool,
    /// Nothing else then.
    pub(super) security: bool,
}

/// What passes the tap.
pub(super) enum Event {
    Sip {
        src: SocketAddr,
        dst: SocketAddr,
        bytes: Vec<u8>,
    },
    Rtp(RtpEvent),
    Rtcp(RtcpEvent),
    Tick,
}

impl Scenario {
    /// Reads a scenario; panics on what it does not understand.
    pub(super) fn parse(text: &str) -> Scenario {
        let (blocks, expected) = text.split_once("\n==\n").expect("`==` ends the events");
        let mut blocks = blocks.split("\n@ ");
        let mut scenario = Scenario {
            settings: Settings::default(),
            shows: Shows::default(),
            events: Vec::new(),
            expected: expected.to_owned(),
        };
        let head = blocks.next().unwrap_or_default();
        head.lines().for_each(|line| scenario.note_directive(line));
        let mut writer = Writer::default();
        for block in blocks {
            scenario.note_block(block, &mut writer);
        }
        // Packets of overlapping bursts take turns.
        scenario.events.sort_by_key(|(at, _)| *at);
        scenario
    }

    fn note_directive(&mut self, line: &str) {
        if let Some(names) = line.strip_prefix("copy: ") {
            let names = names.split(' ').map(Into::into);
            self.settings.copied_headers = names.collect();
        }
        if let Some(thresholds) = line.strip_prefix("thresholds: ") {
            self.note_thresholds(thresholds);
        }
        self.shows.kpi |= line == "show: kpi";
        self.shows.registrations |= line == "show: registrations";
        self.note_scope(line);
        self.shows.transactions |= line == "show: transactions";
        if let Some(names) = line.strip_prefix("headers: ") {
            self.settings.conversation_headers = names.split(' ').map(Box::from).collect();
        }
        self.shows.security |= line == "show: security";
        if let Some(security) = line.strip_prefix("security: ") {
            self.note_security(security);
        }
        if let Some(silence) = line.strip_prefix("media silence: ") {
            self.settings.media_silence = seconds(silence);
        }
        let Some(limits) = line.strip_prefix("limits: ") else {
            return;
        };
        for (name, value) in pairs(limits.split(' ')) {
            let value = value.parse().expect("a limit is a number");
            match name {
                "calls" => self.settings.limits.calls = value,
                "calls_of_call_id" => self.settings.limits.calls_of_call_id = value,
                "conversation_legs" => self.settings.limits.conversation_legs = value,
                "streams" => self.settings.limits.streams = value,
                "transactions" => self.settings.limits.transactions = value,
                "claims_of_address" => self.settings.limits.claims_of_address = value,
                "addresses_of_call" => self.settings.limits.addresses_of_call = value,
                _ => panic!("no limit is called {name}"),
            }
        }
    }

    fn note_scope(&mut self, line: &str) {
        let Some((what, words)) = line.split_once(": ") else {
            return;
        };
        let scopes = &mut self.settings.scopes;
        let networks = |names: &[&str]| names.iter().map(|name| hosts::network(name)).collect();
        match (what, words.split(' ').collect::<Vec<_>>().as_slice()) {
            ("trunk", [name, names @ ..]) => scopes.trunks.push(Trunk {
                name: (*name).into(),
                networks: networks(names),
            }),
            ("domains", names) => {
                scopes.domains = names.iter().map(|name| (*name).into()).collect();
            }
            ("inside", names) => scopes.inside = networks(names),
            _ => {}
        }
    }

    fn note_thresholds(&mut self, words: &str) {
        let thresholds = &mut self.settings.thresholds;
        for (name, value) in pairs(words.split(' ')) {
            let value = seconds(value);
            match name {
                "long_pdd" => thresholds.long_pdd = value,
                "short_call" => thresholds.short_call = value,
                "no_media" => thresholds.no_media = value,
                _ => panic!("no threshold is called {name}"),
            }
        }
    }

    fn note_security(&mut self, line: &str) {
        let security = &mut self.settings.security;
        for (name, value) in pairs(line.split(' ')) {
            match name {
                "trusted" => security.trusted.push(value.parse().expect("a network")),
                "toll" => security.toll_fraud_prefixes.push(value.into()),
                _ => panic!("nothing about attacks is called {name}"),
            }
        }
    }

    /// A block that stands for many, which differ in a number and in time.
    fn note_many(&mut self, at: Timestamp, lines: &[&str], options: &[&str], writer: &mut Writer) {
        let option = |name, default| {
            let found = pairs(options.iter().copied()).find(|(key, _)| *key == name);
            found.map_or(default, |(_, value)| {
                value.parse().expect("options are numbers")
            })
        };
        let from = option("from", 0.0) as u64;
        for n in 0..option("times", 1.0) as u64 {
            let late = Span::from_nanos((option("every", 0.0) * 1e9 * n as f64).round() as i64);
            let number = (from + n).to_string();
            let lines: Vec<String> = lines
                .iter()
                .map(|line| line.replace("{n}", &number))
                .collect();
            let (src, dst) = hosts::hop(&lines[0]);
            let rest: Vec<&str> = lines[1..].iter().map(String::as_str).collect();
            let bytes = writer.write(&rest, (src, dst));
            self.events
                .push((at + late, Event::Sip { src, dst, bytes }));
        }
    }

    fn note_block(&mut self, block: &str, writer: &mut Writer) {
        let mut lines = block.lines().filter(|line| !line.is_empty());
        let head: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let lines: Vec<&str> = lines.collect();
        let at = ORIGIN + seconds(head[0]);
        match head[1..] {
            ["tick"] => self.events.push((at, Event::Tick)),
            ["rtp", hop, ref options @ ..] => self.note_rtp(at, hop, options),
            ["rtcp", hop, kind, ref options @ ..] => {
                self.events
                    .push((at, Event::Rtcp(rtcp(at, hop, kind, options))));
            }
            [hop] => {
                let (src, dst) = hosts::hop(hop);
                let bytes = writer.write(&lines, (src, dst));
                self.events.push((at, Event::Sip { src, dst, bytes }));
            }
            [hop, ref options @ ..] => {
                let lines: Vec<&str> = std::iter::once(hop).chain(lines).collect();
                self.note_many(at, &lines, options, writer);
            }
            [] => panic!("not understood: {block}"),
        }
    }

    fn note_rtp(&mut self, at: Timestamp, hop: &str, options: &[&str]) {
        let (src, dst) = hosts::hop(hop);
        let options = numbers(options);
        let option = |name, default| options.get(name).copied().unwrap_or(default);
        let every = Span::from_millis(option("every", 20));
        for n in 0..option("packets", 1) {
            let event = RtpEvent {
                at: at + Span::from_nanos(every.as_nanos() * n),
                src,
                dst,
                ssrc: option("ssrc", 1) as u32,
                ts: (option("ts", 0) + n * option("step", 160)) as u32,
                seq: (option("seq", 1) + n) as u16,
                payload_len: option("len", 160) as u16,
                padding_len: 0,
                pt: option("pt", 0) as u8,
                marker: false,
                head: PayloadHead::default(),
                dscp: None,
            };
            self.events.push((event.at, Event::Rtp(event)));
        }
    }
}

fn rtcp(at: Timestamp, hop: &str, kind: &str, options: &[&str]) -> RtcpEvent {
    let (src, dst) = hosts::hop(hop);
    let options = numbers(options);
    let option = |name| options.get(name).copied().unwrap_or(0);
    let kind = match kind {
        "sr" => RtcpKind::SenderReport {
            ntp_middle: option("ntp") as u32,
            rtp_ts: 0,
            packets: option("packets") as u32,
            octets: 0,
        },
        "rr" => RtcpKind::ReportBlock {
            reporter: 99,
            fraction_lost: 0,
            cumulative_lost: option("lost") as i32,
            highest_seq: option("highest") as u32,
            jitter: option("jitter") as u32,
            lsr: option("lsr") as u32,
            dlsr: option("dlsr") as u32,
        },
        "bye" => RtcpKind::Bye,
        "srtcp" => RtcpKind::Encrypted,
        "nack" => RtcpKind::Feedback(Feedback::Nack),
        "pli" => RtcpKind::Feedback(Feedback::Pli),
        "fir" => RtcpKind::Feedback(Feedback::Fir),
        "time" => RtcpKind::ReferenceTime {
            ntp_middle: option("ntp") as u32,
        },
        "echo" => RtcpKind::Echo {
            lrr: option("lrr") as u32,
            dlrr: option("dlrr") as u32,
        },
        "loss-runs" => RtcpKind::LossRuns(run_lengths(&option)),
        "duplicate-runs" => RtcpKind::DuplicateRuns(run_lengths(&option)),
        "receipt-times" => RtcpKind::ReceiptTimes(option("packets") as u32),
        "summary" => RtcpKind::Summary(StatisticsSummary {
            ssrc: Ssrc(option("ssrc") as u32),
            lost: Some(option("lost") as u32),
            duplicates: Some(option("twice") as u32),
            jitter: None,
        }),
        _ => panic!("no RTCP is called {kind}"),
    };
    RtcpEvent {
        at,
        src,
        dst,
        ssrc: option("ssrc") as u32,
        kind,
    }
}

fn run_lengths(option: &impl Fn(&'static str) -> i64) -> RunLengths {
    RunLengths {
        ssrc: Ssrc(option("ssrc") as u32),
        reported: option("reported") as u32,
        zeros: option("zeros") as u32,
    }
}

fn numbers<'a>(options: &[&'a str]) -> BTreeMap<&'a str, i64> {
    let number =
        |(name, value): (&'a str, &str)| (name, value.parse().expect("options are numbers"));
    pairs(options.iter().copied()).map(number).collect()
}

fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (&'a str, &'a str)> {
    words.map(|word| word.split_once('=').expect("an option is written a=b"))
}

fn seconds(text: &str) -> Span {
    let seconds: f64 = text.parse().expect("a block begins with its time");
    Span::from_nanos((seconds * 1e9).round() as i64)
}

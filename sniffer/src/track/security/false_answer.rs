//! False answer supervision: somebody on the way answers calls that nobody has taken, and charges for them.
//!
//! It shows in many answered calls to one address that are over within seconds, or that were answered at once, without
//! ringing and without media. Wrong numbers and voice menus do the like now and then: it takes many, and most of all.
//! Fed with the records of calls in their order, whoever followed them.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::sentence;
use super::settings::SecuritySettings;
use crate::record::{CallRecord, Record, SecurityCode, SecurityRecord};
use crate::time::{Span, Timestamp};

/// Addresses that calls go to.
const CAPACITY: usize = 1024;

/// Calls that are judged together.
const HOUR: Span = Span::from_secs(3600);

/// An answer sooner than this after the INVITE, without ringing, was not given by a person.
const AT_ONCE_MS: f64 = 1000.0;

/// Numbers told apart.
const DISTINCT: usize = 256;

/// Numbers told as examples.
const EXAMPLES: usize = 5;

/// Answered calls by the address they went to.
#[derive(Debug)]
pub struct FalseAnswers {
    settings: SecuritySettings,
    by_target: HashMap<IpAddr, Target, RandomState>,
    /// Whether any call of the capture has media: else the lack of it says nothing.
    media: bool,
}

#[derive(Debug)]
struct Target {
    start: Timestamp,
    end: Timestamp,
    answered: u64,
    short: u64,
    numbers: HashSet<u64, RandomState>,
    examples: Vec<Box<str>>,
}

impl Target {
    fn note(&mut self, number: &str) {
        let room = self.numbers.len() < DISTINCT;
        let new = room && self.numbers.insert(super::transactions::hash(&number));
        if new && self.examples.len() < EXAMPLES {
            self.examples.push(number.into());
        }
    }
}

impl FalseAnswers {
    /// Nothing seen yet.
    pub fn new(settings: &SecuritySettings) -> Self {
        FalseAnswers {
            settings: settings.clone(),
            by_target: HashMap::default(),
            media: false,
        }
    }

    /// Takes in a call that is over; gives the event of an hour that is over with it.
    pub fn on_call(&mut self, call: &CallRecord) -> Option<Record> {
        self.media |= !call.streams.is_empty();
        let answer = call.answer?;
        let ip = call.dst.ip().to_canonical();
        if self.settings.trusts(ip) {
            return None;
        }
        let is_over = |target: &Target| answer.since(target.start) > HOUR;
        let over = match self.by_target.get(&ip).is_some_and(is_over) {
            true => self.by_target.remove(&ip),
            false => None,
        };
        let short = self.is_suspicious(call);
        self.forget_one(ip);
        let target = self.by_target.entry(ip).or_insert_with(|| Target {
            start: answer,
            end: answer,
            answered: 0,
            short: 0,
            numbers: HashSet::default(),
            examples: Vec::new(),
        });
        target.start = target.start.min(answer);
        target.end = target.end.max(answer);
        target.answered += 1;
        target.short += u64::from(short);
        if let Some(number) = call.to.user.as_ref().filter(|_| short) {
            target.note(number);
        }
        over.and_then(|target| self.record(ip, target))
    }

    /// Addresses that seem to answer for nobody, as far as their hour has gone.
    pub fn attacks(&self) -> u64 {
        let targets = self.by_target.values();
        targets.filter(|target| self.is_enough(target)).count() as u64
    }

    /// Gives the events that are left.
    pub fn finish(&mut self) -> Vec<Record> {
        let mut targets: Vec<(IpAddr, Target)> = self.by_target.drain().collect();
        targets.sort_by_key(|(ip, _)| *ip);
        targets
            .into_iter()
            .filter_map(|(ip, target)| self.record(ip, target))
            .collect()
    }

    fn is_suspicious(&self, call: &CallRecord) -> bool {
        let over_soon = call
            .duration_s
            .is_some_and(|secs| secs < f64::from(self.settings.short_call_s));
        let at_once = call.ringing.is_none() && call.setup_ms.is_some_and(|ms| ms < AT_ONCE_MS);
        over_soon || (at_once && self.media && call.streams.is_empty())
    }

    /// Makes room: the one that was called longest ago goes.
    fn forget_one(&mut self, comes: IpAddr) {
        if self.by_target.len() < CAPACITY || self.by_target.contains_key(&comes) {
            return;
        }
        let oldest = self
            .by_target
            .iter()
            .min_by_key(|(ip, target)| (target.end, **ip));
        if let Some(ip) = oldest.map(|(ip, _)| *ip) {
            self.by_target.remove(&ip);
        }
    }

    fn is_enough(&self, target: &Target) -> bool {
        target.short >= u64::from(self.settings.short_calls) && target.short * 2 >= target.answered
    }

    fn record(&self, ip: IpAddr, target: Target) -> Option<Record> {
        if !self.is_enough(&target) {
            return None;
        }
        let mut record = SecurityRecord {
            code: SecurityCode::FalseAnswer,
            text: String::new(),
            source: None,
            target: Some(ip),
            start: target.start,
            end: target.end,
            count: target.short,
            succeeded: 0,
            users: target.numbers.len() as u64,
            examples: target.examples,
            destinations: 1,
            per_second: None,
            user_agents: Vec::new(),
        };
        record.text = sentence::of(&record);
        Some(Record::Security(Box::new(record)))
    }
}

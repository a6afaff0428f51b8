//! The key figures of the mix, from what each attempt was meant to be: the formulas of RFC 6076 over plain lists.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use super::super::sink::{Moment, rfc3339};
use super::scene::Scene;

const MICRO: u64 = 1000;
const SECOND: u64 = 1_000_000_000;
const QUARTER: u64 = 900;

/// What is true of one attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    start: Moment,
    admitted: Moment,
    pub(super) bids: u64,
    pub(super) challenged: bool,
    pub(super) outcome: &'static str,
    pub(super) status: u16,
    responded: Option<Moment>,
    pub(super) ringing: Option<Moment>,
    /// Phones that rang.
    pub(super) phones: u64,
    pub(super) answer: Option<Moment>,
    pub(super) bye: Option<Moment>,
    pub(super) farewell: Farewell,
    pub(super) reinvites: u64,
    pub(super) repeats: u64,
    hops: u64,
}

/// What became of the BYE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    None,
    Confirmed(Moment),
    Given,
    Unanswered,
}

impl Attempt {
    pub(super) fn new(scene: &Scene) -> Attempt {
        Attempt {
            start: scene.at,
            admitted: scene.at,
            bids: 0,
            challenged: false,
            outcome: "in_progress",
            status: 0,
            responded: None,
            ringing: None,
            phones: 0,
            answer: None,
            bye: None,
            farewell: Farewell::None,
            reinvites: 0,
            repeats: 0,
            hops: u64::from(70 - scene.forwards),
        }
    }

    /// The INVITE that is let in goes out now.
    pub(super) fn bid(&mut self, scene: &Scene) {
        self.bids += 1;
        self.admitted = scene.at;
    }

    /// Something other than 100 comes in.
    pub(super) fn respond(&mut self, at: Moment) {
        self.responded.get_or_insert(at);
    }
}

/// Everything counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    attempts: u64,
    counts: BTreeMap<&'static str, u64>,
    hops: u64,
    talk_time: u64,
    delays: BTreeMap<&'static str, Vec<u64>>,
    begun: BTreeMap<u64, u64>,
    ended: BTreeMap<u64, u64>,
    quarters: BTreeMap<u64, u64>,
}

impl Figures {
    pub(super) fn answered(&self) -> u64 {
        self.n("answered")
    }

    pub(super) fn count(&mut self, one: &Attempt) {
        self.attempts += 1;
        self.hops += one.hops;
        *self
            .quarters
            .entry(one.start / SECOND / QUARTER)
            .or_default() += 1;
        let answered = one.outcome == "answered";
        let effective = answered || [480, 486, 600, 603].contains(&one.status);
        let ineffective = one.outcome == "timeout" || [408, 500, 503, 504].contains(&one.status);
        let delivered = ["answered", "busy", "no_answer"].contains(&one.outcome)
            || [603, 607].contains(&one.status);
        let completed = matches!(one.farewell, Farewell::Confirmed(_) | Farewell::Given);
        let unanswered = one.farewell == Farewell::Unanswered;
        for (name, n) in [
            (one.outcome, 1),
            ("bids", one.bids),
            ("challenged", u64::from(one.challenged)),
            ("effective", u64::from(effective)),
            ("ineffective", u64::from(ineffective)),
            ("delivered", u64::from(delivered)),
            ("completed", u64::from(completed)),
            ("bye_unanswered", u64::from(unanswered)),
            ("reinvites", one.reinvites),
            ("retransmissions", one.repeats),
        ] {
            *self.counts.entry(name).or_default() += n;
        }
        self.time(one);
    }

    fn time(&mut self, one: &Attempt) {
        let request = one.responded.map(|at| at - one.admitted);
        match one.outcome {
            "answered" => self.delay("srd_ms", request),
            "timeout" if one.status < 200 => {}
            "redirected" => {}
            _ if one.status == 401 => {}
            _ => self.delay("srd_failed_ms", request),
        }
        self.delay(
            "pdd_ms",
            one.ringing.or(one.answer).map(|at| at - one.start),
        );
        self.delay("setup_ms", one.answer.map(|at| at - one.start));
        let (Some(answer), Some(bye)) = (one.answer, one.bye) else {
            return;
        };
        self.talk_time += bye - answer;
        self.delay("sdt_ms", Some(bye - answer));
        if let Farewell::Confirmed(at) = one.farewell {
            self.delay("sdd_ms", Some(at - bye));
        }
        *self.begun.entry(answer / SECOND).or_default() += 1;
        *self.ended.entry(bye / SECOND).or_default() += 1;
    }

    fn delay(&mut self, name: &'static str, delay: Option<u64>) {
        self.delays.entry(name).or_default().extend(delay);
    }

    fn n(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    fn peak(&self) -> Option<(u64, u64)> {
        let mut up = 0;
        let mut peak = None;
        let last = *self.ended.keys().next_back()?;
        for second in 0..=last {
            up += self.begun.get(&second).unwrap_or(&0);
            if up > peak.map_or(0, |(calls, _)| calls) {
                peak = Some((up, second));
            }
            up -= self.ended.get(&second).unwrap_or(&0);
        }
        peak
    }

    fn peak_hour(&self) -> Option<(u64, u64)> {
        let hour = |first: u64| {
            (
                first,
                self.quarters.range(first..first + 4).map(|(_, n)| n).sum(),
            )
        };
        // A window is found again from its last quarter: the earliest of the best is taken.
        let mut best: Option<(u64, u64)> = None;
        for first in self.quarters.keys().map(|quarter| hour(*quarter)) {
            if first.1 > best.map_or(0, |(_, n)| n) {
                best = Some(first);
            }
        }
        best
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let per_cent = |part: u64, whole: u64| 100.0 * part as f64 / whole as f64;
        let n = |name| self.n(name);
        let not_redirected = self.attempts - n("redirected");
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("session_requests", &self.attempts)?;
        for (name, ratio) in [
            ("ser", per_cent(n("answered"), not_redirected)),
            ("seer", per_cent(n("effective"), not_redirected)),
            ("isa", per_cent(n("ineffective"), self.attempts)),
            ("scr", per_cent(n("completed"), self.attempts)),
            ("asr", per_cent(n("answered"), self.attempts)),
            ("abr", per_cent(n("answered"), n("bids"))),
            ("ner", per_cent(n("delivered"), self.attempts)),
            ("acd_s", self.talk_time as f64 / 1e9 / n("answered") as f64),
            ("hops", self.hops as f64 / self.attempts as f64),
        ] {
            map.serialize_entry(name, &ratio)?;
        }
        map.serialize_entry("counts", &self.counts)?;
        for (name, delays) in &self.delays {
            map.serialize_entry(name, &distribution(delays))?;
        }
        if let Some((calls, second)) = self.peak() {
            let at = rfc3339(second);
            let peak = json!({"calls": calls, "at": at, "interval_s": 1});
            map.serialize_entry("peak", &peak)?;
        }
        if let Some((quarter, attempts)) = self.peak_hour() {
            let start = rfc3339(quarter * QUARTER);
            map.serialize_entry("peak_hour", &json!({"start": start, "attempts": attempts}))?;
        }
        map.end()
    }
}

fn distribution(delays: &[u64]) -> Value {
    let mut sorted = delays.to_vec();
    sorted.sort_unstable();
    let millis = |nanos: u64| (nanos / MICRO) as f64 / 1e3;
    let quantile = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().map(millis)
    };
    let sum: u64 = sorted.iter().sum();
    json!({
        "count": sorted.len(),
        "mean_ms": sum as f64 / 1e6 / sorted.len() as f64,
        "p50_ms": quantile(0.5),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "max_ms": sorted.last().copied().map(millis),
    })
}

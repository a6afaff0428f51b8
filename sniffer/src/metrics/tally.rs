//! Counts what records tell, one by one as they go out.

use std::collections::BTreeMap;

use super::exemplars::Exemplars;
use super::histogram::{self, Histogram};
use super::labels;
use super::names;
use super::settings::MetricsSettings;
use crate::record::{CallRecord, IntervalRecord, Record, StreamRecord};
use crate::track::kpi::Scopes;

/// What records told so far. It only grows.
#[derive(Clone, Debug)]
pub struct Tally {
    scopes: Scopes,
    pub(super) media: BTreeMap<MediaKey, Media>,
    pub(super) findings: BTreeMap<&'static str, u64>,
    pub(super) security: BTreeMap<&'static str, u64>,
    pub(super) unscored: BTreeMap<&'static str, u64>,
    pub(super) round_trip: Histogram,
    pub(super) remote_jitter: Histogram,
    pub(super) remote_lost: u64,
    pub(super) domains: labels::Budget,
    settings: MetricsSettings,
    /// By the names of their classes.
    pub(super) user_agents: BTreeMap<Box<str>, UserAgent>,
    /// Of post-dial delays and durations, which the workers count, where the buckets lie.
    signalling: [Histogram; 2],
    pub(super) exemplars: Exemplars,
}

/// What calls of a class of user agents came to.
#[derive(Clone, Debug)]
pub(super) struct UserAgent {
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    /// Lowest MOS of each call.
    pub(super) mos: Histogram,
}

impl Default for UserAgent {
    fn default() -> Self {
        UserAgent {
            outcomes: BTreeMap::new(),
            mos: Histogram::new(histogram::MOS),
        }
    }
}

/// Domains that registrations are told apart by.
const DOMAINS: usize = 100;

/// Codec and direction of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MediaKey {
    pub(super) codec: &'static str,
    pub(super) direction: Option<&'static str>,
}

/// What streams of one kind had.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub(super) ended: u64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) expected: u64,
    pub(super) lost: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
    /// For each of the three jitter buffers.
    pub(super) late: [u64; 3],
    /// By the edges of bins in ms.
    pub(super) variation: BTreeMap<(Option<u16>, Option<u16>), u64>,
    pub(super) jitter: Histogram,
    pub(super) mos: Histogram,
    pub(super) mos_f1: Histogram,
    pub(super) mos_f2: Histogram,
    pub(super) mos_adaptive: Histogram,
    pub(super) rating: Histogram,
}

impl Default for Media {
    fn default() -> Self {
        let mos = Histogram::new(histogram::MOS);
        Media {
            ended: 0,
            packets: 0,
            bytes: 0,
            expected: 0,
            lost: 0,
            duplicates: 0,
            reordered: 0,
            late: [0; 3],
            variation: BTreeMap::new(),
            jitter: Histogram::new(histogram::NETWORK),
            mos: mos.clone(),
            mos_f1: mos.clone(),
            mos_f2: mos.clone(),
            mos_adaptive: mos,
            rating: Histogram::new(histogram::RATING),
        }
    }
}

impl Tally {
    /// A tally that tells directions by what `scopes` calls inside.
    pub fn new(scopes: &Scopes) -> Tally {
        Tally {
            scopes: scopes.clone(),
            media: BTreeMap::new(),
            findings: BTreeMap::new(),
            security: BTreeMap::new(),
            unscored: BTreeMap::new(),
            round_trip: Histogram::new(histogram::NETWORK),
            remote_jitter: Histogram::new(histogram::NETWORK),
            remote_lost: 0,
            domains: labels::Budget::new(DOMAINS),
            settings: MetricsSettings::default(),
            user_agents: BTreeMap::new(),
            signalling: [histogram::DELAYS, histogram::DURATIONS].map(Histogram::new),
            exemplars: Exemplars::default(),
        }
    }

    /// The same, as the operator chose. A class that keeps its name keeps its counts.
    #[must_use]
    pub fn with_settings(mut self, settings: &MetricsSettings) -> Tally {
        self.change_settings(settings);
        self
    }

    /// As [`Tally::with_settings`], from now on.
    pub fn change_settings(&mut self, settings: &MetricsSettings) {
        self.settings = settings.clone();
        self.exemplars.want(settings.exemplars);
        let names: Vec<Box<str>> = settings.class_names().map(Box::from).collect();
        self.user_agents.retain(|name, _| names.contains(name));
        for name in names {
            self.user_agents.entry(name).or_default();
        }
    }

    /// Calls that show what samples are about.
    pub fn exemplars(&self) -> &Exemplars {
        &self.exemplars
    }

    /// Tells directions by other networks from now on.
    pub fn change_scopes(&mut self, scopes: &Scopes) {
        self.scopes = scopes.clone();
    }

    /// Takes in a record.
    pub fn on_record(&mut self, record: &Record) {
        match record {
            Record::Call(call) => self.on_call(call),
            Record::Interval(interval) => self.on_interval(interval),
            Record::Stream(stream) => self.on_stream(stream),
            Record::Security(event) => {
                *self.security.entry(event.code.name()).or_default() += 1;
            }
            // These are counted by the workers.
            Record::Registration(_) | Record::RegistrationEvent(_) | Record::Conversation(_) => {}
        }
    }

    fn on_call(&mut self, call: &CallRecord) {
        for finding in &call.findings {
            *self.findings.entry(finding.code).or_default() += 1;
            self.exemplars
                .counted(&names::FINDINGS, &[finding.code], &call.call_id);
        }
        let [delays, durations] = &self.signalling;
        for (family, histogram, value) in [
            (&names::POST_DIAL, delays, call.pdd_ms.map(|ms| ms / 1e3)),
            (&names::SETUP, delays, call.setup_ms.map(|ms| ms / 1e3)),
            (&names::DURATION, durations, call.duration_s),
        ] {
            if let Some(value) = value {
                self.exemplars
                    .observed(family, &[], histogram, value, &call.call_id);
            }
        }
        self.on_user_agent(call);
    }

    fn on_user_agent(&mut self, call: &CallRecord) {
        let class = self.settings.class_of(call.user_agent.caller.as_deref());
        let Some(counts) = class.and_then(|class| self.user_agents.get_mut(class)) else {
            return;
        };
        *counts.outcomes.entry(call.outcome.name()).or_default() += 1;
        if let Some(mos) = &call.mos {
            counts.mos.observe(mos.min);
        }
    }

    fn on_interval(&mut self, record: &IntervalRecord) {
        let interval = &record.interval;
        let key = MediaKey {
            codec: labels::codec(record.codec.as_deref()),
            direction: self.scopes.direction_of(record.src.ip(), record.dst.ip()),
        };
        let media = self.media.entry(key).or_default();
        media.packets += interval.packets;
        media.expected += interval.expected;
        media.lost += interval.lost;
        media.duplicates += interval.duplicates;
        media.reordered += interval.reordered;
        let late = &interval.late;
        for (sum, n) in media
            .late
            .iter_mut()
            .zip([late.late, late.late_f2, late.late_adaptive])
        {
            *sum += n.unwrap_or(0);
        }
        if let Some(pdv) = &interval.pdv {
            let edges = || pdv.edges_ms.iter().copied().map(Some);
            let bins = [None].into_iter().chain(edges()).zip(edges().chain([None]));
            for (bin, n) in bins.zip(&*pdv.packets) {
                *media.variation.entry(bin).or_default() += u64::from(*n);
            }
        }
        if let Some(jitter) = interval.jitter_ms {
            media.jitter.observe(jitter.mean / 1e3);
        }
        if let (Some(call_id), Some(mos)) = (&record.call_id, interval.scores.mos) {
            let labels = [key.codec, key.direction.unwrap_or_default()];
            self.exemplars
                .observed(&names::MOS, &labels, &media.mos, mos, call_id);
        }
        let scores = &interval.scores;
        for (histogram, score) in [
            (&mut media.mos, scores.mos),
            (&mut media.mos_f1, scores.mos_f1),
            (&mut media.mos_f2, scores.mos_f2),
            (&mut media.mos_adaptive, scores.mos_adaptive),
            (&mut media.rating, scores.r),
        ] {
            score.into_iter().for_each(|score| histogram.observe(score));
        }
    }

    fn on_stream(&mut self, stream: &StreamRecord) {
        let key = MediaKey {
            codec: labels::codec(stream.codec.as_deref()),
            direction: self.scopes.direction_of(stream.src.ip(), stream.dst.ip()),
        };
        let media = self.media.entry(key).or_default();
        media.ended += 1;
        media.bytes += stream.bytes;
        if let Some(why) = stream.mos_missing {
            *self.unscored.entry(why.name()).or_default() += 1;
        }
        let Some(remote) = &stream.rtcp else {
            return;
        };
        if let Some(ms) = remote.rtt_ms {
            self.round_trip.observe(ms / 1e3);
        }
        if let Some(ms) = remote.remote_jitter_ms {
            self.remote_jitter.observe(ms / 1e3);
        }
        self.remote_lost += remote
            .remote_lost
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(0);
    }
}

//! From counts to families: one function a part of `names`.

use std::collections::BTreeMap;

use prometheus::proto::MetricFamily;

use super::histogram::{self, Histogram};
use super::host::Host;
use super::labels;
use super::names::{self, Family};
use super::page::{Choice, Page};
use super::tally::{Media, MediaKey, Tally};
use crate::export::{Counts, Dropped};
use crate::pipeline::{Queue, Survey};
use crate::record::books::{Handled, Reason};
use crate::record::{Finding, KpiTotals, MosMissing, Outcome, RegistrationChange, SecurityCode};
use crate::shared::{SharedCounts, SharedDropped};
use crate::sip::{Defect, Method};
use crate::track::{Delays, Levels};

/// The families that `choice` takes, in the order of [`names::ALL`].
pub fn families(
    survey: &Survey,
    tally: &mut Tally,
    host: &Host,
    choice: Choice,
) -> Vec<MetricFamily> {
    let mut page = Page::new(choice);
    messages(&mut page, survey);
    sessions(&mut page, survey);
    groups(&mut page, survey);
    user_agents(&mut page, tally);
    let found = |code| tally.findings.get(code).copied().unwrap_or(0) as f64;
    page.many(
        &names::FINDINGS,
        Finding::CODES.map(|code| ([code], found(code))),
    );
    registrations(&mut page, survey, tally);
    let security = SecurityCode::ALL.iter().map(|code| code.name());
    let seen = |kind| tally.security.get(kind).copied().unwrap_or(0) as f64;
    page.many(
        &names::SECURITY,
        security.clone().map(|kind| ([kind], seen(kind))),
    );
    let now = |kind| survey.attacks.get(kind).copied().unwrap_or(0) as f64;
    page.many(&names::ATTACKS, security.map(|kind| ([kind], now(kind))));
    page.many(
        &names::QUALITY_REPORTS,
        from_zero(labels::QUALITY_REPORTS, &survey.sip.endpoint_reports),
    );
    page.one(&names::TLS, survey.sip.tls.sessions as f64);
    page.one(&names::TLS_READ, survey.sip.tls.decrypted as f64);
    media(&mut page, survey, tally);
    rtcp(&mut page, survey, tally);
    books(&mut page, survey);
    of_host(&mut page, survey, host);
    page.into_families()
}

fn by_name<'n>(
    counts: impl IntoIterator<Item = (&'n &'static str, &'n u64)>,
) -> impl Iterator<Item = ([&'n str; 1], f64)> {
    counts.into_iter().map(|(name, n)| ([*name], *n as f64))
}

/// Counts by name, with those that did not occur: a counter that is not there before it has counted something hides its first step.
fn from_zero(
    known: impl IntoIterator<Item = &'static str>,
    counts: &BTreeMap<impl AsRef<str>, u64>,
) -> impl Iterator<Item = ([&str; 1], f64)> {
    let mut all: BTreeMap<&str, u64> = known.into_iter().map(|name| (name, 0)).collect();
    all.extend(counts.iter().map(|(name, n)| (name.as_ref(), *n)));
    all.into_iter().map(|(name, n)| ([name], n as f64))
}

fn messages(page: &mut Page, survey: &Survey) {
    let sip = &survey.sip;
    page.one(&names::MESSAGES, sip.messages as f64);
    let mut requests = BTreeMap::new();
    for (method, n) in &sip.requests {
        *requests
            .entry(Method::from_bytes(method.as_bytes()).label())
            .or_default() += n;
    }
    page.many(&names::REQUESTS, by_name(&requests));
    let responses: Vec<_> = survey
        .responses
        .iter()
        .map(|((method, code), n)| (*method, code_label(*code), *n as f64))
        .collect();
    page.many(
        &names::RESPONSES,
        responses
            .iter()
            .map(|(method, code, n)| ([*method, code.as_str()], *n)),
    );
    page.one(&names::RETRANSMISSIONS, sip.retransmissions as f64);
    let rules = Defect::ALL.iter().map(|defect| defect.name());
    page.many(&names::MALFORMED, from_zero(rules, &sip.malformed));
    let transactions = || sip.transactions.iter();
    page.many(
        &names::TRANSACTIONS,
        transactions().map(|(method, counts)| ([*method], counts.requests as f64)),
    );
    page.many(
        &names::COMPLETED,
        transactions().flat_map(|(method, counts)| {
            let class = |(class, n): (&&'static str, &u64)| ([*method, *class], *n as f64);
            counts.completed.iter().map(class)
        }),
    );
    page.many(
        &names::TIMEOUTS,
        transactions().flat_map(|(method, counts)| {
            let timeouts = &counts.timeouts;
            [
                ([*method, "response"], timeouts.no_response as f64),
                ([*method, "final_response"], timeouts.no_final as f64),
                ([*method, "ack"], timeouts.no_ack as f64),
            ]
        }),
    );
    let times = survey.counters.transactions.delays();
    page.histograms(
        &names::RESPONSE_TIME,
        times.map(|(method, delays)| ([method], delays_of(delays))),
    );
}

fn code_label(code: u16) -> String {
    match code {
        0 => "other".to_owned(),
        code => code.to_string(),
    }
}

fn delays_of(delays: &Delays) -> Histogram {
    Histogram::of(delays, histogram::DELAYS)
}

fn sessions(page: &mut Page, survey: &Survey) {
    let states = Levels::STATES.into_iter().zip(survey.levels.dialogs);
    page.many(
        &names::DIALOGS,
        states.map(|(state, n)| ([state], n as f64)),
    );
    let total = survey.counters.kpi.total();
    let totals = total.totals();
    page.one(&names::SESSIONS, total.attempts as f64);
    page.many(
        &names::OUTCOMES,
        outcomes(totals).map(|(outcome, n)| ([outcome], n)),
    );
    for (family, n) in [
        (&names::BIDS, totals.bids),
        (&names::CHALLENGED, totals.challenged),
        (&names::EFFECTIVE, totals.effective),
        (&names::INEFFECTIVE, totals.ineffective),
        (&names::DELIVERED, totals.delivered),
        (&names::FINISHED, totals.completed),
        (&names::BYE_UNANSWERED, totals.bye_unanswered),
        (&names::REINVITES, totals.reinvites),
    ] {
        page.one(family, n as f64);
    }
    page.histograms(
        &names::REQUEST_DELAY,
        [
            (["answered"], delays_of(total.request_answered())),
            (["failed"], delays_of(total.request_failed())),
        ],
    );
    page.histograms(&names::POST_DIAL, [([], delays_of(total.post_dial()))]);
    page.histograms(&names::SETUP, [([], delays_of(total.setup()))]);
    page.histograms(&names::DISCONNECT, [([], delays_of(total.disconnect()))]);
    let durations = Histogram::of(total.duration(), histogram::DURATIONS);
    page.histograms(&names::DURATION, [([], durations)]);
}

fn outcomes(totals: &KpiTotals) -> impl Iterator<Item = (&'static str, f64)> {
    [
        ("answered", totals.answered),
        ("busy", totals.busy),
        ("no_answer", totals.no_answer),
        ("rejected", totals.rejected),
        ("cancelled", totals.cancelled),
        ("failed", totals.failed),
        ("redirected", totals.redirected),
        ("timeout", totals.timeout),
        ("in_progress", totals.in_progress),
    ]
    .into_iter()
    .map(|(outcome, n)| (outcome, n as f64))
}

/// The families of a kind of group: attempts, outcomes, post-dial delay, duration.
const GROUPS: [(&str, [&Family; 4]); 3] = [
    (
        "trunk",
        [
            &names::TRUNK_SESSIONS,
            &names::TRUNK_OUTCOMES,
            &names::TRUNK_POST_DIAL,
            &names::TRUNK_DURATION,
        ],
    ),
    (
        "domain",
        [
            &names::DOMAIN_SESSIONS,
            &names::DOMAIN_OUTCOMES,
            &names::DOMAIN_POST_DIAL,
            &names::DOMAIN_DURATION,
        ],
    ),
    (
        "direction",
        [
            &names::DIRECTION_SESSIONS,
            &names::DIRECTION_OUTCOMES,
            &names::DIRECTION_POST_DIAL,
            &names::DIRECTION_DURATION,
        ],
    ),
];

fn groups(page: &mut Page, survey: &Survey) {
    for (by, [attempts, by_outcome, post_dial, duration]) in GROUPS {
        let groups = || {
            let all = survey.counters.kpi.groups();
            all.filter(move |group| group.0 == by)
                .map(|(_, name, counts)| (name, counts))
        };
        page.many(
            attempts,
            groups().map(|(name, counts)| ([name], counts.attempts as f64)),
        );
        page.many(
            by_outcome,
            groups().flat_map(|(name, counts)| {
                outcomes(counts.totals()).map(move |(outcome, n)| ([name, outcome], n))
            }),
        );
        page.histograms(
            post_dial,
            groups().map(|(name, counts)| ([name], delays_of(counts.post_dial()))),
        );
        page.histograms(
            duration,
            groups().map(|(name, counts)| {
                let durations = Histogram::of(counts.duration(), histogram::DURATIONS);
                ([name], durations)
            }),
        );
    }
}

/// The outcomes there are, in the order of the families.
const OUTCOMES: [Outcome; 9] = Outcome::ALL;

fn user_agents(page: &mut Page, tally: &Tally) {
    let classes = || tally.user_agents.iter();
    page.many(
        &names::USER_AGENT_OUTCOMES,
        classes().flat_map(|(class, counts)| {
            let n = |outcome| counts.outcomes.get(outcome).copied().unwrap_or(0) as f64;
            let names = OUTCOMES.map(Outcome::name).into_iter();
            names.map(move |outcome| ([&**class, outcome], n(outcome)))
        }),
    );
    page.histograms(
        &names::USER_AGENT_MOS,
        classes().map(|(class, counts)| ([&**class], counts.mos.clone())),
    );
}

fn registrations(page: &mut Page, survey: &Survey, tally: &mut Tally) {
    let mut domains = BTreeMap::<&str, u64>::new();
    for (domain, n) in &survey.levels.registrations {
        *domains.entry(tally.domains.label(domain)).or_default() += n;
    }
    page.many(
        &names::REGISTRATIONS,
        domains.iter().map(|(domain, n)| ([*domain], *n as f64)),
    );
    let summary = survey.sip.registration.clone().unwrap_or_default();
    page.one(&names::REGISTRATION_ATTEMPTS, summary.attempts as f64);
    page.one(&names::REGISTRATION_SUCCEEDED, summary.succeeded as f64);
    page.many(
        &names::REGISTRATION_FAILURES,
        from_zero(labels::REGISTRATION_FAILURES, &summary.failures),
    );
    page.one(&names::REGISTRATION_CHALLENGES, summary.challenges as f64);
    let changes = RegistrationChange::ALL.iter().map(|change| change.name());
    page.many(
        &names::REGISTRATION_CHANGES,
        from_zero(changes, &summary.events),
    );
    let delays = delays_of(survey.counters.registrations.delays());
    page.histograms(&names::REGISTRATION_DELAY, [([], delays)]);
}

/// The three jitter buffers, as docs/quality.md has them.
const BUFFERS: [&str; 3] = ["fixed_50", "fixed_200", "adaptive_500"];

fn media(page: &mut Page, survey: &Survey, tally: &Tally) {
    let labels = |key: &MediaKey| [key.codec, key.direction.unwrap_or_default()];
    let kinds = || tally.media.iter().map(|(key, media)| (labels(key), media));
    page.one(&names::STREAMS, survey.levels.streams as f64);
    let count =
        |n: fn(&Media) -> u64| kinds().map(move |(labels, media)| (labels, n(media) as f64));
    page.many(&names::STREAMS_ENDED, count(|media| media.ended));
    let reasons = MosMissing::ALL.map(MosMissing::name);
    page.many(&names::UNSCORED, from_zero(reasons, &tally.unscored));
    page.many(&names::PACKETS, count(|media| media.packets));
    page.many(&names::BYTES, count(|media| media.bytes));
    page.many(&names::EXPECTED, count(|media| media.expected));
    page.many(&names::LOST, count(|media| media.lost));
    page.many(&names::DUPLICATES, count(|media| media.duplicates));
    page.many(&names::REORDERED, count(|media| media.reordered));
    page.many(
        &names::LATE,
        kinds().flat_map(|([codec, direction], media)| {
            let buffers = BUFFERS.into_iter().zip(media.late);
            buffers.map(move |(buffer, n)| ([codec, direction, buffer], n as f64))
        }),
    );
    let sizes = |n: fn(&Media) -> &Histogram| {
        kinds().map(move |(labels, media)| (labels, n(media).clone()))
    };
    page.histograms(&names::JITTER, sizes(|media| &media.jitter));
    let bins: Vec<_> = kinds()
        .flat_map(|(labels, media)| {
            let bin =
                move |(bin, n): (&(Option<u16>, Option<u16>), &u64)| (labels, bin_label(*bin), *n);
            media.variation.iter().map(bin)
        })
        .collect();
    page.many(
        &names::VARIATION,
        bins.iter()
            .map(|([codec, direction], bin, n)| ([*codec, *direction, bin.as_str()], *n as f64)),
    );
    page.histograms(&names::MOS, sizes(|media| &media.mos));
    page.histograms(&names::MOS_F1, sizes(|media| &media.mos_f1));
    page.histograms(&names::MOS_F2, sizes(|media| &media.mos_f2));
    page.histograms(&names::MOS_ADAPTIVE, sizes(|media| &media.mos_adaptive));
    page.histograms(&names::RATING, sizes(|media| &media.rating));
}

/// A bin of delay variation: `50-90`, or `300-` for the last.
fn bin_label((from, to): (Option<u16>, Option<u16>)) -> String {
    let from = from.unwrap_or(0);
    match to {
        Some(to) => format!("{from}-{to}"),
        None => format!("{from}-"),
    }
}

fn rtcp(page: &mut Page, survey: &Survey, tally: &Tally) {
    let counts = &survey.rtcp;
    let types = [
        (["sr"], counts.sr),
        (["rr"], counts.rr),
        (["sdes"], counts.sdes),
        (["bye"], counts.bye),
        (["app"], counts.app),
        (["xr"], counts.xr),
        (["other"], counts.other),
    ];
    page.many(&names::RTCP, types.map(|(labels, n)| (labels, n as f64)));
    page.histograms(&names::ROUND_TRIP, [([], tally.round_trip.clone())]);
    page.histograms(&names::REMOTE_JITTER, [([], tally.remote_jitter.clone())]);
    page.one(&names::REMOTE_LOST, tally.remote_lost as f64);
}

fn books(page: &mut Page, survey: &Survey) {
    let capture = &survey.capture;
    page.many(&names::BUILD, [([env!("CARGO_PKG_VERSION")], 1.0)]);
    page.one(&names::FRAMES, capture.packets as f64);
    page.one(&names::FRAME_BYTES, capture.bytes as f64);
    page.one(&names::CUT, capture.truncated as f64);
    let handled = Handled::ALL.iter().map(|handled| handled.name());
    page.many(&names::HANDLED, from_zero(handled, &capture.handled));
    let reasons = Reason::ALL.iter().map(|reason| reason.name());
    page.many(
        &names::DROPPED,
        from_zero(reasons, &capture.dropped).map(|([name], n)| {
            let (stage, reason) = name.split_once('.').unwrap_or((name, ""));
            ([stage, reason], n)
        }),
    );
    page.many(
        &names::OVER_CAPACITY,
        from_zero(labels::TABLES, &survey.sip.over_capacity),
    );
    page.many(
        &names::STREAM_LOSSES,
        from_zero(labels::STREAM_LOSSES, &survey.sip.stream_losses),
    );
    page.many(&names::ENTRIES, by_name(&survey.levels.tables));
}

fn of_host(page: &mut Page, survey: &Survey, host: &Host) {
    let interfaces = || host.interfaces.iter();
    page.many(
        &names::INTERFACE_UP,
        interfaces().map(|of| ([of.name.as_str()], f64::from(u8::from(of.up)))),
    );
    page.many(
        &names::INTERFACE_STALLED,
        interfaces().map(|of| ([of.name.as_str()], f64::from(u8::from(of.stalled)))),
    );
    page.many(
        &names::RECEIVED,
        interfaces().map(|of| ([of.name.as_str()], of.received as f64)),
    );
    page.many(
        &names::KERNEL_DROPS,
        interfaces().map(|of| ([of.name.as_str()], of.dropped as f64)),
    );
    page.many(
        &names::READ,
        interfaces().map(|of| ([of.name.as_str()], of.frames as f64)),
    );
    page.many(
        &names::RETURNS,
        interfaces().map(|of| ([of.name.as_str()], of.returns as f64)),
    );
    let merged = |of: &super::InterfaceCounts| [("split", of.split), ("left", of.unsplit)];
    page.many(
        &names::MERGED,
        interfaces()
            .flat_map(|of| merged(of).map(|(verdict, n)| ([of.name.as_str(), verdict], n as f64))),
    );
    if let Some(filter) = &host.filter {
        let verdict = |left: bool| if left { "left" } else { "passed" };
        page.many(
            &names::FILTERED,
            filter
                .packets
                .iter()
                .map(|(class, left, n)| ([*class, verdict(*left)], *n as f64)),
        );
        page.one(&names::ENDPOINTS, filter.endpoints as f64);
        page.one(&names::ENDPOINTS_MAX, filter.capacity as f64);
        page.one(&names::ENDPOINTS_REFUSED, filter.refused as f64);
    }
    exports(page, host);
    if let Some(counts) = &host.shared {
        shared(page, counts);
    }
    let Some(process) = &host.process else {
        return;
    };
    page.many(
        &names::THREADS,
        process
            .threads
            .iter()
            .map(|(name, s)| ([name.as_str()], *s)),
    );
    queues(page, survey);
    page.one(&names::CPU, process.cpu_s);
    page.one(&names::MEMORY, process.memory as f64);
    page.one(&names::DESCRIPTORS, process.descriptors as f64);
    page.one(&names::STARTED, process.started_s);
}

/// Queues depend on how threads happened to run: nothing that a replay could tell.
fn queues(page: &mut Page, survey: &Survey) {
    let queues: Vec<(String, &Queue)> = survey
        .queues
        .iter()
        .enumerate()
        .map(|(worker, queue)| (worker.to_string(), queue))
        .collect();
    let samples = |n: fn(&Queue) -> u64| {
        queues
            .iter()
            .map(move |(worker, queue)| ([worker.as_str()], n(queue) as f64))
    };
    page.many(&names::QUEUE, samples(|queue| queue.waiting));
    page.many(&names::QUEUE_FULL, samples(|queue| queue.full));
}

fn shared(page: &mut Page, counts: &SharedCounts) {
    page.one(
        &names::SHARED_CONNECTED,
        f64::from(u8::from(counts.is_connected())),
    );
    let (asked, found) = counts.asked();
    page.one(&names::SHARED_PUBLISHED, counts.published() as f64);
    page.one(&names::SHARED_ASKED, asked as f64);
    page.one(&names::SHARED_FOUND, found as f64);
    let (sent, received) = counts.mails();
    let mails = [(["sent"], sent as f64), (["received"], received as f64)];
    page.many(&names::SHARED_MAILS, mails);
    let (refused, away) = counts.failures();
    let failures = [(["away"], away as f64), (["refused"], refused as f64)];
    page.many(&names::SHARED_FAILURES, failures);
    let dropped = SharedDropped::ALL.map(|what| ([what.name()], counts.dropped(what) as f64));
    page.many(&names::SHARED_DROPPED, dropped);
}

fn exports(page: &mut Page, host: &Host) {
    let each = |count: fn(&Counts) -> u64| {
        let sinks = host.exports.iter();
        sinks.map(move |(name, counts)| ([*name], count(counts) as f64))
    };
    page.many(&names::EXPORT_QUEUED, each(Counts::queued));
    page.many(&names::EXPORT_SPOOLED, each(Counts::spooled));
    page.many(&names::EXPORT_DELIVERED, each(Counts::delivered));
    page.many(&names::EXPORT_RETRIED, each(Counts::retried));
    let dropped = host.exports.iter().flat_map(|(name, counts)| {
        let by_reason = |why: Dropped| ([*name, why.name()], counts.dropped(why) as f64);
        Dropped::ALL.map(by_reason)
    });
    page.many(&names::EXPORT_DROPPED, dropped);
    let successes = host.exports.iter().filter_map(|(name, counts)| {
        let at = counts.last_success()?;
        Some(([*name], at as f64))
    });
    page.many(&names::EXPORT_SUCCESS, successes);
}

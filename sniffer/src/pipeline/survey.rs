//! The counts of a run at one moment: those of the front and of all workers, put together.

use std::collections::BTreeMap;

use super::dispatch::FrontCounts;
use super::replay::Origin;
use super::sorter::Intake;
use super::worker::{Queue, Remains};
use crate::record::books::Books;
use crate::record::{CaptureSummary, RtcpCounts, SecurityCode, SipSummary};
use crate::track::{Counters, Levels};

/// What a run has counted so far. Its parts are those of a report, and what a report makes ratios of.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What was read.
    pub capture: CaptureSummary,
    /// The signalling in numbers.
    pub sip: SipSummary,
    /// RTCP packets by type.
    pub rtcp: RtcpCounts,
    /// Responses by the method they answer and their code.
    pub responses: BTreeMap<(&'static str, u16), u64>,
    /// Attacks that seem to be going on, by kind.
    pub attacks: BTreeMap<&'static str, u64>,
    /// What the workers counted, with the histograms behind the figures.
    pub counters: Counters,
    /// The queues in front of the workers.
    pub queues: Vec<Queue>,
    /// What is being followed.
    pub levels: Levels,
}

/// What is counted in front of the workers.
pub(super) struct Front {
    pub(super) origin: Origin,
    pub(super) counts: FrontCounts,
    pub(super) kernel_drops: Option<u64>,
    pub(super) legs_refused: u64,
    pub(super) queues: Vec<Queue>,
    pub(super) false_answers: u64,
}

/// Puts together what the front and the workers counted.
pub(super) fn survey(front: Front, remains: &[Remains]) -> Survey {
    let FrontCounts {
        intake,
        sip,
        responses,
        mut attacks,
    } = front.counts;
    attacks.insert(SecurityCode::FalseAnswer.name(), front.false_answers);
    let mut books = intake.books.clone();
    let mut counters = Counters::default();
    let mut levels = Levels::default();
    let mut malformed = BTreeMap::new();
    for remains in remains {
        books.merge(&remains.books);
        for (defect, n) in &remains.malformed {
            *malformed.entry(defect.name()).or_default() += n;
        }
        counters.merge(&remains.counters);
        levels.merge(&remains.levels);
    }
    let legs = Some(("conversation_legs", front.legs_refused)).filter(|(_, n)| *n > 0);
    let mut over_capacity = counters.over_capacity();
    over_capacity.extend(sip.over_capacity);
    over_capacity.extend(legs);
    let mut endpoint_reports = counters.endpoint_reports();
    endpoint_reports.extend(sip.endpoint_reports);
    Survey {
        capture: capture_summary(front.origin, &intake, &books, front.kernel_drops),
        sip: SipSummary {
            retransmissions: counters.retransmissions,
            transactions: counters.transactions.summary(),
            endpoint_reports,
            kpi: counters.kpi.kpi(),
            registration: counters.registrations.summary(),
            over_capacity,
            malformed,
            ..sip
        },
        rtcp: intake.rtcp,
        responses,
        attacks,
        queues: front.queues,
        counters,
        levels,
    }
}

fn capture_summary(
    origin: Origin,
    intake: &Intake,
    books: &Books,
    kernel_drops: Option<u64>,
) -> CaptureSummary {
    CaptureSummary {
        files: origin.files,
        packets: books.frames,
        bytes: intake.bytes,
        truncated: intake.truncated,
        kernel_drops,
        first: intake.first,
        last: intake.last,
        handled: books.handled_by_name(),
        dropped: books.dropped_by_name(),
        encapsulations: intake.encapsulations.by_name(),
        damage: origin.damage,
    }
}

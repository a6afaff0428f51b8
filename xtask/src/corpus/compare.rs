//! Facts against gold: what was compared, and where the two disagree.

use std::collections::BTreeSet;
use std::fmt;

use super::facts::{Counts, Facts, StreamFacts};

/// What is compared, and what must hold of every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Request,
    Response,
    CallIds,
    /// A stream that only one of the two has.
    Stream,
    Packets,
    Lost,
    JitterMean,
    JitterMax,
    Rtcp,
    /// A field of a HEP frame.
    Hep,
    /// Exit status 0.
    Exit,
    /// The report can be read, and no run died or hung.
    Run,
    /// Frames in = frames handled + frames dropped.
    Books,
    /// The same bytes for any number of workers.
    Workers,
    /// With copies told: as many as are known to be there, and where there are none the same bytes.
    Copies,
}

impl Class {
    pub(super) const ALL: [Class; 15] = [
        Class::Request,
        Class::Response,
        Class::CallIds,
        Class::Stream,
        Class::Packets,
        Class::Lost,
        Class::JitterMean,
        Class::JitterMax,
        Class::Rtcp,
        Class::Hep,
        Class::Exit,
        Class::Run,
        Class::Books,
        Class::Workers,
        Class::Copies,
    ];

    /// The class as the list of exceptions spells it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Class::Request => "request",
            Class::Response => "response",
            Class::CallIds => "call_ids",
            Class::Stream => "stream",
            Class::Packets => "packets",
            Class::Lost => "lost",
            Class::JitterMean => "jitter_mean",
            Class::JitterMax => "jitter_max",
            Class::Rtcp => "rtcp",
            Class::Hep => "hep",
            Class::Exit => "exit",
            Class::Run => "run",
            Class::Books => "books",
            Class::Workers => "workers",
            Class::Copies => "copies",
        }
    }

    /// Whether an exception may excuse it: what must always hold has none.
    pub(super) const fn excusable(self) -> bool {
        !matches!(
            self,
            Class::Run | Class::Books | Class::Workers | Class::Copies
        )
    }
}

/// One thing compared, with what each side says where they differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) class: Class,
    /// A method, a status, a stream; `-` where there is only one of its class.
    pub(super) item: String,
    pub(super) differs: Option<Difference>,
}

/// The two sides of a disagreement, as they are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) ours: String,
    pub(super) gold: String,
}

impl Finding {
    /// `ours` and `gold` as printed; `agree` decides.
    pub(super) fn new(
        class: Class,
        item: &str,
        agree: bool,
        ours: impl fmt::Display,
        gold: impl fmt::Display,
    ) -> Self {
        let differs = (!agree).then(|| Difference {
            ours: ours.to_string(),
            gold: gold.to_string(),
        });
        Finding {
            class,
            item: item.to_owned(),
            differs,
        }
    }
}

/// Everything that can be compared between a report and the gold.
pub(super) fn compare(ours: &Facts, gold: &Facts) -> Vec<Finding> {
    let mut findings = counts(Class::Request, &ours.requests, &gold.requests);
    findings.extend(counts(Class::Response, &ours.responses, &gold.responses));
    findings.push(Finding::new(
        Class::CallIds,
        "-",
        ours.call_ids == gold.call_ids,
        ours.call_ids,
        gold.call_ids,
    ));
    findings.extend(counts(Class::Rtcp, &ours.rtcp, &gold.rtcp));
    let names: BTreeSet<_> = ours.streams.keys().chain(gold.streams.keys()).collect();
    for name in names {
        let pair = (ours.streams.get(name), gold.streams.get(name));
        findings.extend(stream(&name.to_string(), pair));
    }
    findings
}

fn counts(class: Class, ours: &Counts, gold: &Counts) -> Vec<Finding> {
    let names: BTreeSet<&String> = ours.keys().chain(gold.keys()).collect();
    let of = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or(0);
    let finding = |name: &String| {
        let (ours, gold) = (of(ours, name), of(gold, name));
        Finding::new(class, name, ours == gold, ours, gold)
    };
    names.into_iter().map(finding).collect()
}

/// The numbers of a stream that both have. Where tshark knew no clock there is no jitter to compare with.
fn stream(name: &str, pair: (Option<&StreamFacts>, Option<&StreamFacts>)) -> Vec<Finding> {
    let (Some(ours), Some(gold)) = pair else {
        return vec![Finding::new(
            Class::Stream,
            name,
            false,
            presence(pair.0),
            presence(pair.1),
        )];
    };
    let mut findings = vec![
        Finding::new(Class::Stream, name, true, "", ""),
        Finding::new(
            Class::Packets,
            name,
            ours.packets == gold.packets,
            ours.packets,
            gold.packets,
        ),
        Finding::new(
            Class::Lost,
            name,
            ours.lost == gold.lost,
            ours.lost,
            gold.lost,
        ),
    ];
    if let Some((mean, max)) = gold.jitter_ms {
        findings.push(jitter(
            Class::JitterMean,
            name,
            ours.jitter_ms.map(|jitter| jitter.0),
            mean,
        ));
        findings.push(jitter(
            Class::JitterMax,
            name,
            ours.jitter_ms.map(|jitter| jitter.1),
            max,
        ));
    }
    findings
}

fn presence(stream: Option<&StreamFacts>) -> String {
    stream.map_or_else(
        || "none".to_owned(),
        |stream| format!("{} packets", stream.packets),
    )
}

/// tshark prints three decimals and computes in floating point.
fn jitter(class: Class, name: &str, ours: Option<f64>, gold: f64) -> Finding {
    let agree = ours.is_some_and(|ours| (ours - gold).abs() <= 0.002 + 0.005 * gold);
    let shown = ours.map_or_else(|| "unknown".to_owned(), |ours| format!("{ours:.3}"));
    Finding::new(class, name, agree, shown, format!("{gold:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::facts::StreamKey;

    fn with_stream(packets: u64, lost: i64, jitter_ms: Option<(f64, f64)>) -> Facts {
        let key = StreamKey {
            ssrc: "0x1".to_owned(),
            src: "a".to_owned(),
            dst: "b".to_owned(),
        };
        let mut facts = Facts::default();
        facts.add_stream(
            key,
            StreamFacts {
                packets,
                lost,
                jitter_ms,
            },
        );
        facts
    }

    /// The disagreements as `class item ours gold`.
    fn check(ours: &Facts, gold: &Facts, expected: &[&str]) {
        let told = |finding: Finding| {
            let Difference { ours, gold } = finding.differs?;
            Some(format!(
                "{} {} {ours} {gold}",
                finding.class.name(),
                finding.item
            ))
        };
        let found: Vec<String> = compare(ours, gold).into_iter().filter_map(told).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn counts_missing_on_either_side_are_zero() {
        let ours = Facts {
            requests: [("INVITE".to_owned(), 2)].into(),
            ..Facts::default()
        };
        let gold = Facts {
            responses: [("200".to_owned(), 1)].into(),
            call_ids: 1,
            ..Facts::default()
        };
        check(
            &ours,
            &gold,
            &["request INVITE 2 0", "response 200 0 1", "call_ids - 0 1"],
        );
    }

    #[test]
    fn a_stream_of_one_side_is_one_disagreement() {
        let stream = with_stream(5, 0, None);
        check(
            &stream,
            &Facts::default(),
            &["stream 0x1@a>b 5 packets none"],
        );
        check(
            &Facts::default(),
            &stream,
            &["stream 0x1@a>b none 5 packets"],
        );
    }

    #[test]
    fn jitter_has_a_tolerance() {
        let gold = with_stream(5, 0, Some((1.0, 10.0)));
        check(&with_stream(5, 0, Some((1.006, 10.05))), &gold, &[]);
        check(
            &with_stream(5, 0, Some((1.008, 9.9))),
            &gold,
            &[
                "jitter_mean 0x1@a>b 1.008 1.000",
                "jitter_max 0x1@a>b 9.900 10.000",
            ],
        );
        check(
            &with_stream(5, 0, None),
            &gold,
            &[
                "jitter_mean 0x1@a>b unknown 1.000",
                "jitter_max 0x1@a>b unknown 10.000",
            ],
        );
    }

    #[test]
    fn jitter_that_tshark_did_not_know_is_not_compared() {
        check(
            &with_stream(5, 0, Some((1.0, 2.0))),
            &with_stream(5, 0, None),
            &[],
        );
    }

    #[test]
    fn packets_and_lost_are_exact() {
        check(
            &with_stream(5, 1, None),
            &with_stream(6, 0, None),
            &["packets 0x1@a>b 5 6", "lost 0x1@a>b 1 0"],
        );
    }
}

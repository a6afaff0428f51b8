//! Two minutes of the mix, replayed through the library: the figures are those of the truth.

use std::fs::File;
use std::io::BufWriter;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use sniffer::pipeline::{Keys, Observer, ReplayOptions, replay};
use sniffer::record::Record;
use sniffer::track::Settings;

use super::*;

/// Keeps every record.
struct Keep;

impl Observer for Keep {
    fn on_progress(&mut self, _: u64, _: Option<u64>) {}

    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        ControlFlow::Continue(Some(record))
    }
}

fn report(path: &Path, workers: usize) -> Value {
    let options = ReplayOptions {
        feeds: Vec::new(),
        workers,
        dedup: true,
        ladders_for: Vec::new(),
        settings: Settings::default(),
        keys: Keys::default(),
    };
    let report = replay(&[path.to_owned()], &options, &mut Keep).unwrap();
    serde_json::to_value(&report).unwrap()
}

#[test]
fn two_minutes_of_calls_give_the_figures_of_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix.pcap");
    let options = flags(12_000);
    let mut sink = Sink::new(BufWriter::new(File::create(&path).unwrap()), &options);
    let truth = workload::play(Kind::Mix, &options, &mut sink).unwrap();
    let alone = report(&path, 1);
    let nothing: Vec<String> = Vec::new();
    assert_eq!(differences(&as_value(&truth).unwrap(), &alone), nothing);
    assert_eq!(alone["sip"]["kpi"]["session_requests"], truth.calls);
    assert!(alone == report(&path, 2), "2 workers give other records");
    let outcomes = [
        "answered",
        "busy",
        "no_answer",
        "rejected",
        "cancelled",
        "failed",
        "redirected",
        "timeout",
    ];
    for outcome in outcomes {
        assert!(
            alone["sip"]["kpi"]["counts"][outcome].as_u64() > Some(0),
            "{outcome}"
        );
    }
}

#[test]
fn what_differs_is_named() {
    let report = |answered: u64, median: f64| {
        let kpi = json!({"answered": answered, "joined": 0, "srd_ms": {"p50_ms": median}});
        json!({"sip": {"kpi": kpi}, "capture": {}})
    };
    let truth = json!({"kpi": {"answered": 3, "srd_ms": {"p50_ms": 100.0}}});
    assert!(differences(&truth, &report(3, 100.05)).is_empty());
    assert_eq!(
        differences(&truth, &report(4, 101.0)),
        [
            "kpi.answered: 4, and should be 3",
            "kpi.srd_ms.p50_ms: 101.0, and should be 100.0"
        ]
    );
}

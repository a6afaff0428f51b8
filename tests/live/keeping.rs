//! What a live capture keeps in its database.

use super::stage::Stage;
use super::wire::may_go_on;
use super::{PORT, wait_for};
use crate::metrics::samples;

/// Rows of a table that a live capture keeps.
fn stored(file: &std::path::Path, table: &str) -> usize {
    let address = sniffer::export::store::Address::of_file(file);
    let reader = sniffer::export::store::Reader::open(&address);
    let rows = reader.expect("it can be read").all(table);
    rows.expect("the table is there").len()
}

#[test]
fn a_live_capture_keeps_its_records() {
    if !may_go_on("live::keeping::a_live_capture_keeps_its_records") {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary folder");
    let folder = state.path().join("of/its/own");
    let stage = Stage::open(&["--state-dir", folder.to_str().expect("its name is UTF-8")]);
    stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let ended = stage.close();
    // The store is told of calls while they last, too.
    let mut lines = ended.balance.lines();
    let told = lines.find_map(|line| line.strip_prefix("sipvane: store: "));
    let told = told.expect("it tells of the store");
    let n: usize = told
        .split_once(' ')
        .and_then(|(n, _)| n.parse().ok())
        .expect("it tells of records");
    assert_eq!(told, format!("{n} records = {n} delivered + 0 dropped"));
    assert!(n > ended.records.len(), "{told}");
    let file = folder.join("calls.db");
    for (table, kind) in [
        ("calls", "call"),
        ("acc", "call"),
        ("streams", "stream"),
        ("intervals", "interval"),
    ] {
        assert_eq!(stored(&file, table), ended.of_type(kind).len(), "{table}");
    }
    assert_eq!(stored(&file, "calls"), 20);
}

#[test]
fn what_was_delivered_is_there_after_a_kill() {
    if !may_go_on("live::keeping::what_was_delivered_is_there_after_a_kill") {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary folder");
    let folder = state.path().to_str().expect("its name is UTF-8");
    let stage = Stage::open(&["--listen", "127.0.0.1:9460", "--state-dir", folder]);
    stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let delivered = wait_for(|| {
        let page = stage.wire.page(1, PORT, "/metrics").1;
        let counts = samples(&page);
        let delivered = counts.get("sipvane_export_delivered_total{sink=\"store\"}")?;
        (*delivered > 0.0).then_some(*delivered)
    });
    stage.live.end("-KILL");
    let file = state.path().join("calls.db");
    let rows: usize = ["calls", "streams", "intervals"]
        .iter()
        .map(|table| stored(&file, table))
        .sum();
    // Each of the five states of a dialog is a record, and one row has the last.
    let dialogs = stored(&file, "dialog");
    assert!(
        (rows + 5 * dialogs) as f64 >= delivered,
        "{rows} and {dialogs} dialogs of {delivered}"
    );
}

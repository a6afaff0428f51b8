//! Calls that go on stand in the store.

use std::path::Path;
use std::time::Duration;

use sniffer::export::store::Reader;

use super::stage::Stage;
use super::wait_for;
use super::wire::{ENDS, may_go_on};
use crate::sipp::pause;

/// The states of the dialogs.
fn states(file: &Path) -> Vec<u64> {
    let address = format!("sqlite:{}", file.display());
    let address = address.parse().expect("it is the URL of a file");
    let rows = Reader::open(&address).and_then(|mut reader| reader.all("dialog"));
    let rows = rows.expect("the table is there");
    let state = |row: &std::collections::BTreeMap<String, serde_json::Value>| row["state"].as_u64();
    rows.iter().filter_map(state).collect()
}

#[test]
fn active_calls_can_be_counted_while_they_last() {
    if !may_go_on("live::progress::active_calls_can_be_counted_while_they_last") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("calls.db");
    let folder = folder.path().display().to_string();
    let stage = Stage::open(&["--workers", "2", "--state-dir", &folder]);
    let callee = stage.sipp(1, &["-sn", "uas", "-m", "6"]);
    pause(Duration::from_millis(500));
    let lasting = ["-sn", "uac", "-m", "6", "-r", "6", "-d", "5000", ENDS[1].1];
    let caller = stage.sipp(0, &lasting);
    wait_for(|| (states(&file) == [4; 6]).then_some(()));
    caller.finish();
    callee.finish();
    wait_for(|| (states(&file) == [5; 6]).then_some(()));
    stage.close();
    assert_eq!(states(&file), [5; 6]);
}

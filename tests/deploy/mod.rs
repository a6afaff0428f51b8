//! What stands under `deploy/`: it works with the program as it is.

mod chart;
mod dashboards;
mod host;
mod rules;

use std::collections::BTreeSet;
use std::path::PathBuf;

use sniffer::metrics::names::{self, Kind};

/// A folder or file of `deploy/`.
fn deployed(path: &str) -> PathBuf {
    crate::root().join("deploy").join(path)
}

/// The files of a folder of `deploy/`, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(deployed(folder)).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

fn text(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics that a query names and that sipvane does not have.
fn unknown_metrics(query: &str) -> BTreeSet<String> {
    let known: BTreeSet<String> = names::ALL
        .iter()
        .flat_map(|family| match family.kind {
            Kind::Histogram => ["_bucket", "_sum", "_count"]
                .map(|end| format!("{}{end}", family.name))
                .to_vec(),
            _ => vec![family.name.to_owned()],
        })
        .collect();
    // What stands in quotes are values of labels.
    let query: String = query.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    query
        .split(|c| !is_name(c))
        .filter(|word| {
            ["sip_", "rtp_", "rtcp_", "sipvane_"]
                .iter()
                .any(|start| word.starts_with(start))
        })
        .filter(|word| !known.contains(*word))
        .map(str::to_owned)
        .collect()
}

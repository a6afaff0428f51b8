//! The section `slices`: of which calls packets are written to files, and how much of them is kept.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use crate::pipeline::{SliceRule, SliceSettings};
use crate::record::Outcome;
use crate::time::Span;

/// Slices as configured; checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slices {
    /// The folder; there are no slices where none is named.
    pub dir: Option<PathBuf>,
    /// What is kept, and of which calls it is wanted.
    pub settings: SliceSettings,
    /// Files in the folder at most.
    pub files: usize,
    /// Their bytes at most.
    pub total_bytes: u64,
    /// Whether credentials are written as they were seen.
    pub secrets: bool,
}

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    dir: Option<PathBuf>,
    when: Option<Vec<String>>,
    seconds: u32,
    memory_mib: u32,
    files: u32,
    total_mib: u32,
    payload: bool,
    secrets: bool,
}

impl Default for Section {
    fn default() -> Section {
        Section {
            dir: None,
            when: None,
            seconds: 600,
            memory_mib: 64,
            files: 1_000,
            total_mib: 1_024,
            payload: false,
            secrets: false,
        }
    }
}

/// Calls that went wrong, where nothing else is said.
const USUAL: [SliceRule; 2] = [
    SliceRule::MosBelow(3_000),
    SliceRule::Outcome(Outcome::Failed),
];

impl Default for Slices {
    fn default() -> Slices {
        Section::default().with(USUAL.to_vec())
    }
}

impl Section {
    pub(super) fn check(mut self) -> Result<Slices, Fault> {
        let when = match self.when.take() {
            None => USUAL.to_vec(),
            Some(rules) => rules
                .iter()
                .map(|rule| rule.parse().map_err(|wrong| fault("when", wrong)))
                .collect::<Result<_, _>>()?,
        };
        let bounds = [
            ("seconds", self.seconds, 86_400),
            ("memory_mib", self.memory_mib, 65_536),
            ("files", self.files, 1_000_000),
            ("total_mib", self.total_mib, 1_048_576),
        ];
        let beyond = |(_, n, most): &&(&str, u32, u32)| !(1..=*most).contains(n);
        match bounds.iter().find(beyond) {
            Some((key, n, most)) => Err(fault(key, format!("{n} is not between 1 and {most}"))),
            None => Ok(self.with(when)),
        }
    }

    fn with(self, when: Vec<SliceRule>) -> Slices {
        Slices {
            dir: self.dir,
            settings: SliceSettings {
                when,
                bytes: (self.memory_mib as usize) << 20,
                span: Span::from_secs(self.seconds.into()),
                payload: self.payload,
                on_request: false,
            },
            files: self.files as usize,
            total_bytes: u64::from(self.total_mib) << 20,
            secrets: self.secrets,
        }
    }
}

fn fault(key: &str, wrong: String) -> Fault {
    Fault {
        key: format!("slices.{key}"),
        wrong,
        accepted: "when: any, mos < NUMBER, outcome = NAME, finding = CODE, call_id = ID; the others as docs/config.md has them",
    }
}

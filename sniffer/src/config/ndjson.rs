//! The section `ndjson`: where records are written as lines of JSON.

use std::time::Duration;

use serde::Deserialize;

use super::error::Fault;
use crate::export::ndjson::{Rotation, Target};

/// Where to, and when a file is put aside; checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ndjson {
    /// Where lines go.
    pub to: Option<Target>,
    /// When a file is put aside.
    pub rotation: Rotation,
}

impl Default for Ndjson {
    fn default() -> Self {
        Ndjson {
            to: None,
            rotation: Section::default().rotation(),
        }
    }
}

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    to: Option<String>,
    rotate_mib: u32,
    rotate_hours: u32,
    keep: u16,
}

impl Default for Section {
    fn default() -> Self {
        Section {
            to: None,
            rotate_mib: 256,
            rotate_hours: 0,
            keep: 7,
        }
    }
}

impl Section {
    pub(super) fn check(self) -> Result<Ndjson, Fault> {
        let rotation = self.rotation();
        let target = |text: String| {
            text.parse().map_err(|_| Fault {
                key: "ndjson.to".to_owned(),
                wrong: format!("{text:?} is no place for records"),
                accepted: "file:PATH, unix:PATH or stdout:",
            })
        };
        Ok(Ndjson {
            to: self.to.map(target).transpose()?,
            rotation,
        })
    }

    /// Zero stands for never.
    fn rotation(&self) -> Rotation {
        let age = Duration::from_secs(u64::from(self.rotate_hours) * 3600);
        Rotation {
            bytes: Some(u64::from(self.rotate_mib) << 20).filter(|&bytes| bytes > 0),
            age: Some(age).filter(|age| !age.is_zero()),
            keep: self.keep,
        }
    }
}

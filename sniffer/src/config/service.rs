//! The sections of what runs for long: `live`, `http` and `log`.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use super::token::{Secret, TokenSource};
use crate::capture::{FilterKind, FilterSettings, Timestamps};

/// Threads that may read one interface.
pub const MOST_CAPTURE_THREADS: u8 = 16;

/// The section `live` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Live {
    pub(super) interfaces: Vec<String>,
    prefilter: FilterKind,
    sip_ports: Option<Vec<u16>>,
    rtp_ports: Option<String>,
    pub(super) user: Option<String>,
    capture_threads: Option<u8>,
    split_merged: Option<bool>,
    timestamps: Timestamps,
}

/// How packets are taken from interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taking {
    /// Threads that read an interface.
    pub threads: usize,
    /// Whether UDP datagrams that the host has merged are taken apart.
    pub split_merged: bool,
    /// Whose times packets bear.
    pub timestamps: Timestamps,
}

impl Default for Taking {
    fn default() -> Self {
        Taking {
            threads: 1,
            split_merged: true,
            timestamps: Timestamps::Kernel,
        }
    }
}

impl Live {
    pub(super) fn taking(&self) -> Result<Taking, Fault> {
        let usual = Taking::default();
        Ok(Taking {
            threads: match self.capture_threads {
                None => usual.threads,
                Some(threads @ 1..=MOST_CAPTURE_THREADS) => threads.into(),
                Some(threads) => {
                    return Err(Fault {
                        key: "live.capture_threads".to_owned(),
                        wrong: format!("{threads} threads cannot share an interface"),
                        accepted: "1 to 16",
                    });
                }
            },
            split_merged: self.split_merged.unwrap_or(usual.split_merged),
            timestamps: self.timestamps,
        })
    }

    pub(super) fn filter(&self) -> Result<FilterSettings, Fault> {
        let range = |text: &String| {
            port_range(text).map_err(|wrong| Fault {
                key: "live.rtp_ports".to_owned(),
                wrong,
                accepted: "first and last port, such as 10000-20000",
            })
        };
        let usual = FilterSettings::default();
        Ok(FilterSettings {
            kind: self.prefilter,
            sip_ports: self.sip_ports.clone().unwrap_or(usual.sip_ports),
            rtp_ports: self.rtp_ports.as_ref().map(range).transpose()?,
        })
    }
}

/// A range of ports as it is written: the first, a hyphen, the last.
///
/// # Errors
/// What is wrong with it.
pub fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let ends = text.split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some(first..=last)
    });
    ends.ok_or_else(|| format!("{text:?} is no range of ports"))
}

/// The section `http` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Http {
    listen: Option<String>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
}

impl Http {
    pub(super) fn token(&self) -> Result<Option<TokenSource>, Fault> {
        TokenSource::of(self.token.as_ref(), self.token_file.as_deref())
    }

    pub(super) fn listen(self) -> Result<Option<SocketAddr>, Fault> {
        let address = |text: String| {
            text.parse().map_err(|_| Fault {
                key: "http.listen".to_owned(),
                wrong: format!("{text:?} is no address"),
                accepted: "an IP address and a port, such as 127.0.0.1:9460 or [::]:9460",
            })
        };
        self.listen.map(address).transpose()
    }
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What is at least as grave is written.
    pub level: LogLevel,
    /// How lines look.
    pub format: LogFormat,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something does not work.
    Error,
    /// Something may need a look.
    Warn,
    /// Something happened.
    #[default]
    Info,
    /// For those who look for a fault of the program.
    Debug,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

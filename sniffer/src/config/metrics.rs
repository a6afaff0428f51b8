//! The section `metrics`: classes of user agents, and whether samples may name calls.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::error::Fault;
use super::scopes::{MAX_NAMES, names};
use crate::metrics::{MetricsSettings, UserAgentClass};

/// Memory that a compiled pattern may take, in bytes.
const MOST_MEMORY: usize = 1 << 20;

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Metrics {
    exemplars: bool,
    user_agent: Vec<UserAgent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserAgent {
    name: String,
    pattern: String,
}

impl Metrics {
    pub(super) fn check(self) -> Result<MetricsSettings, Fault> {
        let key = "metrics.user_agent";
        if self.user_agent.len() > MAX_NAMES {
            return Err(Fault {
                key: key.to_owned(),
                wrong: format!("{} are too many", self.user_agent.len()),
                accepted: "at most 64 classes of user agents",
            });
        }
        names(
            "metrics.user_agent.name",
            self.user_agent.iter().map(|class| &*class.name),
        )?;
        let class = |class: UserAgent| {
            Ok(UserAgentClass {
                pattern: pattern(&class.pattern)?,
                name: class.name.into(),
            })
        };
        Ok(MetricsSettings {
            user_agents: self
                .user_agent
                .into_iter()
                .map(class)
                .collect::<Result<_, _>>()?,
            exemplars: self.exemplars,
        })
    }
}

fn pattern(text: &str) -> Result<Regex, Fault> {
    let built = RegexBuilder::new(text).size_limit(MOST_MEMORY).build();
    built.map_err(|_| Fault {
        key: "metrics.user_agent.pattern".to_owned(),
        wrong: format!("{text:?} is no pattern that can be used"),
        accepted: "a regular expression as the regex crate has it, such as (?i)^yealink",
    })
}

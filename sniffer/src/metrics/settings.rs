//! What the operator chose for metrics.

use regex::Regex;

/// What is none of the classes.
const OTHER: &str = "other";

/// The operator's choice. Without one there are no labels of user agents and no exemplars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Classes of user agents; the first that fits counts.
    pub user_agents: Vec<UserAgentClass>,
    /// Whether samples may name a call by its Call-ID.
    pub exemplars: bool,
}

/// User agents that are counted together.
#[derive(Clone, Debug)]
pub struct UserAgentClass {
    /// The value of the label.
    pub name: Box<str>,
    /// What their User-Agent looks like.
    pub pattern: Regex,
}

impl PartialEq for UserAgentClass {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.pattern.as_str() == other.pattern.as_str()
    }
}

impl Eq for UserAgentClass {}

impl MetricsSettings {
    /// The names of all classes, and of the rest.
    pub(super) fn class_names(&self) -> impl Iterator<Item = &str> {
        let names = self.user_agents.iter().map(|class| &*class.name);
        let rest = (!self.user_agents.is_empty()).then_some(OTHER);
        names.chain(rest)
    }

    /// The class of a user agent, if there are any.
    pub(super) fn class_of(&self, user_agent: Option<&str>) -> Option<&str> {
        if self.user_agents.is_empty() {
            return None;
        }
        let fits = |class: &&UserAgentClass| class.pattern.is_match(user_agent.unwrap_or_default());
        let class = self.user_agents.iter().find(fits);
        Some(class.map_or(OTHER, |class| &class.name))
    }
}

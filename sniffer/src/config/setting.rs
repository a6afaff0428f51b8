//! What is written, key by key, and where: the environment hides what stands in the file.

use std::collections::BTreeSet;
use std::path::Path;

use figment::Figment;
use figment::value::{Dict, Value};

use super::{ConfigError, check, sources};

/// A key that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key with its section; `trunk[0].name` is one of a list of sections.
    pub key: String,
    /// Its value, as TOML has it.
    pub value: String,
    /// The file, or the environment.
    pub origin: String,
}

impl Setting {
    /// The value, without what is secret in it: tokens and passwords, also those within URLs.
    pub fn shown(&self) -> String {
        let is_secret = ["http.token", "hep.password"].contains(&&*self.key);
        if is_secret || self.key.starts_with("otel.headers.") {
            return "\"***\"".to_owned();
        }
        let Some((scheme, rest)) = self.value.split_once("://") else {
            return self.value.clone();
        };
        // A password may hold the sign that ends it, and hosts of a list have none.
        match rest.rsplit_once('@') {
            Some((login, host)) if login.contains(':') => {
                let user = login.split_once(':').map_or(login, |(user, _)| user);
                format!("{scheme}://{user}:***@{host}")
            }
            _ => self.value.clone(),
        }
    }
}

/// The keys whose values differ, or that one of the two lacks.
pub fn changed_keys(before: &[Setting], after: &[Setting]) -> BTreeSet<String> {
    let pairs = |settings: &[Setting]| -> BTreeSet<(String, String)> {
        let pair = |setting: &Setting| (setting.key.clone(), setting.value.clone());
        settings.iter().map(pair).collect()
    };
    let (before, after) = (pairs(before), pairs(after));
    let differ = before.symmetric_difference(&after);
    differ.map(|(key, _)| key.clone()).collect()
}

/// All that is set in the file, if one is named, and in the environment. The rest is as docs/config.md says.
///
/// # Errors
/// As [`Config::load`](super::Config::load).
pub fn settings(path: Option<&Path>) -> Result<Vec<Setting>, ConfigError> {
    let sources = sources(path)?;
    check(path, &sources)?;
    let written: Dict = sources
        .extract()
        .map_err(|error| ConfigError::wrong(path, &error))?;
    let mut found = Vec::new();
    for (key, value) in &written {
        collect(&sources, path, key.clone(), value, &mut found);
    }
    Ok(found)
}

fn collect(
    sources: &Figment,
    path: Option<&Path>,
    key: String,
    value: &Value,
    found: &mut Vec<Setting>,
) {
    match value {
        Value::Dict(_, section) => {
            for (name, value) in section {
                collect(sources, path, format!("{key}.{name}"), value, found);
            }
        }
        Value::Array(_, sections) if sections.iter().any(|value| value.as_dict().is_some()) => {
            for (number, value) in sections.iter().enumerate() {
                collect(sources, path, format!("{key}[{number}]"), value, found);
            }
        }
        value => found.push(Setting {
            key,
            value: serde_json::to_string(value).unwrap_or_default(),
            origin: origin(sources, path, value),
        }),
    }
}

fn origin(sources: &Figment, path: Option<&Path>, value: &Value) -> String {
    let from_environment = sources
        .get_metadata(value.tag())
        .is_some_and(|source| source.name.contains("environment"));
    match path {
        Some(path) if !from_environment => path.display().to_string(),
        _ => "environment".to_owned(),
    }
}

//! What can be wrong with a configuration: each says where, what, and what is accepted.

use std::io;
use std::path::{Path, PathBuf};

use figment::error::Kind;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot read the configuration: {source}", path.display())]
    Unreadable {
        /// The file as named.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key or a value is wrong.
    #[error("{origin}: {key}: {wrong}; {accepted}")]
    Wrong {
        /// The file, or the environment.
        origin: String,
        /// The key, with its section.
        key: String,
        /// What is wrong with it.
        wrong: String,
        /// What would do.
        accepted: String,
    },
    /// The file is no TOML.
    #[error("{origin}: {wrong}")]
    NoToml {
        /// The file, or the environment.
        origin: String,
        /// What the parser says, with line and column.
        wrong: String,
    },
}

/// A value that cannot be used.
#[derive(Debug)]
pub(super) struct Fault {
    /// The key, with its section.
    pub(super) key: String,
    /// What is wrong with it.
    pub(super) wrong: String,
    /// What would do.
    pub(super) accepted: &'static str,
}

impl ConfigError {
    pub(super) fn in_value(path: Option<&Path>, fault: Fault) -> ConfigError {
        ConfigError::Wrong {
            origin: origin(path),
            key: fault.key,
            wrong: fault.wrong,
            accepted: format!("accepted: {}", fault.accepted),
        }
    }

    pub(super) fn wrong(path: Option<&Path>, error: &figment::Error) -> ConfigError {
        let from_environment = error
            .metadata
            .as_ref()
            .is_some_and(|source| source.name.contains("environment"));
        let origin = if from_environment {
            "environment".to_owned()
        } else {
            origin(path)
        };
        let keys = &error.path;
        let (key, wrong, accepted) = match &error.kind {
            Kind::UnknownField(field, known) => (
                keys.join("."),
                "no such key".to_owned(),
                nearest(field, known),
            ),
            Kind::InvalidType(found, wanted) => (
                keys.join("."),
                format!("found {found}"),
                format!("accepted: {wanted}"),
            ),
            Kind::InvalidValue(found, wanted) => (
                keys.join("."),
                format!("found {found}"),
                format!("accepted: {wanted}"),
            ),
            Kind::UnknownVariant(found, known) => (
                keys.join("."),
                format!("no such choice as {found:?}"),
                nearest(found, known),
            ),
            other => {
                let wrong = match keys.is_empty() {
                    true => without_secrets(&other.to_string()),
                    false => format!("{}: {other}", keys.join(".")),
                };
                return ConfigError::NoToml { origin, wrong };
            }
        };
        ConfigError::Wrong {
            origin,
            key,
            wrong,
            accepted,
        }
    }
}

fn origin(path: Option<&Path>) -> String {
    path.map_or_else(
        || "environment".to_owned(),
        |path| path.display().to_string(),
    )
}

/// What the parser says, without the values of secrets in the line that it shows.
fn without_secrets(told: &str) -> String {
    const SECRET: [&str; 5] = ["token", "password", "headers", "url", "redis"];
    let shown = |line: &str| match line.split_once('=') {
        Some((key, _)) if SECRET.iter().any(|name| key.contains(name)) => format!("{key}= ***"),
        _ => line.to_owned(),
    };
    told.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// The known name most like the one given, or all of them.
fn nearest(given: &str, known: &[&str]) -> String {
    let likeness = |name: &&&str| (strsim::jaro_winkler(given, name) * 1000.0) as u32;
    match known.iter().max_by_key(likeness) {
        Some(name) if likeness(&name) > 800 => format!("did you mean {name}?"),
        _ => format!("known are: {}", known.join(", ")),
    }
}

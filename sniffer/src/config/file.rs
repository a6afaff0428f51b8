//! The form a configuration has in a file, and its way to the checked one.

use serde::Deserialize;

use super::Config;
use super::error::Fault;
use crate::track::Settings;

/// A configuration as written. Every section and key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    calls: Calls,
    conversations: Conversations,
    streams: Streams,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Calls {
    copy_headers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Conversations {
    headers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Streams {
    show_digits: bool,
}

impl File {
    /// The configuration, if every value is one that can be used.
    pub(super) fn check(self) -> Result<Config, Fault> {
        Ok(Config {
            settings: Settings {
                copied_headers: header_names("calls.copy_headers", self.calls.copy_headers)?,
                conversation_headers: header_names(
                    "conversations.headers",
                    self.conversations.headers,
                )?,
                show_digits: self.streams.show_digits,
                ..Settings::default()
            },
        })
    }
}

/// Names of header fields: tokens (RFC 3261, 25.1).
fn header_names(key: &'static str, names: Vec<String>) -> Result<Vec<Box<str>>, Fault> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    for name in &names {
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(Fault {
                key: key.to_owned(),
                wrong: format!("{name:?} is no name of a header field"),
                accepted: "letters, digits and -.!%*_+`'~ (RFC 3261), such as X-Account",
            });
        }
    }
    Ok(names.into_iter().map(String::into_boxed_str).collect())
}

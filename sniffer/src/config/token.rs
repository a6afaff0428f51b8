//! The token that opens to HTTP what names calls: where it stands, and what may be one. Nothing shows it, neither a message about the
//! configuration nor a line of the log.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::value::Value;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::error::Fault;

/// Where the token stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// In the configuration.
    Text(Secret),
    /// In a file, which has yet to be read.
    File(PathBuf),
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("{}: cannot read the token: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It holds none.
    #[error("{}: it holds no token; accepted: {ACCEPTED}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
    },
}

const ACCEPTED: &str =
    "at least 16 letters, digits and -._~+/=, such as `openssl rand -hex 32` writes";

/// Whether a text can be borne as a token (RFC 6750, 2.1), and is long enough not to be guessed.
fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    text.len() >= 16 && text.chars().all(fits)
}

impl TokenSource {
    pub(super) fn of(
        text: Option<&Secret>,
        file: Option<&Path>,
    ) -> Result<Option<TokenSource>, Fault> {
        let fault = |key: &str, wrong: &str, accepted| Fault {
            key: key.to_owned(),
            wrong: wrong.to_owned(),
            accepted,
        };
        match (text, file) {
            (Some(_), Some(_)) => {
                let keys = "http.token, http.token_file";
                Err(fault(keys, "both are set", "one of them"))
            }
            (Some(text), None) if !is_token(text.reveal()) => {
                Err(fault("http.token", "it is no token", ACCEPTED))
            }
            (Some(text), None) => Ok(Some(TokenSource::Text(text.clone()))),
            (None, file) => Ok(file.map(|file| TokenSource::File(file.to_owned()))),
        }
    }

    /// The token; blanks and line ends around it in a file are no part of it.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds none.
    pub fn read(&self) -> Result<Secret, TokenError> {
        let path = match self {
            TokenSource::Text(text) => return Ok(text.clone()),
            TokenSource::File(path) => path.clone(),
        };
        match std::fs::read_to_string(&path) {
            Err(source) => Err(TokenError::Unreadable { path, source }),
            Ok(text) if is_token(text.trim()) => Ok(Secret(text.trim().to_owned())),
            Ok(_) => Err(TokenError::Unfit { path }),
        }
    }
}

/// A text that is shown as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// What is no text is refused without being named: it may be the secret all the same, without its quotes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        match <Value as Deserialize>::deserialize(deserializer)?.into_string() {
            Some(text) => Ok(Secret(text)),
            None => Err(D::Error::custom(
                "it is no text; accepted: text within quotes",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_a_token_or_is_refused_without_being_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = TokenSource::File(file.path().to_owned());
        std::fs::write(file.path(), "0123456789abcdef\n").unwrap();
        let token = source.read().unwrap();
        assert_eq!(token.reveal(), "0123456789abcdef");
        assert_eq!(format!("{:?}", TokenSource::Text(token)), "Text(***)");
        std::fs::write(file.path(), "abc def").unwrap();
        let error = source.read().unwrap_err().to_string();
        assert!(error.contains("at least 16 letters") && !error.contains("abc def"));
        let nowhere = TokenSource::File("/nowhere".into());
        let error = nowhere.read().unwrap_err().to_string();
        assert!(
            error.starts_with("/nowhere: cannot read the token"),
            "{error}"
        );
    }
}

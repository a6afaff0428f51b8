//! Where lines go.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A file, standard output, or a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Written behind what is in it.
    File(PathBuf),
    /// The standard output of the process.
    Stdout,
    /// A program listens at this path.
    Unix(PathBuf),
}

/// None of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no place for records; accepted: file:PATH, unix:PATH or stdout:, such as file:/var/log/sipvane/records.ndjson"
)]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Target::File(path.into())),
            Some(("unix", path)) if !path.is_empty() => Ok(Target::Unix(path.into())),
            Some(("stdout", "")) => Ok(Target::Stdout),
            _ => Err(TargetError(text.to_owned())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::File(path) => write!(f, "file:{}", path.display()),
            Target::Stdout => f.write_str("stdout:"),
            Target::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

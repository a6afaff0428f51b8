//! What can be wrong with a database, and whether it may pass.

use std::io;
use std::path::PathBuf;

use super::address::Address;
use crate::export::Failure;

/// Why a store cannot be used. Each is one sentence that says what was tried and what can be done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer.
    #[error("{address}: the database cannot be reached: {source}")]
    Away {
        /// Which.
        address: Address,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// It answers, and refuses.
    #[error("{address}: the database refuses: {source}")]
    Refused {
        /// Which.
        address: Address,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// A later version wrote it.
    #[error(
        "{address}: its tables are of version {found}, and this program knows {known}; use the program that made them, or another database"
    )]
    Newer {
        /// Which.
        address: Address,
        /// The version of its tables.
        found: i64,
        /// The version of ours.
        known: i64,
    },
    /// It has a table of somebody else's.
    #[error(
        "{address}: there is a table {table} that is not ours; give a database of its own, such as one named sipvane"
    )]
    Foreign {
        /// Which.
        address: Address,
        /// The table.
        table: &'static str,
    },
    /// The place on disk cannot be used where rows wait for the database.
    #[error("{}: rows cannot be kept here while the database is away: {source}", path.display())]
    Spool {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder for the file cannot be made.
    #[error("{}: records cannot be kept here: {source}; give --state-dir or --store, or --store none", path.display())]
    StateFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread or no timer.
    #[error("cannot start to write to the database: {0}")]
    Runtime(io::Error),
}

impl StoreError {
    /// What the driver said while a database was opened.
    pub(super) fn opening(address: &Address, source: sqlx::Error) -> StoreError {
        let address = address.clone();
        match is_away(&source) {
            true => StoreError::Away { address, source },
            false => StoreError::Refused { address, source },
        }
    }

    /// The same as the failure of a sink: whoever mends it is spared a restart.
    pub(super) fn into_failure(self) -> Failure {
        Failure::Retryable(self.to_string())
    }
}

/// A database took too long.
pub(super) fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "it did not answer in time",
    ))
}

/// Whether a database that says so may be there later without anybody doing anything about it.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // Starting up and shutting down, too many connections (SQLSTATE); busy and locked (SQLite).
            ["57P", "53300", "08", "5", "6"]
                .iter()
                .any(|start| match start.len() {
                    1 => code == *start,
                    _ => code.starts_with(start),
                })
        }
        _ => false,
    }
}

/// What the driver said while rows were written. Only what is wrong with the rows themselves can never be mended.
pub(super) fn writing(address: &Address, error: &sqlx::Error) -> Failure {
    let sentence = format!("{address}: {error}");
    let is_of_data = match error {
        sqlx::Error::Database(error) => is_of_data(&error.code().unwrap_or_default()),
        sqlx::Error::Encode(_) => true,
        _ => false,
    };
    match is_of_data {
        true => Failure::Permanent(sentence),
        false => Failure::Retryable(sentence),
    }
}

/// SQLSTATE has five characters, of which the first two are the class; SQLite has numbers, of which the lowest eight bits are.
fn is_of_data(code: &str) -> bool {
    if code.len() == 5 {
        return code.starts_with("22") || code.starts_with("23") || code == "21000";
    }
    let primary = code.parse::<u32>().map_or(0, |code| code & 0xff);
    // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
    matches!(primary, 18..=20)
}

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
            match primary(&code) {
                // SQLITE_BUSY, SQLITE_LOCKED.
                Some(number) => matches!(number, 5 | 6),
                // Starting up, shutting down, too many connections, a broken connection.
                None => ["57P", "53300", "08"]
                    .iter()
                    .any(|start| code.starts_with(start)),
            }
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

fn is_of_data(code: &str) -> bool {
    match primary(code) {
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
        Some(number) => matches!(number, 18..=20),
        None => ["22", "23", "21000"]
            .iter()
            .any(|start| code.starts_with(start)),
    }
}

/// The primary number of a code of SQLite: its lowest eight bits. The codes of servers are SQLSTATEs, which have five characters.
fn primary(code: &str) -> Option<u32> {
    let number: u32 = code.parse().ok().filter(|_| code.len() < 5)?;
    Some(number & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, of_data: bool) {
        assert_eq!(is_of_data(code), of_data, "{code}");
    }

    #[test]
    fn only_what_is_wrong_with_rows_is_for_good() {
        // SQLite: full, busy, read-only, primary key.
        [("13", false), ("5", false), ("1032", false), ("1555", true)]
            .iter()
            .for_each(|(code, of_data)| check(code, *of_data));
        // Disk full, deadlock, no such table, text too long, not null.
        [
            ("53100", false),
            ("40P01", false),
            ("42P01", false),
            ("22001", true),
            ("23502", true),
        ]
        .iter()
        .for_each(|(code, of_data)| check(code, *of_data));
    }
}

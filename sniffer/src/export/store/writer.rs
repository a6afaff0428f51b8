//! Writes rows to a database, and looks after it: connects again, deletes what is old.

use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};

use super::database::Database;
use super::error::{StoreError, writing};
use super::retention::Retention;
use super::row::Change;
use super::settings::StoreSettings;
use crate::export::{Failure, steady};

/// Before a database that was away is tried again.
const AWAY: Duration = Duration::from_secs(1);

/// A database that is written to from one thread.
pub(super) struct Writer {
    settings: StoreSettings,
    runtime: Runtime,
    /// `None` while there is no connection.
    database: Option<Database>,
    retention: Retention,
    /// Not before that is a connection tried again.
    again: Option<Instant>,
}

impl Writer {
    /// Connects. A database that is away is waited for where rows can be kept meanwhile.
    pub(super) fn open(settings: &StoreSettings) -> Result<Writer, StoreError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StoreError::Runtime)?;
        let database = match runtime.block_on(Database::open(&settings.address)) {
            Ok(database) => Some(database),
            Err(error @ StoreError::Away { .. }) if settings.spool.is_some() => {
                tracing::warn!(%error, "records are kept on disk until it is back");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Writer {
            retention: Retention::new(&settings.keep),
            settings: settings.clone(),
            runtime,
            database,
            again: None,
        })
    }

    /// Writes all of it or nothing. After a failure the connection is made anew.
    pub(super) fn write(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let Writer {
            settings,
            runtime,
            database,
            ..
        } = self;
        let written = runtime.block_on(async {
            let open = match database.take() {
                Some(open) => open,
                None => Database::open(&settings.address)
                    .await
                    .map_err(StoreError::into_failure)?,
            };
            let open = database.insert(open);
            let written = open.write(changes).await;
            written.map_err(|error| writing(&settings.address, &error))
        });
        if written.is_err() {
            self.database = None;
            self.again = Some(steady() + AWAY);
        }
        written
    }

    /// Whether a database that was away may be tried again.
    pub(super) fn is_due(&self) -> bool {
        self.again.is_none_or(|again| steady() >= again)
    }

    /// Deletes some of what is old.
    pub(super) fn tend(&mut self) -> Result<(), Failure> {
        let Some(open) = &mut self.database else {
            return Ok(());
        };
        let stepped = self.runtime.block_on(self.retention.step(open));
        if stepped.is_err() {
            self.database = None;
        }
        stepped.map_err(|error| writing(&self.settings.address, &error))
    }

    /// Says good-bye.
    pub(super) fn close(&mut self) {
        if let Some(database) = self.database.take() {
            self.runtime.block_on(database.close());
        }
    }
}

//! The store as a sink: encodes, writes, and keeps on disk what the database does not take for now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};

use super::database::Database;
use super::encode::encode;
use super::error::{StoreError, writing};
use super::retention::Retention;
use super::row::Change;
use super::settings::StoreSettings;
use super::spool::Spool;
use crate::export::{Counts, Dropped, Failure, Sink, steady};
use crate::record::Record;

/// Before a database that was away is tried again.
const AWAY: Duration = Duration::from_secs(1);

/// Batches that go on from the disk before new ones are taken in.
const AT_ONCE: usize = 8;

/// Writes records to a database.
pub struct Store {
    settings: StoreSettings,
    runtime: Runtime,
    /// `None` while there is no connection.
    database: Option<Database>,
    spool: Option<Spool>,
    retention: Retention,
    /// Not before that is a connection tried again.
    again: Option<Instant>,
}

impl Store {
    /// Opens the database and the place on disk. A database that is away is waited for where rows can be kept meanwhile.
    ///
    /// # Errors
    /// Where the database cannot be used, or not reached and there is no place to wait.
    pub fn open(settings: StoreSettings) -> Result<Store, StoreError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StoreError::Runtime)?;
        let spool = settings
            .spool
            .as_deref()
            .map(|folder| {
                Spool::open(folder, settings.spool_bytes).map_err(|source| StoreError::Spool {
                    path: folder.to_owned(),
                    source,
                })
            })
            .transpose()?;
        let database = match runtime.block_on(Database::open(&settings.address)) {
            Ok(database) => Some(database),
            Err(error @ StoreError::Away { .. }) if spool.is_some() => {
                tracing::warn!(%error, "records are kept on disk until it is back");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Store {
            retention: Retention::new(&settings.keep),
            settings,
            runtime,
            database,
            spool,
            again: None,
        })
    }

    /// Writes to the database. After a failure the connection is made anew.
    fn write(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let Store {
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

    fn is_due(&self) -> bool {
        self.again.is_none_or(|again| steady() >= again)
    }

    /// Brings batches from the disk to the database.
    fn drain(&mut self, counts: &Counts) -> Result<(), Failure> {
        for _ in 0..AT_ONCE {
            let oldest = match self.spool.as_ref().map(Spool::oldest) {
                None | Some(Ok(None)) => break,
                Some(Ok(Some(changes))) => Ok(changes),
                Some(Err(error)) => Err(Failure::Permanent(format!("a batch on disk: {error}"))),
            };
            let written = oldest.and_then(|changes| self.write(&changes));
            if let Err(failure @ Failure::Retryable(_)) = written {
                counts.retry();
                return Err(failure);
            }
            let Some(spool) = &mut self.spool else { break };
            let records = spool.pop();
            counts.set_spooled(spool.records());
            if let Err(failure) = written {
                counts.lose(Dropped::Refused, records);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Keeps a batch on disk.
    fn keep(&mut self, changes: &[Change], records: u64, counts: &Counts) -> Result<(), Failure> {
        let Some(spool) = &mut self.spool else {
            return Err(Failure::Retryable("there is no place to wait".to_owned()));
        };
        let pushed = spool.push(changes, records);
        counts.set_spooled(spool.records());
        pushed.map_err(|error| {
            Failure::Overflow(format!("the database is away, and on disk: {error}"))
        })
    }
}

impl Sink for Store {
    fn deliver(&mut self, records: &[Arc<Record>], counts: &Counts) -> Result<(), Failure> {
        let mut changes = Vec::with_capacity(records.len() * 2);
        for record in records {
            encode(record, &self.settings.node, &mut changes);
        }
        if self.spool.is_none() {
            return self.write(&changes);
        }
        if self.is_due() {
            if let Err(failure) = self.drain(counts) {
                tracing::debug!(%failure, "batches wait on disk");
            }
            if self.spool.as_ref().is_none_or(Spool::is_empty) {
                match self.write(&changes) {
                    Err(Failure::Retryable(why)) => tracing::debug!(why, "the batch waits on disk"),
                    done => return done,
                }
            }
        }
        self.keep(&changes, records.len() as u64, counts)
    }

    fn tend(&mut self, counts: &Counts) -> Result<(), Failure> {
        if !self.is_due() {
            return Ok(());
        }
        self.drain(counts)?;
        let Store {
            settings,
            runtime,
            database,
            retention,
            ..
        } = self;
        let Some(open) = database else {
            return Ok(());
        };
        let stepped = runtime.block_on(retention.step(open));
        if stepped.is_err() {
            *database = None;
        }
        stepped.map_err(|error| writing(&settings.address, &error))
    }

    /// What still waits on disk then is written at the next start.
    fn close(&mut self, deadline: Instant, counts: &Counts) -> Result<(), Failure> {
        let waits = |store: &Store| store.spool.as_ref().is_some_and(|spool| !spool.is_empty());
        while waits(self) && steady() < deadline && self.drain(counts).is_ok() {}
        if let Some(database) = self.database.take() {
            self.runtime.block_on(database.close());
        }
        Ok(())
    }
}

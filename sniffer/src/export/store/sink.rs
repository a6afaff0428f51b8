//! The store as a sink: makes rows of records, and brings them to the database or to the disk on the way there.

use std::sync::Arc;
use std::time::Instant;

use super::courier::Courier;
use super::encode::encode;
use super::error::StoreError;
use super::row::Change;
use super::settings::StoreSettings;
use super::spool::Spool;
use super::writer::Writer;
use crate::export::{Counts, Dropped, Failure, Sink};
use crate::record::Record;

/// Writes records to a database.
pub struct Store {
    node: String,
    way: Way,
}

/// How rows get there.
enum Way {
    /// Whoever brings them waits.
    Direct(Box<Writer>),
    /// They wait on disk.
    ByDisk(Courier),
}

impl Store {
    /// Opens the database and the place on disk. A database that is away is waited for where rows can be kept meanwhile.
    ///
    /// # Errors
    /// Where the database cannot be used, or not reached and there is no place to wait.
    pub fn open(settings: &StoreSettings) -> Result<Store, StoreError> {
        let writer = Writer::open(settings)?;
        let way = match settings.spool.as_deref() {
            None => Way::Direct(Box::new(writer)),
            Some(folder) => {
                let refused = |source| StoreError::Spool {
                    path: folder.to_owned(),
                    source,
                };
                let spool = Spool::open(folder, settings.spool_bytes).map_err(refused)?;
                Way::ByDisk(Courier::start(spool, writer).map_err(StoreError::Runtime)?)
            }
        };
        Ok(Store {
            node: settings.node.clone(),
            way,
        })
    }
}

/// Tells what the courier has met with.
fn report(courier: &Courier, counts: &Counts) -> Result<(), Failure> {
    let (spooled, refused, retried, failure) = courier.news();
    counts.set_spooled(spooled);
    counts.lose(Dropped::Refused, refused);
    (0..retried).for_each(|_| counts.retry());
    failure.map_or(Ok(()), Err)
}

impl Sink for Store {
    fn deliver(&mut self, records: &[Arc<Record>], counts: &Counts) -> Result<(), Failure> {
        let mut changes: Vec<Change> = Vec::with_capacity(records.len() * 2);
        for record in records {
            encode(record, &self.node, &mut changes);
        }
        match &mut self.way {
            Way::Direct(writer) => writer.write(&changes),
            Way::ByDisk(courier) => {
                let taken = courier.take(&changes, records.len() as u64);
                counts.set_spooled(courier.spooled());
                taken.map_err(|error| Failure::Overflow(format!("on disk: {error}")))
            }
        }
    }

    fn tend(&mut self, counts: &Counts) -> Result<(), Failure> {
        match &mut self.way {
            Way::Direct(writer) if writer.is_due() => writer.tend(),
            Way::Direct(_) => Ok(()),
            Way::ByDisk(courier) => report(courier, counts),
        }
    }

    /// What still waits on disk then is written at the next start.
    fn close(&mut self, deadline: Instant, counts: &Counts) -> Result<(), Failure> {
        match &mut self.way {
            Way::Direct(writer) => writer.close(),
            Way::ByDisk(courier) => {
                courier.end(deadline);
                if let Err(failure) = report(courier, counts) {
                    tracing::warn!(%failure, "records are kept on disk until the next start");
                }
            }
        }
        Ok(())
    }
}

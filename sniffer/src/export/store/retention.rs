//! Old rows go, a few at a time, so that writing never waits for long.

use std::time::{Duration, Instant};

use super::database::Database;
use super::id::{prefix, start};
use super::settings::Keep;
use super::tables::GROWING;
use crate::export::{steady, unix_seconds};
use crate::time::{Span, Timestamp};

/// Rows of a table that go at once; more than come in a second.
const STEP: u64 = 5_000;

/// Counting rows takes long: it is done so often.
const COUNT_EVERY: Duration = Duration::from_secs(600);

/// What is kept, and how much is beyond it.
pub(super) struct Retention {
    tables: Vec<Table>,
    room: Option<Room>,
}

struct Table {
    name: &'static str,
    keep: Keep,
    counted: Option<Instant>,
    /// Rows beyond those that are kept.
    surplus: u64,
}

/// The room that there is for all tables.
struct Room {
    bytes: u64,
    measured: Option<Instant>,
    /// Rows with lesser identifiers go, as long as there are any.
    bound: Option<String>,
}

impl Retention {
    pub(super) fn new(keep: &[(&'static str, Keep)], bytes: Option<u64>) -> Retention {
        let table = |&(name, keep): &(&'static str, Keep)| Table {
            name,
            keep,
            counted: None,
            surplus: 0,
        };
        Retention {
            tables: keep.iter().map(table).collect(),
            room: bytes.map(|bytes| Room {
                bytes,
                measured: None,
                bound: None,
            }),
        }
    }

    /// Takes a step in every table.
    pub(super) async fn step(&mut self, database: &mut Database) -> Result<(), sqlx::Error> {
        let now = Timestamp::from_secs_nanos(i64::try_from(unix_seconds()).unwrap_or(0), 0);
        for table in &mut self.tables {
            if let Some(days) = table.keep.days {
                let bound = prefix(now - Span::from_secs(i64::from(days) * 86_400));
                database
                    .delete_oldest(table.name, Some(&bound), STEP)
                    .await?;
            }
            table.shorten(database).await?;
        }
        match &mut self.room {
            Some(room) => room.make(database).await,
            None => Ok(()),
        }
    }
}

impl Room {
    /// Takes the oldest rows away, of all tables alike, while there is too little room.
    async fn make(&mut self, database: &mut Database) -> Result<(), sqlx::Error> {
        let again = match database.knows_its_size() {
            true => Duration::ZERO,
            false => COUNT_EVERY,
        };
        if self.measured.is_none_or(|at| at.elapsed() >= again) {
            let taken = database.bytes(&GROWING).await?;
            self.measured = Some(steady());
            self.bound = match self.bound.take() {
                _ if taken <= self.bytes => None,
                None => beyond(database, taken, self.bytes).await?,
                known => known,
            };
        }
        if let Some(bound) = &self.bound {
            let mut is_done = true;
            for table in GROWING {
                is_done &= database.delete_oldest(table, Some(bound), STEP).await? < STEP;
            }
            if is_done {
                self.bound = None;
            }
        }
        database.shrink().await
    }
}

/// What the identifiers of rows are less than that are too many, if all were alike in size and came at the same pace.
async fn beyond(
    database: &mut Database,
    taken: u64,
    bytes: u64,
) -> Result<Option<String>, sqlx::Error> {
    let (mut oldest, mut newest) = (None, None);
    for table in GROWING {
        let [first, last] = database.ends(table).await?;
        oldest = oldest.into_iter().chain(start(&first)).min();
        newest = newest.max(start(&last));
    }
    let span = oldest.zip(newest).map(|(oldest, newest): (Timestamp, _)| {
        let span = i128::from(newest.since(oldest).as_nanos().max(0));
        let surplus = span * i128::from(taken - bytes) / i128::from(taken.max(1));
        // At least a moment, so that there is an end.
        let surplus = Span::from_nanos(i64::try_from(surplus).unwrap_or(0).max(1_000_000));
        prefix(oldest + surplus)
    });
    Ok(span)
}

impl Table {
    async fn shorten(&mut self, database: &mut Database) -> Result<(), sqlx::Error> {
        let Some(most) = self.keep.rows else {
            return Ok(());
        };
        if self.counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
            self.surplus = database.count(self.name).await?.saturating_sub(most);
            self.counted = Some(steady());
        }
        let step = self.surplus.min(STEP);
        if step > 0 {
            self.surplus -= database
                .delete_oldest(self.name, None, step)
                .await?
                .min(self.surplus);
        }
        Ok(())
    }
}

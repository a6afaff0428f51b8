//! Old rows go, a few at a time, so that writing never waits for long.

use std::time::{Duration, Instant};

use super::database::Database;
use super::id::prefix;
use super::settings::Keep;
use crate::export::{steady, unix_seconds};
use crate::time::{Span, Timestamp};

/// Rows of a table that go at once; more than come in a second.
const STEP: u64 = 5_000;

/// Counting rows takes long: it is done so often.
const COUNT_EVERY: Duration = Duration::from_secs(600);

/// What is kept, and how much is beyond it.
pub(super) struct Retention {
    tables: Vec<Table>,
}

struct Table {
    name: &'static str,
    keep: Keep,
    counted: Option<Instant>,
    /// Rows beyond those that are kept.
    surplus: u64,
}

impl Retention {
    pub(super) fn new(keep: &[(&'static str, Keep)]) -> Retention {
        let table = |&(name, keep): &(&'static str, Keep)| Table {
            name,
            keep,
            counted: None,
            surplus: 0,
        };
        Retention {
            tables: keep.iter().map(table).collect(),
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
        Ok(())
    }
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

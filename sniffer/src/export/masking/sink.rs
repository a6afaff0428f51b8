//! A sink that is told masked records.

use std::sync::Arc;
use std::time::Instant;

use super::Masking;
use crate::export::{Counts, Failure, Sink};
use crate::record::Record;

/// A sink behind a masking.
pub struct Masked {
    inner: Box<dyn Sink>,
    masking: Masking,
    /// The batch under way, and what it became: a sink knows a batch that comes again by its records.
    batch: Vec<Arc<Record>>,
    masked: Vec<Arc<Record>>,
}

impl Masked {
    /// The sink itself where there is nothing to mask.
    pub fn around(inner: Box<dyn Sink>, masking: Masking) -> Box<dyn Sink> {
        match masking.keeps_all() {
            true => inner,
            false => Box::new(Masked {
                inner,
                masking,
                batch: Vec::new(),
                masked: Vec::new(),
            }),
        }
    }
}

impl Sink for Masked {
    fn takes_progress(&self) -> bool {
        self.inner.takes_progress()
    }

    fn deliver(&mut self, records: &[Arc<Record>], counts: &Counts) -> Result<(), Failure> {
        let same = |(a, b): (&Arc<Record>, &Arc<Record>)| Arc::ptr_eq(a, b);
        let comes_again =
            self.batch.len() == records.len() && self.batch.iter().zip(records).all(same);
        if !comes_again {
            let masking = &self.masking;
            self.masked = records
                .iter()
                .map(|record| Arc::new(masking.record(record)))
                .collect();
            self.batch = records.to_vec();
        }
        let result = self.inner.deliver(&self.masked, counts);
        if result.is_ok() {
            (self.batch, self.masked) = (Vec::new(), Vec::new());
        }
        result
    }

    fn tend(&mut self, counts: &Counts) -> Result<(), Failure> {
        self.inner.tend(counts)
    }

    fn close(&mut self, deadline: Instant, counts: &Counts) -> Result<(), Failure> {
        self.inner.close(deadline, counts)
    }
}

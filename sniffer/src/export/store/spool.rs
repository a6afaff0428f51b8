//! Where rows wait on disk while the database is away: one file a batch, written whole before it counts.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::row::Change;

/// Compression is for disk space; the database is what is slow.
const LEVEL: i32 = 1;

/// Batches on disk, in the order in which they were put there.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    limit: u64,
    batches: VecDeque<Batch>,
    next: u64,
    /// Keeps others out for as long as it is open.
    _lock: File,
}

#[derive(Clone, Copy, Debug)]
struct Batch {
    number: u64,
    records: u64,
    bytes: u64,
}

impl Batch {
    fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{:020}-{}.batch", self.number, self.records))
    }

    /// The number and the records, as its name tells them.
    fn of_file(entry: &fs::DirEntry) -> Option<Batch> {
        let name = entry.file_name();
        let (number, records) = name.to_str()?.strip_suffix(".batch")?.split_once('-')?;
        Some(Batch {
            number: number.parse().ok()?,
            records: records.parse().ok()?,
            bytes: entry.metadata().ok()?.len(),
        })
    }
}

impl Spool {
    /// Takes up what an earlier run has left in the folder, which is made if it is not there.
    pub(super) fn open(folder: &Path, limit: u64) -> io::Result<Spool> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock().map_err(|_| {
            io::Error::new(io::ErrorKind::WouldBlock, "another process writes here")
        })?;
        let mut batches = Vec::new();
        for entry in fs::read_dir(folder)? {
            batches.extend(Batch::of_file(&entry?));
        }
        batches.sort_by_key(|batch| batch.number);
        Ok(Spool {
            folder: folder.to_owned(),
            limit,
            next: batches.last().map_or(0, |last| last.number + 1),
            batches: batches.into(),
            _lock: lock,
        })
    }

    /// Records that wait.
    pub(super) fn records(&self) -> u64 {
        self.batches.iter().map(|batch| batch.records).sum()
    }

    /// Puts a batch behind the others. It is on disk when this comes back.
    ///
    /// # Errors
    /// Where it has no room, or cannot be written.
    pub(super) fn push(&mut self, changes: &[Change], records: u64) -> io::Result<()> {
        let text = serde_json::to_vec(changes)?;
        let bytes = zstd::bulk::compress(&text, LEVEL)?;
        let waiting: u64 = self.batches.iter().map(|batch| batch.bytes).sum();
        if waiting + bytes.len() as u64 > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("more than {} bytes wait here", self.limit),
            ));
        }
        let batch = Batch {
            number: self.next,
            records,
            bytes: bytes.len() as u64,
        };
        let part = self.folder.join("part");
        let mut file = File::create(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, batch.path(&self.folder))?;
        File::open(&self.folder)?.sync_all()?;
        self.next += 1;
        self.batches.push_back(batch);
        Ok(())
    }

    /// The batch that waits longest.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn oldest(&self) -> io::Result<Option<Vec<Change>>> {
        let Some(batch) = self.batches.front() else {
            return Ok(None);
        };
        let file = File::open(batch.path(&self.folder))?;
        let text = zstd::stream::decode_all(file)?;
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// Forgets the batch that waits longest, and gives how many records it had.
    pub(super) fn pop(&mut self) -> u64 {
        let Some(batch) = self.batches.pop_front() else {
            return 0;
        };
        // A file that stays is written again at the next start, which changes nothing.
        let _ = fs::remove_file(batch.path(&self.folder));
        batch.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::store::row::Value;

    fn batch(n: i64) -> Vec<Change> {
        vec![Change::put(
            "calls",
            vec![
                Value::Text("id".to_owned()),
                Value::Int(n),
                Value::Null,
                Value::Real(0.1),
            ],
        )]
    }

    #[test]
    fn batches_come_back_in_their_order_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path(), 1 << 20).unwrap();
        (0..11).for_each(|n| spool.push(&batch(n), 2).unwrap());
        assert!(Spool::open(folder.path(), 1 << 20).is_err(), "it is locked");
        drop(spool);
        let mut spool = Spool::open(folder.path(), 1 << 20).unwrap();
        assert_eq!(spool.records(), 22);
        for n in 0..11 {
            assert_eq!(spool.oldest().unwrap(), Some(batch(n)));
            assert_eq!(spool.pop(), 2);
        }
        assert_eq!(spool.oldest().unwrap(), None);
        assert_eq!(spool.records(), 0);
    }

    #[test]
    fn it_takes_no_more_than_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path(), 300).unwrap();
        let taken = (0..10).take_while(|&n| spool.push(&batch(n), 1).is_ok());
        let taken = taken.count() as u64;
        assert!((1..10).contains(&taken), "{taken}");
        assert_eq!(spool.records(), taken);
    }
}

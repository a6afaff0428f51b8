//! Identifiers of rows: made of what the record is about alone, so that the same record has the same one wherever and
//! however often it is written; and ordered by time, so that rows are appended and old ones lie together.

use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// Hexadecimal digits that tell the microsecond.
const TIME_DIGITS: usize = 14;

/// Bytes of the hash that follow.
const HASH_BYTES: usize = 9;

/// The identifier of a record that began at `start`, and that `parts` tell from others.
pub(super) fn id(start: Timestamp, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(start.as_nanos().to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash = hash.finalize();
    let hash = hash.iter().take(HASH_BYTES);
    let hash: String = hash.map(|byte| format!("{byte:02x}")).collect();
    format!("{}{hash}", prefix(start))
}

/// What the identifiers of records that began at `start` begin with. Those of earlier ones are less.
pub(super) fn prefix(start: Timestamp) -> String {
    let micros = start.as_nanos().max(0) / 1000;
    format!("{micros:0TIME_DIGITS$x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn they_differ_by_what_they_are_made_of_and_sort_by_time() {
        let start = Timestamp::from_secs_nanos(1_700_000_000, 0);
        let first = id(start, &["a", "bc"]);
        assert_eq!(first.len(), 32);
        assert_eq!(first, id(start, &["a", "bc"]));
        assert_ne!(first, id(start, &["ab", "c"]));
        let later = start + Span::from_millis(1);
        assert!(first < prefix(later) && prefix(later) < id(later, &["a", "bc"]));
    }
}

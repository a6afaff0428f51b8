//! Rows on their way to a database, and what is done with each.

use serde::{Deserialize, Serialize};

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Value {
    Null,
    Int(i64),
    Real(f64),
    /// Text, and times as `2023-11-14 22:13:20.000000` (UTC).
    Text(String),
}

/// A change of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Change {
    /// A row, its identifier first, in the order of the columns.
    Put {
        /// The name of the table.
        table: String,
        values: Vec<Value>,
    },
    /// A binding that is no more, unless it was bound again after `at`.
    Unbind { contact_id: String, at: String },
}

impl Change {
    /// A row for a table.
    pub(super) fn put(table: &str, values: Vec<Value>) -> Change {
        Change::Put {
            table: table.to_owned(),
            values,
        }
    }
}

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
    Bytes(#[serde(with = "hexadecimal")] Vec<u8>),
}

/// Bytes as text for the disk: as a list of numbers they would be four times as long.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
        ];
        let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
        to.serialize_str(&bytes.iter().flat_map(digits).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |[high, low]: &[u8; 2]| {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        bytes
            .filter(|_| rest.is_empty())
            .ok_or_else(|| D::Error::custom("these are no hexadecimal digits"))
    }
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
    /// A dialog that goes on under another identifier.
    Supersede { dlg_id: String },
    /// The calls of a sensor that still go on: it follows them no more.
    Abandon { node: String },
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

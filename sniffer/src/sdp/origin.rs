//! Who wrote a description, and which version of it this is (RFC 8866, 5.2).

use super::line::parts;

/// The origin line. Identifier and version are kept as written: many writers exceed 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its four parts that are kept, each with a space behind it but the last: one piece of memory, for every call has some.
    parts: Box<str>,
}

impl Origin {
    /// Reads the value of an `o=` line from its end, since some names have spaces in them.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace().rev();
        let address = words.next()?;
        let (_address_type, _net_type) = (words.next()?, words.next()?);
        let (version, session_id) = (words.next()?, words.next()?);
        let username = words.next_back().unwrap_or("-");
        let parts = [username, session_id, version, address].join(" ");
        Some(Origin {
            parts: parts.into(),
        })
    }

    /// The writer's name for itself (its first word); `-` if it has none.
    pub fn username(&self) -> &str {
        self.part(0)
    }

    /// Session identifier.
    pub fn session_id(&self) -> &str {
        self.part(1)
    }

    /// Version: one more with each change of the description (RFC 3264, 8).
    pub fn version(&self) -> &str {
        self.part(2)
    }

    /// Where it was written, as written.
    pub fn address(&self) -> &str {
        self.part(3)
    }

    fn part(&self, number: usize) -> &str {
        parts(&self.parts, b' ').nth(number).unwrap_or_default()
    }
}

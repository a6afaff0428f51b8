//! Who wrote a description, and which version of it this is (RFC 8866, 5.2).

/// The origin line. Identifier and version are kept as written: many writers exceed 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The writer's name for itself (its first word); `-` if it has none.
    pub username: Box<str>,
    /// Session identifier.
    pub session_id: Box<str>,
    /// Version: one more with each change of the description (RFC 3264, 8).
    pub version: Box<str>,
    /// Where it was written, as written.
    pub address: Box<str>,
}

impl Origin {
    /// Reads the value of an `o=` line from its end, since some names have spaces in them.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace().rev();
        let address = words.next()?;
        let (_address_type, _net_type) = (words.next()?, words.next()?);
        let (version, session_id) = (words.next()?, words.next()?);
        Some(Origin {
            username: words.next_back().unwrap_or("-").into(),
            session_id: session_id.into(),
            version: version.into(),
            address: address.into(),
        })
    }
}

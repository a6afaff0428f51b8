//! A secret of a TLS session, as a key log gives it.

use std::fmt;

/// A master secret, a pre-master secret or a traffic secret: 32 or 48 bytes, never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret {
    bytes: [u8; Secret::MAX],
    len: u8,
}

impl Secret {
    /// The longest: a master secret, or a traffic secret of a suite with SHA-384.
    pub(crate) const MAX: usize = 48;

    /// A secret of these bytes; `None` if they are more than 48.
    pub(crate) fn new(from: &[u8]) -> Option<Secret> {
        let mut bytes = [0; Secret::MAX];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Secret {
            bytes,
            len: from.len() as u8,
        })
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

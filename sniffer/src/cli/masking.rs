//! From the configuration to the masking of each sink.

use std::sync::Arc;

use super::error::Error;
use crate::config;
use crate::export::masking::{Key, Masking, Rules};

/// The rules with their key, read once.
pub(super) struct Maskings {
    rules: config::Masking,
    key: Option<Arc<Key>>,
}

impl Maskings {
    /// Reads the key, if one is named.
    pub(super) fn of(rules: &config::Masking) -> Result<Maskings, Error> {
        let key = rules.key_file.as_deref().map(Key::read).transpose()?;
        Ok(Maskings {
            rules: rules.clone(),
            key: key.map(Arc::new),
        })
    }

    fn by(&self, rules: Rules) -> Masking {
        Masking::new(rules, self.key.clone())
    }

    pub(super) fn store(&self) -> Masking {
        self.by(self.rules.store)
    }

    pub(super) fn otel(&self) -> Masking {
        self.by(self.rules.otel)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn hep(&self) -> Masking {
        self.by(self.rules.hep)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn ndjson(&self) -> Masking {
        self.by(self.rules.ndjson)
    }

    pub(super) fn output(&self) -> Masking {
        self.by(self.rules.output)
    }
}

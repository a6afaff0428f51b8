//! The section `masking`: what becomes of numbers, names and addresses on their way into each sink.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use crate::export::masking::Rules;

/// The rules of each sink, and the key that they may take; also as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masking {
    /// The file with the key of hashes and encryption.
    pub key_file: Option<PathBuf>,
    /// Of the database.
    pub store: Rules,
    /// Of a collector of OpenTelemetry.
    pub otel: Rules,
    /// Of a capture server.
    pub hep: Rules,
    /// Of lines of JSON beside the output.
    pub ndjson: Rules,
    /// Of what a command itself writes of calls.
    pub output: Rules,
}

impl Masking {
    pub(super) fn check(self) -> Result<Masking, Fault> {
        let all = [
            ("store", self.store),
            ("otel", self.otel),
            ("hep", self.hep),
            ("ndjson", self.ndjson),
            ("output", self.output),
        ];
        let keyless = all.iter().find(|(_, rules)| rules.need_key());
        match keyless.filter(|_| self.key_file.is_none()) {
            None => Ok(self),
            Some((sink, _)) => Err(Fault {
                key: "masking.key_file".to_owned(),
                wrong: format!("there is none, and masking.{sink} hashes or encrypts"),
                accepted: "a file of at least 32 bytes",
            }),
        }
    }
}

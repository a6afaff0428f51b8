//! How the media of a call was encrypted.

use serde::Serialize;

use crate::rtp::Keying;

/// Ways to agree on keys, each once, in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallEncryption {
    /// Those that SDP of the call names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub announced: Vec<Keying>,
    /// Those whose packets passed between its media addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Keying>,
}

//! How the keys of encrypted media are agreed on.

use serde::Serialize;

/// Where the keys of SRTP (RFC 3711) come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keying {
    /// From SDP (RFC 4568).
    Sdes,
    /// From MIKEY messages in SDP (RFC 4567).
    Mikey,
    /// From a DTLS handshake between the media addresses (RFC 5764).
    Dtls,
    /// From ZRTP between the media addresses (RFC 6189).
    Zrtp,
    /// Nobody saw from where.
    Unknown,
}

impl Keying {
    /// The name, as records have it.
    pub const fn name(self) -> &'static str {
        match self {
            Keying::Sdes => "sdes",
            Keying::Mikey => "mikey",
            Keying::Dtls => "dtls",
            Keying::Zrtp => "zrtp",
            Keying::Unknown => "unknown",
        }
    }
}

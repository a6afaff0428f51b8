//! Which means of encryption a description mentions. They are noted, never used: no key leaves the parser.

use crate::rtp::Keying;

/// Means of encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Keys in the description: `a=crypto` (RFC 4568).
    pub crypto: bool,
    /// A key agreement in the description: `a=key-mgmt` (RFC 4567), in practice MIKEY.
    pub key_mgmt: bool,
    /// A certificate's fingerprint for DTLS: `a=fingerprint` (RFC 8122).
    pub fingerprint: bool,
    /// A hash of a ZRTP hello: `a=zrtp-hash` (RFC 6189, 8).
    pub zrtp_hash: bool,
    /// Who opens the connection.
    pub setup: Option<Setup>,
}

/// Who opens a connection (RFC 4145, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// The writer does.
    Active,
    /// The other side does.
    Passive,
    /// Either may.
    ActPass,
    /// Nobody for now.
    HoldConn,
}

impl Security {
    /// Notes an attribute if it is one about encryption; `name` in lower case.
    pub(super) fn note(&mut self, name: &str, value: &str) {
        match name {
            "crypto" => self.crypto = true,
            "key-mgmt" => self.key_mgmt = true,
            "fingerprint" => self.fingerprint = true,
            "zrtp-hash" => self.zrtp_hash = true,
            "setup" => self.setup = Setup::parse(value).or(self.setup),
            _ => {}
        }
    }

    /// What this says, and what `other` says beside it.
    pub(super) fn or(self, other: Security) -> Security {
        Security {
            crypto: self.crypto || other.crypto,
            key_mgmt: self.key_mgmt || other.key_mgmt,
            fingerprint: self.fingerprint || other.fingerprint,
            zrtp_hash: self.zrtp_hash || other.zrtp_hash,
            setup: self.setup.or(other.setup),
        }
    }

    /// The means mentioned.
    pub fn keying(self) -> impl Iterator<Item = Keying> {
        let means = [
            (self.crypto, Keying::Sdes),
            (self.key_mgmt, Keying::Mikey),
            (self.fingerprint, Keying::Dtls),
            (self.zrtp_hash, Keying::Zrtp),
        ];
        means
            .into_iter()
            .filter_map(|(named, keying)| named.then_some(keying))
    }

    /// Whether any means is mentioned.
    pub const fn any(&self) -> bool {
        self.crypto || self.key_mgmt || self.fingerprint || self.zrtp_hash
    }
}

impl Setup {
    fn parse(value: &str) -> Option<Self> {
        Some(match value.to_ascii_lowercase().as_str() {
            "active" => Setup::Active,
            "passive" => Setup::Passive,
            "actpass" => Setup::ActPass,
            "holdconn" => Setup::HoldConn,
            _ => return None,
        })
    }
}

//! Where the keys of a direction come from: the key log, or a secret that was derived before.

use super::super::cipher::{Agreement, Opener, Version};
use super::super::key_log::{KeyLog, Secrets};
use super::super::secret::Secret;
use super::super::suite::Suite;
use super::direction::{Epoch, Protection};
use super::{Client, Session, Stop};
use crate::decode::tcp::Side;

/// The result of a look for keys.
pub(super) enum Found {
    Keys(Box<Protection>),
    /// They may still come.
    Later,
    Never(Stop),
}

impl Session {
    /// The keys of `epoch` in the direction of `side`.
    pub(super) fn find_keys(&self, side: Side, epoch: Epoch, keys: &KeyLog) -> Found {
        let (Some(client), Some(_)) = (&self.hello, &self.server) else {
            // The other direction lags behind in the capture.
            return Found::Later;
        };
        let secrets = keys.session(&client.random);
        let found = match epoch {
            Epoch::Master => self.by_master(side, client, secrets, keys),
            _ => self.by_traffic_secret(side, epoch, secrets),
        };
        match found {
            Some(protection) => Found::Keys(protection),
            None if keys.grows() => Found::Later,
            None => Found::Never(Stop::NoKeys),
        }
    }

    /// The keys that follow upon those in use, where it may have been missed that they were changed.
    pub(super) fn successor(
        &self,
        side: Side,
        current: &Protection,
        keys: &KeyLog,
    ) -> Option<Box<Protection>> {
        let secrets = keys.session(&self.hello.as_ref()?.random);
        match current.epoch {
            Epoch::Master => None,
            Epoch::Early => self.by_traffic_secret(side, Epoch::Handshake, secrets),
            Epoch::Handshake => self.by_traffic_secret(side, Epoch::Application, secrets),
            Epoch::Application => self.next_generation(current),
        }
    }

    /// The keys after a `KeyUpdate`.
    pub(super) fn next_generation(&self, current: &Protection) -> Option<Box<Protection>> {
        let suite = self.server.as_ref()?.suite?;
        let secret = suite.hash.next_generation(current.secret.as_ref()?)?;
        protection(suite, Epoch::Application, &secret)
    }

    /// Whether the log has the secret of `epoch` for the direction of `side`.
    pub(super) fn has_secret(&self, side: Side, epoch: Epoch, keys: &KeyLog) -> bool {
        let client = self.hello.as_ref();
        let secrets = client.and_then(|client| keys.session(&client.random));
        secrets.is_some_and(|secrets| self.traffic_secret(side, epoch, secrets).is_some())
    }

    fn by_traffic_secret(
        &self,
        side: Side,
        epoch: Epoch,
        secrets: Option<&Secrets>,
    ) -> Option<Box<Protection>> {
        let suite = self.server.as_ref()?.suite?;
        let secret = self.traffic_secret(side, epoch, secrets?)?;
        protection(suite, epoch, &secret)
    }

    fn traffic_secret(&self, side: Side, epoch: Epoch, secrets: &Secrets) -> Option<Secret> {
        let by_client = self.client == Some(side);
        match (epoch, by_client) {
            (Epoch::Early, true) => secrets.client_early,
            (Epoch::Handshake, true) => secrets.client_handshake,
            (Epoch::Handshake, false) => secrets.server_handshake,
            (Epoch::Application, true) => secrets.client_traffic,
            (Epoch::Application, false) => secrets.server_traffic,
            (Epoch::Early, false) | (Epoch::Master, _) => None,
        }
    }

    fn by_master(
        &self,
        side: Side,
        client: &Client,
        secrets: Option<&Secrets>,
        keys: &KeyLog,
    ) -> Option<Box<Protection>> {
        let agreement = self.agreement(client)?;
        let master = secrets
            .and_then(|secrets| secrets.master)
            .or_else(|| self.master(agreement, secrets, keys))?;
        let opener = Opener::from_master(agreement, &master, self.client == Some(side))?;
        Some(Protection::new(opener, Epoch::Master, None))
    }

    /// The master secret, out of a pre-master secret (RFC 5246, 8.1; RFC 7627, 4).
    fn master(
        &self,
        agreement: Agreement<'_>,
        secrets: Option<&Secrets>,
        keys: &KeyLog,
    ) -> Option<Secret> {
        let exchange = self.exchange.as_ref()?;
        let pre_master = secrets
            .and_then(|secrets| secrets.pre_master.as_ref())
            .or_else(|| keys.pre_master(&exchange.encrypted))?;
        let prf = agreement.prf();
        if self.server.as_ref()?.extended_master_secret {
            let hash = exchange.session_hash.as_ref()?;
            return prf.master(pre_master, b"extended master secret", &[hash]);
        }
        let seed = [&agreement.client_random[..], agreement.server_random];
        prf.master(pre_master, b"master secret", &seed)
    }

    pub(super) fn agreement<'a>(&'a self, client: &'a Client) -> Option<Agreement<'a>> {
        let server = self.server.as_ref()?;
        let version = server.version.filter(|&version| version < Version::Tls13)?;
        Some(Agreement {
            version,
            suite: server.suite?,
            encrypt_then_mac: server.encrypt_then_mac,
            client_random: &client.random,
            server_random: &server.random,
        })
    }
}

fn protection(suite: Suite, epoch: Epoch, secret: &Secret) -> Option<Box<Protection>> {
    if secret.bytes().len() != suite.hash.len() {
        return None;
    }
    let opener = Opener::from_traffic_secret(suite, secret)?;
    Some(Protection::new(opener, epoch, Some(*secret)))
}

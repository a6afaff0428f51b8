//! The sections `node` and `shared`: the name of this sensor among others, and what it shares with them.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use crate::shared::RedisAddress;

/// The section `node` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Node {
    name: Option<String>,
}

impl Node {
    pub(super) fn check(self) -> Result<Option<String>, Fault> {
        let Some(name) = self.name else {
            return Ok(None);
        };
        match name.len() {
            1..=64 if !name.contains(char::is_control) => Ok(Some(name)),
            _ => Err(Fault {
                key: "node.name".to_owned(),
                wrong: format!("{name:?} is no name of a sensor"),
                accepted: "1 to 64 characters",
            }),
        }
    }
}

/// What is shared with other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Where; nothing is shared without.
    pub redis: Option<RedisAddress>,
    /// What keys begin with.
    pub prefix: String,
    /// Certificates of the authorities that TLS trusts, as a file of PEM.
    pub authorities: Option<PathBuf>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            redis: None,
            prefix: "sipvane".to_owned(),
            authorities: None,
        }
    }
}

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    redis: Option<String>,
    cluster: bool,
    prefix: Option<String>,
    tls_authorities: Option<PathBuf>,
}

impl Section {
    pub(super) fn check(self) -> Result<Shared, Fault> {
        let redis = self.redis.map(|text| {
            let text = match self.cluster && !text.contains("+cluster:") {
                true => text.replacen("://", "+cluster://", 1),
                false => text,
            };
            text.parse::<RedisAddress>().map_err(|_| Fault {
                key: "shared.redis".to_owned(),
                wrong: "it names no Redis".to_owned(),
                accepted: "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// with TLS, redis+cluster:// or rediss+cluster:// with \
                           HOST[:PORT],HOST[:PORT]",
            })
        });
        let usual = Shared::default();
        Ok(Shared {
            redis: redis.transpose()?,
            prefix: self.prefix.map_or(Ok(usual.prefix), prefix)?,
            authorities: self.tls_authorities,
        })
    }
}

/// Braces would choose the node of a cluster that a key lies on.
fn prefix(prefix: String) -> Result<String, Fault> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    match prefix.len() {
        1..=64 if prefix.chars().all(is_good) => Ok(prefix),
        _ => Err(Fault {
            key: "shared.prefix".to_owned(),
            wrong: format!("{prefix:?} is no beginning of keys"),
            accepted: "1 to 64 letters, digits and -_.:",
        }),
    }
}

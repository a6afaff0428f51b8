//! Where Redis is: one server, or the first nodes of a cluster.

use std::fmt;
use std::str::FromStr;

use redis::IntoConnectionInfo;

/// `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS, or `redis+cluster://[[USER]:PASSWORD@]HOST[:PORT],HOST[:PORT]...` and
/// `rediss+cluster://` for a cluster. It is shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress {
    /// One URL for each server that is named.
    urls: Vec<String>,
    is_cluster: bool,
    shown: String,
}

/// A text that names no Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it names no Redis: redis://, rediss://, redis+cluster:// or rediss+cluster:// with hosts behind it"
)]
pub struct RedisAddressError;

impl RedisAddress {
    /// The URLs of the servers that are named.
    pub(super) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Whether they are nodes of a cluster.
    pub fn is_cluster(&self) -> bool {
        self.is_cluster
    }
}

impl FromStr for RedisAddress {
    type Err = RedisAddressError;

    fn from_str(text: &str) -> Result<RedisAddress, RedisAddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(RedisAddressError)?;
        let (scheme, is_cluster) = match scheme {
            "redis" | "rediss" => (scheme, false),
            "redis+cluster" => ("redis", true),
            "rediss+cluster" => ("rediss", true),
            _ => return Err(RedisAddressError),
        };
        let (secret, hosts) = match rest.rsplit_once('@') {
            Some((secret, hosts)) => (format!("{secret}@"), hosts),
            None => (String::new(), rest),
        };
        let url = |host: &str| format!("{scheme}://{secret}{host}");
        let urls: Vec<String> = match is_cluster {
            true => hosts.split(',').map(url).collect(),
            false => vec![url(hosts)],
        };
        // Neither a fragment, which would switch certificates off, nor anything else that is not named above.
        let is_plain = !hosts.is_empty()
            && !hosts.contains(['#', '?', ' '])
            && !hosts.contains(if is_cluster { '/' } else { ',' });
        let is_good = |url: &String| url.as_str().into_connection_info().is_ok();
        if !is_plain || !urls.iter().all(is_good) {
            return Err(RedisAddressError);
        }
        let user = secret.split(':').next().filter(|user| !user.is_empty());
        let user = user.map_or_else(String::new, |user| {
            format!("{}@", user.trim_end_matches('@'))
        });
        let cluster = if is_cluster { "+cluster" } else { "" };
        Ok(RedisAddress {
            urls,
            is_cluster,
            shown: format!("{scheme}{cluster}://{user}{hosts}"),
        })
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

//! Where frames are sent: `udp://homer.example.com:9060`.

use std::fmt;
use std::str::FromStr;

/// The port by custom, for datagrams and connections.
const PORT: u16 = 9060;

/// A server, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub(super) transport: Transport,
    pub(super) host: String,
    pub(super) port: u16,
}

/// How frames travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
    Tls,
}

/// Not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no capture server; accepted: udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, such as udp://192.0.2.1:9060"
)]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError(text.to_owned());
        let (scheme, place) = text.split_once("://").ok_or_else(wrong)?;
        let transport = match scheme {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            _ => return Err(wrong()),
        };
        let (host, port) = split(place.trim_end_matches('/')).ok_or_else(wrong)?;
        Ok(Target {
            transport,
            host: host.to_owned(),
            port,
        })
    }
}

/// Host and port; an address of IPv6 stands in brackets.
fn split(place: &str) -> Option<(&str, u16)> {
    let (host, rest) = match place.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok()?,
        None if rest.is_empty() => PORT,
        None => return None,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
    (!host.is_empty() && host.chars().all(is_name)).then_some((host, port))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = text.parse::<Target>().map(|target| target.to_string());
        assert_eq!(found.as_deref().ok(), expected, "{text}");
    }

    #[test]
    fn a_target_is_a_url() {
        check("udp://192.0.2.1:9063", Some("udp://192.0.2.1:9063"));
        check("tcp://homer", Some("tcp://homer:9060"));
        check(
            "tls://[2001:db8::1]:9061/",
            Some("tls://[2001:db8::1]:9061"),
        );
        for wrong in [
            "",
            "homer:9060",
            "http://homer",
            "udp://",
            "udp://:1",
            "udp://a:b",
            "udp://a b",
            "tcp://[::1",
            "tcp://[::1]9",
        ] {
            check(wrong, None);
        }
    }
}

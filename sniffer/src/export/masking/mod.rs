//! Numbers, names and addresses made unreadable on their way out: the one place that decides how, for every sink.
//!
//! What is hashed or encrypted becomes the same text wherever it stands, so that calls of one number still belong together, and a search for
//! it finds them. Call-IDs and tags stay: they join what is told of a call. `docs/masking.md` says what is looked at, and what is not.

mod key;
mod message;
mod records;
mod reveal;
mod sink;
#[cfg(test)]
mod tests;
mod text;

pub use key::{Key, KeyError};
pub use sink::Masked;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde::Deserialize;

use self::key::Kind;

/// What becomes of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It stays.
    #[default]
    Keep,
    /// It is struck out; of an address its network stays.
    Mask,
    /// It becomes a keyed hash.
    Hash,
    /// It is encrypted, and `sipvane unmask` reads it.
    Encrypt,
}

/// What becomes of what, in one sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Users of URIs, numbers of telephones.
    pub numbers: Way,
    /// Display names.
    pub names: Way,
    /// IP addresses.
    pub addresses: Way,
}

impl Rules {
    /// Whether nothing is changed.
    pub fn keep_all(self) -> bool {
        self == Rules::default()
    }

    /// Whether they take a key.
    pub fn need_key(self) -> bool {
        let all = [self.numbers, self.names, self.addresses];
        all.iter()
            .any(|way| matches!(way, Way::Hash | Way::Encrypt))
    }
}

/// What is struck out becomes this.
const STRUCK: &str = "***";

/// Users that stand for nobody (RFC 3323, 4.1.1.3; RFC 3325, 7; practice).
const NOBODY: [&str; 5] = [
    "anonymous",
    "unavailable",
    "restricted",
    "unknown",
    "withheld",
];

/// Rules with their key.
#[derive(Clone, Debug, Default)]
pub struct Masking {
    rules: Rules,
    key: Option<Arc<Key>>,
}

impl Masking {
    /// Rules that take no key may do without one. Without the key that they take, everything they are for is struck out.
    pub fn new(rules: Rules, key: Option<Arc<Key>>) -> Masking {
        Masking { rules, key }
    }

    /// Whether it leaves everything as it is.
    pub fn keeps_all(&self) -> bool {
        self.rules.keep_all()
    }

    /// The user of a URI or a number: however it is spelled, it becomes the same.
    pub fn number(&self, number: &str) -> String {
        let plain = canonical(number);
        if NOBODY.iter().any(|known| plain.eq_ignore_ascii_case(known)) {
            return number.to_owned();
        }
        self.word(self.rules.numbers, Kind::Number, &plain)
            .unwrap_or_else(|| number.to_owned())
    }

    /// What becomes of numbers.
    pub fn numbers(&self) -> Way {
        self.rules.numbers
    }

    /// A display name.
    pub fn name(&self, name: &str) -> String {
        self.word(self.rules.names, Kind::Name, name)
            .unwrap_or_else(|| name.to_owned())
    }

    /// An address; one that stands for none stays.
    pub fn ip(&self, ip: IpAddr) -> IpAddr {
        if ip.is_unspecified() {
            return ip;
        }
        match (self.rules.addresses, &self.key) {
            (Way::Keep, _) => ip,
            (Way::Hash, Some(key)) => key.hash_ip(ip),
            (Way::Encrypt, Some(key)) => key.encrypt_ip(ip),
            (Way::Mask | Way::Hash | Way::Encrypt, _) => network(ip),
        }
    }

    /// An address; its port stays.
    pub fn address(&self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip(address.ip()), address.port())
    }

    /// Two addresses, which are of one family again where one of them stayed.
    pub fn addresses(&self, src: SocketAddr, dst: SocketAddr) -> (SocketAddr, SocketAddr) {
        let six = |address: SocketAddr| match address.ip() {
            IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
            IpAddr::V6(_) => address,
        };
        match (self.address(src), self.address(dst)) {
            (src, dst) if src.is_ipv4() == dst.is_ipv4() => (src, dst),
            (src, dst) => (six(src), six(dst)),
        }
    }

    /// `None` where it stays.
    fn word(&self, way: Way, kind: Kind, plain: &str) -> Option<String> {
        match (way, &self.key) {
            (Way::Keep, _) => None,
            _ if plain.is_empty() => None,
            (Way::Hash, Some(key)) => Some(key.hash(kind, plain)),
            (Way::Encrypt, Some(key)) => Some(key.encrypt(kind, plain)),
            (Way::Mask | Way::Hash | Way::Encrypt, _) => Some(STRUCK.to_owned()),
        }
    }
}

/// The /24 or /48 that an address is in.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// A user as it is compared: escapes undone (RFC 3261, 19.1.2), without parameters and password, a number without visual
/// separators (RFC 3966, 5.1.1).
fn canonical(user: &str) -> String {
    let user = unescape(user);
    let end = user.find([';', ':']).unwrap_or(user.len());
    let user = user.get(..end).unwrap_or(&user);
    let is_separator = |c: char| matches!(c, '-' | '.' | '(' | ')' | ' ');
    let is_number = user.chars().any(|c| c.is_ascii_digit())
        && user
            .chars()
            .all(|c| c.is_ascii_digit() || c == '+' || is_separator(c));
    match is_number {
        true => user.replace(is_separator, ""),
        false => user.to_owned(),
    }
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

//! TLS sessions in numbers.

use std::collections::BTreeMap;

use super::session::{Event, Stop};
use crate::record::TlsSummary;

/// Names counted one by one; further ones count as [`OTHER`].
const MAX_NAMES: usize = 64;
/// The longest name (RFC 1035, 2.3.4).
const MAX_NAME_LEN: usize = 255;
const OTHER: &str = "other";

/// Counts what a session tells.
pub(crate) fn count(summary: &mut TlsSummary, event: &Event<'_>) {
    match *event {
        Event::Asked {
            server_name,
            protocol,
        } => {
            add(&mut summary.sni, server_name);
            add(&mut summary.alpn, protocol);
        }
        Event::Decrypted => summary.decrypted += 1,
        Event::Stopped(why) => *summary.stopped.entry(name(why)).or_default() += 1,
        Event::Data(_) | Event::Lost => {}
    }
}

const fn name(why: Stop) -> &'static str {
    match why {
        Stop::NoKeys => "no_keys",
        Stop::NoHandshake => "no_handshake",
        Stop::Unsupported => "unsupported",
        Stop::Gap => "gap",
        Stop::NotAuthentic => "not_authentic",
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: Option<&[u8]>) {
    let Some(name) = name else { return };
    let name = readable(name).unwrap_or_else(|| OTHER.to_owned());
    let has_room = counts.len() < MAX_NAMES;
    match counts.get_mut(&name) {
        Some(n) => *n += 1,
        None if has_room => {
            counts.insert(name, 1);
        }
        None => *counts.entry(OTHER.to_owned()).or_default() += 1,
    }
}

/// A name in lower case, if it is made of what names are made of.
fn readable(name: &[u8]) -> Option<String> {
    let fits = (1..=MAX_NAME_LEN).contains(&name.len())
        && name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:/".contains(b));
    let name = std::str::from_utf8(name).ok().filter(|_| fits)?;
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&[u8]], expected: &[(&str, u64)]) {
        let mut counts = BTreeMap::new();
        names.iter().for_each(|name| add(&mut counts, Some(name)));
        let expected = expected.iter().map(|&(name, n)| (name.to_owned(), n));
        assert_eq!(counts, expected.collect());
    }

    #[test]
    fn names_are_made_alike() {
        check(
            &[b"sip.example.com", b"SIP.Example.com", b"h2", b"sip/2"],
            &[("sip.example.com", 2), ("h2", 1), ("sip/2", 1)],
        );
    }

    #[test]
    fn what_is_no_name_is_other() {
        check(
            &[b"", b"a b", b"\xff", b"x\x1b[31m", &[b'a'; 256]],
            &[(OTHER, 5)],
        );
    }

    #[test]
    fn a_flood_of_names_is_other() {
        let mut counts = BTreeMap::new();
        for n in 0..1000 {
            add(&mut counts, Some(format!("host-{n}").as_bytes()));
        }
        assert_eq!((counts.len(), counts[OTHER]), (MAX_NAMES + 1, 1000 - 64));
        add(&mut counts, None);
        assert_eq!(counts.values().sum::<u64>(), 1000);
    }
}

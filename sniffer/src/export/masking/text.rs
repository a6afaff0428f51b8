//! Text of any kind: URIs, addresses, and numbers that are known from elsewhere are found in it and replaced. Takes time in
//! proportion to the text, whatever is in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Masking, Way, canonical};

/// A user, an address or a known number is looked for in so many bytes.
const LONGEST_USER: usize = 256;
const LONGEST_ADDRESS: usize = 45;

/// Numbers that are looked for wherever they stand.
const MOST_KNOWN: usize = 16;

/// Digits of a number that is told from counts, ports and status codes.
const DIGITS: usize = 7;

/// Numbers that must not stand anywhere, with what they become: the longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Vec<(Vec<u8>, String)>);

impl Known {
    /// Those of these users that are long enough to be recognised, with and without what begins a global number.
    pub(super) fn of<'u>(masking: &Masking, users: impl IntoIterator<Item = &'u str>) -> Known {
        let mut known = Vec::new();
        if masking.rules.numbers == Way::Keep {
            return Known::default();
        }
        for user in users {
            let plain = canonical(user);
            let n = plain.chars().filter(char::is_ascii_digit).count();
            if n < DIGITS || known.len() >= MOST_KNOWN {
                continue;
            }
            let becomes = masking.number(user);
            let bare = plain.trim_start_matches(['+', '0']).to_owned();
            let zeros = ["00", "0"].map(|zeros| format!("{zeros}{bare}"));
            for spelled in [plain, user.to_owned(), bare].into_iter().chain(zeros) {
                let spelled = spelled.into_bytes();
                if spelled.len() >= DIGITS && !known.iter().any(|(other, _)| *other == spelled) {
                    known.push((spelled, becomes.clone()));
                }
            }
        }
        known.sort_by_key(|(spelled, _)| std::cmp::Reverse(spelled.len()));
        Known(known)
    }
}

/// Where text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Addresses of IPv6 stand in brackets (RFC 3986, 3.2.2), and what has an `@` but no scheme is a Call-ID.
    Header,
    /// Addresses of IPv6 are bare, in SDP behind `IP6` (RFC 8866, 5.7), and what stands before an `@` is a user.
    Body,
}

impl Masking {
    /// Text with its URIs, addresses and known numbers replaced.
    pub(super) fn text(&self, text: &str, known: &Known) -> String {
        let mut out = Vec::with_capacity(text.len());
        self.scrub(text.as_bytes(), known, Place::Header, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The same, of bytes.
    pub(super) fn scrub(&self, text: &[u8], known: &Known, place: Place, out: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let taken = match begins_a_word(text, at) {
                true => self.replace(text, at, known, place, out),
                false => None,
            };
            at += taken.unwrap_or_else(|| {
                out.push(byte);
                1
            });
        }
    }

    /// Writes what stands for the word at `at`, and says how long that was.
    fn replace(
        &self,
        text: &[u8],
        at: usize,
        known: &Known,
        place: Place,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let rest = text.get(at..)?;
        if self.rules.numbers != Way::Keep {
            let found = self.uri(rest, out).or_else(|| number(rest, known, out));
            if found.is_some() {
                return found;
            }
        }
        // The numbers of a version with five of them are no address.
        let goes_on = at.checked_sub(1).and_then(|at| text.get(at)) == Some(&b'.');
        if self.rules.addresses != Way::Keep
            && !goes_on
            && let Some((len, ip)) = address(rest)
        {
            let bracketed = at > 0 && text.get(at - 1) == Some(&b'[');
            self.write_ip(ip, bracketed, place, out);
            return Some(len);
        }
        match (self.rules.numbers, place) {
            (Way::Keep, _) | (_, Place::Header) => None,
            (_, Place::Body) => self.local_part(rest, out),
        }
    }

    /// `sip:USER@`, `sips:USER@` and `tel:NUMBER`.
    fn uri(&self, text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let scheme = ["sips:", "sip:", "tel:"].into_iter().find(|scheme| {
            let start = text.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        })?;
        let (head, rest) = text.split_at_checked(scheme.len())?;
        let longest = rest.get(..LONGEST_USER).unwrap_or(rest);
        let user = match scheme {
            "tel:" => {
                let end = longest
                    .iter()
                    .position(|byte| b";,?> \t\r\n\"".contains(byte));
                longest.get(..end.unwrap_or(longest.len()))?
            }
            _ => {
                let end = longest
                    .iter()
                    .position(|byte| b"@<> \t\r\n\"".contains(byte))?;
                let user = longest.get(..end)?;
                longest.get(end).filter(|byte| **byte == b'@')?;
                user
            }
        };
        out.extend_from_slice(head);
        out.extend_from_slice(self.number(&String::from_utf8_lossy(user)).as_bytes());
        Some(scheme.len() + user.len())
    }

    /// What stands before an `@` without a scheme, as in CNAME of RTCP.
    fn local_part(&self, text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || b"+-._~!$&*%'".contains(byte) || *byte > 127
        };
        let longest = text.get(..LONGEST_USER).unwrap_or(text);
        let end = longest.iter().position(|byte| !is_part(byte))?;
        let user = longest.get(..end).filter(|user| !user.is_empty())?;
        longest.get(end).filter(|byte| **byte == b'@')?;
        out.extend_from_slice(self.number(&String::from_utf8_lossy(user)).as_bytes());
        Some(end)
    }

    fn write_ip(&self, ip: IpAddr, bracketed: bool, place: Place, out: &mut Vec<u8>) {
        let becomes = self.ip(ip);
        let turned = ip.is_ipv4() && becomes.is_ipv6();
        match place {
            Place::Body if turned && out.ends_with(b"IP4 ") => {
                out.truncate(out.len() - 4);
                out.extend_from_slice(format!("IP6 {becomes}").as_bytes());
            }
            Place::Header if turned && !bracketed => {
                out.extend_from_slice(format!("[{becomes}]").as_bytes());
            }
            _ => out.extend_from_slice(becomes.to_string().as_bytes()),
        }
    }
}

/// Whether a word may begin here: what is before is none, or the digits of an escape.
fn begins_a_word(text: &[u8], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|at| text.get(at));
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte > 127;
    !before(1).is_some_and(is_word) || before(3) == Some(&b'%')
}

fn number(text: &[u8], known: &Known, out: &mut Vec<u8>) -> Option<usize> {
    let is_it = |(spelled, _): &&(Vec<u8>, String)| {
        let behind = text.get(spelled.len());
        text.starts_with(spelled) && !behind.is_some_and(u8::is_ascii_alphanumeric)
    };
    let (spelled, becomes) = known.0.iter().find(is_it)?;
    out.extend_from_slice(becomes.as_bytes());
    Some(spelled.len())
}

/// An address at the beginning, and its length.
fn address(text: &[u8]) -> Option<(usize, IpAddr)> {
    let longest = text.get(..LONGEST_ADDRESS).unwrap_or(text);
    let run = |is_part: fn(&u8) -> bool| {
        let end = longest.iter().position(|byte| !is_part(byte));
        let run = longest.get(..end.unwrap_or(longest.len()))?;
        let run = std::str::from_utf8(run).ok()?;
        // A sentence may end with it.
        Some(run.trim_end_matches('.'))
    };
    let four = run(|byte| byte.is_ascii_digit() || *byte == b'.')?;
    if let Ok(ip) = four.parse::<Ipv4Addr>() {
        let behind = text.get(four.len());
        return (!behind.is_some_and(u8::is_ascii_alphabetic)).then_some((four.len(), ip.into()));
    }
    let six = run(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))?;
    let ip: Ipv6Addr = six.parse().ok().filter(|_| six.len() > 2)?;
    let behind = text.get(six.len());
    (!behind.is_some_and(u8::is_ascii_alphanumeric)).then_some((six.len(), ip.into()))
}

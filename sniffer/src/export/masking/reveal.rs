//! The way back: what was encrypted is found in any text, and read with the key.

use std::net::{IpAddr, Ipv6Addr};

use super::Key;

/// Bytes of the longest address.
const LONGEST_ADDRESS: usize = 45;

impl Key {
    /// Text with what was encrypted in it in the clear. Of addresses those of IPv4 are recognised; with `ipv6` every other address of
    /// IPv6 is taken for an encrypted one, too.
    pub fn reveal(&self, text: &str, ipv6: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut in_word = false;
        while let Some(c) = rest.chars().next() {
            let found = match in_word {
                true => None,
                false => self.word(rest).or_else(|| self.address(rest, ipv6)),
            };
            let (taken, shown) = found.unwrap_or((c.len_utf8(), c.to_string()));
            out.push_str(&shown);
            in_word = c.is_alphanumeric() || c == '_';
            rest = rest.get(taken..).unwrap_or_default();
        }
        out
    }

    fn word(&self, text: &str) -> Option<(usize, String)> {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let rest = text.strip_prefix("e_")?;
        let len = 2 + rest
            .bytes()
            .position(|byte| !is_sign(byte))
            .unwrap_or(rest.len());
        Some((len, self.decrypt(text.get(..len)?)?))
    }

    /// One in brackets loses them where it becomes one of IPv4.
    fn address(&self, text: &str, ipv6: bool) -> Option<(usize, String)> {
        let bare = text.strip_prefix('[').unwrap_or(text);
        let longest = bare.bytes().take(LONGEST_ADDRESS);
        let len = longest
            .take_while(|byte| byte.is_ascii_hexdigit() || *byte == b':')
            .count();
        let ip: Ipv6Addr = bare.get(..len)?.parse().ok()?;
        let bracketed = text.len() > bare.len() && bare.as_bytes().get(len) == Some(&b']');
        let whole = if bracketed { len + 2 } else { len };
        match self.decrypt_ip(ip) {
            IpAddr::V4(ip) => Some((whole, ip.to_string())),
            IpAddr::V6(ip) if ipv6 && bracketed => Some((whole, format!("[{ip}]"))),
            IpAddr::V6(ip) if ipv6 => Some((whole, ip.to_string())),
            IpAddr::V6(_) => None,
        }
    }
}

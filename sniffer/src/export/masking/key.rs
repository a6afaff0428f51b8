//! The key, and what is done with it. All of it gives the same for the same, so that what is masked can still be joined and searched: who
//! sees two masked texts sees whether they are of the same number, and no more.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use aes::{Aes128, Block};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Nonce, Payload};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes that a key has at least.
const SHORTEST: usize = 32;

/// Bytes of a hash that are written.
const HASH: usize = 16;

const NONCE: usize = 12;

/// What a text stands for: the same text as a name and as a number becomes two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Name,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::Number, Kind::Name];

    fn label(self) -> &'static [u8] {
        match self {
            Kind::Number => b"number",
            Kind::Name => b"name",
        }
    }
}

/// The keys that are derived from that of the operator (HKDF, RFC 5869), one for each use.
pub struct Key {
    hash: [u8; 32],
    nonce: [u8; 32],
    cipher: Aes256Gcm,
    addresses: Aes128,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("{path}: cannot read the key of masking: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// What it holds is too short.
    #[error(
        "{path}: {n} bytes are no key of masking; accepted: at least {SHORTEST}, such as `openssl rand -hex 32` writes"
    )]
    Short {
        /// The file.
        path: String,
        /// Its bytes, blanks around them left out.
        n: usize,
    },
}

impl Key {
    /// Reads the key; blanks and line ends around it are no part of it.
    ///
    /// # Errors
    /// Where the file cannot be read, or is too short.
    pub fn read(path: &Path) -> Result<Key, KeyError> {
        let shown = path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(source) => {
                return Err(KeyError::Unreadable {
                    path: shown,
                    source,
                });
            }
        };
        let secret = bytes.trim_ascii();
        match secret.len() {
            n if n < SHORTEST => Err(KeyError::Short { path: shown, n }),
            _ => Ok(Key::of(secret)),
        }
    }

    /// The key made of these bytes.
    pub fn of(secret: &[u8]) -> Key {
        let derive = Hkdf::<Sha256>::new(None, secret);
        Key {
            hash: expand(&derive, "sipvane masking: hash"),
            nonce: expand(&derive, "sipvane masking: nonce"),
            cipher: Aes256Gcm::new(&expand::<32>(&derive, "sipvane masking: text").into()),
            addresses: Aes128::new(&expand::<16>(&derive, "sipvane masking: address").into()),
        }
    }

    /// `h_` and 32 hexadecimal digits.
    pub(super) fn hash(&self, kind: Kind, plain: &str) -> String {
        let sum = mac(&self.hash, kind.label(), plain.as_bytes());
        let digits = sum.iter().take(HASH).map(|byte| format!("{byte:02x}"));
        format!("h_{}", digits.collect::<String>())
    }

    /// `e_` and, in base64 for URLs, nonce and sealed text. The nonce is a keyed hash of what is sealed: the same text has the same one, and two
    /// texts share one with a probability of less than 10^-9 as long as fewer than 10^10 are sealed.
    pub(super) fn encrypt(&self, kind: Kind, plain: &str) -> String {
        let sum = mac(&self.nonce, kind.label(), plain.as_bytes());
        let mut sealed: Vec<u8> = sum.iter().copied().take(NONCE).collect();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: kind.label(),
        };
        let nonce = nonce(&sealed);
        // It fails for texts of many gigabytes only.
        sealed.extend(self.cipher.encrypt(&nonce, payload).unwrap_or_default());
        format!("e_{}", base64::encode(&sealed))
    }

    /// What was encrypted to this, if it was with this key.
    pub fn decrypt(&self, token: &str) -> Option<String> {
        let sealed = base64::decode(token.strip_prefix("e_")?)?;
        let (nonce_bytes, sealed) = sealed.split_at_checked(NONCE)?;
        let plain = Kind::ALL.iter().find_map(|kind| {
            let payload = Payload {
                msg: sealed,
                aad: kind.label(),
            };
            self.cipher.decrypt(&nonce(nonce_bytes), payload).ok()
        })?;
        String::from_utf8(plain).ok()
    }

    /// A unique local address (RFC 4193) made of a keyed hash.
    pub(super) fn hash_ip(&self, ip: IpAddr) -> IpAddr {
        let sum = mac(&self.hash, b"address", &sixteen(ip));
        let mut bytes = [0xfd; 16];
        let hashed = bytes.iter_mut().skip(1).zip(sum);
        hashed.for_each(|(to, from)| *to = from);
        Ipv6Addr::from(bytes).into()
    }

    /// One block of AES-128, as `ipcrypt-deterministic` has it (draft-denis-ipcrypt): any address becomes one of IPv6.
    pub(super) fn encrypt_ip(&self, ip: IpAddr) -> IpAddr {
        let mut block = Block::from(sixteen(ip));
        self.addresses.encrypt_block(&mut block);
        Ipv6Addr::from(<[u8; 16]>::from(block)).into()
    }

    /// What was encrypted to this; whether it was at all, only an address of IPv4 shows.
    pub fn decrypt_ip(&self, ip: Ipv6Addr) -> IpAddr {
        let mut block = Block::from(ip.octets());
        self.addresses.decrypt_block(&mut block);
        Ipv6Addr::from(<[u8; 16]>::from(block)).to_canonical()
    }
}

fn sixteen(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

fn nonce(bytes: &[u8]) -> Nonce<Aes256Gcm> {
    let mut nonce = [0; NONCE];
    nonce
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    nonce.into()
}

fn expand<const N: usize>(derive: &Hkdf<Sha256>, label: &str) -> [u8; N] {
    let mut key = [0; N];
    derive
        .expand(label.as_bytes(), &mut key)
        .expect("32 bytes are less than 255 hashes");
    key
}

fn mac(key: &[u8; 32], label: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC has any length");
    mac.update(label);
    mac.update(&[0]);
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// Base64 for URLs without padding (RFC 4648, section 5): its signs may all stand in the user of a URI.
mod base64 {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    pub(super) fn encode(bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
        for chunk in bytes.chunks(3) {
            let bits = chunk.iter().enumerate();
            let bits = bits.fold(0u32, |bits, (nth, byte)| {
                bits | u32::from(*byte) << (16 - 8 * nth)
            });
            for nth in 0..=chunk.len() {
                let sign = SIGNS.get((bits >> (18 - 6 * nth) & 63) as usize);
                text.extend(sign.map(|sign| char::from(*sign)));
            }
        }
        text
    }

    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
        for chunk in text.as_bytes().chunks(4) {
            let mut bits = 0u32;
            for (nth, sign) in chunk.iter().enumerate() {
                let value = SIGNS.iter().position(|known| known == sign)?;
                bits |= u32::try_from(value).ok()? << (18 - 6 * nth);
            }
            let [_, a, b, c] = bits.to_be_bytes();
            let n = chunk.len().checked_sub(1).filter(|n| *n > 0)?;
            bytes.extend([a, b, c].into_iter().take(n));
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(plain: &str) {
        let key = Key::of(b"0123456789abcdef0123456789abcdef");
        let sealed = key.encrypt(Kind::Number, plain);
        assert_eq!(sealed, key.encrypt(Kind::Number, plain));
        assert_ne!(sealed, key.encrypt(Kind::Name, plain));
        let hashed = key.hash(Kind::Number, plain);
        let is_short = plain.len() < 4;
        assert!(is_short || !sealed.contains(plain) && !hashed.contains(plain));
        assert_eq!(key.decrypt(&sealed).as_deref(), Some(plain));
        let other = Key::of(b"another key, as long as it has to be");
        assert_eq!(other.decrypt(&sealed), None);
        assert_ne!(
            other.hash(Kind::Number, plain),
            key.hash(Kind::Number, plain)
        );
        let mut changed = sealed.clone();
        changed.pop();
        assert_eq!(key.decrypt(&changed), None);
    }

    #[test]
    fn what_is_encrypted_can_be_read_with_the_key() {
        for plain in ["+15555550142", "alice", "Zoë Ωmega", "1", &"x".repeat(200)] {
            check(plain);
        }
    }

    /// The vectors of draft-denis-ipcrypt, `ipcrypt-deterministic`.
    #[test]
    fn addresses_are_encrypted_as_the_draft_says() {
        for (secret, plain, sealed) in [
            (
                "0123456789abcdeffedcba9876543210",
                "0.0.0.0",
                "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb",
            ),
            (
                "1032547698badcfeefcdab8967452301",
                "255.255.255.255",
                "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8",
            ),
            (
                "2b7e151628aed2a6abf7158809cf4f3c",
                "192.0.2.1",
                "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777",
            ),
        ] {
            let secret = u128::from_str_radix(secret, 16).unwrap().to_be_bytes();
            let key = Key {
                addresses: Aes128::new(&secret.into()),
                ..Key::of(b"")
            };
            let plain: IpAddr = plain.parse().unwrap();
            let found = key.encrypt_ip(plain);
            assert_eq!(found, sealed.parse::<IpAddr>().unwrap());
            let IpAddr::V6(found) = found else {
                panic!("it is of IPv6");
            };
            assert_eq!(key.decrypt_ip(found), plain);
        }
    }

    #[test]
    fn a_key_is_long_enough() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "short\n").unwrap();
        let error = Key::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("5 bytes are no key"), "{error}");
        std::fs::write(file.path(), "0123456789abcdef0123456789abcdef\n").unwrap();
        let key = Key::read(file.path()).unwrap();
        let same = Key::of(b"0123456789abcdef0123456789abcdef");
        assert_eq!(key.hash(Kind::Name, "a"), same.hash(Kind::Name, "a"));
        assert_eq!(format!("{key:?}"), "Key(***)");
    }
}

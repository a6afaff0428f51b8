//! AES in CBC mode with HMAC, in TLS 1.0 to 1.2 (RFC 2246, 6.2.3.2; RFC 5246, 6.2.3.2), and encrypt-then-MAC (RFC 7366).
//!
//! A passive reader has no timing to hide, so nothing here takes constant time.

use std::fmt;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384};

use super::{Opened, pseudo_header};
use crate::decode::tls::record::Header;
use crate::decode::tls::suite::MacHash;

const BLOCK: usize = 16;

/// A CBC cipher with its keys.
pub(super) struct Cbc {
    key: Key,
    mac: MacKey,
    iv: Iv,
    encrypt_then_mac: bool,
}

enum Key {
    Aes128([u8; 16]),
    Aes256([u8; 32]),
}

#[derive(Clone)]
enum MacKey {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
}

/// Where the IV of a record stands.
enum Iv {
    /// At the front of it (RFC 4346, 6.2.3.2).
    Explicit,
    /// It is the last block of the record before (RFC 2246, 6.2.3.2); unknown where that was lost.
    Chained(Option<[u8; BLOCK]>),
}

impl Cbc {
    pub(super) fn new(
        key: &[u8],
        hash: MacHash,
        mac_key: &[u8],
        iv: &[u8],
        explicit_iv: bool,
        encrypt_then_mac: bool,
    ) -> Option<Cbc> {
        let key = match key.len() {
            16 => Key::Aes128(key.try_into().ok()?),
            _ => Key::Aes256(key.try_into().ok()?),
        };
        let iv = match explicit_iv {
            true => Iv::Explicit,
            false => Iv::Chained(Some(iv.try_into().ok()?)),
        };
        Some(Cbc {
            key,
            mac: MacKey::new(hash, mac_key)?,
            iv,
            encrypt_then_mac,
        })
    }

    pub(super) fn open(&self, seq: u64, header: Header, payload: &[u8]) -> Option<Opened> {
        let bytes = if self.encrypt_then_mac {
            let (sealed, mac) = self.mac.split_off(payload)?;
            self.mac.verify(seq, header, sealed, mac)?;
            let mut bytes = self.decrypt(sealed)?;
            unpad(&mut bytes)?;
            bytes
        } else {
            let mut bytes = self.decrypt(payload)?;
            unpad(&mut bytes)?;
            let (content, mac) = self.mac.split_off(&bytes)?;
            self.mac.verify(seq, header, content, mac)?;
            let len = content.len();
            bytes.truncate(len);
            bytes
        };
        Some(Opened {
            kind: header.kind,
            bytes,
        })
    }

    pub(super) fn pass(&mut self, payload: &[u8]) {
        // With encrypt-then-MAC the last block of the ciphertext stands before the MAC.
        let sealed = match self.encrypt_then_mac {
            true => self.mac.split_off(payload).map(|(sealed, _)| sealed),
            false => Some(payload),
        };
        if let Iv::Chained(last) = &mut self.iv {
            *last = sealed.and_then(|sealed| sealed.last_chunk().copied());
        }
    }

    pub(super) fn lose(&mut self) {
        if let Iv::Chained(last) = &mut self.iv {
            *last = None;
        }
    }

    pub(super) fn is_cut_off(&self) -> bool {
        matches!(self.iv, Iv::Chained(None))
    }

    fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (iv, blocks) = match self.iv {
            Iv::Explicit => sealed.split_first_chunk::<BLOCK>()?,
            Iv::Chained(ref last) => (last.as_ref()?, sealed),
        };
        let mut bytes = blocks.to_vec();
        let whole = match &self.key {
            Key::Aes128(key) => cbc::Decryptor::<Aes128>::new(key.into(), iv.into())
                .decrypt_padded::<NoPadding>(&mut bytes)
                .is_ok(),
            Key::Aes256(key) => cbc::Decryptor::<Aes256>::new(key.into(), iv.into())
                .decrypt_padded::<NoPadding>(&mut bytes)
                .is_ok(),
        };
        whole.then_some(bytes)
    }
}

impl MacKey {
    fn new(hash: MacHash, key: &[u8]) -> Option<MacKey> {
        Some(match hash {
            MacHash::Sha1 => MacKey::Sha1(Hmac::new_from_slice(key).ok()?),
            MacHash::Sha256 => MacKey::Sha256(Hmac::new_from_slice(key).ok()?),
            MacHash::Sha384 => MacKey::Sha384(Hmac::new_from_slice(key).ok()?),
        })
    }

    /// What is covered, and the MAC behind it.
    fn split_off<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let len = match self {
            MacKey::Sha1(_) => MacHash::Sha1,
            MacKey::Sha256(_) => MacHash::Sha256,
            MacKey::Sha384(_) => MacHash::Sha384,
        }
        .len();
        bytes.split_at_checked(bytes.len().checked_sub(len)?)
    }

    fn verify(&self, seq: u64, header: Header, covered: &[u8], mac: &[u8]) -> Option<()> {
        let front = pseudo_header(seq, header, covered.len())?;
        match self.clone() {
            MacKey::Sha1(key) => verify(key, &front, covered, mac),
            MacKey::Sha256(key) => verify(key, &front, covered, mac),
            MacKey::Sha384(key) => verify(key, &front, covered, mac),
        }
    }
}

fn verify<M: Mac>(mut key: M, front: &[u8], covered: &[u8], mac: &[u8]) -> Option<()> {
    key.update(front);
    key.update(covered);
    key.verify_slice(mac).ok()
}

/// Takes the padding off: its last byte says how many like it stand before it (RFC 5246, 6.2.3.2).
fn unpad(bytes: &mut Vec<u8>) -> Option<()> {
    let &last = bytes.last()?;
    let content = bytes.len().checked_sub(usize::from(last) + 1)?;
    let padding = bytes.get(content..)?;
    if padding.iter().any(|&b| b != last) {
        return None;
    }
    bytes.truncate(content);
    Some(())
}

impl fmt::Debug for Cbc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cbc")
    }
}

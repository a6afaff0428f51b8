//! AES-GCM and ChaCha20-Poly1305 in TLS 1.2 (RFC 5288, RFC 7905) and TLS 1.3 (RFC 8446, 5.2).

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;

use super::{Opened, inner_plaintext, pseudo_header};
use crate::decode::tls::record::Header;
use crate::decode::tls::suite::Cipher;

const TAG_LEN: usize = 16;
const EXPLICIT_LEN: usize = 8;

/// An AEAD with its key and the fixed part of its nonces.
pub(super) struct Aead {
    algorithm: Algorithm,
    nonce: NonceForm,
    tls13: bool,
}

enum Algorithm {
    Aes128(Aes128Gcm),
    Aes256(Aes256Gcm),
    ChaCha20(ChaCha20Poly1305),
}

/// Where the nonce of a record comes from.
enum NonceForm {
    /// Four bytes of the key block, eight at the front of the record (RFC 5288, 3).
    Explicit([u8; 4]),
    /// The number of the record, on twelve bytes of IV (RFC 8446, 5.3; RFC 7905, 2).
    Counted([u8; 12]),
}

impl Aead {
    pub(super) fn new(cipher: Cipher, key: &[u8], iv: &[u8], tls13: bool) -> Option<Aead> {
        let algorithm = match cipher {
            Cipher::Aes128Gcm => Algorithm::Aes128(Aes128Gcm::new_from_slice(key).ok()?),
            Cipher::Aes256Gcm => Algorithm::Aes256(Aes256Gcm::new_from_slice(key).ok()?),
            Cipher::ChaCha20Poly1305 => {
                Algorithm::ChaCha20(ChaCha20Poly1305::new_from_slice(key).ok()?)
            }
            Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) => return None,
        };
        let nonce = match iv.len() {
            4 => NonceForm::Explicit(iv.try_into().ok()?),
            _ => NonceForm::Counted(iv.try_into().ok()?),
        };
        Some(Aead {
            algorithm,
            nonce,
            tls13,
        })
    }

    pub(super) fn open(&self, seq: u64, header: Header, payload: &[u8]) -> Option<Opened> {
        let (nonce, sealed) = self.nonce.split(seq, payload)?;
        let len = sealed.len().checked_sub(TAG_LEN)?;
        let mut bytes = sealed.to_vec();
        if self.tls13 {
            self.algorithm.open(nonce, &header.bytes(), &mut bytes)?;
            return inner_plaintext(bytes);
        }
        let beside = pseudo_header(seq, header, len)?;
        self.algorithm.open(nonce, &beside, &mut bytes)?;
        Some(Opened {
            kind: header.kind,
            bytes,
        })
    }
}

impl NonceForm {
    /// The nonce of a record, and what of its payload is sealed.
    fn split<'a>(&self, seq: u64, payload: &'a [u8]) -> Option<([u8; 12], &'a [u8])> {
        match self {
            NonceForm::Explicit(fixed) => {
                let (explicit, sealed) = payload.split_first_chunk::<EXPLICIT_LEN>()?;
                let mut nonce = [0; 12];
                let (front, back) = nonce.split_at_mut(fixed.len());
                front.copy_from_slice(fixed);
                back.copy_from_slice(explicit);
                Some((nonce, sealed))
            }
            NonceForm::Counted(iv) => {
                let mut nonce = *iv;
                let low = nonce.iter_mut().skip(4);
                low.zip(seq.to_be_bytes())
                    .for_each(|(to, from)| *to ^= from);
                Some((nonce, payload))
            }
        }
    }
}

impl Algorithm {
    fn open(&self, nonce: [u8; 12], beside: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        match self {
            Algorithm::Aes128(aead) => open(aead, nonce, beside, bytes),
            Algorithm::Aes256(aead) => open(aead, nonce, beside, bytes),
            Algorithm::ChaCha20(aead) => open(aead, nonce, beside, bytes),
        }
    }
}

fn open<A: AeadInOut>(aead: &A, nonce: [u8; 12], beside: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let nonce = Nonce::<A>::try_from(&nonce[..]).ok()?;
    aead.decrypt_in_place(&nonce, beside, bytes).ok()
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aead")
    }
}

//! Protects records as a peer would: the counterpart of what is tested.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use hmac::{Hmac, Mac};

use crate::decode::tls::cipher::{Agreement, Version};
use crate::decode::tls::secret::Secret;
use crate::decode::tls::suite::{Cipher, MacHash, Suite};

/// One direction's keys.
pub(super) struct Sealer {
    version: Version,
    cipher: Cipher,
    encrypt_then_mac: bool,
    mac: Vec<u8>,
    key: Vec<u8>,
    iv: Vec<u8>,
    seq: u64,
}

/// A record: header and payload.
pub(super) fn record(kind: u8, version: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u16).to_be_bytes();
    [&[kind], &version[..], &len, payload].concat()
}

impl Sealer {
    pub(super) fn from_master(agreement: Agreement<'_>, master: &[u8], for_client: bool) -> Sealer {
        let Agreement { version, suite, .. } = agreement;
        let cipher = suite.cipher;
        let iv = match cipher {
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => 4,
            Cipher::ChaCha20Poly1305 => 12,
            _ => 16,
        };
        let lens = [cipher.mac_len(), cipher.key_len(), iv];
        let mut block = vec![0; 2 * lens.iter().sum::<usize>()];
        let seed = [&agreement.server_random[..], agreement.client_random];
        let prf = agreement.prf();
        prf.fill(master, b"key expansion", &seed, &mut block);
        let mut at = 0;
        let [mac, key, iv] = lens.map(|len| {
            let start = at + if for_client { 0 } else { len };
            at += 2 * len;
            block[start..start + len].to_vec()
        });
        Sealer {
            version,
            cipher,
            encrypt_then_mac: agreement.encrypt_then_mac,
            mac,
            key,
            iv,
            seq: 0,
        }
    }

    pub(super) fn from_secret(suite: Suite, secret: &Secret) -> Sealer {
        let mut key = vec![0; suite.cipher.key_len()];
        let mut iv = vec![0; 12];
        suite.hash.expand_label(secret, "key", &mut key).unwrap();
        suite.hash.expand_label(secret, "iv", &mut iv).unwrap();
        Sealer {
            version: Version::Tls13,
            cipher: suite.cipher,
            encrypt_then_mac: false,
            mac: Vec::new(),
            key,
            iv,
            seq: 0,
        }
    }

    /// The next record.
    pub(super) fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let seq = self.seq;
        self.seq += 1;
        match self.cipher {
            Cipher::Aes128Cbc(hash) | Cipher::Aes256Cbc(hash) => {
                self.seal_cbc(seq, kind, content, hash)
            }
            _ if self.version == Version::Tls13 => self.seal_13(seq, kind, content),
            _ => self.seal_12(seq, kind, content),
        }
    }

    fn seal_13(&self, seq: u64, kind: u8, content: &[u8]) -> Vec<u8> {
        // Padded, as a peer may.
        let mut bytes = [content, &[kind], &[0; 3]].concat();
        let mut header = record(23, [3, 3], &bytes);
        header.truncate(5);
        let len = (bytes.len() + 16) as u16;
        header[3..].copy_from_slice(&len.to_be_bytes());
        self.aead(&self.counted(seq), &header, &mut bytes);
        record(23, [3, 3], &bytes)
    }

    fn seal_12(&self, seq: u64, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = content.to_vec();
        let beside = front(seq, kind, [3, 3], content.len());
        if self.cipher == Cipher::ChaCha20Poly1305 {
            self.aead(&self.counted(seq), &beside, &mut bytes);
            return record(kind, [3, 3], &bytes);
        }
        let explicit = (seq + 1000).to_be_bytes();
        self.aead(&[&self.iv[..], &explicit].concat(), &beside, &mut bytes);
        record(kind, [3, 3], &[&explicit[..], &bytes].concat())
    }

    fn counted(&self, seq: u64) -> Vec<u8> {
        let mut nonce = self.iv.clone();
        for (to, from) in nonce[4..].iter_mut().zip(seq.to_be_bytes()) {
            *to ^= from;
        }
        nonce
    }

    fn aead(&self, nonce: &[u8], beside: &[u8], bytes: &mut Vec<u8>) {
        match self.cipher {
            Cipher::Aes128Gcm => seal::<aes_gcm::Aes128Gcm>(&self.key, nonce, beside, bytes),
            Cipher::Aes256Gcm => seal::<aes_gcm::Aes256Gcm>(&self.key, nonce, beside, bytes),
            _ => seal::<chacha20poly1305::ChaCha20Poly1305>(&self.key, nonce, beside, bytes),
        }
    }

    fn seal_cbc(&mut self, seq: u64, kind: u8, content: &[u8], hash: MacHash) -> Vec<u8> {
        let version = match self.version {
            Version::Tls10 => [3, 1],
            Version::Tls11 => [3, 2],
            _ => [3, 3],
        };
        let explicit = match self.version {
            Version::Tls10 => Vec::new(),
            _ => vec![seq as u8 ^ 0x5a; 16],
        };
        let iv = match self.version {
            Version::Tls10 => self.iv.clone(),
            _ => explicit.clone(),
        };
        if self.encrypt_then_mac {
            let sealed = [&explicit[..], &self.cbc(&iv, pad(content.to_vec()))].concat();
            let front = front(seq, kind, version, sealed.len());
            let mac = mac(hash, &self.mac, &[&front, &sealed]);
            self.iv = sealed[sealed.len() - 16..].to_vec();
            return record(kind, version, &[sealed, mac].concat());
        }
        let front = front(seq, kind, version, content.len());
        let mac = mac(hash, &self.mac, &[&front, content]);
        let sealed = [&explicit[..], &self.cbc(&iv, pad([content, &mac].concat()))].concat();
        self.iv = sealed[sealed.len() - 16..].to_vec();
        record(kind, version, &sealed)
    }

    fn cbc(&self, iv: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
        let n = bytes.len();
        if self.key.len() == 16 {
            let cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(&self.key, iv).unwrap();
            cipher.encrypt_padded::<NoPadding>(&mut bytes, n).unwrap();
        } else {
            let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(&self.key, iv).unwrap();
            cipher.encrypt_padded::<NoPadding>(&mut bytes, n).unwrap();
        }
        bytes
    }
}

/// What is authenticated beside the content.
fn front(seq: u64, kind: u8, version: [u8; 2], len: usize) -> Vec<u8> {
    let len = (len as u16).to_be_bytes();
    [&seq.to_be_bytes()[..], &[kind], &version, &len].concat()
}

fn seal<A: AeadInOut + KeyInit>(key: &[u8], nonce: &[u8], beside: &[u8], bytes: &mut Vec<u8>) {
    let nonce = Nonce::<A>::try_from(nonce).unwrap();
    let aead = A::new_from_slice(key).unwrap();
    aead.encrypt_in_place(&nonce, beside, bytes).unwrap();
}

fn mac(hash: MacHash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn run<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        MacHash::Sha1 => run::<Hmac<sha1::Sha1>>(key, parts),
        MacHash::Sha256 => run::<Hmac<sha2::Sha256>>(key, parts),
        MacHash::Sha384 => run::<Hmac<sha2::Sha384>>(key, parts),
    }
}

/// More padding than is needed, as a peer may.
fn pad(mut bytes: Vec<u8>) -> Vec<u8> {
    let n = 16 - (bytes.len() % 16) + 32;
    bytes.extend(vec![(n - 1) as u8; n]);
    bytes
}

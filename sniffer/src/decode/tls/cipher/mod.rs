//! Opens protected records: one key, one direction.

mod aead;
mod cbc;

use aead::Aead;
use cbc::Cbc;

use super::key_schedule::Hash;
use super::prf::Prf;
use super::record::{Header, content};
use super::secret::Secret;
use super::suite::{Cipher, Suite};

/// The protocol version, as far as records and keys differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

/// What a session agreed on, as far as TLS 1.0 to 1.2 make keys and records of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreement<'a> {
    pub(super) version: Version,
    pub(super) suite: Suite,
    /// MAC over the ciphertext instead of the plaintext (RFC 7366).
    pub(super) encrypt_then_mac: bool,
    pub(super) client_random: &'a [u8; 32],
    pub(super) server_random: &'a [u8; 32],
}

/// Opens the records of one direction under one key.
#[derive(Debug)]
pub(super) struct Opener(Kind);

#[derive(Debug)]
enum Kind {
    Aead(Box<Aead>),
    Cbc(Box<Cbc>),
}

/// What a record held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
}

impl Opener {
    /// The client's or the server's opener of TLS 1.0 to 1.2 (RFC 5246, 6.3).
    pub(super) fn from_master(
        agreement: Agreement<'_>,
        master: &Secret,
        for_client: bool,
    ) -> Option<Opener> {
        let Agreement { version, suite, .. } = agreement;
        let cipher = suite.cipher;
        let iv_len = fixed_iv_len(version, cipher);
        let lens = [cipher.mac_len(), cipher.key_len(), iv_len];
        let mut block = [0; MAX_KEY_BLOCK];
        let mut rest = block.get_mut(..2 * lens.iter().sum::<usize>())?;
        let seed = [&agreement.server_random[..], agreement.client_random];
        agreement
            .prf()
            .fill(master.bytes(), b"key expansion", &seed, rest);
        let mut next = |len: usize| -> Option<&[u8]> {
            let (client, others) = std::mem::take(&mut rest).split_at_mut_checked(len)?;
            let (server, others) = others.split_at_mut_checked(len)?;
            rest = others;
            Some(if for_client { client } else { server })
        };
        let [mac, key, iv] = [next(lens[0])?, next(lens[1])?, next(lens[2])?];
        let kind = match cipher {
            Cipher::Aes128Cbc(hash) | Cipher::Aes256Cbc(hash) => {
                let explicit_iv = version > Version::Tls10;
                let order = agreement.encrypt_then_mac;
                Kind::Cbc(Box::new(Cbc::new(key, hash, mac, iv, explicit_iv, order)?))
            }
            _ => Kind::Aead(Box::new(Aead::new(cipher, key, iv, false)?)),
        };
        Some(Opener(kind))
    }

    /// The opener that goes with a traffic secret of TLS 1.3 (RFC 8446, 7.3).
    pub(super) fn from_traffic_secret(suite: Suite, secret: &Secret) -> Option<Opener> {
        let (mut key, mut iv) = ([0; 32], [0; 12]);
        let key = key.get_mut(..suite.cipher.key_len())?;
        suite.hash.expand_label(secret, "key", key)?;
        suite.hash.expand_label(secret, "iv", &mut iv)?;
        let aead = Aead::new(suite.cipher, key, &iv, true)?;
        Some(Opener(Kind::Aead(Box::new(aead))))
    }

    /// Opens the record that was the `seq`th under this key, from 0; `None` if it is not authentic.
    pub(super) fn open(&self, seq: u64, header: Header, payload: &[u8]) -> Option<Opened> {
        match &self.0 {
            Kind::Aead(aead) => aead.open(seq, header, payload),
            Kind::Cbc(cbc) => cbc.open(seq, header, payload),
        }
    }

    /// Notes that a record has passed, opened or not: in TLS 1.0 the next one depends on it.
    pub(super) fn pass(&mut self, payload: &[u8]) {
        if let Kind::Cbc(cbc) = &mut self.0 {
            cbc.pass(payload);
        }
    }

    /// Notes that records were lost.
    pub(super) fn lose(&mut self) {
        if let Kind::Cbc(cbc) = &mut self.0 {
            cbc.lose();
        }
    }

    /// Whether the next record cannot be opened because the one before it was lost.
    pub(super) fn is_cut_off(&self) -> bool {
        matches!(&self.0, Kind::Cbc(cbc) if cbc.is_cut_off())
    }
}

/// Twice a MAC key of SHA-384, an AES-256 key and a block.
const MAX_KEY_BLOCK: usize = 2 * (48 + 32 + 16);

/// Bytes of the IV that comes out of the key block.
fn fixed_iv_len(version: Version, cipher: Cipher) -> usize {
    match cipher {
        Cipher::Aes128Gcm | Cipher::Aes256Gcm => 4,
        Cipher::ChaCha20Poly1305 => 12,
        Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) if version == Version::Tls10 => 16,
        Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) => 0,
    }
}

impl Agreement<'_> {
    /// The pseudo-random function of the session.
    pub(super) fn prf(&self) -> Prf {
        match (self.version, self.suite.hash) {
            (Version::Tls10 | Version::Tls11, _) => Prf::Md5Sha1,
            (_, Hash::Sha256) => Prf::Sha256,
            (_, Hash::Sha384) => Prf::Sha384,
        }
    }
}

/// What is authenticated beside the content up to TLS 1.2: the number of the record and its header with the length
/// of what the MAC covers (RFC 5246, 6.2.3).
fn pseudo_header(seq: u64, header: Header, len: usize) -> Option<[u8; 13]> {
    let mut bytes = [0; 13];
    let len = u16::try_from(len).ok()?;
    let (number, rest) = bytes.split_first_chunk_mut::<8>()?;
    *number = seq.to_be_bytes();
    rest.copy_from_slice(&Header { len, ..header }.bytes());
    Some(bytes)
}

/// Takes a plaintext of TLS 1.3 apart: content, its type, and padding with noughts (RFC 8446, 5.4).
fn inner_plaintext(mut bytes: Vec<u8>) -> Option<Opened> {
    let end = bytes.iter().rposition(|&b| b != 0)?;
    let kind = bytes.get(end).copied()?;
    bytes.truncate(end);
    let is_known = (content::CHANGE_CIPHER_SPEC..=content::APPLICATION_DATA).contains(&kind);
    is_known.then_some(Opened { kind, bytes })
}

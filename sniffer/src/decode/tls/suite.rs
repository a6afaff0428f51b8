//! The cipher suites that can be opened.

use super::key_schedule::Hash;

/// What a cipher suite says about records and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    pub(super) cipher: Cipher,
    /// The hash of the key derivation, from TLS 1.2 on.
    pub(super) hash: Hash,
}

/// How records are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
    Aes128Cbc(MacHash),
    Aes256Cbc(MacHash),
}

/// The hash of the MAC of a CBC suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MacHash {
    Sha1,
    Sha256,
    Sha384,
}

impl Suite {
    /// The suite with this number, if its records can be opened.
    pub(super) fn of(number: u16) -> Option<Suite> {
        TABLE
            .iter()
            .find(|(numbers, _, _)| numbers.contains(&number))
            .map(|&(_, cipher, hash)| Suite { cipher, hash })
    }

    /// Whether it belongs to TLS 1.3, which has suites of its own.
    pub(super) fn is_tls13(number: u16) -> bool {
        number >> 8 == 0x13
    }
}

impl Cipher {
    /// Bytes of its key.
    pub(super) const fn key_len(self) -> usize {
        match self {
            Cipher::Aes128Gcm | Cipher::Aes128Cbc(_) => 16,
            Cipher::Aes256Gcm | Cipher::ChaCha20Poly1305 | Cipher::Aes256Cbc(_) => 32,
        }
    }

    /// Bytes of the key of its MAC; an AEAD has none.
    pub(super) const fn mac_len(self) -> usize {
        match self {
            Cipher::Aes128Cbc(mac) | Cipher::Aes256Cbc(mac) => mac.len(),
            _ => 0,
        }
    }
}

impl MacHash {
    /// Bytes of a MAC, and of its key.
    pub(super) const fn len(self) -> usize {
        match self {
            MacHash::Sha1 => 20,
            MacHash::Sha256 => 32,
            MacHash::Sha384 => 48,
        }
    }
}

/// By the numbers of the IANA registry, whatever the key exchange: RSA, DH and ECDH in all their forms, pre-shared keys.
const TABLE: &[(&[u16], Cipher, Hash)] = &[
    (
        &[
            0x1301, 0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b,
            0xc02d, 0xc02f, 0xc031, 0xd001,
        ],
        Cipher::Aes128Gcm,
        Hash::Sha256,
    ),
    (
        &[
            0x1302, 0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c,
            0xc02e, 0xc030, 0xc032, 0xd002,
        ],
        Cipher::Aes256Gcm,
        Hash::Sha384,
    ),
    (
        &[
            0x1303, 0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae,
        ],
        Cipher::ChaCha20Poly1305,
        Hash::Sha256,
    ),
    (
        &[
            0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009,
            0xc00e, 0xc013, 0xc018, 0xc035,
        ],
        Cipher::Aes128Cbc(MacHash::Sha1),
        Hash::Sha256,
    ),
    (
        &[
            0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a,
            0xc00f, 0xc014, 0xc019, 0xc036,
        ],
        Cipher::Aes256Cbc(MacHash::Sha1),
        Hash::Sha256,
    ),
    (
        &[
            0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025,
            0xc027, 0xc029, 0xc037,
        ],
        Cipher::Aes128Cbc(MacHash::Sha256),
        Hash::Sha256,
    ),
    (
        &[0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d],
        Cipher::Aes256Cbc(MacHash::Sha256),
        Hash::Sha256,
    ),
    (
        &[
            0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038,
        ],
        Cipher::Aes256Cbc(MacHash::Sha384),
        Hash::Sha384,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: u16, cipher: Cipher, hash: Hash) {
        assert_eq!(Suite::of(number), Some(Suite { cipher, hash }));
    }

    #[test]
    fn numbers_are_those_of_the_registry() {
        check(0x1302, Cipher::Aes256Gcm, Hash::Sha384);
        check(0xc02f, Cipher::Aes128Gcm, Hash::Sha256);
        check(0xcca8, Cipher::ChaCha20Poly1305, Hash::Sha256);
        check(0x0035, Cipher::Aes256Cbc(MacHash::Sha1), Hash::Sha256);
        check(0xc028, Cipher::Aes256Cbc(MacHash::Sha384), Hash::Sha384);
        for unknown in [0x0000, 0x0005, 0x000a, 0x1304, 0x1305, 0xc09c] {
            assert_eq!(Suite::of(unknown), None);
        }
    }

    #[test]
    fn every_number_stands_once() {
        let mut numbers: Vec<u16> = TABLE.iter().flat_map(|row| row.0).copied().collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }
}

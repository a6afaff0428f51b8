//! What TLS 1.3 derives from a traffic secret (RFC 8446, 7.1 to 7.3).

use hkdf::Hkdf;
use sha2::{Sha256, Sha384};

use super::secret::Secret;

/// The hash of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
}

impl Hash {
    /// Bytes of a digest, and so of a traffic secret.
    pub(super) const fn len(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }

    /// `HKDF-Expand-Label` without context; `None` where the secret is too short for the hash.
    pub(super) fn expand_label(self, secret: &Secret, label: &str, out: &mut [u8]) -> Option<()> {
        const PREFIX: &[u8] = b"tls13 ";
        let len = u16::try_from(out.len()).ok()?.to_be_bytes();
        let label_len = u8::try_from(PREFIX.len() + label.len()).ok()?;
        let info = [&len[..], &[label_len], PREFIX, label.as_bytes(), &[0]];
        match self {
            Hash::Sha256 => Hkdf::<Sha256>::from_prk(secret.bytes())
                .ok()?
                .expand_multi_info(&info, out)
                .ok(),
            Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret.bytes())
                .ok()?
                .expand_multi_info(&info, out)
                .ok(),
        }
    }

    /// The application traffic secret after a `KeyUpdate` (RFC 8446, 7.2).
    pub(super) fn next_generation(self, secret: &Secret) -> Option<Secret> {
        let mut next = [0; Secret::MAX];
        let next = next.get_mut(..self.len())?;
        self.expand_label(secret, "traffic upd", next)?;
        Secret::new(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::tls::tests::hex;

    #[track_caller]
    fn check(secret: &str, key: &str, iv: &str) {
        let secret = Secret::new(&hex(secret)).unwrap();
        let (mut derived_key, mut derived_iv) = ([0; 16], [0; 12]);
        Hash::Sha256
            .expand_label(&secret, "key", &mut derived_key)
            .unwrap();
        Hash::Sha256
            .expand_label(&secret, "iv", &mut derived_iv)
            .unwrap();
        assert_eq!(
            (derived_key.to_vec(), derived_iv.to_vec()),
            (hex(key), hex(iv))
        );
    }

    /// RFC 8448, 3: the simple handshake.
    #[test]
    fn keys_of_the_simple_handshake() {
        check(
            "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
            "3fce516009c21727d0f2e4e86ee403bc",
            "5d313eb2671276ee13000b30",
        );
        check(
            "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
            "dbfaa693d1762c5b666af5d950258d01",
            "5bd3c71b836e0b76bb73265f",
        );
        check(
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
            "9f02283b6c9c07efc26bb9f2ac92e356",
            "cf782b88dd83549aadf1e984",
        );
        check(
            "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
            "17422dda596ed5d9acd890e3c63f5051",
            "5b78923dee08579033e523d9",
        );
    }

    #[test]
    fn a_secret_too_short_for_the_hash_gives_nothing() {
        let secret = Secret::new(&[7; 32]).unwrap();
        assert_eq!(
            Hash::Sha384.expand_label(&secret, "key", &mut [0; 32]),
            None
        );
        assert_eq!(Hash::Sha384.next_generation(&secret), None);
    }
}

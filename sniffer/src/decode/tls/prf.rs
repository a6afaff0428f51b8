//! The pseudo-random function of TLS 1.0 to 1.2 (RFC 2246, 5; RFC 5246, 5), and the keys it gives (RFC 5246, 6.3).

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};

use super::secret::Secret;

/// Which hashes the function is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    /// TLS 1.0 and 1.1: MD5 of one half of the secret, SHA-1 of the other.
    Md5Sha1,
    /// TLS 1.2, unless the suite says otherwise.
    Sha256,
    /// TLS 1.2 with the suites whose name ends in SHA384.
    Sha384,
}

impl Prf {
    /// Fills `out` from a secret, a label and the parts of a seed.
    pub(super) fn fill(self, secret: &[u8], label: &[u8], seed: &[&[u8]], out: &mut [u8]) {
        out.fill(0);
        match self {
            Prf::Sha256 => xor_p_hash::<Hmac<Sha256>>(secret, label, seed, out),
            Prf::Sha384 => xor_p_hash::<Hmac<Sha384>>(secret, label, seed, out),
            Prf::Md5Sha1 => {
                // The halves share the middle byte of an odd secret.
                let half = secret.len().div_ceil(2);
                let (first, _) = secret.split_at(half);
                let (_, second) = secret.split_at(secret.len() - half);
                xor_p_hash::<Hmac<Md5>>(first, label, seed, out);
                xor_p_hash::<Hmac<Sha1>>(second, label, seed, out);
            }
        }
    }

    /// The hash of a handshake (RFC 5246, 7.4.9; RFC 2246, 7.4.9).
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Prf::Md5Sha1 => [digest::<Md5>(parts), digest::<Sha1>(parts)].concat(),
            Prf::Sha256 => digest::<Sha256>(parts),
            Prf::Sha384 => digest::<Sha384>(parts),
        }
    }

    /// The master secret (RFC 5246, 8.1; with `label` and `seed` of RFC 7627, 4, the extended one).
    pub(super) fn master(
        self,
        pre_master: &Secret,
        label: &[u8],
        seed: &[&[u8]],
    ) -> Option<Secret> {
        let mut master = [0; Secret::MAX];
        self.fill(pre_master.bytes(), label, seed, &mut master);
        Secret::new(&master)
    }
}

fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}

/// `P_hash`, added to what `out` holds already.
fn xor_p_hash<M: Mac + KeyInit + Clone>(
    secret: &[u8],
    label: &[u8],
    seed: &[&[u8]],
    out: &mut [u8],
) {
    let keyed = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    let with_seed = |mut mac: M| {
        mac.update(label);
        seed.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let mut a = with_seed(keyed.clone());
    for chunk in out.chunks_mut(a.len().max(1)) {
        let block = with_seed(keyed.clone().chain_update(&a));
        chunk
            .iter_mut()
            .zip(&block)
            .for_each(|(to, from)| *to ^= from);
        a = keyed.clone().chain_update(&a).finalize().into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::tls::tests::hex;

    fn check(prf: Prf, secret: &[u8], label: &str, seed: &[u8], expected: &str) {
        let expected = hex(expected);
        let mut out = vec![0xff; expected.len()];
        let (front, back) = seed.split_at(seed.len() / 2);
        prf.fill(secret, label.as_bytes(), &[front, back], &mut out);
        assert_eq!(out, expected);
    }

    /// The vectors posted to the mailing list of the TLS working group.
    #[test]
    fn vectors_of_tls_1_2() {
        check(
            Prf::Sha256,
            &hex("9bbe436ba940f017b17652849a71db35"),
            "test label",
            &hex("a0ba9f936cda311827a6f796ffd5198c"),
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
             0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
             87347b66",
        );
        check(
            Prf::Sha384,
            &hex("b80b733d6ceefcdc71566ea48e5567df"),
            "test label",
            &hex("cd665cf6a8447dd6ff8b27555edb7465"),
            "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0
             e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425
             9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070
             3d73e56f",
        );
    }

    /// The vector that implementers of TLS 1.0 share.
    #[test]
    fn vector_of_tls_1_0() {
        check(
            Prf::Md5Sha1,
            &[0xab; 48],
            "PRF Testvector",
            &[0xcd; 64],
            "d3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187e4eb
             d31e602353776c408aafb74cbc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b2d8f
             1afbc655a8c9a013",
        );
    }
}

//! A TLS session with AES-128-GCM whose secrets stand in a key log: just the handshake that a reader with the key log needs.

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::sip::Side;

/// Which TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// With TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5246, RFC 5289).
    Tls12,
    /// With TLS_AES_128_GCM_SHA256 (RFC 8446).
    Tls13,
}

const CLIENT_RANDOM: [u8; 32] = [0xc1; 32];
const SERVER_RANDOM: [u8; 32] = [0x5e; 32];
/// The secrets, made up: the master secret of TLS 1.2, and of TLS 1.3 the traffic secrets of both sides.
const MASTER: [u8; 48] = [0x4d; 48];
const HANDSHAKE_SECRETS: [[u8; 32]; 2] = [[0x11; 32], [0x12; 32]];
const TRAFFIC_SECRETS: [[u8; 32]; 2] = [[0x21; 32], [0x22; 32]];

/// Content types (RFC 8446, 5.1), and handshake messages (RFC 8446, 4; RFC 5246, 7.4).
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE: u8 = 11;
const SERVER_HELLO_DONE: u8 = 14;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const FINISHED: u8 = 20;

/// A session whose handshake is over.
pub(crate) struct Session {
    /// The client's first.
    sealers: [Sealer; 2],
}

impl Session {
    /// The session, and the flights of its handshake.
    pub(crate) fn open(version: Version) -> (Self, Vec<(Side, Vec<u8>)>) {
        match version {
            Version::Tls12 => open_12(),
            Version::Tls13 => open_13(),
        }
    }

    /// What one side says, in one record.
    pub(crate) fn say(&mut self, by: Side, content: &[u8]) -> Vec<u8> {
        self.sealers[usize::from(by == Side::Callee)].seal(APPLICATION_DATA, content)
    }
}

/// The key log in the format of NSS.
pub(crate) fn key_log(version: Version) -> String {
    let line = |label: &str, secret: &[u8]| {
        let digits =
            |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        format!("{label} {} {}\n", digits(&CLIENT_RANDOM), digits(secret))
    };
    match version {
        Version::Tls12 => line("CLIENT_RANDOM", &MASTER),
        Version::Tls13 => [
            line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &HANDSHAKE_SECRETS[0]),
            line("SERVER_HANDSHAKE_TRAFFIC_SECRET", &HANDSHAKE_SECRETS[1]),
            line("CLIENT_TRAFFIC_SECRET_0", &TRAFFIC_SECRETS[0]),
            line("SERVER_TRAFFIC_SECRET_0", &TRAFFIC_SECRETS[1]),
        ]
        .concat(),
    }
}

/// The certificate is an empty list, and what the sides prove to each other is made up: nobody checks it here.
fn open_12() -> (Session, Vec<(Side, Vec<u8>)>) {
    let mut sealers = sealers_12();
    let [client_finished, server_finished] = sealers
        .each_mut()
        .map(|sealer| sealer.seal(HANDSHAKE, &message(FINISHED, &[9; 12])));
    let server = [
        server_hello(0xc02f, &[]),
        message(CERTIFICATE, &[0; 3]),
        message(SERVER_HELLO_DONE, &[]),
    ];
    let exchange = message(CLIENT_KEY_EXCHANGE, &[&[32][..], &[7; 32]].concat());
    let change = record(CHANGE_CIPHER_SPEC, &[1]);
    let flights = vec![
        (Side::Caller, record(HANDSHAKE, &client_hello())),
        (Side::Callee, record(HANDSHAKE, &server.concat())),
        (
            Side::Caller,
            [
                record(HANDSHAKE, &exchange),
                change.clone(),
                client_finished,
            ]
            .concat(),
        ),
        (Side::Callee, [change, server_finished].concat()),
    ];
    (Session { sealers }, flights)
}

fn open_13() -> (Session, Vec<(Side, Vec<u8>)>) {
    let mut under_handshake = HANDSHAKE_SECRETS.map(|secret| Sealer::of_secret(&secret));
    let supported_version = extension(43, &[3, 4]);
    let [finished, extensions] = [(FINISHED, &[9; 32][..]), (ENCRYPTED_EXTENSIONS, &[0; 2])]
        .map(|(kind, body)| message(kind, body));
    let server = [extensions, finished.clone()].concat();
    let change = record(CHANGE_CIPHER_SPEC, &[1]);
    let hello = record(HANDSHAKE, &server_hello(0x1301, &supported_version));
    let flights = vec![
        (Side::Caller, record(HANDSHAKE, &client_hello())),
        (
            Side::Callee,
            [
                hello,
                change.clone(),
                under_handshake[1].seal(HANDSHAKE, &server),
            ]
            .concat(),
        ),
        (
            Side::Caller,
            [change, under_handshake[0].seal(HANDSHAKE, &finished)].concat(),
        ),
    ];
    let sealers = TRAFFIC_SECRETS.map(|secret| Sealer::of_secret(&secret));
    (Session { sealers }, flights)
}

/// One direction's keys, and the number of its next record.
struct Sealer {
    version: Version,
    cipher: Aes128Gcm,
    iv: Vec<u8>,
    sequence: u64,
}

impl Sealer {
    fn new(version: Version, key: &[u8], iv: &[u8]) -> Self {
        Sealer {
            version,
            cipher: Aes128Gcm::new_from_slice(key).expect("a key has 16 bytes"),
            iv: iv.to_vec(),
            sequence: 0,
        }
    }

    /// The keys of TLS 1.3 (RFC 8446, 7.3).
    fn of_secret(secret: &[u8; 32]) -> Self {
        let expand = |label: &str, length: u8| {
            let label_length = u8::try_from(6 + label.len()).expect("labels are short");
            let info = [
                &[0, length, label_length][..],
                b"tls13 ",
                label.as_bytes(),
                &[0],
            ];
            let mut out = vec![0; usize::from(length)];
            Hkdf::<Sha256>::from_prk(secret)
                .and_then(|hkdf| {
                    hkdf.expand(&info.concat(), &mut out)
                        .map_err(|_| hkdf::InvalidPrkLength)
                })
                .expect("secret and keys have lengths that SHA-256 gives");
            out
        };
        Sealer::new(Version::Tls13, &expand("key", 16), &expand("iv", 12))
    }

    fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let sequence = self.sequence.to_be_bytes();
        self.sequence += 1;
        match self.version {
            Version::Tls12 => self.seal_12(kind, content, sequence),
            Version::Tls13 => self.seal_13(kind, content, sequence),
        }
    }

    /// With its number as the explicit part of the nonce (RFC 5288, 3).
    fn seal_12(&self, kind: u8, content: &[u8], sequence: [u8; 8]) -> Vec<u8> {
        let beside = [&sequence[..], &[kind, 3, 3], &length(content.len())].concat();
        let sealed = self.encrypt(&[&self.iv[..], &sequence].concat(), &beside, content);
        record(kind, &[&sequence[..], &sealed].concat())
    }

    /// RFC 8446, 5.2 and 5.3.
    fn seal_13(&self, kind: u8, content: &[u8], sequence: [u8; 8]) -> Vec<u8> {
        const TAG: usize = 16;
        let mut nonce = self.iv.clone();
        nonce[4..]
            .iter_mut()
            .zip(sequence)
            .for_each(|(byte, number)| *byte ^= number);
        let inner = [content, &[kind]].concat();
        let beside = [&[APPLICATION_DATA, 3, 3][..], &length(inner.len() + TAG)].concat();
        record(APPLICATION_DATA, &self.encrypt(&nonce, &beside, &inner))
    }

    fn encrypt(&self, nonce: &[u8], beside: &[u8], content: &[u8]) -> Vec<u8> {
        let nonce = Nonce::<Aes128Gcm>::try_from(nonce).expect("a nonce has 12 bytes");
        let mut bytes = content.to_vec();
        self.cipher
            .encrypt_in_place(&nonce, beside, &mut bytes)
            .expect("generated messages are short");
        bytes
    }
}

/// The keys of TLS 1.2 (RFC 5246, 6.3): both keys, then both nonces.
fn sealers_12() -> [Sealer; 2] {
    let seed = [&b"key expansion"[..], &SERVER_RANDOM, &CLIENT_RANDOM].concat();
    let mut block = Vec::new();
    let mut a = hmac(&seed);
    while block.len() < 40 {
        block.extend(hmac(&[&a[..], &seed].concat()));
        a = hmac(&a);
    }
    [0, 1].map(|n| {
        let (key, iv) = (&block[16 * n..][..16], &block[32 + 4 * n..][..4]);
        Sealer::new(Version::Tls12, key, iv)
    })
}

fn hmac(bytes: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&MASTER).expect("any length will do");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn client_hello() -> Vec<u8> {
    let name = b"sip.example.org";
    let extensions = [
        extension(0, &[&[0, 18, 0, 0, 15], &name[..]].concat()),
        extension(16, b"\x00\x06\x05sip/2"),
        extension(43, &[4, 3, 4, 3, 3]),
    ]
    .concat();
    let body = [
        &[3, 3],
        &CLIENT_RANDOM[..],
        &[0],
        &[0, 4, 0x13, 1, 0xc0, 0x2f],
        &[1, 0],
        &length(extensions.len()),
        &extensions,
    ];
    message(CLIENT_HELLO, &body.concat())
}

fn server_hello(suite: u16, extensions: &[u8]) -> Vec<u8> {
    let body = [
        &[3, 3],
        &SERVER_RANDOM[..],
        &[0],
        &suite.to_be_bytes(),
        &[0],
        &length(extensions.len()),
        extensions,
    ];
    message(SERVER_HELLO, &body.concat())
}

fn extension(number: u16, data: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &length(data.len()), data].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &length(body.len()), body].concat()
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &length(payload.len()), payload].concat()
}

fn length(n: usize) -> [u8; 2] {
    u16::try_from(n)
        .expect("generated messages are short")
        .to_be_bytes()
}

//! A TLS session made by hand: what both sides send, turn by turn, and the key log that goes with it.

use super::sealer::{Sealer, record};
use crate::decode::streams::tests::{Seg, data, syn};
use crate::decode::tls::KeyLog;
use crate::decode::tls::cipher::{Agreement, Version};
use crate::decode::tls::secret::Secret;
use crate::decode::tls::suite::Suite;

const CLIENT_RANDOM: [u8; 32] = [0xc1; 32];
const SERVER_RANDOM: [u8; 32] = [0x5e; 32];
const MASTER: [u8; 48] = [0x4d; 48];

/// What is agreed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) version: Version,
    pub(super) suite: u16,
    pub(super) encrypt_then_mac: bool,
}

impl Terms {
    pub(super) const fn new(version: Version, suite: u16) -> Terms {
        Terms {
            version,
            suite,
            encrypt_then_mac: false,
        }
    }

    fn suite(self) -> Suite {
        Suite::of(self.suite).unwrap()
    }
}

/// A session under way.
pub(super) struct Talk {
    terms: Terms,
    client: Sealer,
    server: Sealer,
    client_secret: Secret,
    server_secret: Secret,
    /// Who sent what.
    pub(super) turns: Vec<(bool, Vec<u8>)>,
}

impl Talk {
    /// A session whose handshake is over.
    pub(super) fn new(terms: Terms) -> Talk {
        let mut talk = Talk::begun(terms);
        match terms.version {
            Version::Tls13 => talk.finish_13(),
            _ => talk.finish_12(),
        }
        talk
    }

    /// The hellos alone.
    pub(super) fn begun(terms: Terms) -> Talk {
        let suite = terms.suite();
        let [client, server] = [true, false].map(|for_client| match terms.version {
            Version::Tls13 => Sealer::from_secret(suite, &secret(suite, 0x11, for_client)),
            version => {
                let agreement = Agreement {
                    version,
                    suite,
                    encrypt_then_mac: terms.encrypt_then_mac,
                    client_random: &CLIENT_RANDOM,
                    server_random: &SERVER_RANDOM,
                };
                Sealer::from_master(agreement, &MASTER, for_client)
            }
        });
        let hellos = [(true, client_hello()), (false, server_hello(terms))];
        Talk {
            terms,
            client,
            server,
            client_secret: secret(suite, 0x21, true),
            server_secret: secret(suite, 0x21, false),
            turns: hellos
                .map(|(by, hello)| (by, record(22, [3, 1], &hello)))
                .to_vec(),
        }
    }

    /// The key log of the session.
    pub(super) fn log(&self) -> String {
        let suite = self.terms.suite();
        let line = |label: &str, secret: &[u8]| {
            format!("{label} {} {}\n", digits(&CLIENT_RANDOM), digits(secret))
        };
        if self.terms.version < Version::Tls13 {
            return line("CLIENT_RANDOM", &MASTER);
        }
        [
            ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0x11, true),
            ("SERVER_HANDSHAKE_TRAFFIC_SECRET", 0x11, false),
            ("CLIENT_TRAFFIC_SECRET_0", 0x21, true),
            ("SERVER_TRAFFIC_SECRET_0", 0x21, false),
        ]
        .map(|(label, byte, client)| line(label, secret(suite, byte, client).bytes()))
        .concat()
    }

    pub(super) fn keys(&self) -> KeyLog {
        keys(&self.log())
    }

    /// Application data in one record.
    pub(super) fn say(&mut self, by_client: bool, content: &[u8]) {
        self.seal(by_client, 23, content);
    }

    /// A record of any kind.
    pub(super) fn seal(&mut self, by_client: bool, kind: u8, content: &[u8]) {
        let sealer = if by_client {
            &mut self.client
        } else {
            &mut self.server
        };
        let bytes = sealer.seal(kind, content);
        self.turns.push((by_client, bytes));
    }

    /// New keys for one direction (RFC 8446, 4.6.3).
    pub(super) fn update_keys(&mut self, by_client: bool) {
        self.seal(by_client, 22, &[24, 0, 0, 1, 0]);
        let suite = self.terms.suite();
        let (sealer, secret) = if by_client {
            (&mut self.client, &mut self.client_secret)
        } else {
            (&mut self.server, &mut self.server_secret)
        };
        *secret = suite.hash.next_generation(secret).unwrap();
        *sealer = Sealer::from_secret(suite, secret);
    }

    /// The turns as segments of `size` bytes at most.
    pub(super) fn segments(&self, size: usize) -> Vec<Seg> {
        let mut seqs = [5000, u32::MAX - 600];
        let mut segments = vec![syn(true, seqs[0] - 1), syn(false, seqs[1] - 1)];
        for (by_client, bytes) in &self.turns {
            let seq = &mut seqs[usize::from(!by_client)];
            for part in bytes.chunks(size) {
                segments.push(data(*by_client, *seq, part));
                *seq = seq.wrapping_add(part.len() as u32);
            }
        }
        segments
    }

    fn finish_12(&mut self) {
        let certificate = message(11, &[7; 700]);
        let done = message(14, &[]);
        self.turns
            .push((false, record(22, [3, 3], &[certificate, done].concat())));
        self.turns
            .push((true, record(22, [3, 3], &message(16, &[1; 66]))));
        for by_client in [true, false] {
            self.turns.push((by_client, record(20, [3, 3], &[1])));
            self.seal(by_client, 22, &message(20, &[9; 12]));
        }
    }

    fn finish_13(&mut self) {
        let suite = self.terms.suite();
        self.turns.push((false, record(20, [3, 3], &[1])));
        // One message in two records, two messages in one.
        let certificate = message(11, &[7; 700]);
        let (front, back) = certificate.split_at(300);
        self.seal(false, 22, &[&message(8, &[0, 0]), front].concat());
        self.seal(false, 22, &[back, &message(20, &[9; 32])].concat());
        self.server = Sealer::from_secret(suite, &self.server_secret);
        self.turns.push((true, record(20, [3, 3], &[1])));
        self.seal(true, 22, &message(20, &[9; 32]));
        self.client = Sealer::from_secret(suite, &self.client_secret);
        self.seal(false, 22, &message(4, &[3; 100]));
    }
}

/// The log with these lines, and no others to come.
pub(super) fn keys(lines: &str) -> KeyLog {
    let mut keys = KeyLog::growing();
    keys.add_lines(lines.as_bytes());
    keys.finish();
    keys
}

/// A handshake message.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = (body.len() as u32).to_be_bytes();
    [&[kind], &len[1..], body].concat()
}

fn secret(suite: Suite, byte: u8, for_client: bool) -> Secret {
    Secret::new(&vec![byte + u8::from(for_client); suite.hash.len()]).unwrap()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn extension(number: u16, data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u16).to_be_bytes();
    [&number.to_be_bytes()[..], &len, data].concat()
}

fn client_hello() -> Vec<u8> {
    let name = b"sip.example.com";
    let names = [&[0, 18, 0, 0, 15], &name[..]].concat();
    let extensions = [
        extension(0, &names),
        extension(16, b"\x00\x0f\x05sip/2\x08http/1.1"),
        extension(43, &[4, 3, 4, 3, 3]),
    ]
    .concat();
    let len = (extensions.len() as u16).to_be_bytes();
    let body = [
        &[3, 3],
        &CLIENT_RANDOM[..],
        &[0],
        &[0, 2, 0x13, 1],
        &[1, 0],
        &len,
        &extensions,
    ];
    message(1, &body.concat())
}

fn server_hello(terms: Terms) -> Vec<u8> {
    let (legacy, supported) = match terms.version {
        Version::Tls10 => (1, None),
        Version::Tls11 => (2, None),
        Version::Tls12 => (3, None),
        Version::Tls13 => (3, Some(extension(43, &[3, 4]))),
    };
    let extensions = [
        supported.unwrap_or_default(),
        match terms.encrypt_then_mac {
            true => extension(22, &[]),
            false => Vec::new(),
        },
    ]
    .concat();
    let len = (extensions.len() as u16).to_be_bytes();
    let body = [
        &[3, legacy],
        &SERVER_RANDOM[..],
        &[0],
        &terms.suite.to_be_bytes(),
        &[0],
        &len,
        &extensions,
    ];
    message(2, &body.concat())
}

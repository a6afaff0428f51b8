//! The handshake messages up to the client's key exchange, for the extended master secret (RFC 7627, 3).
//!
//! Kept only where a pre-master secret may turn up: all other secrets of a key log need no transcript.

use super::super::prf::Prf;

/// Bytes kept of either side.
const MAX_LEN: usize = 64 * 1024;

/// What was said. The server says all of its part between the client's hello and the rest of the client's.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    hello: Vec<u8>,
    server: Vec<u8>,
    client: Vec<u8>,
}

impl Transcript {
    /// Begins with the client's hello.
    pub(super) fn new(hello: &[u8]) -> Transcript {
        Transcript {
            hello: hello.to_vec(),
            ..Transcript::default()
        }
    }

    /// Adds a message; `false` once there are too many.
    pub(super) fn add(&mut self, by_client: bool, message: &[u8]) -> bool {
        let part = match by_client {
            true => &mut self.client,
            false => &mut self.server,
        };
        part.extend_from_slice(message);
        part.len() <= MAX_LEN
    }

    /// The hash of all so far.
    pub(super) fn hash(&self, prf: Prf) -> Vec<u8> {
        prf.digest(&[&self.hello, &self.server, &self.client])
    }

    /// Bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.hello.capacity() + self.server.capacity() + self.client.capacity()
    }
}

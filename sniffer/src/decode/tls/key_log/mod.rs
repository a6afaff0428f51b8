//! A key log: the secrets of TLS sessions, as browsers and TLS libraries write them (RFC 9850, the format of
//! `SSLKEYLOGFILE`).
//!
//! Takes bytes as they come; reading the file is the business of the edge.

mod line;
#[cfg(test)]
mod tests;

use std::fmt;

use line::{Label, Line, parse};

use super::secret::Secret;
use crate::decode::recency::Recency;

/// Sessions whose secrets are kept; the oldest are forgotten for newer ones.
const MAX_SESSIONS: usize = 1 << 18;
/// A longer line is none. The longest there can be takes less than 200 bytes.
const MAX_LINE: usize = 1024;

/// Secrets by the sessions they belong to.
///
/// The default has none and will get none, so that no session waits for it.
#[derive(Clone, Default)]
pub struct KeyLog {
    sessions: Recency<[u8; 32], Secrets>,
    pre_masters: Recency<[u8; 8], Secret>,
    /// The beginning of a line.
    pending: Vec<u8>,
    /// The line that was begun is too long.
    overlong: bool,
    grows: bool,
    n_secrets: u64,
    n_malformed: u64,
}

/// What is known of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) master: Option<Secret>,
    pub(crate) pre_master: Option<Secret>,
    pub(crate) client_early: Option<Secret>,
    pub(crate) client_handshake: Option<Secret>,
    pub(crate) server_handshake: Option<Secret>,
    pub(crate) client_traffic: Option<Secret>,
    pub(crate) server_traffic: Option<Secret>,
}

impl KeyLog {
    /// An empty log that is still being written: sessions without secrets wait a while for theirs.
    pub fn growing() -> KeyLog {
        KeyLog {
            grows: true,
            ..KeyLog::default()
        }
    }

    /// Takes the next bytes of the log, cut wherever it may be.
    pub fn add_lines(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|&b| b == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.add_part(line);
            self.end_line();
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.add_part(bytes);
    }

    /// Settles that nothing will follow: the last line needs no end, and no session waits any more.
    pub fn finish(&mut self) {
        self.end_line();
        self.grows = false;
    }

    /// Forgets the beginning of a line whose rest will not come, as when the file is begun anew.
    pub fn drop_partial_line(&mut self) {
        self.pending.clear();
        self.overlong = false;
    }

    /// Secrets taken in so far.
    pub fn n_secrets(&self) -> u64 {
        self.n_secrets
    }

    /// Lines that are no lines of a key log.
    pub fn n_malformed(&self) -> u64 {
        self.n_malformed
    }

    /// Whether it can be of use to any session.
    pub(crate) fn is_of_use(&self) -> bool {
        self.grows || self.n_secrets > 0
    }

    /// Whether more may be added.
    pub(crate) fn grows(&self) -> bool {
        self.grows
    }

    pub(crate) fn session(&self, random: &[u8; 32]) -> Option<&Secrets> {
        self.sessions.peek(random)
    }

    pub(crate) fn has_pre_masters(&self) -> bool {
        self.pre_masters.len() > 0
    }

    /// The pre-master secret whose encrypted form begins so.
    pub(crate) fn pre_master(&self, encrypted: &[u8]) -> Option<&Secret> {
        self.pre_masters.peek(encrypted.first_chunk()?)
    }

    fn add_part(&mut self, part: &[u8]) {
        if self.pending.len() + part.len() > MAX_LINE {
            self.overlong = true;
            self.pending.clear();
        }
        if !self.overlong {
            self.pending.extend_from_slice(part);
        }
    }

    fn end_line(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let line = match std::mem::take(&mut self.overlong) {
            true => Line::Malformed,
            false => parse(&pending),
        };
        self.add(line);
    }

    fn add(&mut self, line: Line) {
        match line {
            Line::Skipped => return,
            Line::Malformed => {
                self.n_malformed += 1;
                return;
            }
            Line::Rsa(encrypted, secret) => {
                make_room(&mut self.pre_masters, &encrypted);
                self.pre_masters.remove(&encrypted);
                self.pre_masters.touch(encrypted, || secret);
            }
            Line::Session(random, label, secret) => {
                make_room(&mut self.sessions, &random);
                if let Some(secrets) = self.sessions.touch(random, Secrets::default) {
                    *secrets.slot(label) = Some(secret);
                }
            }
        }
        self.n_secrets += 1;
    }
}

impl Secrets {
    fn slot(&mut self, label: Label) -> &mut Option<Secret> {
        match label {
            Label::Master => &mut self.master,
            Label::PreMaster => &mut self.pre_master,
            Label::ClientEarly => &mut self.client_early,
            Label::ClientHandshake => &mut self.client_handshake,
            Label::ServerHandshake => &mut self.server_handshake,
            Label::ClientTraffic => &mut self.client_traffic,
            Label::ServerTraffic => &mut self.server_traffic,
        }
    }
}

fn make_room<K: std::hash::Hash + Eq + Copy, V>(table: &mut Recency<K, V>, for_key: &K) {
    if table.len() >= MAX_SESSIONS && !table.contains(for_key) {
        table.pop_oldest();
    }
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLog")
            .field("n_secrets", &self.n_secrets)
            .field("n_malformed", &self.n_malformed)
            .field("grows", &self.grows)
            .finish_non_exhaustive()
    }
}

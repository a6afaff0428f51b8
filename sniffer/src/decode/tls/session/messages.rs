//! What the messages of a handshake change in a session.

use super::super::cipher::Version;
use super::super::handshake::{body, message};
use super::super::hello::{ClientHello, ServerHello};
use super::super::key_log::KeyLog;
use super::super::reader::Reader;
use super::direction::{Epoch, Stage};
use super::transcript::Transcript;
use super::{Client, Event, Exchange, Record, Session, Stop, Tell};

/// Bytes of an encrypted pre-master secret that name it in a key log.
const ENCRYPTED_LEN: usize = 8;

impl Session {
    /// Takes handshake messages, or parts of them, out of a record.
    pub(super) fn take_handshake(
        &mut self,
        record: Record<'_>,
        bytes: &[u8],
        keys: &KeyLog,
        tell: Tell<'_>,
    ) {
        // Taken out while its messages change the session; nothing is added to it meanwhile.
        let mut assembler = std::mem::take(&mut self.direction_mut(record.side).handshake);
        assembler.push(bytes, |kind, message| {
            self.on_message(record, kind, message, keys, tell);
        });
        self.direction_mut(record.side).handshake = assembler;
    }

    fn on_message(
        &mut self,
        record: Record<'_>,
        kind: u8,
        message: &[u8],
        keys: &KeyLog,
        tell: Tell<'_>,
    ) {
        match kind {
            message::CLIENT_HELLO => self.on_client_hello(record, message, keys, tell),
            message::SERVER_HELLO => self.on_server_hello(record, message, tell),
            message::HELLO_REQUEST => {}
            _ if !self.direction(record.side).said_hello => {
                self.midway = true;
                self.give_up(record, Stop::NoHandshake, tell);
            }
            message::CLIENT_KEY_EXCHANGE => self.on_key_exchange(record, message),
            message::END_OF_EARLY_DATA => self.leave(record, Epoch::Early, Epoch::Handshake),
            message::FINISHED => self.leave(record, Epoch::Handshake, Epoch::Application),
            message::KEY_UPDATE => self.on_key_update(record),
            _ => self.remember(record, message),
        }
    }

    fn on_client_hello(
        &mut self,
        record: Record<'_>,
        message: &[u8],
        keys: &KeyLog,
        tell: Tell<'_>,
    ) {
        let Some(hello) = ClientHello::parse(body(message)) else {
            self.midway = true;
            return self.give_up(record, Stop::Unsupported, tell);
        };
        let is_first = self.hello.is_none();
        self.direction_mut(record.side).said_hello = true;
        self.client = Some(record.side);
        self.exchange = None;
        self.hello = Some(Client {
            random: hello.random,
            early_data: hello.early_data,
        });
        if is_first {
            let asked = Event::Asked {
                server_name: hello.server_name,
                protocol: hello.protocol,
            };
            tell(record.side, record.at, asked);
        }
        let secrets = keys.session(&hello.random);
        if !keys.grows() && secrets.is_none() && !keys.has_pre_masters() {
            return self.give_up(record, Stop::NoKeys, tell);
        }
        let by_pre_master =
            keys.has_pre_masters() || secrets.is_some_and(|secrets| secrets.pre_master.is_some());
        self.transcript = by_pre_master.then(|| Box::new(Transcript::new(message)));
    }

    fn on_server_hello(&mut self, record: Record<'_>, message: &[u8], tell: Tell<'_>) {
        let Some(hello) = ServerHello::parse(body(message)) else {
            return self.give_up(record, Stop::Unsupported, tell);
        };
        self.direction_mut(record.side).said_hello = true;
        self.server = Some(hello);
        self.remember(record, message);
        if hello.version.is_none() || hello.suite.is_none() {
            self.give_up(record, Stop::Unsupported, tell);
        }
    }

    /// Where a pre-master secret is to be used, its encrypted form says which (RFC 5246, 7.4.7.1).
    fn on_key_exchange(&mut self, record: Record<'_>, message: &[u8]) {
        self.remember(record, message);
        let encrypted = Reader(body(message)).vector().map(|vector| vector.0);
        let front = encrypted.and_then(|bytes| bytes.get(..ENCRYPTED_LEN));
        let transcript = self.transcript.take();
        let client = self.hello.as_ref();
        let prf = client.and_then(|client| Some(self.agreement(client)?.prf()));
        let session_hash = transcript
            .zip(prf)
            .map(|(transcript, prf)| transcript.hash(prf));
        self.exchange = Some(Exchange {
            encrypted: front.unwrap_or_default().to_vec(),
            session_hash,
        });
    }

    /// The last message under the keys of an epoch of TLS 1.3.
    fn leave(&mut self, record: Record<'_>, from: Epoch, to: Epoch) {
        let direction = self.direction_mut(record.side);
        if matches!(&direction.stage, Stage::Protected(keys) if keys.epoch == from) {
            direction.stage = Stage::Next(to);
        }
    }

    fn on_key_update(&mut self, record: Record<'_>) {
        let Stage::Protected(current) = &self.direction(record.side).stage else {
            return;
        };
        if current.epoch == Epoch::Application
            && let Some(next) = self.next_generation(current)
        {
            self.direction_mut(record.side).stage = Stage::Protected(next);
        }
    }

    /// Adds a message to the transcript, where there is one.
    fn remember(&mut self, record: Record<'_>, message: &[u8]) {
        let by_client = self.client == Some(record.side);
        let too_long = |transcript: &mut Box<Transcript>| !transcript.add(by_client, message);
        let is_old = self
            .version()
            .is_some_and(|version| version < Version::Tls13);
        if !is_old || self.transcript.as_mut().is_some_and(too_long) {
            self.transcript = None;
        }
    }
}

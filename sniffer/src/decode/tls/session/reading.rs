//! How the records of a direction are read: in the clear, then under one key after the other.

use super::super::cipher::{Opened, Version};
use super::super::key_log::KeyLog;
use super::super::record::{Header, content};
use super::direction::{Epoch, Failure, Stage};
use super::keys::Found;
use super::{Event, Record, Session, Stop, Tell};
use crate::decode::tcp::Side;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    /// It has to wait, for keys or for the other direction.
    Blocked,
}

impl Session {
    /// Reads a record, as far as its direction has come.
    pub(super) fn step(&mut self, record: Record<'_>, keys: &KeyLog, tell: Tell<'_>) -> Progress {
        loop {
            let side = record.side;
            match self.direction(side).stage {
                Stage::Shut => return Progress::Done,
                Stage::Clear => {
                    if let Some(progress) = self.step_clear(record, keys, tell) {
                        return progress;
                    }
                }
                // Nothing is protected in TLS 1.3 but what looks like application data (RFC 8446, 5).
                _ if self.hopeless || self.is_bare(record.header) => return Progress::Done,
                Stage::Next(epoch) => match self.find_keys(side, epoch, keys) {
                    Found::Keys(protection) => {
                        self.direction_mut(side).stage = Stage::Protected(protection);
                    }
                    Found::Later => return Progress::Blocked,
                    Found::Never(why) => {
                        self.shut(record, why, tell);
                        return Progress::Done;
                    }
                },
                Stage::Protected(_) => {
                    self.open(record, keys, tell);
                    return Progress::Done;
                }
            }
        }
    }

    fn is_bare(&self, header: Header) -> bool {
        self.version() == Some(Version::Tls13) && header.kind != content::APPLICATION_DATA
    }

    /// A record before any keys are in use; `None` when the stage has changed and it is to be looked at again.
    fn step_clear(
        &mut self,
        record: Record<'_>,
        keys: &KeyLog,
        tell: Tell<'_>,
    ) -> Option<Progress> {
        let is_data = match record.header.kind {
            content::HANDSHAKE => {
                self.take_handshake(record, record.payload, keys, tell);
                return Some(Progress::Done);
            }
            content::CHANGE_CIPHER_SPEC => false,
            content::APPLICATION_DATA => true,
            _ => return Some(Progress::Done),
        };
        if !self.direction(record.side).said_hello {
            self.midway = true;
            self.give_up(record, Stop::NoHandshake, tell);
        }
        match self.version() {
            _ if self.hopeless => Some(Progress::Done),
            None => Some(Progress::Blocked),
            // It stands there for the sake of middleboxes (RFC 8446, D.4).
            Some(Version::Tls13) if !is_data => Some(Progress::Done),
            version => {
                self.protect(record.side, version, is_data, keys);
                (!is_data).then_some(Progress::Done)
            }
        }
    }

    /// From here on a direction is protected.
    fn protect(&mut self, side: Side, version: Option<Version>, by_data: bool, keys: &KeyLog) {
        let epoch = match version {
            Some(Version::Tls13) => self.first_epoch(side, keys),
            _ => Epoch::Master,
        };
        let direction = self.direction_mut(side);
        direction.stage = Stage::Next(epoch);
        if by_data && epoch == Epoch::Master {
            // The ChangeCipherSpec was lost, and the Finished behind it.
            direction.lose(2);
        }
    }

    /// The first keys of a direction of TLS 1.3, as far as the log knows them.
    fn first_epoch(&mut self, side: Side, keys: &KeyLog) -> Epoch {
        let early = self.client == Some(side) && self.hello.as_ref().is_some_and(|c| c.early_data);
        if early && self.has_secret(side, Epoch::Early, keys) {
            return Epoch::Early;
        }
        let has = |epoch| self.has_secret(side, epoch, keys);
        let skips = !has(Epoch::Handshake) && has(Epoch::Application) && !keys.grows();
        if early || skips {
            // The first records will not open; they are passed over as if they had been lost.
            self.direction_mut(side).lose(1);
        }
        if skips {
            Epoch::Application
        } else {
            Epoch::Handshake
        }
    }

    fn open(&mut self, record: Record<'_>, keys: &KeyLog, tell: Tell<'_>) {
        let Record { side, payload, .. } = record;
        let opened = self.try_keys(record, keys);
        let direction = self.direction_mut(side);
        if let Some(opened) = opened {
            direction.regain(payload);
            return self.deliver(record, &opened, keys, tell);
        }
        match direction.fail(payload) {
            Failure::Passing => tell(side, record.at, Event::Lost),
            Failure::LostTrack => self.shut(record, Stop::Gap, tell),
            Failure::NotAuthentic => self.shut(record, Stop::NotAuthentic, tell),
        }
    }

    /// Opens a record with the keys in use or, where it may have been missed that they were changed, with the next.
    fn try_keys(&mut self, record: Record<'_>, keys: &KeyLog) -> Option<Opened> {
        let Record {
            side,
            header,
            payload,
            ..
        } = record;
        let direction = self.direction_mut(side);
        let doubt = direction.doubt;
        let Stage::Protected(current) = &mut direction.stage else {
            return None;
        };
        if let Some(opened) = current.open(header, payload, doubt) {
            return Some(opened);
        }
        if doubt == 0 && current.epoch != Epoch::Early {
            return None;
        }
        let Stage::Protected(current) = &self.direction(side).stage else {
            return None;
        };
        let mut successor = self.successor(side, current, keys)?;
        let opened = successor.open(header, payload, doubt)?;
        self.direction_mut(side).stage = Stage::Protected(successor);
        Some(opened)
    }

    fn deliver(&mut self, record: Record<'_>, opened: &Opened, keys: &KeyLog, tell: Tell<'_>) {
        if !std::mem::replace(&mut self.decrypted, true) {
            tell(record.side, record.at, Event::Decrypted);
        }
        match opened.kind {
            content::APPLICATION_DATA if !opened.bytes.is_empty() => {
                tell(record.side, record.at, Event::Data(&opened.bytes));
            }
            content::HANDSHAKE => self.take_handshake(record, &opened.bytes, keys, tell),
            // A handshake within the session (RFC 5246, 7.4.1) has come to its end.
            content::CHANGE_CIPHER_SPEC if self.version() != Some(Version::Tls13) => {
                self.direction_mut(record.side).stage = Stage::Next(Epoch::Master);
            }
            _ => {}
        }
    }
}

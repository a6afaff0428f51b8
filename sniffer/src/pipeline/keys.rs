//! Secrets of TLS sessions: all known before reading begins, or coming while it goes on.

use std::path::PathBuf;

use crate::capture::{KeyLogError, KeyLogFollower};
use crate::decode::KeyLog;

/// Frames between two looks at a key log that grows. A session waits for its secrets, so that a late look loses nothing.
const LOOK_EVERY: u64 = 64;

/// Where the secrets of TLS sessions come from.
#[derive(Clone, Debug)]
pub enum Keys {
    /// All there are.
    Known(Box<KeyLog>),
    /// The file of a key log that is still being written, as the capture is.
    Growing(PathBuf),
}

impl Default for Keys {
    fn default() -> Self {
        Keys::Known(Box::default())
    }
}

impl Keys {
    /// The secrets to begin with.
    pub(super) fn first(&self) -> KeyLog {
        match self {
            Keys::Known(log) => (**log).clone(),
            Keys::Growing(_) => KeyLog::growing(),
        }
    }

    /// What brings further ones.
    pub(super) fn follower(&self) -> Result<Follower, KeyLogError> {
        Ok(Follower(match self {
            Keys::Known(_) => None,
            Keys::Growing(path) => Some(KeyLogFollower::open(path)?),
        }))
    }
}

/// Brings the secrets that come while frames are read, if any can.
#[derive(Debug)]
pub(super) struct Follower(Option<KeyLogFollower>);

impl Follower {
    /// Looks for new secrets, now and then.
    pub(super) fn on_frame(&mut self, n_frames: u64, log: &mut KeyLog) {
        if self.0.is_some() && n_frames.is_multiple_of(LOOK_EVERY) {
            self.look(log);
        }
    }

    /// Takes in the last secrets: whatever still waits for others waits in vain.
    pub(super) fn finish(&mut self, log: &mut KeyLog) {
        if self.0.is_some() {
            self.look(log);
            log.finish();
        }
    }

    /// A file that can be read no longer brings no more secrets; the sessions without are counted as such.
    fn look(&mut self, log: &mut KeyLog) {
        while let Some(follower) = &mut self.0 {
            match follower.read_on(log) {
                Ok(0) => return,
                Ok(_) => {}
                Err(_) => self.0 = None,
            }
        }
    }
}

//! What a stream's worker tells the worker of its call.

use std::sync::Arc;

use crate::record::StreamId;
use crate::time::Timestamp;

/// One message from a stream to its call.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The call it is for.
    pub call_id: Arc<str>,
    /// When it was sent, on the clock that timers go by.
    pub at: Timestamp,
    /// Which stream sends it.
    pub stream: StreamId,
    /// What it says.
    pub news: StreamNews,
}

/// What happened to a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StreamNews {
    /// It was found to belong to the call. `start` is its first packet's time.
    Joined {
        /// First packet.
        start: Timestamp,
    },
    /// It turned out to belong to another call.
    Left,
    /// It is over.
    Closed {
        /// Its score, where it has one.
        mos: Option<f64>,
        /// Round trip between the tap and its receiver, where RTCP shows it.
        rtt_ms: Option<f64>,
        /// Last packet.
        end: Timestamp,
    },
}

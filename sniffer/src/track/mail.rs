//! What a stream's worker tells the worker of its call.

use std::sync::Arc;

use super::media_index::Peer;
use super::stream::SliceScores;
use crate::quality::bunch::Bunch;
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
    /// The node at the other end, where that is not this one: that of the call before the mail leaves, that of the stream
    /// once it has come.
    pub peer: Option<Arc<Peer>>,
}

/// What the packets of a stream were, as far as their call compares it with what was agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamTraits {
    /// Packets seen.
    pub packets: u64,
    /// Highest sequence number.
    pub highest_seq: u16,
    /// Payload types that came often enough to be no accident, as a set of bits.
    pub payload_types: u128,
    /// Those among them that carry neither comfort noise nor events.
    pub media_types: u128,
    /// Usual time between packets by their time stamps, in ms, where a clock rate is known.
    pub packet_ms: Option<u32>,
    /// For how long its clock was followed, and how far its time stamps advanced in that time, in ms.
    pub pace_ms: Option<(u32, u32)>,
    /// The worst bunch of packets that came together.
    pub bunch: Option<Bunch>,
    /// Whether it carries sound.
    pub audio: bool,
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
        /// What its intervals scored.
        intervals: SliceScores,
        /// Round trip between the tap and its receiver, where RTCP shows it.
        rtt_ms: Option<f64>,
        /// Last packet.
        end: Timestamp,
        /// The same on the clock that timers go by.
        silent_since: Timestamp,
        /// What it was made of.
        traits: StreamTraits,
    },
}

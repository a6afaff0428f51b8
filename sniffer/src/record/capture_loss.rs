//! Packets that the capture lacks though the network did not lose them.

use serde::Serialize;

use crate::time::Timestamp;

/// The part of a stream's loss that is the sensor's own. A packet may be counted under both kinds of evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaptureLoss {
    /// Packets missed.
    pub lost: u64,
    /// Those in gaps that most other streams had at the same moment.
    pub simultaneous: u64,
    /// Those in gaps while the kernel dropped packets.
    pub kernel: u64,
}

/// The same for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCaptureLoss {
    /// Its streams of which packets were missed.
    pub streams: u64,
    /// Packets missed.
    pub lost: u64,
}

/// A gap in the sequence numbers of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the last packet before it passed.
    pub from: Timestamp,
    /// When the first packet behind it passed.
    pub until: Timestamp,
    /// Packets missing.
    pub lost: u32,
}

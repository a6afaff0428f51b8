//! From frames to records: the only place that names threads and channels.
//!
//! One thread reads, decodes and hands events on in batches; each worker owns the state of the calls and streams
//! that hash to it. Nothing a worker learns depends on how far the others are (see `track::media_index` and
//! [`Watermarks`]), so that any number of workers writes the same records.

mod batch;
mod collector;
mod dispatch;
mod endpoint_reports;
mod feed;
mod hep;
mod in_order;
mod keys;
#[cfg(target_os = "linux")]
mod live;
mod media;
mod packed;
mod peers;
mod replay;
mod signalling;
mod slices;
mod sorter;
mod stun;
mod survey;
mod udptl;
mod watermark;
mod worker;

#[cfg(test)]
mod tests;

pub use feed::{Feed, Heard, HeardKind, Message as HeardMessage, feed};
pub use keys::Keys;
#[cfg(target_os = "linux")]
pub use live::{Control, Pulse, Remote, live};
pub use peers::{PeerDesk, PeerLink, PeerNews, PeerShared, peer_link};
pub use replay::{Observer, ReplayError, ReplayOptions, replay, replay_surveyed};
pub use slices::{Slice, SliceFeed, SlicePacket, SliceRule, SliceSettings, slice_feed};
pub use survey::Survey;
pub use watermark::Watermarks;
pub use worker::Queue;
pub(crate) use worker::lock;

//! The messages themselves, for those who store them or send them on: SIP, RTCP, and what capture agents tell.
//!
//! A feed never makes the reading thread wait. What its queue has no room for is dropped and counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::media::Passage;
use crate::time::Timestamp;

/// A message with when and between whom it passed.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'h> {
    /// Packet time.
    pub at: Timestamp,
    /// Its sender.
    pub src: SocketAddr,
    /// Its receiver.
    pub dst: SocketAddr,
    /// What carried it: the IP protocol number of UDP, TCP or SCTP.
    pub protocol: u8,
    /// What it is.
    pub kind: HeardKind,
    /// The number of the capture agent that saw it, where one did.
    pub agent_id: Option<u32>,
    /// The Call-ID it belongs to. Of a SIP message it stands in the message.
    pub correlation_id: Option<&'h [u8]>,
    /// The message.
    pub bytes: &'h [u8],
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardKind {
    /// SIP.
    Sip,
    /// RTCP as it was on the wire.
    Rtcp,
    /// RTCP as a capture agent printed it.
    RtcpJson,
    /// A report on RTP, as a capture agent printed it.
    RtpReport,
    /// Anything else of a capture agent, by its number in HEP.
    Other(u8),
}

impl<'h> Heard<'h> {
    pub(super) fn new(
        passage: Passage<'_>,
        kind: HeardKind,
        transport: &str,
        bytes: &'h [u8],
    ) -> Self {
        Heard {
            at: passage.at,
            src: *passage.src,
            dst: *passage.dst,
            protocol: match transport {
                "udp" => 17,
                "sctp" => 132,
                _ => 6,
            },
            kind,
            agent_id: None,
            correlation_id: None,
            bytes,
        }
    }
}

/// A message of its own, see [`Heard`].
#[derive(Clone, Debug)]
pub struct Message {
    head: Heard<'static>,
    correlation_id: Option<Box<[u8]>>,
    bytes: Box<[u8]>,
}

impl Message {
    /// What it holds.
    pub fn heard(&self) -> Heard<'_> {
        Heard {
            correlation_id: self.correlation_id.as_deref(),
            bytes: &self.bytes,
            ..self.head
        }
    }
}

/// The end that the reading thread writes to.
#[derive(Clone, Debug)]
pub struct Feed {
    sender: Sender<Message>,
    dropped: Arc<AtomicU64>,
}

/// A feed in which `most` messages may wait, the end to take them from, and the count of those that had no room.
pub fn feed(most: usize) -> (Feed, Receiver<Message>, Arc<AtomicU64>) {
    let (sender, receiver) = bounded(most);
    let dropped = Arc::new(AtomicU64::new(0));
    let feed = Feed {
        sender,
        dropped: Arc::clone(&dropped),
    };
    (feed, receiver, dropped)
}

impl Feed {
    /// Hands a message on, if there is room; it is copied only then.
    pub(crate) fn offer(&self, heard: &Heard<'_>) {
        if self.sender.is_full() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let message = Message {
            head: Heard {
                correlation_id: None,
                bytes: &[],
                ..*heard
            },
            correlation_id: heard.correlation_id.map(Into::into),
            bytes: heard.bytes.into(),
        };
        if let Err(TrySendError::Full(_)) = self.sender.try_send(message) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

//! The messages of one call, kept when a person asked to see them.

use std::sync::Arc;

use crate::record::SipHop;
use crate::sdp::Session;
use crate::sip::{Message, StartLine};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri};

/// Messages kept at most.
const CAPACITY: usize = 10_000;

/// The messages of the one Call-ID that was asked for.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    wanted: Option<Arc<str>>,
    hops: Vec<SipHop>,
}

impl Ladder {
    /// Keeps the messages of `wanted`, or none.
    pub(super) fn new(wanted: Option<Arc<str>>) -> Self {
        Ladder {
            wanted,
            hops: Vec::new(),
        }
    }

    /// Keeps the message if it is of the wanted call.
    pub(super) fn note(&mut self, call_id: &str, event: &SipEvent<'_>) {
        if self.wanted.as_deref() == Some(call_id) && self.hops.len() < CAPACITY {
            self.hops.push(hop(event));
        }
    }

    /// Gives the messages away if they are of this call.
    pub(super) fn take(&mut self, call_id: &str) -> Vec<SipHop> {
        if self.wanted.as_deref() == Some(call_id) {
            std::mem::take(&mut self.hops)
        } else {
            Vec::new()
        }
    }
}

fn hop(event: &SipEvent<'_>) -> SipHop {
    let message = event.message;
    SipHop {
        at: event.at,
        frame: event.stamp.frame,
        src: event.src,
        dst: event.dst,
        summary: summary(message),
        cseq: message
            .cseq()
            .map_or_else(String::new, |cseq| format!("{} {}", cseq.seq, cseq.method)),
        body: match message.sdp_bodies().next() {
            Some(_) => sdp_summary(message.first_session()),
            None => String::new(),
        },
        retransmission: event.repeat,
    }
}

fn summary(message: &Message<'_>) -> String {
    match message.start() {
        StartLine::Request { method, uri } => {
            format!("{method} {}", shown_uri(uri))
        }
        StartLine::Response { code, reason } => {
            format!("{code} {}", shown(reason)).trim_end().to_owned()
        }
    }
}

/// `SDP PCMU/PCMA 192.0.2.1:4000`, for each media line in use.
fn sdp_summary(session: Option<&Session>) -> String {
    let Some(session) = session else {
        return "SDP unreadable".to_owned();
    };
    let mut text = String::from("SDP");
    for media in session.media.iter().filter(|media| media.port != 0) {
        let names: Vec<&str> = media
            .payloads
            .iter()
            .take(3)
            .map(|(_, format)| &*format.encoding)
            .collect();
        let address = media
            .rtp_addr()
            .map_or_else(|| media.port.to_string(), |address| address.to_string());
        text.push_str(&format!(" {} {}", names.join("/"), address));
    }
    text
}

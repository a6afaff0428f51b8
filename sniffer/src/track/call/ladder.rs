//! The messages of calls, kept where a person asked to see them.

use crate::record::SipHop;
use crate::sdp::Session;
use crate::sip::{Message, StartLine};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri};

/// Messages kept of one call, and of those that no call has taken, at most.
const CAPACITY: usize = 10_000;

/// Whose messages are kept, and those that came when there was no call to take them.
#[derive(Debug, Default)]
pub(super) struct Ladders {
    wanted: Vec<Box<str>>,
    strays: Vec<(Box<str>, SipHop)>,
}

impl Ladders {
    /// Keeps the messages of the calls with these Call-IDs.
    pub(super) fn new(wanted: &[String]) -> Self {
        Ladders {
            wanted: wanted.iter().map(|id| id.as_str().into()).collect(),
            strays: Vec::new(),
        }
    }

    /// Puts the message, if it was asked for, into the ladder of its call, or aside where there is none.
    pub(super) fn note(
        &mut self,
        call_id: &str,
        event: &SipEvent<'_>,
        ladder: Option<&mut Vec<SipHop>>,
    ) {
        if !self.wanted.iter().any(|wanted| **wanted == *call_id) {
            return;
        }
        match ladder {
            Some(ladder) if ladder.len() < CAPACITY => ladder.push(hop(event)),
            None if self.strays.len() < CAPACITY => {
                self.strays.push((call_id.into(), hop(event)));
            }
            _ => {}
        }
    }

    /// What the ladder of a call begins with: messages of its Call-ID that came before it.
    pub(super) fn begin(&mut self, call_id: &str) -> Vec<SipHop> {
        let of_it = |stray: &mut (Box<str>, SipHop)| *stray.0 == *call_id;
        let strays = self.strays.extract_if(.., of_it);
        strays.map(|(_, hop)| hop).collect()
    }
}

/// A message as a ladder shows it.
pub fn hop(event: &SipEvent<'_>) -> SipHop {
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

//! What a slice looks like as a file: its name, what is struck out, and the comment that says so.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::folder::ENDING;
use super::pcapng;
use crate::export::secrets;
use crate::pipeline::Slice;

/// Characters of a Call-ID that the name of its file has.
const SHOWN: usize = 40;

/// What of packets is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceForm {
    /// Whether the payload of RTP was kept.
    pub payload: bool,
    /// Whether answers to challenges and keys of media are written as they were seen.
    pub secrets: bool,
}

impl SliceForm {
    /// The name of a file with this slice: letters, digits and `._-`.
    pub fn file_name(self, slice: &Slice) -> String {
        name(slice) + ENDING
    }

    /// Writes it as pcapng.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(self, slice: &Slice, out: &mut dyn Write) -> io::Result<()> {
        let shown = |bytes: &[u8], is_sip: bool| match is_sip && !self.secrets {
            true => masked(bytes),
            false => bytes.to_vec(),
        };
        pcapng::write(slice, &self.comment(slice), shown, out)
    }

    fn comment(self, slice: &Slice) -> String {
        let mut text = match &slice.call {
            Some(call) => format!("Call {}, {}.", call.call_id, call.outcome.name()),
            None => format!("Call-ID {}, as asked for.", slice.call_id),
        };
        for finding in slice.call.iter().flat_map(|call| &call.findings) {
            text += &format!(" {}", finding.text);
        }
        text += &match slice.missing_before {
            Some(at) => {
                format!(" Packets from before {at} are missing: they were not kept so long.")
            }
            None => " Nothing of what the tap saw of it had been forgotten.".to_owned(),
        };
        text += " Each SIP message stands in a datagram of its own, whatever carried it; link layers and tunnels are left out.";
        if !self.payload {
            text += " Of RTP there are the headers.";
        }
        if !self.secrets {
            text += " Answers to challenges and keys of media are struck out.";
        }
        text
    }
}

/// The datagram with the secrets of the message in it struck out.
fn masked(datagram: &[u8]) -> Vec<u8> {
    let headers = match datagram.first() {
        Some(first) if first >> 4 == 6 => 48,
        _ => 28,
    };
    let (headers, message) = datagram.split_at(headers.min(datagram.len()));
    [headers, &secrets::strike(message)].concat()
}

/// When it began, the beginning of its Call-ID, and what tells it from others that begin alike.
pub(super) fn name(slice: &Slice) -> String {
    let call = slice.call.as_ref();
    let first = slice.packets.first().map(|packet| packet.at);
    let start = call.map(|call| call.start).or(first).unwrap_or_default();
    let start = start.to_string().replace([':', '-'], "");
    let safe = |c: char| match c {
        c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
        _ => '_',
    };
    let id: String = slice.call_id.chars().take(SHOWN).map(safe).collect();
    let tag = call.and_then(|call| call.from.tag.as_deref());
    let hash = Sha256::digest(format!("{}\n{}", slice.call_id, tag.unwrap_or_default()));
    let hash: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{start}-{id}-{hash}")
}

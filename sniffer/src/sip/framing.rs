//! Cutting SIP messages out of a byte stream (RFC 3261, 7.5 and 18.3).
//!
//! On a stream, Content-Length says where a message ends. Real streams lack it now and then, so that a message without
//! a Content-Length that can be read ends with its header section; what follows is then a message of its own or no SIP,
//! and [`resync`] finds the next one. TCP segments are put in order elsewhere; WebSocket needs no framing at all.

use super::error::ParseError;
use super::fields::is_empty;
use super::message::Message;
use super::scan::{find, position, trim_end};
use super::start_line::{StartLine, looks_like_sip, may_become_sip};

/// Longest header section, in bytes. Longer ones are not SIP but an attempt to fill the memory.
pub const MAX_HEADER_SECTION: usize = 64 * 1024;

/// Longest message, in bytes. One that says it is longer ends with its header section.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// What stands at the start of a stream's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A message; go on behind it, at `start + len`.
    Message {
        /// Offset of its first byte, behind line ends that are passed over.
        start: usize,
        /// Its length in bytes, body included.
        len: usize,
    },
    /// Nothing but CRLF or NUL bytes (RFC 5626, 3.5.1); go on behind them.
    KeepAlive {
        /// Their number.
        len: usize,
    },
    /// The start of what may be a message; come again with more bytes.
    NeedMore {
        /// Where the header section is all there: how many bytes it takes from the first byte given to the end of
        /// the message. There is no sense in asking again before.
        total: Option<usize>,
    },
    /// No message starts here; go on where [`resync`] says.
    NotSip,
}

/// Finds the message that `bytes` start with.
///
/// To be called with all bytes that are not used up yet. `NeedMore` is never said of more than [`MAX_MESSAGE`] bytes,
/// so what has to be kept is bounded.
pub fn next_message(bytes: &[u8]) -> Framed {
    let is_filler = |b| matches!(b, b'\r' | b'\n' | b'\0');
    let Some(start) = position(bytes, |b| !is_filler(b)) else {
        return match bytes.len() {
            0 => Framed::NeedMore { total: None },
            len => Framed::KeepAlive { len },
        };
    };
    let message = bytes.get(start..).unwrap_or_default();
    match length(message) {
        Ok(Some(len)) if len <= message.len() => Framed::Message { start, len },
        Ok(len) => Framed::NeedMore {
            total: len.map(|len| start + len),
        },
        Err(_) => Framed::NotSip,
    }
}

/// Length of the message that starts here; `None` while its header section is not all there.
fn length(bytes: &[u8]) -> Result<Option<usize>, ParseError> {
    let Some(line_end) = find(bytes, b'\n') else {
        return may_become_sip(bytes)
            .then_some(None)
            .ok_or(ParseError::NotSip);
    };
    StartLine::parse(trim_end(bytes.get(..line_end).unwrap_or_default()))?;
    if !has_empty_line(bytes, line_end) {
        let too_long = bytes.len() > line_end + MAX_HEADER_SECTION;
        return if too_long {
            Err(ParseError::HeadersTooLong)
        } else {
            Ok(None)
        };
    }
    let message = Message::parse(bytes)?;
    let head = message.head().len();
    let stated = message.content_length().map_or(0, |len| len as usize);
    let whole = head.saturating_add(stated);
    Ok(Some(if whole > MAX_MESSAGE { head } else { whole }))
}

/// Whether the empty line that ends the header section is there, behind the line that ends at `line_end`.
fn has_empty_line(bytes: &[u8], mut line_end: usize) -> bool {
    while let Some(rest) = bytes.get(line_end + 1..)
        && let Some(at) = find(rest, b'\n')
    {
        if is_empty(rest.get(..at).unwrap_or_default()) {
            return true;
        }
        line_end += at + 1;
    }
    false
}

/// How many bytes to leave out to get to the next line that may start a message, where none starts at the first byte.
///
/// All of them where no line does; only the last line is kept while it may still become one.
pub fn resync(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(end) = find(rest, b'\n')
    {
        at += end + 1;
        let line = bytes.get(at..).unwrap_or_default();
        let is_filler = matches!(line.first(), None | Some(b'\r' | b'\n'));
        if !is_filler
            && (looks_like_sip(line) || (find(line, b'\n').is_none() && may_become_sip(line)))
        {
            return at;
        }
    }
    bytes.len()
}

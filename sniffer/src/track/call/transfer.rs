//! Transfers asked for within a call: REFER (RFC 3515) and the NOTIFYs that tell of its outcome.

use super::identity::replaced;
use crate::record::{Side, Transfer, TransferResult};
use crate::sip::{HeaderName, Message, Method, NameAddr, StartLine, Uri};
use crate::time::Timestamp;
use crate::track::event::{CallReport, ReportEvent, SipEvent};
use crate::track::party::{shown, shown_uri};

/// Transfers kept of one call.
const MAX_TRANSFERS: usize = 8;

/// The transfers of a call, in their order.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    list: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    transfer: Transfer,
    cseq: u32,
}

impl Transfers {
    /// Takes in a message that is no repeat; `requester` sent the request that it is or answers.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>, requester: Side) {
        let message = event.message;
        let Some(cseq) = message.cseq() else {
            return;
        };
        match (message.start(), cseq.method) {
            (StartLine::Request { .. }, Method::Refer) => {
                self.on_refer(event, requester, cseq.seq);
            }
            (StartLine::Response { code, .. }, Method::Refer) => {
                self.on_answer(event.at, requester, cseq.seq, code);
            }
            (StartLine::Request { .. }, Method::Notify) => {
                self.on_notify(message, event.at, requester);
            }
            _ => {}
        }
    }

    fn on_refer(&mut self, event: &SipEvent<'_>, by: Side, cseq: u32) {
        let known = |pending: &Pending| pending.cseq == cseq && pending.transfer.by == by;
        let Some(refer_to) = event.message.header(HeaderName::ReferTo) else {
            return;
        };
        let Some(address) = NameAddr::parse(&refer_to) else {
            return;
        };
        if self.list.len() >= MAX_TRANSFERS || self.list.iter().any(known) {
            return;
        }
        let bare = address.uri.split(|byte| *byte == b'?').next();
        let transfer = Transfer {
            at: event.at,
            by,
            target: shown_uri(bare.unwrap_or(address.uri)),
            replaces: address.parsed_uri().as_ref().and_then(replaces),
            result: TransferResult::Pending,
            status: None,
            end: None,
        };
        self.list.push(Pending { transfer, cseq });
    }

    /// A challenge is no refusal: the REFER will come again, with another number.
    fn on_answer(&mut self, at: Timestamp, by: Side, cseq: u32, code: u16) {
        let is_it = |pending: &Pending| pending.cseq == cseq && pending.transfer.by == by;
        if matches!(code, 401 | 407) {
            self.list.retain(|pending| !is_it(pending));
        } else if let Some(pending) = self.list.iter_mut().find(|pending| is_it(pending))
            && pending.transfer.end.is_none()
            && code >= 200
        {
            pending.transfer.status = Some(code);
            if code >= 300 {
                pending.transfer.finish(at, TransferResult::Failed);
            }
        }
    }

    /// A NOTIFY with the status line that the new call got (RFC 3515, 2.4.5), from the side that was asked.
    fn on_notify(&mut self, message: &Message<'_>, at: Timestamp, from: Side) {
        let is_refer = message
            .header(HeaderName::Event)
            .is_some_and(|event| event.to_ascii_lowercase().starts_with(b"refer"));
        let Some(code) = is_refer.then(|| fragment_status(message.body())).flatten() else {
            return;
        };
        let waiting = |pending: &&mut Pending| {
            pending.transfer.by != from && pending.transfer.result == TransferResult::Pending
        };
        let Some(pending) = self.list.iter_mut().find(waiting) else {
            return;
        };
        pending.transfer.status = Some(code);
        match code {
            ..200 => {}
            200..300 => pending.transfer.finish(at, TransferResult::Succeeded),
            300.. => pending.transfer.finish(at, TransferResult::Failed),
        }
    }

    /// The transfers as the record shows them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Transfer> {
        self.list.iter().map(|pending| &pending.transfer)
    }
}

/// What a message tells another call: that this one takes its place (Replaces of an INVITE, RFC 3891), or that one is to
/// take it (Refer-To of a REFER, RFC 3515).
pub fn replacement(message: &Message<'_>) -> Option<ReportEvent> {
    let StartLine::Request { method, .. } = message.start() else {
        return None;
    };
    let (call_id, by) = match method {
        Method::Invite => {
            let call_id = replaced(&message.header(HeaderName::Replaces)?);
            (call_id, message.call_id().map(shown))
        }
        Method::Refer => {
            let refer_to = message.header(HeaderName::ReferTo)?;
            let address = NameAddr::parse(&refer_to)?;
            (address.parsed_uri().as_ref().and_then(replaces)?, None)
        }
        _ => return None,
    };
    (!call_id.is_empty()).then_some(ReportEvent {
        call_id,
        report: CallReport::Replaced(by),
    })
}

impl Transfer {
    fn finish(&mut self, at: Timestamp, result: TransferResult) {
        self.result = result;
        self.end = Some(at);
    }
}

/// The Call-ID in the Replaces header field that Refer-To asks for; it is escaped there (RFC 3261, 19.1.1).
fn replaces(uri: &Uri<'_>) -> Option<Box<str>> {
    let is_it = |(name, _): &(&[u8], &[u8])| name.eq_ignore_ascii_case(b"Replaces");
    let (_, value) = uri.header_pairs().find(is_it)?;
    let plain = unescaped(value);
    let call_id = replaced(plain.as_slice());
    (!call_id.is_empty()).then(|| shown(call_id.as_bytes()))
}

/// `%40` as `@`.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = behind
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped.filter(|_| byte == b'%') {
            Some(meant) => {
                plain.push(meant);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                plain.push(byte);
                rest = behind;
            }
        }
    }
    plain
}

/// The status of a `message/sipfrag` body (RFC 3420): `SIP/2.0 200 OK`.
fn fragment_status(body: &[u8]) -> Option<u16> {
    let line = body
        .trim_ascii_start()
        .split(|byte| *byte == b'\r' || *byte == b'\n')
        .next()?;
    let mut words = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let version = words.next()?;
    let code = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    version.starts_with(b"SIP/").then_some(code)
}

//! What is told of a call while it goes on, for those that ask for it: its dialog and its messages. A report has neither.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use super::{CallRecord, CallState, ClosedBy, Contacts, Party};
use crate::time::Timestamp;

/// Something of a call that goes on.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "progress", rename_all = "snake_case")]
pub enum Progress {
    /// Its dialog has come to another state, or its session was refreshed.
    Dialog(Box<DialogRecord>),
    /// A message of it.
    Message(Box<MessageRecord>),
}

/// A call as a dialog (RFC 3261, 12): what its two ends know of each other.
#[derive(Clone, Debug, Serialize)]
pub struct DialogRecord {
    /// The Call-ID.
    pub call_id: Arc<str>,
    /// Who calls.
    pub from: Party,
    /// Who is called.
    pub to: Party,
    /// Where the first INVITE came from.
    pub src: SocketAddr,
    /// Where the first INVITE went.
    pub dst: SocketAddr,
    /// What carried the first INVITE.
    pub transport: &'static str,
    /// The first INVITE.
    pub start: Timestamp,
    /// CSeq of the last INVITE of the attempt proper; 0 where the capture does not show it.
    pub invite_cseq: u32,
    /// That under which it was told before, if that was another one: the caller came back with credentials.
    pub told_with: Option<u32>,
    /// The first 2xx.
    pub answer: Option<Timestamp>,
    /// Its state.
    pub state: CallState,
    /// The two ends as they may be reached.
    pub ends: DialogEnds,
    /// What closed it, where nothing in the signalling did.
    pub closed_by: Option<&'static str>,
    /// The number of the frame that tells.
    pub frame: u64,
}

/// How the two ends of a dialog reach each other (RFC 3261, 12.1.1 and 12.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DialogEnds {
    /// Their targets.
    pub contact: Contacts,
    /// The highest CSeq number of the caller's requests.
    pub caller_cseq: Option<u32>,
    /// That of the callee's.
    pub callee_cseq: Option<u32>,
    /// Record-Route values of the 2xx, or of the INVITE where there is none, in the order in which they stand.
    pub record_route: Vec<Box<str>>,
    /// When the session ends unless it is refreshed (RFC 4028).
    pub session_ends: Option<Timestamp>,
}

/// A SIP message of a call.
#[derive(Clone, Debug, Serialize)]
pub struct MessageRecord {
    /// The Call-ID.
    pub call_id: Arc<str>,
    /// The tag of its caller, which tells its call from others of the same Call-ID.
    pub from_tag: Option<Box<str>>,
    /// When it passed the tap.
    pub at: Timestamp,
    /// The number of the frame that completed it.
    pub frame: u64,
    /// How many messages of the call came before it.
    pub number: u32,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// What carried it.
    pub transport: &'static str,
    /// Method of a request.
    pub method: Option<Box<str>>,
    /// Status of a response.
    pub status: Option<u16>,
    /// CSeq number and method.
    pub cseq: Option<(u32, Box<str>)>,
    /// Whether it repeats an earlier one on the same hop.
    pub retransmission: bool,
    /// Its bytes, secrets included; whoever shows them strikes those out.
    #[serde(skip)]
    pub bytes: Box<[u8]>,
    /// How many bytes it has; more than are here where it was too long.
    pub len: u64,
}

impl From<&CallRecord> for DialogRecord {
    fn from(call: &CallRecord) -> DialogRecord {
        DialogRecord {
            call_id: Arc::clone(&call.call_id),
            from: call.from.clone(),
            to: call.to.clone(),
            src: call.src,
            dst: call.dst,
            transport: call.transport,
            start: call.start,
            invite_cseq: call.invite_cseq,
            told_with: None,
            answer: call.answer,
            state: call.state,
            ends: DialogEnds {
                contact: call.contact.clone(),
                caller_cseq: call.caller_cseq,
                callee_cseq: call.callee_cseq,
                record_route: call.record_route.clone(),
                session_ends: call.session_ends,
            },
            closed_by: call.closed_by.map(ClosedBy::name),
            frame: 0,
        }
    }
}

impl Progress {
    /// What orders it among others of one moment.
    pub(crate) fn place(&self) -> (u64, u32) {
        match self {
            Progress::Dialog(dialog) => (dialog.frame, dialog.state as u32),
            Progress::Message(message) => (message.frame, message.number),
        }
    }
}

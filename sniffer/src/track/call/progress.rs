//! What is told of a call while it goes on, where somebody asked for it: the states of its dialog, and its messages.

use super::session_timer::SessionTimer;
use super::state::Call;
use crate::record::{CallState, DialogRecord, MessageRecord, Progress, Record};
use crate::sip::StartLine;
use crate::track::event::SipEvent;
use crate::track::party::shown;
use crate::track::{Output, ProgressSettings};

/// What was told of a call so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    messages: u32,
    dialog: Option<Standing>,
}

/// How a dialog stands, as far as a change of it is news.
type Standing = (CallState, Option<SessionTimer>, InviteCseq);

type InviteCseq = u32;

impl Told {
    /// Tells what a message that the call has taken in brought, as far as `wanted`.
    pub(super) fn tell(
        &mut self,
        call: &Call,
        event: &SipEvent<'_>,
        wanted: ProgressSettings,
        out: &mut Output,
    ) {
        let before = self.dialog.map(|(.., cseq)| cseq);
        if wanted.dialogs && self.is_news(call) {
            let told_with = before.filter(|cseq| *cseq != call.invite_cseq);
            let dialog = dialog(call, told_with, event.stamp.frame);
            let dialog = Progress::Dialog(Box::new(dialog));
            out.emit(event.stamp.clock, Record::Progress(dialog));
        }
        if self.messages < wanted.messages {
            let most = usize::try_from(wanted.message_bytes).unwrap_or(usize::MAX);
            let message = message(call, event, self.messages, most);
            let message = Progress::Message(Box::new(message));
            out.emit(event.stamp.clock, Record::Progress(message));
            self.messages += 1;
        }
    }

    /// Whether its dialog differs from what was told. An end without BYE may be taken back, by credentials or another branch: it is
    /// told with the record of the call.
    fn is_news(&mut self, call: &Call) -> bool {
        let now = Some((call.state, call.session_timer, call.invite_cseq));
        let may_come_back = call.state == CallState::Ended && !call.bye;
        let is_news = !may_come_back && self.dialog != now;
        if is_news {
            self.dialog = now;
        }
        is_news
    }
}

fn dialog(call: &Call, told_with: Option<u32>, frame: u64) -> DialogRecord {
    DialogRecord {
        call_id: call.call_id.clone(),
        from: call.from.clone(),
        to: call.to.clone(),
        src: call.src,
        dst: call.dst,
        transport: call.transport,
        start: call.start,
        invite_cseq: call.invite_cseq,
        told_with,
        answer: call.answer.get(),
        state: call.state,
        ends: call.dialog_ends(),
        closed_by: None,
        frame,
    }
}

fn message(call: &Call, event: &SipEvent<'_>, number: u32, most: usize) -> MessageRecord {
    let message = event.message;
    let bytes = message.as_bytes();
    let (method, status) = match message.start() {
        StartLine::Request { method, .. } => (Some(shown(method.as_bytes())), None),
        StartLine::Response { code, .. } => (None, Some(code)),
    };
    let cseq = message.cseq();
    MessageRecord {
        call_id: call.call_id.clone(),
        from_tag: call.from.tag.clone(),
        at: event.at,
        frame: event.stamp.frame,
        number,
        src: event.src,
        dst: event.dst,
        transport: event.transport,
        method,
        status,
        cseq: cseq.map(|cseq| (cseq.seq, shown(cseq.method.as_bytes()))),
        retransmission: event.repeat,
        bytes: bytes.get(..most).unwrap_or(bytes).into(),
        len: bytes.len() as u64,
    }
}

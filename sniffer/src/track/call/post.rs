//! Mails to calls, kept until their time has come.

use crate::time::Timestamp;
use crate::track::mail::{Mail, StreamNews};

/// Mails that have come in and are not delivered yet.
///
/// The worker of a stream may be ahead of the worker of its call: a mail can be there before the INVITE has been read.
/// So no mail is looked at before all workers have passed its time, and then they are taken in the order of their
/// times. What a call learns does not depend on when a mail came.
#[derive(Debug, Default)]
pub(super) struct Post {
    waiting: Vec<Mail>,
}

impl Post {
    /// Takes a mail in.
    pub(super) fn put(&mut self, mail: Mail) {
        self.waiting.push(mail);
    }

    /// Gives out what was sent before `passed`, in the order of the times.
    pub(super) fn due(&mut self, passed: Timestamp) -> Vec<Mail> {
        let (due, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|mail| mail.at < passed);
        self.waiting = waiting;
        in_order(due)
    }

    /// Gives out the rest.
    pub(super) fn all(&mut self) -> Vec<Mail> {
        in_order(std::mem::take(&mut self.waiting))
    }
}

fn in_order(mut mails: Vec<Mail>) -> Vec<Mail> {
    mails.sort_by(|a, b| key(a).cmp(&key(b)));
    mails
}

/// By time; for one moment a stream leaves before it joins another call, and joins before it closes.
fn key(mail: &Mail) -> (Timestamp, crate::record::StreamId, u8, &str) {
    let rank = match mail.news {
        StreamNews::Left => 0,
        StreamNews::Joined { .. } => 1,
        StreamNews::Closed { .. } => 2,
    };
    (mail.at, mail.stream, rank, &mail.call_id)
}

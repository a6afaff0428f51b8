//! The dialogs that the 2xx answers of a call made.

use smallvec::SmallVec;

/// Dialogs told apart; more answers to one INVITE than that are not a fork.
const MAX_DIALOGS: usize = 16;

/// Mostly one dialog; several where a fork was answered more than once, of which the caller keeps one and ends the
/// others (RFC 3261, 13.2.2.4).
#[derive(Debug, Default)]
pub(super) struct Dialogs {
    by_tag: SmallVec<[Dialog; 1]>,
}

#[derive(Debug)]
struct Dialog {
    tag: Option<Box<str>>,
    up: bool,
}

impl Dialogs {
    /// A 2xx with this To-tag was seen.
    pub(super) fn open(&mut self, tag: Option<Box<str>>) {
        if self.by_tag.len() < MAX_DIALOGS && self.position(tag.as_deref()).is_none() {
            self.by_tag.push(Dialog { tag, up: true });
        }
    }

    /// A BYE for the callee's tag was seen; whether the call is over by it. A BYE for a dialog nobody has seen
    /// the answer of ends the call: the capture does not show everything.
    pub(super) fn close(&mut self, tag: Option<&str>) -> bool {
        match self
            .position(tag)
            .and_then(|place| self.by_tag.get_mut(place))
        {
            Some(dialog) => dialog.up = false,
            None => return true,
        }
        !self.by_tag.iter().any(|dialog| dialog.up)
    }

    /// Whether an ACK with this To-tag may be for one of them.
    pub(super) fn knows(&self, tag: Option<&str>) -> bool {
        let untagged = |dialog: &Dialog| dialog.tag.is_none();
        tag.is_none() || self.position(tag).is_some() || self.by_tag.iter().any(untagged)
    }

    /// The callee's tag in the first dialog that is up.
    pub(super) fn tag(&self) -> Option<&str> {
        let dialog = self.by_tag.iter().find(|dialog| dialog.up)?;
        dialog.tag.as_deref()
    }

    fn position(&self, tag: Option<&str>) -> Option<usize> {
        self.by_tag
            .iter()
            .position(|dialog| dialog.tag.as_deref() == tag)
    }
}

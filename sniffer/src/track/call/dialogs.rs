//! The dialogs of a call: the early ones that provisional answers made, and those that 2xx answers did.

use smallvec::SmallVec;

/// Dialogs told apart; more answers to one INVITE than that are not a fork.
const MAX_DIALOGS: usize = 16;

/// Mostly one dialog; several where a proxy forked the INVITE. Of several that are answered the caller keeps one and ends
/// the others (RFC 3261, 13.2.2.4).
#[derive(Debug, Default)]
pub(super) struct Dialogs {
    by_tag: SmallVec<[Dialog; 1]>,
}

#[derive(Debug)]
struct Dialog {
    tag: Option<Box<str>>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Early,
    Up,
    /// Ended before its answer. A 2xx that crosses the BYE makes it a dialog after all.
    GivenUp,
    Over,
}

impl Dialogs {
    /// A provisional answer with this To-tag was seen.
    pub(super) fn early(&mut self, tag: &str) {
        if self.position(Some(tag)).is_none() {
            self.push(Some(tag.into()), Phase::Early);
        }
    }

    /// A 2xx with this To-tag was seen.
    pub(super) fn open(&mut self, tag: Option<&str>) {
        match self.get(tag) {
            Some(dialog) if dialog.phase == Phase::Over => {}
            Some(dialog) => dialog.phase = Phase::Up,
            None => self.push(tag.map(Into::into), Phase::Up),
        }
    }

    /// A BYE for the callee's tag was seen; whether the call is over by it. A BYE for a dialog nobody has seen
    /// the answer of ends the call: the capture does not show everything. Before the answer, a BYE ends one early
    /// dialog, and the attempt goes on in the others (RFC 3261, 15).
    pub(super) fn close(&mut self, tag: Option<&str>) -> bool {
        let answered = self.by_tag.iter().any(Dialog::was_up);
        let Some(dialog) = self.get(tag) else {
            return true;
        };
        dialog.phase = match dialog.phase {
            Phase::Early | Phase::GivenUp => Phase::GivenUp,
            Phase::Up | Phase::Over => Phase::Over,
        };
        let goes_on = if answered { Phase::Up } else { Phase::Early };
        !self.by_tag.iter().any(|dialog| dialog.phase == goes_on)
    }

    /// Whether an ACK with this To-tag may be for one that was answered.
    pub(super) fn knows(&self, tag: Option<&str>) -> bool {
        let mut answered = self.by_tag.iter().filter(|dialog| dialog.was_up());
        tag.is_none() || answered.any(|dialog| dialog.tag.is_none() || dialog.tag.as_deref() == tag)
    }

    /// The callee's tag in the first dialog that is up, or else in the first early one.
    pub(super) fn tag(&self) -> Option<&str> {
        let first = |phase| self.by_tag.iter().find(|dialog| dialog.phase == phase);
        first(Phase::Up)
            .or_else(|| first(Phase::Early))?
            .tag
            .as_deref()
    }

    fn push(&mut self, tag: Option<Box<str>>, phase: Phase) {
        if self.by_tag.len() < MAX_DIALOGS {
            self.by_tag.push(Dialog { tag, phase });
        }
    }

    fn get(&mut self, tag: Option<&str>) -> Option<&mut Dialog> {
        let place = self.position(tag)?;
        self.by_tag.get_mut(place)
    }

    fn position(&self, tag: Option<&str>) -> Option<usize> {
        self.by_tag
            .iter()
            .position(|dialog| dialog.tag.as_deref() == tag)
    }
}

impl Dialog {
    fn was_up(&self) -> bool {
        matches!(self.phase, Phase::Up | Phase::Over)
    }
}

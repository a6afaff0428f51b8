//! A lane of a capture agent's connection: one HEP3 frame after the other, each by its own length.

use super::{Head, Lane, Phase, Want};
use crate::decode::hep::stream::{Next, next};
use crate::decode::streams::Transport;
use crate::decode::tcp::Context;
use crate::decode::tcp::detect::Answer;

/// Whether a frame begins here.
pub(super) fn begins(bytes: &[u8]) -> Answer {
    match next(bytes) {
        Next::Frame(_) => Answer::Yes,
        Next::Open => Answer::Open,
        Next::Other => Answer::No,
    }
}

impl Lane {
    pub(super) fn step_hep<F>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
        match next(bytes) {
            Next::Frame(total) => match bytes.get(..total) {
                Some(frame) => {
                    cx.emit(self.at, frame, Transport::Hep);
                    Some(total)
                }
                None => {
                    self.want = Want::Total(total);
                    None
                }
            },
            Next::Open => None,
            Next::Other => {
                cx.stats.out_of_step += 1;
                self.enter(Phase::Search(Head::Middle))
            }
        }
    }
}

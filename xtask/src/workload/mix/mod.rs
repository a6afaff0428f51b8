//! A day's calls as operators see them: most are answered, one in five is not, for every reason there is; with repeats,
//! challenges, forks, redirections and re-INVITEs among them. Without media and bodies, so that an hour is not too large.

mod call;
mod figures;
mod scene;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::sink::{Moment, Sink, ms};
use super::{Options, Truth};
pub(crate) use figures::Figures;
use scene::Frame;

/// Time between two calls: a hundred a second.
const BETWEEN: Moment = ms(10);
/// Calls of an hour.
const HOUR: u64 = 360_000;
/// What comes last, once everything of the calls has run out: longer than timer C (RFC 3261, 16.6).
const SILENCE: Moment = ms(200_000);

/// Writes the calls.
pub(super) fn play<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let mut figures = Figures::default();
    let mut due: BinaryHeap<Reverse<Frame>> = BinaryHeap::new();
    let mut last = 0;
    for call in 0..options.calls.unwrap_or(HOUR) {
        let begins = call * BETWEEN;
        while due.peek().is_some_and(|Reverse(frame)| frame.at < begins) {
            if let Some(Reverse(frame)) = due.pop() {
                last = send(&frame, sink, truth)?;
            }
        }
        let played = call::play(options, call, begins);
        played.attempts.iter().for_each(|one| figures.count(one));
        truth.calls += played.attempts.len() as u64;
        truth.retransmissions += played.repeats;
        due.extend(played.frames.into_iter().map(Reverse));
    }
    while let Some(Reverse(frame)) = due.pop() {
        last = send(&frame, sink, truth)?;
    }
    send(&scene::sign_of_life(options, last + SILENCE), sink, truth)?;
    truth.answered = figures.answered();
    truth.kpi = Some(figures);
    Ok(())
}

fn send<W: Write>(frame: &Frame, sink: &mut Sink<W>, truth: &mut Truth) -> io::Result<Moment> {
    let table = match frame.is_request {
        true => &mut truth.requests,
        false => &mut truth.responses,
    };
    *table.entry(frame.name.clone()).or_default() += 1;
    sink.udp(frame.at, frame.src, frame.dst, frame.text.as_bytes())?;
    Ok(frame.at)
}

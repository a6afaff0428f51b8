//! Relative transit: how much longer than the one before it each packet was on its way.
//!
//! The difference `D` of RFC 3550 6.4.1, which jitter and jitter buffers are computed from, and the places where it
//! means nothing: a new clock, a new start, a talkspurt after silence, a time stamp that jumped.

use crate::time::{Span, Timestamp};

/// A packet cannot come this much earlier than its time stamp promised, in ms: the time stamp leapt ahead.
///
/// After a stall packets come early too, but each by no more than the packet it makes up for.
const AHEAD_MS: f64 = 1000.0;

/// Nor does a network hold one back for so long, in ms: the sender paused without counting on, or its time stamp leapt
/// back. Up to here it may be a stall, with what was held coming in a burst after it, and that is delay.
const BEHIND_MS: f64 = 5000.0;

/// A reordered or repeated packet further off than this, in ms, is not compared with.
const STALE_MS: f64 = 1000.0;

/// Time without sound after which a marker or the end of comfort noise begins a talkspurt (RFC 3551, 4.1).
///
/// Some senders mark every packet; without this bound such a stream would have no jitter at all.
const SILENCE: Span = Span::from_millis(100);

/// What the next packet of sound says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The first packet of all.
    First,
    /// Later (positive) or earlier than its time stamp promised, in ms, compared with the packet before it.
    Difference(f64),
    /// The same of the first sound after silence, whose sender counted on meanwhile (RFC 3550, 5.1). Jitter is as
    /// defined; a receiver may set its playout anew.
    Talkspurt(f64),
    /// Not comparable with what came before: another clock, a new start, or a sender that stopped counting in silence.
    Anew,
    /// Its time stamp leapt away from the arrival times.
    Jump,
    /// A late or repeated packet from so far back that it says nothing.
    Stale,
}

/// How a packet follows those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// Next in sequence, over losses or not.
    Next,
    /// Next in sequence, and marked or after comfort noise.
    Talkspurt,
    /// Reordered or repeated.
    Behind,
    /// Sequence numbers began anew.
    Restart,
}

/// The last packet of sound, which the next one is compared with, in order of arrival (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Transit {
    /// Its clock rate is 0 before the first packet.
    last: Packet,
}

#[derive(Clone, Copy, Debug, Default)]
struct Packet {
    at: Timestamp,
    ts: u32,
    clock_hz: u32,
}

impl Transit {
    /// Takes the next packet of sound; `clock_hz` is not 0.
    pub fn on_packet(
        &mut self,
        at: Timestamp,
        ts: u32,
        clock_hz: u32,
        continuity: Continuity,
    ) -> Step {
        let packet = Packet { at, ts, clock_hz };
        let last = std::mem::replace(&mut self.last, packet);
        if last.clock_hz == 0 {
            return Step::First;
        }
        let silent = at.since(last.at) > SILENCE;
        if continuity == Continuity::Restart || last.clock_hz != clock_hz {
            return Step::Anew;
        }
        let difference = difference_ms(last, packet);
        if continuity == Continuity::Talkspurt && silent {
            return talkspurt(at.since(last.at), difference);
        }
        if continuity == Continuity::Behind && difference.abs() > STALE_MS {
            self.last = last;
            return Step::Stale;
        }
        if (-AHEAD_MS..=BEHIND_MS).contains(&difference) {
            return Step::Difference(difference);
        }
        Step::Jump
    }
}

/// Whether the sender counted on through the silence: one that did not is off by nearly all of it.
fn talkspurt(silence: Span, difference_ms: f64) -> Step {
    if difference_ms.abs() <= silence.as_millis_f64() / 2.0 {
        Step::Talkspurt(difference_ms)
    } else {
        Step::Anew
    }
}

fn difference_ms(last: Packet, packet: Packet) -> f64 {
    let units = packet.ts.wrapping_sub(last.ts) as i32;
    packet.at.since(last.at).as_millis_f64()
        - f64::from(units) * 1000.0 / f64::from(packet.clock_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of an 8 kHz clock as (arrival in ms, time stamp, talkspurt); the step of the last one.
    fn check(packets: &[(i64, u32, bool)], expected: Step) {
        let mut transit = Transit::default();
        let steps: Vec<_> = packets
            .iter()
            .map(|&(ms, ts, talkspurt)| {
                let at = Timestamp::default() + Span::from_millis(ms);
                let continuity = if talkspurt {
                    Continuity::Talkspurt
                } else {
                    Continuity::Next
                };
                transit.on_packet(at, ts, 8000, continuity)
            })
            .collect();
        assert_eq!(steps.last(), Some(&expected));
    }

    #[test]
    fn differences_are_signed_and_wrap() {
        check(&[(0, 0, false)], Step::First);
        check(&[(0, 0, false), (25, 160, false)], Step::Difference(5.0));
        check(&[(0, 0, false), (12, 160, false)], Step::Difference(-8.0));
        check(
            &[(0, u32::MAX - 79, false), (20, 80, false)],
            Step::Difference(0.0),
        );
        check(&[(0, 320, false), (1, 160, false)], Step::Difference(21.0));
    }

    #[test]
    fn only_silence_makes_a_marker_a_talkspurt() {
        check(&[(0, 0, true), (30, 160, true)], Step::Difference(10.0));
        check(&[(0, 0, true), (500, 160, true)], Step::Anew);
        check(&[(0, 0, true), (500, 4024, true)], Step::Talkspurt(-3.0));
        check(&[(0, 0, true), (500, 800_000, true)], Step::Anew);
        check(&[(0, 0, false), (500, 160, false)], Step::Difference(480.0));
    }

    #[test]
    fn a_leap_of_either_clock_is_a_jump() {
        check(&[(0, 0, false), (20, 800_000, false)], Step::Jump);
        check(&[(0, 800_000, false), (20, 0, false)], Step::Jump);
        check(&[(0, 0, false), (6000, 160, false)], Step::Jump);
    }

    #[test]
    fn a_stall_is_delay() {
        check(
            &[(0, 0, false), (1320, 160, false)],
            Step::Difference(1300.0),
        );
        check(
            &[(0, 0, false), (1320, 160, false), (1320, 320, false)],
            Step::Difference(-20.0),
        );
    }

    #[test]
    fn another_clock_or_start_begins_anew() {
        let mut transit = Transit::default();
        let mut step =
            |clock_hz, continuity| transit.on_packet(Timestamp::default(), 0, clock_hz, continuity);
        assert_eq!(step(8000, Continuity::Next), Step::First);
        assert_eq!(step(16_000, Continuity::Next), Step::Anew);
        assert_eq!(step(16_000, Continuity::Restart), Step::Anew);
        assert_eq!(step(16_000, Continuity::Behind), Step::Difference(0.0));
    }

    #[test]
    fn a_packet_from_long_ago_is_not_compared_with() {
        let mut transit = Transit::default();
        let mut step = |ms, ts, continuity| {
            let at = Timestamp::default() + Span::from_millis(ms);
            transit.on_packet(at, ts, 8000, continuity)
        };
        step(2000, 16_000, Continuity::Next);
        assert_eq!(step(2010, 160, Continuity::Behind), Step::Stale);
        assert_eq!(step(2020, 16_160, Continuity::Next), Step::Difference(0.0));
    }
}

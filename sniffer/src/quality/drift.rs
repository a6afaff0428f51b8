//! How much faster or slower the sender's clock runs than the tap's, in constant memory.
//!
//! Queues only ever add delay, so the fastest packets of each spell lie on a line whose slope is the drift. The spells'
//! fastest packets are kept, fewer and longer ones as the stream grows, and the slope is the median of those between all
//! pairs of them (Theil and Sen), which a changed path or a congested minute does not bend.

use crate::time::Timestamp;

/// Spells kept; a full set is halved by joining neighbours.
const MOST_SPELLS: usize = 8;

/// Length of a spell at first.
const FIRST_SPELL_MS: u32 = 1000;

/// A shorter time says nothing about a clock: a millisecond over ten seconds is 100 ppm already.
const LEAST_SPAN_MS: u32 = 20_000;

/// But enough to tell that a sender keeps no time at all.
const LEAST_PACE_MS: u32 = 5_000;

/// The fastest packet of a spell: when it came, and its relative transit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Fastest {
    at_ms: u32,
    transit_ms: f32,
}

/// The drift of one stream.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The first packet; none came where `n` is 0.
    origin: Timestamp,
    spell_ms: u32,
    n: u8,
    /// The last of them is still under way.
    spells: [Fastest; MOST_SPELLS],
}

impl Default for Drift {
    fn default() -> Self {
        Drift {
            origin: Timestamp::default(),
            spell_ms: FIRST_SPELL_MS,
            n: 0,
            spells: [Fastest::default(); MOST_SPELLS],
        }
    }
}

impl Drift {
    /// The time stamps leapt, or began anew: nothing later can be compared with what came before.
    pub fn rebase(&mut self) {
        *self = Drift::default();
    }

    /// Takes the next packet: when it came, and its transit relative to any origin that does not move.
    pub fn on_packet(&mut self, at: Timestamp, transit_ms: f64) {
        if self.n == 0 {
            self.origin = at;
        }
        let at_ms = u32::try_from(at.since(self.origin).as_nanos() / 1_000_000).unwrap_or(0);
        let packet = Fastest {
            at_ms,
            transit_ms: transit_ms as f32,
        };
        let last = usize::from(self.n).checked_sub(1);
        match last.and_then(|last| self.spells.get_mut(last)) {
            // Packet time may step back; such a packet belongs to the spell under way.
            Some(last) if at_ms / self.spell_ms <= last.at_ms / self.spell_ms => {
                if packet.transit_ms < last.transit_ms {
                    last.transit_ms = packet.transit_ms;
                    last.at_ms = last.at_ms.max(at_ms);
                }
            }
            _ => self.begin(packet),
        }
    }

    fn begin(&mut self, packet: Fastest) {
        if usize::from(self.n) == MOST_SPELLS {
            self.halve();
        }
        if let Some(next) = self.spells.get_mut(usize::from(self.n)) {
            *next = packet;
            self.n += 1;
        }
    }

    /// Doubles the length of the spells until half of them are left.
    fn halve(&mut self) {
        while usize::from(self.n) > MOST_SPELLS / 2 {
            self.spell_ms = self.spell_ms.saturating_mul(2);
            let mut kept = 0_usize;
            for i in 0..usize::from(self.n) {
                let next = self.spells[i];
                match kept.checked_sub(1).map(|last| &mut self.spells[last]) {
                    Some(last) if last.at_ms / self.spell_ms == next.at_ms / self.spell_ms => {
                        if next.transit_ms < last.transit_ms {
                            *last = next;
                        }
                    }
                    _ => {
                        self.spells[kept] = next;
                        kept += 1;
                    }
                }
            }
            self.n = kept as u8;
        }
    }

    /// Parts in a million by which the sender's clock is faster than the tap's; negative where it is slower. Unknown
    /// of less than 20 s.
    ///
    /// A fast sender's time stamps run ahead of the arrivals, so that transit seems to fall.
    pub fn ppm(&self) -> Option<f64> {
        (self.span_ms() >= LEAST_SPAN_MS).then(|| self.slope())?
    }

    /// How long the sender was listened to, in ms, and how far its time stamps advanced in that time. Unknown of less
    /// than 5 s.
    pub fn pace(&self) -> Option<(u32, u32)> {
        let took_ms = self.span_ms();
        let ppm = (took_ms >= LEAST_PACE_MS).then(|| self.slope())??;
        let sent_ms = f64::from(took_ms) * (1.0 + ppm * 1e-6);
        Some((took_ms, sent_ms.max(0.0) as u32))
    }

    /// From the first spell's fastest packet to the last one's.
    fn span_ms(&self) -> u32 {
        let spells = self.spells.get(..usize::from(self.n)).unwrap_or_default();
        let ends = spells.first().zip(spells.last());
        ends.map_or(0, |(first, last)| last.at_ms.saturating_sub(first.at_ms))
    }

    fn slope(&self) -> Option<f64> {
        let spells = self.spells.get(..usize::from(self.n))?;
        let mut slopes: Vec<f64> = Vec::with_capacity(MOST_SPELLS * (MOST_SPELLS - 1) / 2);
        for (i, a) in spells.iter().enumerate() {
            slopes.extend(spells.iter().skip(i + 1).map(|b| slope_ppm(a, b)));
        }
        slopes.sort_by(f64::total_cmp);
        let middle = slopes.get(slopes.len() / 2)?;
        let other = slopes.get((slopes.len() - 1) / 2)?;
        Some(-(middle + other) / 2.0)
    }
}

fn slope_ppm(a: &Fastest, b: &Fastest) -> f64 {
    let transit_ms = f64::from(b.transit_ms) - f64::from(a.transit_ms);
    transit_ms * 1e6 / f64::from(b.at_ms.saturating_sub(a.at_ms).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    /// The drift of packets every 20 ms for so many seconds, whose sender is `ppm` fast and whose `n`-th packet waits
    /// `queue_ms(n)`.
    fn drift_of(seconds: u32, ppm: f64, queue_ms: impl Fn(u32) -> f64) -> Option<f64> {
        let mut drift = Drift::default();
        for n in 0..seconds * 50 {
            let sent_ms = f64::from(n) * 20.0 / (1.0 + ppm * 1e-6);
            let at_ms = sent_ms + queue_ms(n);
            let at = Timestamp::default() + Span::from_nanos((at_ms * 1e6) as i64);
            drift.on_packet(at, at_ms - f64::from(n) * 20.0);
        }
        drift.ppm()
    }

    fn check(seconds: u32, ppm: f64, queue_ms: impl Fn(u32) -> f64, tolerance: f64) {
        let got = drift_of(seconds, ppm, queue_ms).unwrap();
        assert!((got - ppm).abs() <= tolerance, "{ppm}: {got}");
    }

    /// Pseudo-random waits below `most_ms`.
    fn noise(n: u32, most_ms: f64) -> f64 {
        f64::from(n.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 * most_ms
    }

    #[test]
    fn is_exact_without_queues() {
        for ppm in [-300.0, 0.0, 40.0] {
            check(30, ppm, |_| 0.0, 0.5);
            check(4000, ppm, |_| 0.0, 0.5);
        }
    }

    #[test]
    fn queues_and_a_changed_path_do_not_bend_it() {
        check(120, 100.0, |n| noise(n, 40.0), 30.0);
        check(600, -50.0, |n| noise(n, 40.0), 10.0);
        let congested = |n| noise(n, 10.0) + if (6000..7500).contains(&n) { 80.0 } else { 0.0 };
        check(300, 20.0, congested, 30.0);
    }

    #[test]
    fn a_sender_that_keeps_no_time_is_told_sooner() {
        let mut drift = Drift::default();
        for n in 0..320_u32 {
            let at = Timestamp::default() + Span::from_millis(i64::from(n) * 31);
            drift.on_packet(at, f64::from(n) * 11.0);
        }
        let (took_ms, sent_ms) = drift.pace().unwrap();
        assert!(took_ms > 8_000, "{took_ms}");
        let ratio = f64::from(sent_ms) / f64::from(took_ms);
        assert!((ratio - 20.0 / 31.0).abs() < 0.001, "{ratio}");
        assert_eq!((drift.ppm(), Drift::default().pace()), (None, None));
    }

    #[test]
    fn a_short_stream_tells_nothing() {
        assert_eq!(drift_of(15, 100.0, |_| 0.0), None);
        assert_eq!(Drift::default().ppm(), None);
    }
}

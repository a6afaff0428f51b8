//! What a receiver's jitter buffer would have thrown away, judged from the middle of the path.
//!
//! Buffers see the relative transit of each packet: its arrival less its time stamp, in ms from any origin. How late a
//! packet is, is told from the fastest packet of the recent past: the delay variation of RFC 5481, 4.2. A packet
//! further behind than the buffer waits is late, which a listener hears as loss. Nothing is stored but that minimum.

use crate::time::{Span, Timestamp};

/// Half of the recent past. Whatever moves the fastest packet for good (the drift of one clock against the other, a
/// path that changed while jitter hides it), a receiver has followed after one to two such spells of arrivals.
///
/// Time counts, not packets: a burst that comes at once after a stall is late however many packets it has.
const SPELL: Span = Span::from_millis(500);

/// Packets in a row that are late alike: then it is the path or the sender's clock that changed, and a receiver whose
/// buffer has run dry so often sets its playout anew.
const LATE_ALIKE: u8 = 8;

/// How far behind the fastest packet a packet is late, in this sense; and how far apart late packets are alike.
const ALIKE_MS: f64 = 50.0;

/// The fastest packet of the last one to two spells, which all buffers of a stream measure from.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// The spell under way began with this packet; [`Timestamp::MIN`] before the first.
    since: Timestamp,
    /// The least of the spell under way and of the one before it; infinite where there is none.
    least_ms: f64,
    before_ms: f64,
    late: LateRow,
}

impl Default for Floor {
    fn default() -> Self {
        Floor {
            since: Timestamp::MIN,
            least_ms: f64::INFINITY,
            before_ms: f64::INFINITY,
            late: LateRow::default(),
        }
    }
}

/// Late packets in a row, the transit of each within [`ALIKE_MS`] of every other.
#[derive(Clone, Copy, Debug, Default)]
struct LateRow {
    least_ms: f64,
    most_ms: f64,
    n: u8,
}

impl Floor {
    /// The next packet is where playout starts anew.
    pub fn rebase(&mut self) {
        *self = Floor::default();
    }

    /// Takes the next packet; gives how far behind the fastest it is, in ms.
    pub fn on_packet(&mut self, at: Timestamp, transit_ms: f64) -> f64 {
        if self.since == Timestamp::MIN || at.since(self.since) >= SPELL {
            self.since = at;
            self.before_ms = self.least_ms;
            self.least_ms = transit_ms;
        } else {
            self.least_ms = self.least_ms.min(transit_ms);
        }
        let behind_ms = transit_ms - self.least_ms.min(self.before_ms);
        self.late.on_packet(transit_ms, behind_ms);
        if self.late.n >= LATE_ALIKE {
            *self = Floor {
                since: at,
                least_ms: self.late.least_ms,
                ..Floor::default()
            };
        }
        behind_ms
    }
}

impl LateRow {
    fn on_packet(&mut self, transit_ms: f64, behind_ms: f64) {
        if behind_ms <= ALIKE_MS {
            self.n = 0;
            return;
        }
        let (least_ms, most_ms) = (self.least_ms.min(transit_ms), self.most_ms.max(transit_ms));
        *self = if self.n > 0 && most_ms - least_ms <= ALIKE_MS {
            LateRow {
                least_ms,
                most_ms,
                n: self.n + 1,
            }
        } else {
            LateRow {
                least_ms: transit_ms,
                most_ms: transit_ms,
                n: 1,
            }
        };
    }
}

/// A jitter buffer that waits the same time for every packet.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    delay_ms: u16,
    late: u32,
}

impl Fixed {
    /// A buffer of `delay_ms`.
    pub fn new(delay_ms: u16) -> Self {
        Fixed { delay_ms, late: 0 }
    }

    /// Takes the next packet, so far behind the fastest; says whether it comes too late.
    pub fn on_packet(&mut self, behind_ms: f64) -> bool {
        let late = behind_ms > f64::from(self.delay_ms);
        self.late = self.late.saturating_add(u32::from(late));
        late
    }

    /// A packet that no buffer would have waited for.
    pub fn miss(&mut self) {
        self.late = self.late.saturating_add(1);
    }

    /// Packets that came too late.
    pub fn late(&self) -> u32 {
        self.late
    }
}

/// A jitter buffer that waits for the mean transit and four times its mean deviation, and never longer than 500 ms
/// behind the fastest packet.
///
/// The estimator of Ramjee, Kurose, Towsley and Schulzrinne (INFOCOM 1994), moved by every packet as receivers that
/// stretch time do, with the gain of RFC 3550's jitter.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    mean_ms: f64,
    deviation_ms: f64,
    late: u32,
    has_mean: bool,
}

impl Default for Adaptive {
    fn default() -> Self {
        Adaptive {
            mean_ms: 0.0,
            deviation_ms: Self::FIRST_DEVIATION_MS,
            late: 0,
            has_mean: false,
        }
    }
}

impl Adaptive {
    const GAIN: f64 = 1.0 / 16.0;
    const DEVIATIONS: f64 = 4.0;
    /// One packet of the usual length is always waited for.
    const LEAST_MS: f64 = 20.0;
    const MOST_MS: f64 = 500.0;
    /// Before anything is known, three packets of the usual length are waited for.
    const FIRST_DEVIATION_MS: f64 = 15.0;

    /// The next packet is where playout starts anew; what is known of the deviation stays.
    pub fn rebase(&mut self, transit_ms: f64) {
        self.mean_ms = transit_ms;
        self.has_mean = true;
    }

    /// Takes the next packet, so far behind the fastest; says whether it comes too late.
    pub fn on_packet(&mut self, transit_ms: f64, behind_ms: f64) -> bool {
        if !self.has_mean {
            self.rebase(transit_ms);
        }
        let offset = transit_ms - self.mean_ms;
        let wait = (Self::DEVIATIONS * self.deviation_ms).max(Self::LEAST_MS);
        self.mean_ms += offset * Self::GAIN;
        self.deviation_ms += (offset.abs() - self.deviation_ms) * Self::GAIN;
        let late = offset > wait || behind_ms > Self::MOST_MS;
        self.late = self.late.saturating_add(u32::from(late));
        late
    }

    /// A packet that no buffer would have waited for.
    pub fn miss(&mut self) {
        self.late = self.late.saturating_add(1);
    }

    /// Packets that came too late.
    pub fn late(&self) -> u32 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// When the `n`-th packet of `transits_ms` comes, a packet every 20 ms having been sent.
    fn arrival(n: usize, transits_ms: &[f64]) -> Timestamp {
        let ms = 10_000.0 + n as f64 * 20.0 + transits_ms[n];
        Timestamp::default() + Span::from_nanos((ms * 1e6) as i64)
    }

    /// How far each packet is behind the fastest.
    fn behind(transits_ms: &[f64]) -> Vec<f64> {
        let mut floor = Floor::default();
        (0..transits_ms.len())
            .map(|n| floor.on_packet(arrival(n, transits_ms), transits_ms[n]))
            .collect()
    }

    /// The packets that are late for an adaptive buffer.
    fn late_for_adaptive(transits_ms: &[f64]) -> Vec<usize> {
        let behind = behind(transits_ms);
        let mut buffer = Adaptive::default();
        let late: Vec<_> = (0..transits_ms.len())
            .filter(|&n| buffer.on_packet(transits_ms[n], behind[n]))
            .collect();
        assert_eq!(buffer.late(), late.len() as u32);
        late
    }

    fn check(delay_ms: u16, transits_ms: &[f64], late: &[usize]) {
        let behind = behind(transits_ms);
        let mut buffer = Fixed::new(delay_ms);
        let got: Vec<_> = (0..transits_ms.len())
            .filter(|&n| buffer.on_packet(behind[n]))
            .collect();
        assert_eq!(got, late);
        assert_eq!(buffer.late(), late.len() as u32);
    }

    #[test]
    fn waits_as_long_as_it_says() {
        check(50, &[0.0, 50.0, 50.1, 0.0, 199.0], &[2, 4]);
        check(200, &[0.0, 50.0, 50.1, 0.0, 199.0], &[]);
    }

    #[test]
    fn waits_from_the_fastest_packet_wherever_it_comes() {
        check(50, &[20.0, 60.0, 0.0, 60.0, 40.0], &[3]);
    }

    #[test]
    fn follows_a_path_that_changed() {
        let mut transits = vec![0.0; 5];
        transits.extend([90.0; 80]);
        check(50, &transits, &(5..13).collect::<Vec<_>>());
        // Under jitter the row never gets long; the second spell begins with packet 18 and the third with packet 44.
        let mut transits = vec![0.0; 5];
        transits.extend((0..80).map(|n| 90.0 + f64::from(n % 2) * 51.0));
        let mut late: Vec<_> = (5..44).collect();
        late.extend((44..85).filter(|n| n % 2 == 0));
        check(50, &transits, &late);
    }

    #[test]
    fn a_sender_that_gets_into_step_is_followed() {
        let mut transits: Vec<_> = (0..9).map(|n| f64::from(n) * 20.0).collect();
        transits.extend([160.0; 200]);
        check(50, &transits, &(3..14).collect::<Vec<_>>());
    }

    #[test]
    fn drift_of_the_clocks_is_not_lateness() {
        let drifting: Vec<_> = (0..2000)
            .map(|n| f64::from(n) * 0.06 + f64::from(n % 3) * 15.0)
            .collect();
        check(50, &drifting, &[]);
        let gaining: Vec<_> = drifting.iter().map(|transit| -transit).collect();
        check(50, &gaining, &[]);
    }

    #[test]
    fn what_comes_at_once_after_a_stall_is_late() {
        let mut transits = vec![0.0; 50];
        transits.extend((0..60).map(|n| 1200.0 - 20.0 * f64::from(n)));
        transits.extend([0.0; 50]);
        check(50, &transits, &(50..108).collect::<Vec<_>>());
        check(200, &transits, &(50..100).collect::<Vec<_>>());
        assert_eq!(late_for_adaptive(&transits), (50..85).collect::<Vec<_>>());
    }

    #[test]
    fn a_talkspurt_sets_playout_anew() {
        let transits = [0.0, 80.0, 100.0];
        let mut floor = Floor::default();
        floor.on_packet(arrival(0, &transits), transits[0]);
        floor.rebase();
        assert_eq!(floor.on_packet(arrival(1, &transits), transits[1]), 0.0);
        assert_eq!(floor.on_packet(arrival(2, &transits), transits[2]), 20.0);
    }

    #[test]
    fn adapts_to_steady_jitter_and_not_to_a_spike() {
        let mut transits: Vec<_> = (0..200).map(|n| f64::from(n % 2) * 60.0).collect();
        transits.push(700.0);
        let late = late_for_adaptive(&transits);
        let (first, rest): (Vec<_>, Vec<_>) = late.into_iter().partition(|&n| n < 100);
        assert!((1..10).contains(&first.len()), "{first:?}");
        assert_eq!(rest, [200]);
    }

    #[test]
    fn never_waits_longer_than_half_a_second() {
        let mut transits: Vec<_> = (0..1000).map(|n| f64::from(n % 2) * 450.0).collect();
        transits.extend([480.0, 510.0]);
        assert_eq!(late_for_adaptive(&transits).last(), Some(&1001));
        transits.truncate(1001);
        assert!(late_for_adaptive(&transits).last() < Some(&100));
    }

    /// How far each packet is behind the fastest, told from the whole history: arrivals cut into spells, the least
    /// of the packet's own spell so far and the one before it, and a new beginning after a row of packets late alike.
    fn reference(transits: &[f64]) -> Vec<f64> {
        let mut spells: Vec<Vec<f64>> = Vec::new();
        let mut since = Timestamp::default();
        let mut all: Vec<f64> = Vec::new();
        let mut row_begins = 0;
        for (n, &transit) in transits.iter().enumerate() {
            let at = arrival(n, transits);
            match spells.last_mut() {
                Some(spell) if at.since(since) < SPELL => spell.push(transit),
                _ => {
                    spells.push(vec![transit]);
                    since = at;
                }
            }
            let recent = spells.iter().rev().take(2).flatten();
            all.push(transit - recent.copied().fold(f64::INFINITY, f64::min));
            let is_late = |n: usize| all[n] > ALIKE_MS;
            let spread = |row: &[f64]| {
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                most - row.iter().copied().fold(f64::INFINITY, f64::min)
            };
            if !is_late(n) {
                row_begins = n + 1;
            } else if spread(&transits[row_begins..=n]) > ALIKE_MS {
                row_begins = n;
            }
            let row = &transits[row_begins..=n];
            if is_late(n) && row.len() == usize::from(LATE_ALIKE) {
                spells = vec![row.to_vec()];
                since = at;
                row_begins = n + 1;
            }
        }
        all
    }

    proptest! {
        #[test]
        fn agrees_with_a_reference_that_keeps_the_history(
            transits in prop::collection::vec(prop_oneof![1 => -60.0..120.0_f64, 40 => 210.0..300.0_f64, 20 => -300.0..-210.0_f64], 1..400),
        ) {
            prop_assert_eq!(behind(&transits), reference(&transits));
        }

        #[test]
        fn adaptive_agrees_with_a_reference_that_keeps_the_history(
            transits in prop::collection::vec(-300.0..900.0_f64, 1..200),
        ) {
            // Both estimates written out as weighted sums over everything before the packet.
            let weighted = |values: &[f64], start: f64| {
                values.iter().fold(start, |mean, value| mean * 15.0 / 16.0 + value / 16.0)
            };
            let means: Vec<_> = (0..transits.len())
                .map(|n| weighted(&transits[..n], transits[0]))
                .collect();
            let offsets: Vec<_> = transits.iter().zip(&means).map(|(transit, mean)| transit - mean).collect();
            let sizes: Vec<_> = offsets.iter().map(|offset| offset.abs()).collect();
            let behind = reference(&transits);
            let late: Vec<_> = (0..transits.len())
                .filter(|&n| offsets[n] > (4.0 * weighted(&sizes[..n], 15.0)).max(20.0) || behind[n] > 500.0)
                .collect();
            prop_assert_eq!(late_for_adaptive(&transits), late);
        }
    }
}

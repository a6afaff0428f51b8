//! What a receiver's jitter buffer would have thrown away, judged from the middle of the path.
//!
//! Buffers see the relative transit of each packet: its arrival less its time stamp, in ms from any origin. A packet
//! that is further behind than the buffer waits is late, which a listener hears as loss. Nothing is stored but the
//! place playout is anchored at.

/// After so many packets in a row beyond the buffer's depth, about a second of speech, a receiver sets its playout anew:
/// the path has become longer or shorter, or the two clocks have drifted apart.
const RESYNC_PACKETS: u8 = 50;

/// A jitter buffer that waits the same time for every packet.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    delay_ms: f64,
    anchor_ms: Option<f64>,
    outside: u8,
    late: u64,
}

impl Fixed {
    /// A buffer of `delay_ms`.
    pub fn new(delay_ms: f64) -> Self {
        Fixed {
            delay_ms,
            anchor_ms: None,
            outside: 0,
            late: 0,
        }
    }

    /// The next packet is where playout starts anew.
    pub fn rebase(&mut self) {
        self.anchor_ms = None;
        self.outside = 0;
    }

    /// Takes the next packet; says whether it comes too late.
    pub fn on_packet(&mut self, transit_ms: f64) -> bool {
        let offset = transit_ms - *self.anchor_ms.get_or_insert(transit_ms);
        let outside = offset.abs() > self.delay_ms;
        self.outside = if outside { self.outside + 1 } else { 0 };
        if self.outside >= RESYNC_PACKETS {
            self.anchor_ms = Some(transit_ms);
            self.outside = 0;
        }
        let late = offset > self.delay_ms;
        self.late += u64::from(late);
        late
    }

    /// A packet that no buffer would have waited for.
    pub fn miss(&mut self) {
        self.late += 1;
    }

    /// Packets that came too late.
    pub fn late(&self) -> u64 {
        self.late
    }
}

/// A jitter buffer that waits for the mean transit and four times its mean deviation, and never longer than 500 ms.
///
/// The estimator of Ramjee, Kurose, Towsley and Schulzrinne (INFOCOM 1994), moved by every packet as receivers that
/// stretch time do, with the gain of RFC 3550's jitter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adaptive {
    estimate: Option<Estimate>,
    late: u64,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    mean_ms: f64,
    deviation_ms: f64,
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
        if let Some(estimate) = &mut self.estimate {
            estimate.mean_ms = transit_ms;
        }
    }

    /// Takes the next packet; says whether it comes too late.
    pub fn on_packet(&mut self, transit_ms: f64) -> bool {
        let start = Estimate {
            mean_ms: transit_ms,
            deviation_ms: Self::FIRST_DEVIATION_MS,
        };
        let estimate = self.estimate.get_or_insert(start);
        let offset = transit_ms - estimate.mean_ms;
        let wait = (Self::DEVIATIONS * estimate.deviation_ms).clamp(Self::LEAST_MS, Self::MOST_MS);
        estimate.mean_ms += offset * Self::GAIN;
        estimate.deviation_ms += (offset.abs() - estimate.deviation_ms) * Self::GAIN;
        let late = offset > wait;
        self.late += u64::from(late);
        late
    }

    /// A packet that no buffer would have waited for.
    pub fn miss(&mut self) {
        self.late += 1;
    }

    /// Packets that came too late.
    pub fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(delay_ms: f64, transits_ms: &[f64], late: &[usize]) {
        let mut buffer = Fixed::new(delay_ms);
        let got: Vec<_> = (0..transits_ms.len())
            .filter(|&i| buffer.on_packet(transits_ms[i]))
            .collect();
        assert_eq!(got, late);
        assert_eq!(buffer.late(), late.len() as u64);
    }

    #[test]
    fn waits_as_long_as_it_says() {
        check(50.0, &[0.0, 50.0, 50.1, 0.0, 199.0], &[2, 4]);
        check(200.0, &[0.0, 50.0, 50.1, 0.0, 199.0], &[]);
    }

    #[test]
    fn follows_a_path_that_changed() {
        let mut transits = vec![0.0; 5];
        transits.extend([90.0; 80]);
        check(50.0, &transits, &(5..55).collect::<Vec<_>>());
        transits.truncate(54);
        transits.extend([0.0, 90.0]);
        check(50.0, &transits, &(5..54).chain([55]).collect::<Vec<_>>());
    }

    #[test]
    fn a_talkspurt_sets_playout_anew() {
        let mut buffer = Fixed::new(50.0);
        buffer.on_packet(0.0);
        buffer.rebase();
        assert!(!buffer.on_packet(80.0));
        assert!(!buffer.on_packet(100.0));
    }

    #[test]
    fn adapts_to_steady_jitter_and_not_to_a_spike() {
        let mut buffer = Adaptive::default();
        let late = |buffer: &mut Adaptive, n: usize| {
            (0..n)
                .filter(|i| buffer.on_packet(if i % 2 == 0 { 0.0 } else { 60.0 }))
                .count()
        };
        let first = late(&mut buffer, 100);
        assert!((1..10).contains(&first), "{first}");
        assert_eq!(late(&mut buffer, 100), 0);
        assert!(buffer.on_packet(700.0));
        assert_eq!(buffer.late(), first as u64 + 1);
    }

    #[test]
    fn never_waits_longer_than_half_a_second() {
        let mut buffer = Adaptive::default();
        for i in 0..1000 {
            buffer.on_packet(if i % 2 == 0 { 0.0 } else { 900.0 });
        }
        assert!(!buffer.on_packet(450.0 + 480.0));
        assert!(buffer.on_packet(450.0 + 600.0));
    }

    /// The fixed buffer once more, deciding each packet from the whole history before it.
    fn reference(delay_ms: f64, transits: &[f64]) -> usize {
        let mut start = 0;
        let mut late = 0;
        for now in 1..transits.len() {
            let outside = |i: usize| (transits[i] - transits[start]).abs() > delay_ms;
            late += usize::from(transits[now] - transits[start] > delay_ms);
            if now - start >= 50 && (now - 49..=now).all(outside) {
                start = now;
            }
        }
        late
    }

    proptest! {
        #[test]
        fn agrees_with_a_reference_that_keeps_the_history(
            transits in prop::collection::vec(prop_oneof![1 => -60.0..120.0_f64, 40 => 210.0..300.0_f64, 20 => -300.0..-210.0_f64], 1..400),
            delay_ms in prop_oneof![Just(50.0), Just(200.0)],
        ) {
            let mut buffer = Fixed::new(delay_ms);
            transits.iter().for_each(|&transit| { buffer.on_packet(transit); });
            prop_assert_eq!(buffer.late(), reference(delay_ms, &transits) as u64);
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
            let late = (0..transits.len())
                .filter(|&n| offsets[n] > (4.0 * weighted(&sizes[..n], 15.0)).clamp(20.0, 500.0))
                .count();
            let mut buffer = Adaptive::default();
            transits.iter().for_each(|&transit| { buffer.on_packet(transit); });
            prop_assert_eq!(buffer.late(), late as u64);
        }
    }
}

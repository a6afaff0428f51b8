//! One RTP source whose packets suffer in known ways, and what a perfect observer would say of them.
//!
//! Plain arithmetic on lists: nothing here knows how the program under test counts. Written to captures by `gen --workload
//! impaired`, and compared with the program's figures in a test.

use super::rng::Rng;

/// Nanoseconds between two packets.
pub(crate) const PACKET_NANOS: i64 = 20_000_000;
/// Units of an 8 kHz clock in a packet.
pub(crate) const PACKET_UNITS: u32 = 160;
/// A packet held up on the way comes this much later, behind six others: too late for 50 ms, not for 200 ms.
const HELD_UP_NANOS: i64 = 120_000_000;
/// Packets beside a pause or a restart that nothing happens to.
const QUIET: u64 = 12;

/// A packet as it passes the tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Nanoseconds since the source began.
    pub(crate) at: i64,
    pub(crate) seq: u16,
    pub(crate) ts: u32,
    pub(crate) marker: bool,
    /// How often the source had begun anew.
    run: u32,
    is_copy: bool,
}

/// What a perfect observer at the tap would say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Truth {
    pub(crate) packets: u64,
    pub(crate) expected: u64,
    pub(crate) lost: u64,
    pub(crate) duplicates: u64,
    pub(crate) reordered: u64,
    pub(crate) restarts: u64,
    /// Packets held up for 120 ms: late for a buffer of 50 ms and not for one of 200 ms.
    pub(crate) held_up: u64,
    /// Runs of lost packets by length: 1 to 9, 10 or more.
    pub(crate) loss_runs: [u32; 10],
    /// Stretches with less than 16 good packets between lost ones, of two lost at least; packets and lost in them.
    pub(crate) bursts: u64,
    pub(crate) burst_packets: u64,
    pub(crate) burst_lost: u64,
    pub(crate) jitter_max_ms: f64,
    pub(crate) jitter_mean_ms: f64,
    /// Packets whose spacing was off by less than 50 ms, 70 ms, 90 ms, 120 ms, 150 ms, 200 ms, 300 ms, or more.
    pub(crate) pdv: [u32; 8],
    pub(crate) delta_max_ms: f64,
    pub(crate) drift_ppm: f64,
    /// Whether time went on without a break, so that the drift can be told.
    pub(crate) is_unbroken: bool,
}

/// How packets are lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    None,
    /// With this chance in a thousand.
    Random(u64),
    /// Gilbert's channel: chances in a thousand to begin and to stop losing.
    Bursts(u64, u64),
    /// Every so many packets.
    Periodic(u64),
}

/// What happens to a source.
#[derive(Clone, Copy, Debug)]
struct Law {
    packets: u64,
    loss: Loss,
    /// Packets wait up to so many nanoseconds, evenly distributed, and keep their order.
    jitter_nanos: u64,
    /// Every so many packets one is held up, and one comes twice; 0 for never.
    held_up_every: u64,
    copied_every: u64,
    /// Packets of speech between silences; 0 for speech without end.
    talk: u64,
    /// Packets until the source begins anew; 0 for never.
    run: u64,
    drift_ppm: i64,
}

impl Law {
    fn of(rng: &mut Rng) -> Law {
        let one_in = |rng: &mut Rng, n: u64, value: u64| if rng.below(n) == 0 { value } else { 0 };
        Law {
            packets: 1500 + rng.below(2500),
            loss: match rng.below(4) {
                0 => Loss::None,
                1 => Loss::Random(2 + rng.below(120)),
                2 => Loss::Bursts(2 + rng.below(40), 150 + rng.below(500)),
                _ => Loss::Periodic(5 + rng.below(60)),
            },
            jitter_nanos: rng.below(3) * rng.below(9_000_000),
            held_up_every: one_in(rng, 3, 97),
            copied_every: one_in(rng, 3, 61),
            talk: one_in(rng, 3, 120),
            run: one_in(rng, 4, 700),
            drift_ppm: rng.below(401) as i64 - 200,
        }
    }
}

/// The packets of the source that `seed` makes, in order of arrival, and the truth about them.
pub(crate) fn impaired(seed: u64) -> (Vec<Arrival>, Truth) {
    let mut rng = Rng::new(seed);
    let law = Law::of(&mut rng);
    let sent = send(&mut rng, &law);
    let mut arrivals: Vec<Arrival> = sent.iter().flatten().copied().collect();
    arrivals.sort_by_key(|arrival| arrival.at);
    let mut truth = Truth {
        drift_ppm: law.drift_ppm as f64,
        restarts: u64::from(
            sent.iter()
                .flatten()
                .map(|packet| packet.run)
                .max()
                .unwrap_or(0),
        ),
        held_up: count_held_up(&law, &sent),
        ..Truth::default()
    };
    truth.is_unbroken = truth.restarts == 0;
    say_loss(&sent, &mut truth);
    say_time(&arrivals, &mut truth);
    (arrivals, truth)
}

/// Each packet sent: nothing where it was lost, two where it came twice.
fn send(rng: &mut Rng, law: &Law) -> Vec<Vec<Arrival>> {
    let mut all = Vec::new();
    // Often close to where the numbers wrap.
    let mut seq = (rng.bits() as u16) | if rng.below(2) == 0 { 0xff00 } else { 0 };
    let mut ts = (rng.bits() as u32) | if rng.below(2) == 0 { 0xffff_0000 } else { 0 };
    let (mut clock, mut run, mut losing) = (0_i64, 0_u32, false);
    for n in 0..law.packets {
        let mut marker = n == 0;
        if is_break(n, law.run) {
            run += 1;
            seq = seq.wrapping_add(5000 + rng.below(50_000) as u16);
            ts = rng.bits() as u32;
        } else if is_break(n, law.talk) {
            let silence = 50 + rng.below(100);
            clock += silence as i64 * PACKET_NANOS;
            ts = ts.wrapping_add(silence as u32 * PACKET_UNITS);
            marker = true;
        }
        losing = loses(rng, law.loss, losing, n);
        let quiet = is_quiet(law, n);
        let mut at = drifted(clock, law.drift_ppm) + rng.below(law.jitter_nanos.max(1)) as i64;
        if !quiet && is_nth(n, law.held_up_every) {
            at += HELD_UP_NANOS;
        }
        let arrival = Arrival {
            at,
            seq,
            ts,
            marker,
            run,
            is_copy: false,
        };
        let copy = Arrival {
            at: at + 1_000_000,
            is_copy: true,
            ..arrival
        };
        let is_copied = !quiet && is_nth(n, law.copied_every) && !is_nth(n, law.held_up_every);
        all.push(
            match (losing && !quiet && !is_nth(n, law.held_up_every), is_copied) {
                (true, _) => vec![],
                (false, true) => vec![arrival, copy],
                (false, false) => vec![arrival],
            },
        );
        seq = seq.wrapping_add(1);
        ts = ts.wrapping_add(PACKET_UNITS);
        clock += PACKET_NANOS;
    }
    all
}

/// When the tap sees what a clock that is so much too fast calls `clock`.
fn drifted(clock: i64, ppm: i64) -> i64 {
    clock - (clock / 1000 * ppm) / 1000
}

fn is_nth(n: u64, every: u64) -> bool {
    every > 0 && n % every == every - 1
}

fn is_break(n: u64, every: u64) -> bool {
    every > 0 && n > 0 && n.is_multiple_of(every)
}

/// Near the beginning, the end, a silence or a restart.
fn is_quiet(law: &Law, n: u64) -> bool {
    let near = |every: u64| every > 0 && (n % every < QUIET || every - n % every <= QUIET);
    n < QUIET || law.packets - n <= QUIET || near(law.talk) || near(law.run)
}

fn loses(rng: &mut Rng, loss: Loss, losing: bool, n: u64) -> bool {
    match loss {
        Loss::None => false,
        Loss::Random(chance) => rng.per_mille(chance),
        Loss::Bursts(begin, stop) => rng.per_mille(if losing { 1000 - stop } else { begin }),
        Loss::Periodic(every) => is_nth(n, every),
    }
}

fn count_held_up(law: &Law, sent: &[Vec<Arrival>]) -> u64 {
    let is_held_up = |n: &u64| !is_quiet(law, *n) && is_nth(*n, law.held_up_every);
    (0..sent.len() as u64).filter(is_held_up).count() as u64
}

fn say_loss(sent: &[Vec<Arrival>], truth: &mut Truth) {
    truth.expected = sent.len() as u64;
    truth.packets = sent.iter().map(|packets| packets.len() as u64).sum();
    let lost: Vec<usize> = (0..sent.len()).filter(|&n| sent[n].is_empty()).collect();
    truth.lost = lost.len() as u64;
    truth.duplicates = truth.packets + truth.lost - truth.expected;
    for run in lost.chunk_by(|a, b| a + 1 == *b) {
        truth.loss_runs[run.len().min(10) - 1] += 1;
    }
    for stretch in lost
        .chunk_by(|a, b| b - a <= 16)
        .filter(|stretch| stretch.len() > 1)
    {
        truth.bursts += 1;
        truth.burst_packets += (stretch[stretch.len() - 1] - stretch[0] + 1) as u64;
        truth.burst_lost += stretch.len() as u64;
    }
}

/// Jitter and spacing by the definitions of RFC 3550, over packets in order of arrival. The first packet of a new run
/// shows only with the next that it was one.
fn say_time(arrivals: &[Arrival], truth: &mut Truth) {
    const EDGES_MS: [f64; 7] = [50.0, 70.0, 90.0, 120.0, 150.0, 200.0, 300.0];
    let (mut jitter_ms, mut sum_ms, mut n) = (0.0_f64, 0.0, 0);
    let mut highest = arrivals.first().map_or(0, |first| first.seq);
    let mut begins = false;
    for pair in arrivals.windows(2) {
        let (one, next) = (pair[0], pair[1]);
        let apart_ms = (next.at - one.at) as f64 / 1e6;
        if !next.marker {
            truth.delta_max_ms = truth.delta_max_ms.max(apart_ms);
        }
        if one.run != next.run {
            (highest, begins) = (next.seq, true);
            continue;
        }
        let is_ahead = (next.seq.wrapping_sub(highest) as i16) > 0;
        truth.reordered += u64::from(!is_ahead && !next.is_copy);
        highest = if is_ahead { next.seq } else { highest };
        if std::mem::take(&mut begins) {
            continue;
        }
        let units = next.ts.wrapping_sub(one.ts) as i32;
        let size_ms = (apart_ms - f64::from(units) / 8.0).abs();
        jitter_ms += (size_ms - jitter_ms) / 16.0;
        if !next.marker {
            truth.pdv[EDGES_MS.iter().filter(|edge| size_ms >= **edge).count()] += 1;
            truth.jitter_max_ms = truth.jitter_max_ms.max(jitter_ms);
            (sum_ms, n) = (sum_ms + jitter_ms, n + 1);
        }
    }
    truth.jitter_mean_ms = sum_ms / f64::from(n.max(1));
}

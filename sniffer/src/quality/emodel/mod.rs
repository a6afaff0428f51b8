//! The E-model: a transmission rating R from what impairs a call, and the mean opinion score that follows from it.
//!
//! [`narrowband`] is ITU-T G.107, [`wideband`] G.107.1 and [`fullband`] G.107.2. Each has its own scale of R and its own
//! impairment values; a value of one scale means nothing on another. Which codec takes which values is not decided here.

pub mod fullband;
pub mod narrowband;
pub mod wideband;

/// The mean opinion score of a narrowband rating, as ITU-T G.107 equation B-4 gives it, held within \[1, 4.5\].
///
/// The polynomial itself dips to 0.99 between R = 0 and R = 6.5; an opinion below the scale's end means nothing.
pub fn mos(r: f64) -> f64 {
    mos_unclamped(r).clamp(1.0, 4.5)
}

/// ITU-T G.107 equation B-4 as written.
pub fn mos_unclamped(r: f64) -> f64 {
    match r {
        r if r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        r => 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6,
    }
}

/// Impairment by pure delay, ITU-T G.107 equations 7-27 and 7-28.
///
/// `ta_ms` is the absolute one-way delay, `st` the delay sensitivity and `mt_ms` the delay from which it is felt.
fn delay_impairment(ta_ms: f64, st: f64, mt_ms: f64) -> f64 {
    if ta_ms <= mt_ms {
        return 0.0;
    }
    let x = (ta_ms / mt_ms).log2();
    let power = 6.0 * st;
    let rising = (1.0 + x.powf(power)).powf(1.0 / power);
    let easing = (1.0 + (x / 3.0).powf(power)).powf(1.0 / power);
    25.0 * (rising - 3.0 * easing + 2.0)
}

/// Loss raises a codec's impairment towards `worst`: ITU-T G.107 equation 7-29 and its wideband and fullband forms.
fn effective_impairment(worst: f64, ie: f64, bpl: f64, ppl: f64, burst_r: f64) -> f64 {
    if ppl <= 0.0 {
        return ie;
    }
    ie + (worst - ie) * ppl / (ppl / burst_r + bpl)
}

#[cfg(test)]
mod tests;

//! The fullband E-model, ITU-T G.107.2, for echo-free connections.
//!
//! The basic signal-to-noise ratio is the 148 of the scale's definition. The default noise floor of the 03/2023 edition
//! would lower every R by 0.515; impairment values published against 148 are used here, so 148 it is.

use super::{delay_impairment, effective_impairment};

/// Basic signal-to-noise ratio of a fullband connection, and what R is divided by to reach the scale of B-4.
pub const RO: f64 = 148.0;
const STRETCH: f64 = 1.48;

/// What total loss raises the impairment to on this scale.
const WORST_IE: f64 = 132.0;

/// What a fullband rating depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Fullband equipment impairment factor Ie,fb of the codec.
    pub ie: f64,
    /// Fullband packet-loss robustness factor Bpl,fb of the codec; only used where there is loss.
    pub bpl: f64,
    /// Packet loss in percent. This scale has no burst ratio.
    pub ppl: f64,
    /// Absolute one-way delay, ms.
    pub ta: f64,
}

/// A fullband rating and its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// Impairment by absolute delay.
    pub idd: f64,
    /// Effective equipment impairment.
    pub ie_eff: f64,
    /// Transmission rating factor on the fullband scale, at most 148.
    pub r: f64,
}

impl Inputs {
    /// The rating of these inputs.
    pub fn rate(&self) -> Rating {
        let idd = STRETCH * delay_impairment(self.ta, 1.0, 100.0);
        let ie_eff = effective_impairment(WORST_IE, self.ie, self.bpl, self.ppl, 1.0);
        let r = RO - idd - ie_eff;
        Rating { idd, ie_eff, r }
    }
}

impl Rating {
    /// The mean opinion score: B-4 over R / 1.48.
    pub fn mos(&self) -> f64 {
        super::mos(self.r / STRETCH)
    }
}

//! The wideband E-model, ITU-T G.107.1 (06/2019), for echo-free connections.
//!
//! No talker or listener echo: their wideband terms were revised by corrigendum, and a tap hears no echo. Impairment
//! values are those of the wideband scale (Ie,wb and Bpl,wb of ITU-T G.113 Appendix IV), never narrowband ones.

use super::{delay_impairment, effective_impairment};

/// Basic signal-to-noise ratio of a wideband connection, and what R is divided by to reach the scale of B-4.
pub const RO: f64 = 129.0;
const STRETCH: f64 = 1.29;

/// What a wideband rating depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Wideband equipment impairment factor Ie,wb of the codec.
    pub ie: f64,
    /// Wideband packet-loss robustness factor Bpl,wb of the codec; only used where there is loss.
    pub bpl: f64,
    /// Packet loss in percent. This scale has no burst ratio.
    pub ppl: f64,
    /// Absolute one-way delay, ms.
    pub ta: f64,
}

/// A wideband rating and its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// Impairment by absolute delay.
    pub idd: f64,
    /// Effective equipment impairment; the constant is 95 as on the narrowband scale.
    pub ie_eff: f64,
    /// Transmission rating factor on the wideband scale, at most 129.
    pub r: f64,
}

impl Inputs {
    /// The rating of these inputs.
    pub fn rate(&self) -> Rating {
        let idd = STRETCH * delay_impairment(self.ta, 1.0, 100.0);
        let ie_eff = effective_impairment(95.0, self.ie, self.bpl, self.ppl, 1.0);
        let r = RO - idd - ie_eff;
        Rating { idd, ie_eff, r }
    }
}

impl Rating {
    /// The mean opinion score: B-4 over R / 1.29.
    pub fn mos(&self) -> f64 {
        super::mos(self.r / STRETCH)
    }
}

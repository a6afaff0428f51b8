//! The narrowband E-model, ITU-T G.107 (06/2015), equations 7-1 to 7-29.
//!
//! Every parameter is an input with its default, so that a planner can ask it about telephones; a monitor sets only
//! `ie`, `bpl`, `ppl`, `burst_r` and, where a delay is known, `t`, `tr` and `ta`.

use super::{delay_impairment, effective_impairment};

/// The parameters of ITU-T G.107 Table 2, at their default values until set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// Send loudness rating, dB.
    pub slr: f64,
    /// Receive loudness rating, dB.
    pub rlr: f64,
    /// Sidetone masking rating, dB.
    pub stmr: f64,
    /// Listener sidetone rating, dB: STMR plus the D-value of the receiving telephone, which has no field of its own.
    pub lstr: f64,
    /// D-value of the telephone at the send side.
    pub ds: f64,
    /// Talker echo loudness rating, dB.
    pub telr: f64,
    /// Weighted echo path loss, dB.
    pub wepl: f64,
    /// Mean one-way delay of the echo path, ms.
    pub t: f64,
    /// Round-trip delay in a four-wire loop, ms.
    pub tr: f64,
    /// Absolute delay in echo-free connections, ms.
    pub ta: f64,
    /// Number of quantization distortion units.
    pub qdu: f64,
    /// Equipment impairment factor of the codec.
    pub ie: f64,
    /// Packet-loss robustness factor of the codec.
    pub bpl: f64,
    /// Random packet-loss probability in percent.
    pub ppl: f64,
    /// Burst ratio.
    pub burst_r: f64,
    /// Circuit noise referred to the 0 dBr point, dBm0p.
    pub nc: f64,
    /// Noise floor at the receive side, dBmp.
    pub nfor: f64,
    /// Room noise at the send side, dB(A).
    pub ps: f64,
    /// Room noise at the receive side, dB(A).
    pub pr: f64,
    /// Advantage factor A.
    pub advantage: f64,
    /// Delay sensitivity sT.
    pub st: f64,
    /// Minimum perceivable delay mT, ms.
    pub mt: f64,
}

impl Default for Inputs {
    fn default() -> Self {
        Inputs {
            slr: 8.0,
            rlr: 2.0,
            stmr: 15.0,
            lstr: 18.0,
            ds: 3.0,
            telr: 65.0,
            wepl: 110.0,
            t: 0.0,
            tr: 0.0,
            ta: 0.0,
            qdu: 1.0,
            ie: 0.0,
            bpl: 4.3,
            ppl: 0.0,
            burst_r: 1.0,
            nc: -70.0,
            nfor: -64.0,
            ps: 35.0,
            pr: 35.0,
            advantage: 0.0,
            st: 1.0,
            mt: 100.0,
        }
    }
}

impl Inputs {
    /// The inputs that lie outside the range ITU-T G.107 Table 2 permits, by its names.
    ///
    /// The formulas stay computable out there, but the Recommendation does not vouch for them: it permits loss up to
    /// 20 %, and a network may lose more. NFor has no range.
    pub fn out_of_range(&self) -> impl Iterator<Item = &'static str> {
        self.ranges()
            .into_iter()
            .filter(|(_, value, low, high)| !(low..=high).contains(&value))
            .map(|(name, ..)| name)
    }

    fn ranges(&self) -> [(&'static str, f64, f64, f64); 21] {
        [
            ("SLR", self.slr, 0.0, 18.0),
            ("RLR", self.rlr, -5.0, 14.0),
            ("STMR", self.stmr, 10.0, 20.0),
            ("LSTR", self.lstr, 13.0, 23.0),
            ("Ds", self.ds, -3.0, 3.0),
            ("TELR", self.telr, 5.0, 65.0),
            ("WEPL", self.wepl, 5.0, 110.0),
            ("T", self.t, 0.0, 500.0),
            ("Tr", self.tr, 0.0, 1000.0),
            ("Ta", self.ta, 0.0, 500.0),
            ("qdu", self.qdu, 1.0, 14.0),
            ("Ie", self.ie, 0.0, 40.0),
            ("Bpl", self.bpl, 4.3, 40.0),
            ("Ppl", self.ppl, 0.0, 20.0),
            ("BurstR", self.burst_r, 1.0, 8.0),
            ("Nc", self.nc, -80.0, -40.0),
            ("Ps", self.ps, 35.0, 85.0),
            ("Pr", self.pr, 35.0, 85.0),
            ("A", self.advantage, 0.0, 20.0),
            ("sT", self.st, 0.4, 1.0),
            ("mT", self.mt, 20.0, 150.0),
        ]
    }

    /// The rating of these inputs (7-1).
    pub fn rate(&self) -> Rating {
        let no = self.noise();
        let ro = 15.0 - 1.5 * (self.slr + no);
        let ist = self.sidetone();
        let is = self.loudness(no) + ist + self.quantizing(ro);
        let idte = self.talker_echo(no, ist);
        let idle = listener_echo(ro, self.wepl, self.tr);
        let idd = delay_impairment(self.ta, self.st, self.mt);
        let id = idte + idle + idd;
        let ie_eff = effective_impairment(95.0, self.ie, self.bpl, self.ppl, self.burst_r);
        let r = ro - is - id - ie_eff + self.advantage;
        Rating {
            no,
            ro,
            is,
            idte,
            idle,
            idd,
            id,
            ie_eff,
            r,
        }
    }

    /// No: all noise sources as one at the 0 dBr point (7-3 to 7-7).
    fn noise(&self) -> f64 {
        let olr = self.slr + self.rlr;
        let through_send = self.ps - self.ds;
        let nos = through_send - self.slr - 100.0 + 0.004 * (through_send - olr - 14.0).powi(2);
        let pre = self.pr + 10.0 * (1.0 + power((10.0 - self.lstr) / 10.0)).log10();
        let nor = self.rlr - 121.0 + pre + 0.008 * (pre - 35.0).powi(2);
        let nfo = self.nfor + self.rlr;
        let sum: f64 = [self.nc, nos, nor, nfo]
            .iter()
            .map(|n| power(n / 10.0))
            .sum();
        10.0 * sum.log10()
    }

    /// Iolr: too low an overall loudness rating (7-9, 7-10).
    fn loudness(&self, no: f64) -> f64 {
        let x = (self.slr + self.rlr + 0.2 * (64.0 + no - self.rlr)) / 8.0;
        20.0 * ((1.0 + x.powi(8)).powf(1.0 / 8.0) - x)
    }

    /// Ist: sidetone that is not optimum (7-11, 7-12).
    fn sidetone(&self) -> f64 {
        let echo = (-self.t / 4.0).exp() * power(-self.telr / 10.0);
        let stmro = -10.0 * (power(-self.stmr / 10.0) + echo).log10();
        let term = |offset: f64, scale: f64, order: i32| {
            (1.0 + ((stmro + offset) / scale).powi(order)).powf(1.0 / f64::from(order))
        };
        // The middle term has an odd power: below STMRo = -20.4 its root is not real, which no permitted STMR reaches.
        12.0 * term(-13.0, 6.0, 8) - 28.0 * term(1.0, 19.4, 35) - 13.0 * term(-3.0, 33.0, 13) + 29.0
    }

    /// Iq: quantizing distortion (7-13 to 7-17).
    fn quantizing(&self, ro: f64) -> f64 {
        let q = 37.0 - 15.0 * self.qdu.log10();
        let g = 1.07 + 0.258 * q + 0.0602 * q * q;
        let y = (ro - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0;
        let z = 46.0 / 30.0 - g / 40.0;
        15.0 * (1.0 + power(y) + power(z)).log10()
    }

    /// Idte: talker echo (7-19 to 7-24), where strong sidetone masks it and weak sidetone adds to it.
    fn talker_echo(&self, no: f64, ist: f64) -> f64 {
        let roe = -1.5 * (no - self.rlr);
        let spread = 40.0 * ((1.0 + self.t / 10.0) / (1.0 + self.t / 150.0)).log10();
        let mut terv = self.telr - spread + 6.0 * (-0.3 * self.t * self.t).exp();
        if self.stmr < 9.0 {
            terv += ist / 2.0;
        }
        let half = (roe - (80.0 + 2.5 * (terv - 14.0))) / 2.0;
        let idte = if self.t < 1.0 {
            0.0
        } else {
            (half + (half * half + 100.0).sqrt() - 1.0) * (1.0 - (-self.t).exp())
        };
        if self.stmr > 20.0 {
            idte.hypot(ist)
        } else {
            idte
        }
    }
}

/// Idle: listener echo (7-25, 7-26).
fn listener_echo(ro: f64, wepl: f64, tr: f64) -> f64 {
    let half = (ro - 10.5 * (wepl + 7.0) * (tr + 1.0).powf(-0.25)) / 2.0;
    half + (half * half + 169.0).sqrt()
}

fn power(exponent: f64) -> f64 {
    10_f64.powf(exponent)
}

/// R and everything on the way to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// Sum of all noise at the 0 dBr point, dBm0p (7-3).
    pub no: f64,
    /// Basic signal-to-noise ratio (7-2).
    pub ro: f64,
    /// Simultaneous impairment (7-8).
    pub is: f64,
    /// Impairment by talker echo (7-19).
    pub idte: f64,
    /// Impairment by listener echo (7-25).
    pub idle: f64,
    /// Impairment by absolute delay (7-27).
    pub idd: f64,
    /// Delay impairment: the sum of the three (7-18).
    pub id: f64,
    /// Effective equipment impairment: codec and loss (7-29).
    pub ie_eff: f64,
    /// Transmission rating factor (7-1), as computed: it may fall below 0.
    pub r: f64,
}

impl Rating {
    /// The mean opinion score of a conversation (B-4), within \[1, 4.5\].
    pub fn mos(&self) -> f64 {
        super::mos(self.r)
    }
}

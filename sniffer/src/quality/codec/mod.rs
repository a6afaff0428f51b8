//! Which impairment values a codec has: Ie and Bpl of ITU-T G.113, and marked stand-ins where it has none.
//!
//! The values themselves are in [`TABLE`]; how a rating follows from them is in [`super::emodel`]. A codec without a
//! row has no model, and a stream of it gets no score rather than a guessed one.

pub mod modes;
mod table;

use crate::record::Scale;
use crate::rtp::payload::PayloadFormat;

use smallvec::SmallVec;

use super::emodel::{fullband, narrowband, wideband};

use modes::ModeCodec;
pub use table::TABLE;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The Recommendation gives it for this codec.
    Standard,
    /// The Recommendation gives it for a coder whose decoder or mode this one shares.
    Derived,
    /// No Recommendation gives it; chosen by us, with the reason beside it.
    Provisional,
}

/// A figure and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The value.
    pub value: f64,
    /// Its standing.
    pub status: Status,
}

/// The impairment values of one codec, or of one mode of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodecModel {
    /// Encoding name as registered.
    pub encoding: &'static str,
    /// RTP clock rate in Hz; the same name with another clock is another codec.
    pub clock_hz: u32,
    /// A parameter `a=fmtp` must carry for this row.
    pub fmtp: Option<&'static str>,
    /// Rate of the mode in kbit/s, where the codec has several: the one nearest to the measured rate holds.
    pub rate_kbit_s: Option<f64>,
    /// Which E-model the figures belong to. A figure of one scale means nothing on another.
    pub scale: Scale,
    /// Equipment impairment factor.
    pub ie: Figure,
    /// Packet-loss robustness factor.
    pub bpl: Figure,
    /// Where the figures are published, or why they were chosen.
    pub source: &'static str,
}

impl CodecModel {
    /// The weaker standing of its two figures.
    pub fn status(&self) -> Status {
        self.ie.status.max(self.bpl.status)
    }

    /// How a path with `ppl` percent of loss in bursts of ratio `burst_r` sounds to a listener: no delay counts
    /// (MOS-LQ: Ta = T = Tr = 0). The burst ratio bears on the narrowband scale only; the others have none.
    pub fn listening(&self, ppl: f64, burst_r: f64) -> Score {
        self.conversing(ppl, burst_r, 0.0)
    }

    /// How the same path suits a conversation when it takes `delay_ms` from mouth to ear (MOS-CQ): Ta and T are that
    /// delay, Tr is twice as much. The wideband and fullband models are echo-free and know Ta only.
    pub fn conversing(&self, ppl: f64, burst_r: f64, delay_ms: f64) -> Score {
        let (ie, bpl, ta) = (self.ie.value, self.bpl.value, delay_ms);
        let (r, mos) = match self.scale {
            Scale::Nb => {
                let inputs = narrowband::Inputs {
                    ie,
                    bpl,
                    ppl,
                    burst_r,
                    t: ta,
                    tr: 2.0 * ta,
                    ta,
                    ..Default::default()
                };
                let rating = inputs.rate();
                (rating.r, rating.mos())
            }
            Scale::Wb => {
                let rating = wideband::Inputs { ie, bpl, ppl, ta }.rate();
                (rating.r, rating.mos())
            }
            Scale::Fb => {
                let rating = fullband::Inputs { ie, bpl, ppl, ta }.rate();
                (rating.r, rating.mos())
            }
        };
        Score { r, mos }
    }
}

/// A rating on the scale of its codec, and the opinion score that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Transmission rating factor.
    pub r: f64,
    /// Mean opinion score.
    pub mos: f64,
}

/// The model of what `format` says, sent at a measured payload rate.
///
/// Without a measured rate a codec of several modes has no model, unless its parameters name the mode.
pub fn model(format: &PayloadFormat, rate_kbit_s: Option<f64>) -> Option<&'static CodecModel> {
    let rate = stated_rate(format).or(rate_kbit_s);
    TABLE
        .iter()
        .filter(|row| row.is_for(format))
        .filter_map(|row| Some((row, row.distance(rate)?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(row, _)| row)
}

/// The model of a codec of which so many packets were in each of these modes (encoding and rate of their rows): the mean of
/// their impairments, weighed by packets. Modes without a row are passed over, and so are those of another scale than most.
///
/// `None` where most packets were in modes without a row.
pub fn mixed(modes: &[((&'static str, f64), u32)]) -> Option<CodecModel> {
    let all: u64 = modes.iter().map(|(_, n)| u64::from(*n)).sum();
    let rows = modes.iter().filter_map(|&((encoding, rate), n)| {
        let is_row = |row: &&CodecModel| row.encoding == encoding && row.rate_kbit_s == Some(rate);
        Some((TABLE.iter().find(is_row)?, n))
    });
    let (most, _) = rows.clone().max_by_key(|(_, n)| *n)?;
    let same: SmallVec<[_; 8]> = rows.filter(|(row, _)| row.scale == most.scale).collect();
    let known: u64 = same.iter().map(|(_, n)| u64::from(*n)).sum();
    if known == 0 || known * 2 < all {
        return None;
    }
    let mean = |figure: fn(&CodecModel) -> Figure| Figure {
        value: same
            .iter()
            .map(|(row, n)| figure(row).value * f64::from(*n))
            .sum::<f64>()
            / known as f64,
        status: same
            .iter()
            .map(|(row, _)| figure(row).status)
            .max()
            .unwrap_or(Status::Provisional),
    };
    Some(CodecModel {
        ie: mean(|row| row.ie),
        bpl: mean(|row| row.bpl),
        ..*most
    })
}

/// How far below the lowest mode of the table a rate may be measured: below that it is a mode without a row.
const TOLERANCE: f64 = 0.9;

impl CodecModel {
    fn is_for(&self, format: &PayloadFormat) -> bool {
        format.is_named(self.encoding)
            && format.clock_hz == self.clock_hz
            && (format.channels == 1 || !self.is_linear())
            && self.fmtp.is_none_or(|wanted| has_parameter(format, wanted))
    }

    /// Two channels of linear samples double the rate; elsewhere `channels` says what a codec may do (RFC 7587, 7).
    fn is_linear(&self) -> bool {
        self.encoding == "L16"
    }

    /// How far the mode is from the measured rate. A row without a rate fits any, and one with a parameter fits best.
    fn distance(&self, rate: Option<f64>) -> Option<f64> {
        let Some(mode) = self.rate_kbit_s else {
            return Some(if self.fmtp.is_some() { -1.0 } else { 0.0 });
        };
        let speech = rate? - self.overhead_kbit_s();
        (speech > TOLERANCE * self.lowest_rate()).then(|| (speech - mode).abs())
    }

    fn lowest_rate(&self) -> f64 {
        TABLE
            .iter()
            .filter(|row| row.encoding == self.encoding)
            .filter_map(|row| row.rate_kbit_s)
            .fold(f64::INFINITY, f64::min)
    }

    /// Payload header bits of a 20 ms packet as a rate (RFC 4867, 4.3 and 4.4; 3GPP TS 26.445 Annex A).
    fn overhead_kbit_s(&self) -> f64 {
        match self.encoding {
            "AMR" | "AMR-WB" => 0.8,
            "EVS" => 0.4,
            _ => 0.0,
        }
    }
}

/// The rate `a=fmtp` states: of G.723.1 (RFC 4856, 2.1.8), or that of the only mode of AMR and AMR-WB that `mode-set`
/// allows (RFC 4867, 8.1), payload header included as in a measured rate.
fn stated_rate(format: &PayloadFormat) -> Option<f64> {
    if let Some(codec) = ModeCodec::of(format) {
        let only: u8 = parameter(format, "mode-set")?.parse().ok()?;
        let (encoding, rate) = codec.rate(only)?;
        return format.is_named(encoding).then_some(rate + 0.8);
    }
    let stated = format
        .is_named("G723")
        .then(|| parameter(format, "bitrate"))??;
    stated.parse().ok().filter(|rate: &f64| rate.is_finite())
}

/// Whether `a=fmtp` carries `name=value` as written in the table.
fn has_parameter(format: &PayloadFormat, wanted: &str) -> bool {
    let (name, value) = wanted.split_once('=').unwrap_or((wanted, ""));
    parameter(format, name).is_some_and(|found| found.eq_ignore_ascii_case(value))
}

fn parameter<'a>(format: &'a PayloadFormat, name: &str) -> Option<&'a str> {
    format.fmtp.as_deref()?.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests;

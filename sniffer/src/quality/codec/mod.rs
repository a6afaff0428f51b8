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

impl Status {
    /// The standing as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Standard => "standard",
            Status::Derived => "derived",
            Status::Provisional => "provisional",
        }
    }
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
    /// A parameter `a=fmtp` must carry for this row: `annexb=no`, or `maxplaybackrate<=8000`. Such a row goes before those
    /// without.
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
    let rows = || {
        let rows = TABLE.iter().filter(|row| row.is_for(format));
        rows.filter(|row| allows(format, row))
    };
    let is_special = rows().any(|row| row.fmtp.is_some());
    let rows = || rows().filter(|row| row.fmtp.is_some() == is_special);
    let mut modes = rows().filter(|row| row.rate_kbit_s.is_some());
    if let (Some(only), None) = (modes.next(), modes.next()) {
        return Some(only);
    }
    rows()
        .filter_map(|row| Some((row, row.distance(rate)?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(row, _)| row)
}

/// The model of `format` of which so many packets were in each of these modes (encoding and rate of their rows): the mean of
/// their impairments, weighed by packets. Modes without a row are passed over, and so are those of another scale than most.
///
/// `None` where most packets were in modes without a row.
pub fn mixed(format: &PayloadFormat, modes: &[((&'static str, f64), u32)]) -> Option<CodecModel> {
    let all: u64 = modes.iter().map(|(_, n)| u64::from(*n)).sum();
    let rows = modes.iter().filter_map(|&((encoding, rate), n)| {
        let rows = TABLE
            .iter()
            .filter(|row| row.encoding == encoding && row.rate_kbit_s == Some(rate))
            .filter(|row| row.holds_for_parameters(format));
        Some((rows.max_by_key(|row| row.fmtp.is_some())?, n))
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
            && self.holds_for_parameters(format)
    }

    fn holds_for_parameters(&self, format: &PayloadFormat) -> bool {
        self.fmtp.is_none_or(|wanted| has_parameter(format, wanted))
    }

    /// Two channels of linear samples double the rate; elsewhere `channels` says what a codec may do (RFC 7587, 7).
    fn is_linear(&self) -> bool {
        self.encoding == "L16"
    }

    /// How far the mode is from the measured rate. A row without a rate fits any.
    fn distance(&self, rate: Option<f64>) -> Option<f64> {
        let Some(mode) = self.rate_kbit_s else {
            return Some(0.0);
        };
        let speech = rate? - self.overhead_kbit_s();
        (speech > TOLERANCE * self.lowest_rate()).then(|| (speech - mode).abs())
    }

    fn lowest_rate(&self) -> f64 {
        TABLE
            .iter()
            .filter(|row| row.encoding == self.encoding && row.fmtp == self.fmtp)
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

/// Whether `a=fmtp` allows the mode of `row`: `mode-set` of AMR and AMR-WB (RFC 4867, 8.1), `br` of EVS (3GPP TS 26.445,
/// A.3.3.1), one rate or two with a hyphen. A parameter that cannot be read forbids nothing.
fn allows(format: &PayloadFormat, row: &CodecModel) -> bool {
    let Some(rate) = row.rate_kbit_s else {
        return true;
    };
    match ModeCodec::of(format) {
        Some(ModeCodec::Evs { .. }) => {
            let of_receiver = parameter(format, "br-recv").or_else(|| parameter(format, "br"));
            of_receiver
                .and_then(range)
                .is_none_or(|(low, high)| low <= rate && rate <= high)
        }
        Some(codec) => {
            let set = parameter(format, "mode-set").and_then(numbers);
            set.is_none_or(|set| {
                let mut rates = set.iter().filter_map(|mode| codec.rate(*mode));
                rates.any(|(_, allowed)| allowed == rate)
            })
        }
        None => true,
    }
}

fn range(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

fn numbers(text: &str) -> Option<SmallVec<[u8; 9]>> {
    text.split(',').map(|one| one.trim().parse().ok()).collect()
}

/// The rate of G.723.1 that `a=fmtp` states (RFC 4856, 2.1.8).
fn stated_rate(format: &PayloadFormat) -> Option<f64> {
    let stated = format
        .is_named("G723")
        .then(|| parameter(format, "bitrate"))??;
    stated.parse().ok().filter(|rate: &f64| rate.is_finite())
}

/// Whether `a=fmtp` carries what the table wants: `name=value`, `name<=number` or `name>=number`. Of a range such as
/// `nb-swb` the upper end counts.
fn has_parameter(format: &PayloadFormat, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    let compare = |(name, value), holds: fn(&u32, &u32) -> bool| {
        let found = parameter(format, name).and_then(number).zip(number(value));
        found.is_some_and(|(found, value)| holds(&found, &value))
    };
    if let Some(most) = wanted.split_once("<=") {
        return compare(most, u32::le);
    }
    if let Some(least) = wanted.split_once(">=") {
        return compare(least, u32::ge);
    }
    let (name, value) = wanted.split_once('=').unwrap_or((wanted, ""));
    let top = |found: &str| found.rsplit('-').next().map(str::trim) == Some(value);
    parameter(format, name).is_some_and(|found| top(&found.to_ascii_lowercase()))
}

fn parameter<'a>(format: &'a PayloadFormat, name: &str) -> Option<&'a str> {
    format.fmtp.as_deref()?.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests;

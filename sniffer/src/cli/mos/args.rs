//! Flags of `sipvane mos`: the parameters of the E-model under the names the Recommendations give them.

use clap::{Parser, ValueEnum};

/// Flags of `sipvane mos`.
#[derive(Clone, Debug, Default, Parser)]
#[command(after_help = EXAMPLES)]
pub struct MosArgs {
    /// E-model: narrowband (G.107), wideband (G.107.1) or fullband (G.107.2) [default: that of the codec, or nb]
    #[arg(long, value_enum, value_name = "SCALE")]
    pub scale: Option<ScaleName>,
    /// Codec whose impairment values hold, such as PCMU, G729 or AMR@12.2; --codecs lists them
    #[arg(long, value_name = "NAME", conflicts_with_all = ["ie", "bpl"])]
    pub codec: Option<String>,
    /// List the codecs with their impairment values and where those come from
    #[arg(long)]
    pub codecs: bool,
    /// Equipment impairment factor Ie of the scale [default: 0]
    #[arg(long, value_name = "IE", value_parser = number, allow_hyphen_values = true)]
    pub ie: Option<f64>,
    /// Packet-loss robustness factor Bpl of the scale [default: 4.3]
    #[arg(long, value_name = "BPL", value_parser = positive)]
    pub bpl: Option<f64>,
    /// Packets lost, in per cent: 3 or 3% [default: 0]
    #[arg(long, visible_alias = "ppl", value_name = "PERCENT", value_parser = percent)]
    pub loss: Option<f64>,
    /// Burst ratio: 1 for loss at random, more for loss in bursts (narrowband only) [default: 1]
    #[arg(long, value_name = "B", value_parser = positive)]
    pub burst_r: Option<f64>,
    /// One-way delay in ms: sets T and Ta to it, and Tr to twice as much [default: 0]
    #[arg(long, value_name = "MS", value_parser = not_negative, conflicts_with_all = ["t", "tr", "ta"])]
    pub delay: Option<f64>,
    /// T, one-way delay of the echo path, ms (narrowband only)
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    pub t: Option<f64>,
    /// Tr, round-trip delay in a four-wire loop, ms (narrowband only)
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    pub tr: Option<f64>,
    /// Ta, absolute delay, ms
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    pub ta: Option<f64>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = MosFormat::Text)]
    pub format: MosFormat,
    /// The rest of G.107.
    #[command(flatten)]
    pub telephony: Telephony,
}

/// Parameters of telephones and circuits, which only the narrowband model has; G.107, Table 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Other inputs of G.107 (narrowband only)")]
pub struct Telephony {
    /// A, advantage factor [default: 0]
    #[arg(long, value_name = "A", value_parser = number, allow_hyphen_values = true)]
    pub advantage: Option<f64>,
    /// Send loudness rating, dB [default: 8]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub slr: Option<f64>,
    /// Receive loudness rating, dB [default: 2]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub rlr: Option<f64>,
    /// Sidetone masking rating, dB [default: 15]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub stmr: Option<f64>,
    /// Listener sidetone rating, dB [default: STMR + Dr]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub lstr: Option<f64>,
    /// D-value of the telephone at the send side [default: 3]
    #[arg(long, value_name = "D", value_parser = number, allow_hyphen_values = true)]
    pub ds: Option<f64>,
    /// D-value of the telephone at the receive side [default: 3]
    #[arg(long, value_name = "D", value_parser = number, allow_hyphen_values = true, conflicts_with = "lstr")]
    pub dr: Option<f64>,
    /// Talker echo loudness rating, dB [default: 65]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub telr: Option<f64>,
    /// Weighted echo path loss, dB [default: 110]
    #[arg(long, value_name = "DB", value_parser = number, allow_hyphen_values = true)]
    pub wepl: Option<f64>,
    /// Quantization distortion units [default: 1]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub qdu: Option<f64>,
    /// Circuit noise at the 0 dBr point, dBm0p [default: -70]
    #[arg(long, value_name = "DBM0P", value_parser = number, allow_hyphen_values = true)]
    pub nc: Option<f64>,
    /// Noise floor at the receive side, dBmp [default: -64]
    #[arg(long, value_name = "DBMP", value_parser = number, allow_hyphen_values = true)]
    pub nfor: Option<f64>,
    /// Room noise at the send side, dB(A) [default: 35]
    #[arg(long, value_name = "DBA", value_parser = number, allow_hyphen_values = true)]
    pub ps: Option<f64>,
    /// Room noise at the receive side, dB(A) [default: 35]
    #[arg(long, value_name = "DBA", value_parser = number, allow_hyphen_values = true)]
    pub pr: Option<f64>,
    /// sT, delay sensitivity [default: 1]
    #[arg(long, value_name = "ST", value_parser = positive)]
    pub st: Option<f64>,
    /// mT, delay from which it is felt, ms [default: 100]
    #[arg(long, value_name = "MS", value_parser = positive)]
    pub mt: Option<f64>,
}

/// Which E-model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScaleName {
    /// Narrowband, G.107
    Nb,
    /// Wideband, G.107.1
    Wb,
    /// Fullband, G.107.2
    Fb,
}

/// How to print a rating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MosFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
}

const EXAMPLES: &str = "\
Examples:
  sipvane mos --codec PCMU --loss 3 --burst-r 2 --delay 150
  sipvane mos --scale wb --ie 13 --bpl 4.3 --loss 1
  sipvane mos --ie 11 --bpl 19 --loss 5 --telr 45 --t 50 --format json
  sipvane mos --codecs";

fn number(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| "a number is wanted, such as 12 or 4.3".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let wanted = || "a number above 0 is wanted, such as 1 or 4.3".to_owned();
    number(text)
        .ok()
        .filter(|value| *value > 0.0)
        .ok_or_else(wanted)
}

fn not_negative(text: &str) -> Result<f64, String> {
    let wanted = || "a time in ms is wanted, 0 or more, such as 150".to_owned();
    let digits = text.strip_suffix("ms").unwrap_or(text);
    number(digits)
        .ok()
        .filter(|value| *value >= 0.0)
        .ok_or_else(wanted)
}

fn percent(text: &str) -> Result<f64, String> {
    let wanted = || "a loss is in per cent, from 0 to 100, such as 3 or 0.5%".to_owned();
    let digits = text.strip_suffix('%').unwrap_or(text);
    number(digits)
        .ok()
        .filter(|value| (0.0..=100.0).contains(value))
        .ok_or_else(wanted)
}

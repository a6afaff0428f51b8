//! `sipvane mos`: the E-model as a calculator, with everything on the way to the score.

pub(super) mod args;
mod codecs;
mod rating;

use std::io::Write;

use args::{MosArgs, MosFormat, ScaleName};
use rating::Rating;

use super::error::{Error, Exit};
use super::{Console, clean};
use crate::record::Scale;

/// Runs `sipvane mos`.
pub(super) fn run(args: &MosArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    if args.codecs {
        codecs::list(console.out)?;
        return Ok(Exit::Fine);
    }
    let codec = args.codec.as_deref();
    let model = codec
        .map(|name| codecs::find(name, args.scale))
        .transpose()?;
    let of_codec = model.map(|model| match model.scale {
        Scale::Nb => ScaleName::Nb,
        Scale::Wb => ScaleName::Wb,
        Scale::Fb => ScaleName::Fb,
    });
    let scale = args.scale.or(of_codec).unwrap_or(ScaleName::Nb);
    let rating = rating::rate(args, scale, model)?;
    match args.format {
        MosFormat::Json => {
            serde_json::to_writer(&mut *console.out, &rating).map_err(std::io::Error::from)?;
            writeln!(console.out)?;
        }
        MosFormat::Text => write_text(&rating, console.out)?,
    }
    if let Some(model) = model.filter(|_| args.format == MosFormat::Text) {
        writeln!(console.out, "\nIe and Bpl: {}", clean(model.source))?;
    }
    Ok(Exit::Fine)
}

fn write_text(rating: &Rating, out: &mut dyn Write) -> std::io::Result<()> {
    let (model, ceiling) = match rating.scale {
        "wb" => ("wideband, ITU-T G.107.1", 129),
        "fb" => ("fullband, ITU-T G.107.2", 148),
        _ => ("narrowband, ITU-T G.107", 100),
    };
    writeln!(
        out,
        "MOS {:.2}   R {:.2} of {ceiling}   ({model})\n",
        rating.mos, rating.r
    )?;
    let parts = [
        ("Ro", rating.ro, "basic signal-to-noise ratio"),
        ("Is", -rating.is, "simultaneous impairment"),
        ("Idte", -rating.idte, "talker echo"),
        ("Idle", -rating.idle, "listener echo"),
        ("Idd", -rating.idd, "absolute delay"),
        ("Ie,eff", -rating.ie_eff, "codec and loss"),
        ("A", rating.a, "advantage of access"),
    ];
    for (name, value, meaning) in parts {
        // No minus before a nought.
        writeln!(out, "{name:<8}{:>9.3}   {meaning}", value + 0.0)?;
    }
    if !rating.out_of_range.is_empty() {
        let names = rating.out_of_range.join(", ");
        writeln!(out, "\nOutside of what the Recommendation permits: {names}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

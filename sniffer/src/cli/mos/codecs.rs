//! Codecs by name, and the list of those that have a model.

use std::io::{self, Write};

use super::args::ScaleName;
use crate::cli::Error;
use crate::quality::codec::{CodecModel, TABLE};
use crate::record::Scale;

/// The model that a name on the command line means: an encoding, with `@RATE` where it has several modes.
///
/// # Errors
/// Where no row, or more than one, is meant.
pub(super) fn find(name: &str, scale: Option<ScaleName>) -> Result<&'static CodecModel, Error> {
    let on_scale = |row: &&CodecModel| scale.is_none_or(|scale| row.scale == of(scale));
    let is_exact = |row: &&CodecModel| name_of(row).eq_ignore_ascii_case(name);
    let is_of_encoding = |row: &&CodecModel| row.encoding.eq_ignore_ascii_case(plain(name));
    let rows = || TABLE.iter().filter(on_scale);
    let exact: Vec<_> = rows().filter(is_exact).collect();
    let found = match exact.is_empty() {
        true => rows().filter(is_of_encoding).collect(),
        false => exact,
    };
    match found.as_slice() {
        [row] => Ok(row),
        [] => Err(unknown(name, scale)),
        several => Err(Error::Usage(format!(
            "mos: --codec {name}: it has several modes: {}",
            names(several.iter().copied())
        ))),
    }
}

/// The names people give to codecs that RTP knows under another one.
fn plain(name: &str) -> &str {
    let aliases = [
        ("G.711", "PCMU"),
        ("G711", "PCMU"),
        ("G.722", "G722"),
        ("G.729", "G729"),
        ("G.723", "G723"),
        ("G.723.1", "G723"),
        ("G.728", "G728"),
    ];
    let found = aliases
        .iter()
        .find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    found.map_or(name, |(_, name)| name)
}

fn unknown(name: &str, scale: Option<ScaleName>) -> Error {
    let scale = scale.map_or("", |scale| match scale {
        ScaleName::Nb => " on the narrowband scale",
        ScaleName::Wb => " on the wideband scale",
        ScaleName::Fb => " on the fullband scale",
    });
    Error::Usage(format!(
        "mos: --codec {name}: no impairment values are known{scale}; known are: {} (--codecs lists them)",
        names(TABLE.iter())
    ))
}

fn names<'a>(rows: impl Iterator<Item = &'a CodecModel>) -> String {
    rows.map(name_of).collect::<Vec<_>>().join(", ")
}

fn of(scale: ScaleName) -> Scale {
    match scale {
        ScaleName::Nb => Scale::Nb,
        ScaleName::Wb => Scale::Wb,
        ScaleName::Fb => Scale::Fb,
    }
}

/// `PCMU`, `AMR@12.2`, `G729;annexb=no`, `speex/16000`: what tells a row from the others of its encoding.
fn name_of(row: &CodecModel) -> String {
    let clocks = TABLE.iter().filter(|other| other.encoding == row.encoding);
    let mut name = row.encoding.to_owned();
    if clocks.clone().any(|other| other.clock_hz != row.clock_hz) {
        name += &format!("/{}", row.clock_hz);
    }
    if let Some(rate) = row.rate_kbit_s {
        name += &format!("@{rate}");
    }
    if let Some(fmtp) = row.fmtp {
        name += &format!(";{fmtp}");
    }
    name
}

/// Writes every codec with its values and their standing.
pub(super) fn list(out: &mut dyn Write) -> io::Result<()> {
    let widest = TABLE.iter().map(|row| name_of(row).len()).max();
    let width = widest.unwrap_or(0);
    writeln!(
        out,
        "{:<width$} {:<5} {:>5} {:>5}  {:<11} source",
        "codec", "scale", "Ie", "Bpl", "status"
    )?;
    for row in TABLE {
        let scale = match row.scale {
            Scale::Nb => "nb",
            Scale::Wb => "wb",
            Scale::Fb => "fb",
        };
        let status = row.status().name();
        let (name, ie, bpl) = (name_of(row), row.ie.value, row.bpl.value);
        writeln!(
            out,
            "{name:<width$} {scale:<5} {ie:>5.1} {bpl:>5.1}  {status:<11} {}",
            row.source
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, scale: Option<ScaleName>, expected: &str) {
        let found = match find(name, scale) {
            Ok(row) => name_of(row),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(expected), "{name}: {found}");
    }

    #[test]
    fn codecs_are_named_as_in_sdp() {
        check("pcmu", None, "PCMU");
        check("G.711", None, "PCMU");
        check("AMR@12.2", None, "AMR@12.2");
        check("G729;annexb=no", None, "G729;annexb=no");
        check("speex/16000", None, "speex/16000");
        check("speex", Some(ScaleName::Nb), "speex/8000");
    }

    #[test]
    fn what_is_unclear_is_told() {
        check(
            "AMR",
            None,
            "mos: --codec AMR: it has several modes: AMR@4.75, ",
        );
        check(
            "PCMU",
            Some(ScaleName::Fb),
            "mos: --codec PCMU: no impairment values are known on the fullband scale",
        );
        check(
            "vorbis",
            None,
            "mos: --codec vorbis: no impairment values are known; known are: PCMU, ",
        );
    }

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let mut names: Vec<_> = TABLE
            .iter()
            .map(|row| (row.scale as u8, name_of(row)))
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }
}

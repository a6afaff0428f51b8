//! The rounds of offer and answer of a call: who asked for what, and what holds from then on.

use std::io::{self, Write};

use super::Page;
use super::width::{Cut, fit, pad};
use crate::cli::clean;
use crate::record::{Flow, MediaLine, MediaRound, RoundResult};
use crate::time::Timestamp;

/// Columns of the time at the left edge.
const TIMES: usize = 12;

/// Writes `rounds`, with times since `start`.
pub(super) fn write(
    rounds: &[MediaRound],
    start: Timestamp,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut agreed = false;
    for round in rounds {
        let time = pad(&since(round.at, start), TIMES, false);
        line(
            &format!("{time}{}", sentence(round, start, agreed)),
            page,
            out,
        )?;
        agreed |= round.result == RoundResult::Agreed;
        for media in &round.lines {
            let indent = " ".repeat(TIMES + 2);
            line(
                &format!("{indent}{}", media_line(media, round.result)),
                page,
                out,
            )?;
        }
    }
    Ok(())
}

fn line(text: &str, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", fit(text.trim_end(), page.width, Cut::End))
}

fn since(at: Timestamp, start: Timestamp) -> String {
    format!("{:+.3} s", at.since(start).as_secs_f64())
}

/// `caller offers in INVITE, agreed in 200 at +3.100 s`.
fn sentence(round: &MediaRound, start: Timestamp, agreed: bool) -> String {
    let offer = format!(
        "{} offers in {}",
        round.offered_by.name(),
        clean(&round.offered_in)
    );
    let outcome = match (round.result, round.answered, &round.answered_in) {
        (RoundResult::Agreed, Some(at), Some(carrier)) => {
            format!("agreed in {} at {}", clean(carrier), since(at, start))
        }
        (RoundResult::Refused, ..) => match round.status {
            Some(status) if agreed => {
                format!("refused with {status}: what was agreed before holds on")
            }
            Some(status) => format!("refused with {status}"),
            None => "refused".to_owned(),
        },
        _ => "no answer seen".to_owned(),
    };
    let again = match round.repeated {
        0 => String::new(),
        1 => ", once more later".to_owned(),
        n => format!(", {n} times more later"),
    };
    format!("{offer}, {outcome}{again}")
}

/// `audio caller 10.0.0.1:4000 ⇄ callee 10.0.0.2:5000 PCMU/8000`.
fn media_line(media: &MediaLine, result: RoundResult) -> String {
    let place = |address: Option<std::net::SocketAddr>| {
        address.map_or_else(|| "-".to_owned(), |address| address.to_string())
    };
    let arrow = match (media.flow, result) {
        (_, RoundResult::Open | RoundResult::Refused) => "…",
        (Flow::Both, _) => "⇄",
        (Flow::ToCallee, _) => "→",
        (Flow::ToCaller, _) => "←",
        (Flow::None, _) => "∅",
    };
    let codecs: Vec<_> = media.codecs.iter().map(|codec| clean(codec)).collect();
    format!(
        "{} {} {arrow} {}  {}",
        media.kind,
        place(media.caller),
        place(media.callee),
        codecs.join(", ")
    )
}

//! `sipvane interfaces`: what can be captured from.

use crate::capture::interfaces;
use crate::cli::{Console, Error, Exit, clean};

/// Runs `sipvane interfaces`.
pub(crate) fn run(console: &mut Console<'_>) -> Result<Exit, Error> {
    let found = interfaces().map_err(Error::Interfaces)?;
    let width = found
        .iter()
        .map(|interface| interface.name.len())
        .chain([9])
        .max()
        .unwrap_or(9);
    writeln!(
        console.out,
        "{:width$}  state  {:>6}  {:>14}",
        "interface", "mtu", "packets"
    )?;
    for interface in found {
        let state = if interface.up { "up" } else { "down" };
        writeln!(
            console.out,
            "{:width$}  {state:5}  {:>6}  {:>14}",
            clean(&interface.name),
            interface.mtu,
            interface.packets,
        )?;
    }
    Ok(Exit::Fine)
}

//! The command line: what a person types and sees.
//!
//! [`args`] only parses; each subcommand turns its flags into checked settings, runs the engine and
//! writes to the [`Console`] it is given. Nothing here decodes, measures or judges packets.

pub mod args;
mod check;
mod config;
mod doctor;
mod error;
mod exports;
mod exposition;
mod grade;
mod json;
#[cfg(target_os = "linux")]
mod live;
mod masking;
mod media;
mod mos;
mod otlp;
mod progress;
mod query;
mod replay;
#[cfg(unix)]
mod request;
mod sanitise;
mod slices;
mod sort;
mod store;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod units;
mod unmask;
mod view;
mod zone;

use std::io::Write;

pub use error::{Error, Exit};
pub use sanitise::clean;

use args::{Args, Color, Command};

/// Where a subcommand writes: results to `out`, warnings to `err`.
pub struct Console<'a> {
    /// Results. They may be written by another thread than that which makes them.
    pub out: &'a mut (dyn Write + Send),
    /// Warnings.
    pub err: &'a mut dyn Write,
    /// Columns of the terminal behind `out`, if it is one.
    pub width: Option<usize>,
    /// Whether `out` shows more than ASCII.
    pub unicode: bool,
}

/// Runs what was asked for on the streams of the process.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let stdout = std::io::stdout();
    let color = match args.color() {
        Color::Auto => anstream::AutoStream::choice(&stdout),
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    let mut out = std::io::BufWriter::new(anstream::AutoStream::new(stdout, color));
    let mut console = Console {
        out: &mut out,
        err: &mut std::io::stderr(),
        width: text::terminal_width(),
        unicode: text::is_unicode(|name| std::env::var(name).ok()),
    };
    let exit = match &args.command {
        Command::Replay(args) => replay::run(args, &mut console)?,
        Command::Check(args) => check::run(args, &mut console)?,
        Command::Mos(args) => mos::run(args, &mut console)?,
        Command::Config(args) => config::run(args, &mut console)?,
        Command::Query(args) => query::run(args, &mut console)?,
        #[cfg(unix)]
        Command::Slice(args) => request::run(args, &mut console)?,
        Command::Unmask(args) => unmask::run_with_stdin(args, console.out)?,
        Command::Doctor(args) => doctor::run(args, &mut console)?,
        #[cfg(target_os = "linux")]
        Command::Live(args) => live::run(args, &mut console)?,
        #[cfg(target_os = "linux")]
        Command::Interfaces => live::run_interfaces(&mut console)?,
    };
    out.flush()?;
    Ok(exit)
}

//! `sipvane unmask`: text in, the same text out with what was encrypted in it in the clear.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use clap::Parser;

use super::error::{Error, Exit};
use crate::config::Config;
use crate::export::masking::Key;

/// Flags of `sipvane unmask`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct UnmaskArgs {
    /// The file with the key [default: masking.key_file of the configuration]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Take every address of IPv6 for an encrypted one: only those that were of IPv4 can be recognised
    #[arg(long)]
    pub ipv6: bool,
}

const EXAMPLES: &str = "\
Examples:
  sipvane query calls --since 1h --format csv | sipvane unmask --key-file masking.key
  sipvane unmask --config /etc/sipvane/sipvane.toml < records.ndjson";

/// Runs `sipvane unmask`: line by line from `input`.
pub(super) fn run(
    args: &UnmaskArgs,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<Exit, Error> {
    let key = key(args)?;
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        out.write_all(key.reveal(&text, args.ipv6).as_bytes())?;
        line.clear();
    }
    Ok(Exit::Fine)
}

/// As [`run`], from standard input.
pub(super) fn run_with_stdin(args: &UnmaskArgs, out: &mut dyn Write) -> Result<Exit, Error> {
    run(args, &mut io::stdin().lock(), out)
}

fn key(args: &UnmaskArgs) -> Result<Key, Error> {
    let configured = || Ok::<_, Error>(Config::load(args.config.as_deref())?.masking.key_file);
    let file = match &args.key_file {
        Some(file) => Some(file.clone()),
        None => configured()?,
    };
    let Some(file) = file else {
        let text = "there is no key: give --key-file FILE, or key_file in the section masking of the configuration";
        return Err(Error::Usage(text.to_owned()));
    };
    Ok(Key::read(&file)?)
}

//! `sipvane config check` and `sipvane config show`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{Console, Error, Exit, clean};
use crate::config::{Config, settings};

/// Flags of `sipvane config`.
#[derive(Clone, Debug, Parser)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with a configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether a configuration can be used, and if not, what is wrong and what is accepted
    Check {
        /// The file; without one, SIPVANE_... in the environment is checked alone
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show what is set, and whether in the file or in the environment
    Show {
        /// The file; without one, SIPVANE_... in the environment is shown alone
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// Runs `sipvane config`.
pub(super) fn run(args: &ConfigArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    match &args.command {
        ConfigCommand::Check { file } => {
            Config::load(file.as_deref())?;
            writeln!(console.out, "the configuration can be used")?;
        }
        ConfigCommand::Show { file } => {
            for setting in settings(file.as_deref())? {
                writeln!(
                    console.out,
                    "{} = {}  # {}",
                    clean(&setting.key),
                    clean(&setting.shown()),
                    clean(&setting.origin)
                )?;
            }
        }
    }
    Ok(Exit::Fine)
}

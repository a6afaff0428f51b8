//! Flags of `sipvane doctor`.

use std::path::PathBuf;

use clap::Parser;

/// Flags of `sipvane doctor`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Captures to look at instead of interfaces
    #[arg(value_name = "FILE", required_unless_present = "interfaces", conflicts_with_all = ["interfaces", "seconds"])]
    pub files: Vec<PathBuf>,
    /// Interfaces to watch (repeat it, or separate by commas); any is all of them at once
    #[cfg(target_os = "linux")]
    #[arg(short, long = "interface", value_delimiter = ',', value_name = "NAME")]
    pub interfaces: Vec<String>,
    /// How long to watch them
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub seconds: u16,
}

const EXAMPLES: &str = "\
Examples:
  sipvane doctor -i eth0
  sipvane doctor -i eth0,eth1 --seconds 60
  sipvane doctor capture.pcap

It says in sentences what is wrong with the tap, or that nothing is.
Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage or no capture at all.";

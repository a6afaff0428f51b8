//! Which clock a live capture goes by.

use clap::ValueEnum;
use serde::Deserialize;

/// Whose times packets bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Timestamps {
    /// The kernel's, when it took them in
    #[default]
    Kernel,
    /// The network card's, when it received them; an error where it does not stamp, or its clock is not the host's
    Hardware,
}

//! Counts and records as Prometheus reads them.
//!
//! [`Tally`] counts what records tell, one by one as they go out; a [`Survey`](crate::pipeline::Survey) has the counts of the
//! pipeline at one moment, [`Host`] those of the process and its interfaces. [`families()`] makes the families of all three, which
//! [`names`] lists. Nothing here reads a clock or a socket.

mod exemplars;
mod families;
mod histogram;
mod host;
mod labels;
pub mod names;
mod openmetrics;
mod page;
mod settings;
mod tally;
#[cfg(test)]
mod tests;

pub use exemplars::Exemplars;
pub use families::families;
pub use host::{Filter, Host, InterfaceCounts, Process};
pub use page::{Choice, Format, write};
pub use settings::{MetricsSettings, UserAgentClass};
pub use tally::Tally;

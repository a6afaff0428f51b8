//! What signals do to a live capture.

use std::path::PathBuf;

use super::args::LiveArgs;
use super::control::Obey;
use super::logs::Level;
use super::output::{Again, Output};
use crate::config::Config;
use crate::pipeline::Remote;

/// Ends the capture, or has it heed a changed configuration.
pub(super) struct Reload {
    remote: Remote,
    level: Level,
    path: Option<PathBuf>,
    config: Config,
    output: Option<Again>,
}

impl Reload {
    pub(super) fn new(
        remote: Remote,
        level: Level,
        args: &LiveArgs,
        config: Config,
        output: Option<&Output>,
    ) -> Reload {
        Reload {
            remote,
            level,
            path: args.config.clone(),
            config,
            output: output.map(Output::again),
        }
    }
}

impl Obey for Reload {
    fn end(&mut self) {
        tracing::info!("ending");
        self.remote.end();
    }

    /// The level of the log changes. All else goes into states that would be lost, and takes a restart, which is said.
    fn reload(&mut self) {
        if let Some(output) = &self.output {
            output.open();
        }
        let config = match Config::load(self.path.as_deref()) {
            Ok(config) => config,
            Err(error) => return tracing::error!(%error, "the configuration stays as it was"),
        };
        self.level.set(config.log.level);
        self.config.log.level = config.log.level;
        match config == self.config {
            true => tracing::info!("read the configuration again"),
            false => tracing::warn!(
                "read the configuration again: of what changed, all but the level of the log takes a restart"
            ),
        }
    }
}

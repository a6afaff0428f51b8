//! What signals do to a live capture.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::args::LiveArgs;
use super::control::Obey;
use super::logs::Level;
use super::output::{Again, Output};
use crate::config::{Config, ConfigError, Setting, changed_keys, settings};
use crate::metrics::Tally;
use crate::pipeline::{Remote, lock};

/// Beginnings of the keys that a running capture heeds. The others shape what it holds already.
const HEEDED: [&str; 5] = ["direction.", "kpi.", "log.level", "metrics.", "trunk["];

/// Ends the capture, or has it heed a changed configuration.
pub(super) struct Reload {
    remote: Remote,
    tally: Arc<Mutex<Tally>>,
    level: Level,
    path: Option<PathBuf>,
    /// What is in force.
    settings: Vec<Setting>,
    output: Option<Again>,
}

impl Reload {
    pub(super) fn new(
        (remote, tally): (Remote, Arc<Mutex<Tally>>),
        level: Level,
        args: &LiveArgs,
        output: Option<&Output>,
    ) -> Result<Reload, ConfigError> {
        Ok(Reload {
            remote,
            tally,
            level,
            settings: settings(args.config.as_deref())?,
            path: args.config.clone(),
            output: output.map(Output::again),
        })
    }

    /// Puts in force what can be, and says what that is. What cannot stays as it was, and is said again next time.
    fn heed(&mut self, config: &Config, written: Vec<Setting>) {
        let changed = changed_keys(&self.settings, &written);
        let is_heeded = |key: &str| HEEDED.iter().any(|start| key.starts_with(start));
        let (heeded, waiting): (Vec<String>, Vec<String>) =
            changed.into_iter().partition(|key| is_heeded(key));
        self.level.set(config.log.level);
        self.remote.change_scopes(config.settings.scopes.clone());
        {
            let mut tally = lock(&self.tally);
            tally.change_scopes(&config.settings.scopes);
            tally.change_settings(&config.metrics);
        }
        self.settings.retain(|setting| !is_heeded(&setting.key));
        let now = written.into_iter();
        self.settings
            .extend(now.filter(|setting| is_heeded(&setting.key)));
        match heeded.is_empty() {
            true => tracing::info!("read the configuration again: nothing changed that is heeded"),
            false => tracing::info!(
                changed = heeded.join(", "),
                "read the configuration again, and heed it"
            ),
        }
        if !waiting.is_empty() {
            let keys = waiting.join(", ");
            tracing::warn!(keys, "of what changed, this takes a restart");
        }
    }
}

impl Obey for Reload {
    fn end(&mut self) {
        tracing::info!("ending");
        self.remote.end();
    }

    fn look_around(&mut self) {
        self.level.tell_left();
    }

    /// A configuration that cannot be used changes nothing.
    fn reload(&mut self) {
        if let Some(output) = &self.output {
            output.open();
        }
        let path = self.path.as_deref();
        let read = Config::load(path).and_then(|config| Ok((config, settings(path)?)));
        match read {
            Ok((config, written)) => self.heed(&config, written),
            Err(error) => tracing::error!(%error, "the configuration stays as it was"),
        }
    }
}

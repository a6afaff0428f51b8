//! Logs: what an operator acts on, as lines of text or JSON on standard error.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Changes the level while the program runs.
#[derive(Clone, Debug)]
pub(super) struct Level(reload::Handle<LevelFilter, Registry>);

impl Level {
    /// From now on what is at least as grave as `level` is written.
    pub(super) fn set(&self, level: LogLevel) {
        // It fails only when logging has ended.
        let _ = self.0.reload(filter(level));
    }
}

/// Has the whole process log; what was set up before stays.
pub(super) fn start(settings: &LogSettings) -> Level {
    let (level, handle) = reload::Layer::new(filter(settings.level));
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false);
    let registry = tracing_subscriber::registry().with(level);
    let _ = match settings.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    Level(handle)
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

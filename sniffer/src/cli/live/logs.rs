//! Logs: what an operator acts on, as lines of text or JSON on standard error.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt, reload};

use super::log_limit::LogLimit;
use crate::config::{LogFormat, LogLevel, LogSettings};

/// Changes the level while the program runs, and tells of lines that were left.
#[derive(Clone, Debug)]
pub(super) struct Level {
    handle: reload::Handle<LevelFilter, Registry>,
    limit: LogLimit,
}

impl Level {
    /// From now on what is at least as grave as `level` is written.
    pub(super) fn set(&self, level: LogLevel) {
        // It fails only when logging has ended.
        let _ = self.handle.reload(filter(level));
    }

    /// Says how many lines were left since it last did, if any were.
    pub(super) fn tell_left(&self) {
        let lines = self.limit.take_left();
        if lines > 0 {
            tracing::warn!(lines, "left lines of the log that came too often");
        }
    }
}

/// Has the whole process log; what was set up before stays.
pub(super) fn start(settings: &LogSettings) -> Level {
    let (level, handle) = reload::Layer::new(filter(settings.level));
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false);
    let limit = LogLimit::default();
    let registry = tracing_subscriber::registry()
        .with(level)
        .with(limit.clone());
    let _ = match settings.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    Level { handle, limit }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

//! Keeps one kind of line from filling the log: so many within so long, the rest is counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::capture::steady;
use crate::pipeline::lock;

/// Lines of one kind that are written within [`WINDOW`]: an interface that comes and goes is still seen to.
const LINES: u32 = 10;

/// How long a kind of line is held to it.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// What was written of each kind of line: a kind is a place in the program, so there are few.
#[derive(Clone, Debug, Default)]
pub(super) struct LogLimit(Arc<Mutex<Kinds>>);

#[derive(Debug, Default)]
struct Kinds {
    written: HashMap<Identifier, Written>,
    left: u64,
}

#[derive(Debug)]
struct Written {
    since: Instant,
    lines: u32,
}

impl LogLimit {
    /// How many lines were left since this was asked last.
    pub(super) fn take_left(&self) -> u64 {
        std::mem::take(&mut lock(&self.0).left)
    }

    fn admits(&self, kind: Identifier, now: Instant) -> bool {
        let mut kinds = lock(&self.0);
        let new = Written {
            since: now,
            lines: 0,
        };
        let written = kinds.written.entry(kind).or_insert(new);
        if now - written.since >= WINDOW {
            (written.since, written.lines) = (now, 0);
        }
        written.lines += 1;
        let admitted = written.lines <= LINES;
        kinds.left += u64::from(!admitted);
        admitted
    }
}

impl<S: Subscriber> Layer<S> for LogLimit {
    fn event_enabled(&self, event: &Event<'_>, _context: Context<'_, S>) -> bool {
        self.admits(event.metadata().callsite(), steady())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tracing::Callsite;
    use tracing_subscriber::prelude::*;

    use super::*;

    /// A log that can be looked at.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_beyond_the_limit_are_left_and_counted() {
        let (limit, lines) = (LogLimit::default(), Lines::default());
        let log = lines.clone();
        let shown = tracing_subscriber::fmt::layer().with_writer(move || log.clone());
        let registry = tracing_subscriber::registry()
            .with(limit.clone())
            .with(shown);
        tracing::subscriber::with_default(registry, || {
            for n in 0..25 {
                tracing::warn!(n, "the same again");
            }
            tracing::warn!("another one");
        });
        let written = String::from_utf8(lock(&lines.0).clone()).expect("lines are text");
        assert_eq!(written.matches("the same again").count(), 10);
        assert_eq!(written.matches("another one").count(), 1);
        assert_eq!((limit.take_left(), limit.take_left()), (15, 0));
    }

    #[test]
    fn a_new_window_begins_anew() {
        let limit = LogLimit::default();
        let start = steady();
        let kind = tracing::callsite! {
            name: "line",
            kind: tracing::metadata::Kind::EVENT,
            fields: message
        };
        let kind = kind.metadata().callsite();
        let admitted = |after: Duration| {
            (0..20)
                .filter(|_| limit.admits(kind.clone(), start + after))
                .count()
        };
        assert_eq!(admitted(Duration::ZERO), 10);
        assert_eq!(admitted(WINDOW / 2), 0);
        assert_eq!(admitted(WINDOW), 10);
    }
}

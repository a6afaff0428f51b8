//! The progress bar over a long replay: on standard error, only on a terminal, and only when there is a wait.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Inputs beyond this size show the bar at once.
const LARGE: u64 = 20_000_000;
/// Others show it when they turn out to take longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar that stays hidden until it is worth seeing.
pub(super) struct Progress {
    bar: ProgressBar,
    wanted: bool,
}

impl Progress {
    /// A bar that may show itself, or never does when `quiet`. indicatif keeps it off anything but a terminal.
    pub(super) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::hidden();
        Progress {
            bar,
            wanted: !quiet,
        }
    }

    /// Notes that `done` bytes of `total` were read; standard input has no total.
    pub(super) fn update(&mut self, done: u64, total: Option<u64>) {
        if self.wanted && worth_showing(total, self.bar.elapsed()) {
            self.wanted = false;
            self.show(total);
        }
        self.bar.set_position(done);
    }

    fn show(&self, total: Option<u64>) {
        let template = match total {
            Some(_) => "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{spinner} {bytes}, {bytes_per_sec}",
        };
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn worth_showing(total: Option<u64>, elapsed: Duration) -> bool {
    total.is_some_and(|total| total > LARGE) || elapsed > PATIENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_itself_only_for_a_wait() {
        let soon = Duration::from_millis(1);
        assert!(!worth_showing(Some(1_000), soon));
        assert!(!worth_showing(None, soon));
        assert!(worth_showing(Some(LARGE + 1), soon));
        assert!(worth_showing(Some(1_000), Duration::from_secs(1)));
        assert!(worth_showing(None, Duration::from_secs(1)));
    }

    #[test]
    fn every_template_is_valid() {
        let progress = Progress::new(false);
        progress.show(Some(10));
        progress.show(None);
        assert!(progress.bar.is_hidden() || progress.bar.length() == Some(10));
    }

    #[test]
    fn quiet_stays_hidden() {
        let mut progress = Progress::new(true);
        progress.update(1, Some(LARGE * 2));
        assert!(progress.bar.is_hidden());
    }
}

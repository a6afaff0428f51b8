//! When a figure deserves attention: the thresholds behind colours and marks.
//!
//! They only guide the eye. What fails a build is chosen with the gates of `sipvane check`.

use crate::record::{CallRecord, Outcome, RegistrationState};

/// How a value looks to an engineer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// Nothing to see.
    #[default]
    Good,
    /// Worth a look: yellow, and marked `*`.
    Warn,
    /// Callers will have noticed: red, and marked `!`.
    Bad,
}

impl Grade {
    /// The sign that carries the grade where there is no colour.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Grade::Good => "",
            Grade::Warn => "*",
            Grade::Bad => "!",
        }
    }

    /// The colour on a terminal.
    pub(super) fn style(self) -> anstyle::Style {
        use anstyle::AnsiColor::{Red, Yellow};
        match self {
            Grade::Good => anstyle::Style::new(),
            Grade::Warn => anstyle::Style::new().fg_color(Some(Yellow.into())),
            Grade::Bad => anstyle::Style::new().fg_color(Some(Red.into())).bold(),
        }
    }
}

/// The thresholds as `--help` prints them.
pub(super) const LEGEND: &str = "\
Marks: * worth a look (yellow), ! bad (red).
  MOS      * below 4.0     ! below 3.6
  loss     * above 1 %     ! above 3 %
  jitter   * above 30 ms   ! above 50 ms (the mean of RFC 3550 jitter)
  PDD      * above 5 s     ! above 10 s
  outcome  * rejected      ! failed, timeout
  state    * expired       ! rejected (registrations)";

/// Mean opinion score.
pub(super) fn mos(value: f64) -> Grade {
    above(-value, -4.0, -3.6)
}

/// Share of packets lost, from 0 to 1.
pub(super) fn loss(ratio: f64) -> Grade {
    above(ratio, 0.01, 0.03)
}

/// Inter-arrival jitter in milliseconds.
pub(super) fn jitter(millis: f64) -> Grade {
    above(millis, 30.0, 50.0)
}

/// Post-dial delay in milliseconds.
pub(super) fn pdd(millis: f64) -> Grade {
    above(millis, 5_000.0, 10_000.0)
}

/// How an attempt ended.
pub(super) fn outcome(call: &CallRecord) -> Grade {
    match call.outcome {
        Outcome::Failed | Outcome::Timeout => Grade::Bad,
        Outcome::Rejected => Grade::Warn,
        _ => Grade::Good,
    }
}

/// What became of a registration.
pub(super) fn registration(state: RegistrationState) -> Grade {
    match state {
        RegistrationState::Rejected | RegistrationState::Unanswered => Grade::Bad,
        RegistrationState::Expired | RegistrationState::Challenged => Grade::Warn,
        RegistrationState::Active | RegistrationState::Removed => Grade::Good,
    }
}

fn above(value: f64, warn: f64, bad: f64) -> Grade {
    if value > bad {
        Grade::Bad
    } else if value > warn {
        Grade::Warn
    } else {
        Grade::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(of: fn(f64) -> Grade, good: f64, warn: f64, bad: f64) {
        assert_eq!(
            (of(good), of(warn), of(bad)),
            (Grade::Good, Grade::Warn, Grade::Bad)
        );
    }

    #[test]
    fn thresholds_are_those_of_the_legend() {
        check(mos, 4.0, 3.6, 3.59);
        check(loss, 0.01, 0.03, 0.031);
        check(jitter, 30.0, 50.0, 50.1);
        check(pdd, 5_000.0, 10_000.0, 10_001.0);
    }
}

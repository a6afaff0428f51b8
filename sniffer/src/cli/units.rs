//! Values with units, as they are typed: `30ms`, `1%`, `4.0`, `10..12`.
//!
//! A unit is never guessed: a bare `1` for a loss could mean one per cent or everything.

use std::fmt;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::live::args::CaptureThreads;
#[cfg(target_os = "linux")]
use crate::config::MOST_CAPTURE_THREADS;

/// How many of something there must be: from a least to a most, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    least: u64,
    most: Option<u64>,
}

impl Count {
    /// Whether `n` is as many as there should be.
    pub fn holds(self, n: u64) -> bool {
        n >= self.least && self.most.is_none_or(|most| n <= most)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) if most == self.least => write!(f, "{most}"),
            Some(most) => write!(f, "{}..{most}", self.least),
            None => write!(f, "{}..", self.least),
        }
    }
}

/// Reads `12`, `10..12`, `10..` or `..12`.
pub(super) fn count(text: &str) -> Result<Count, String> {
    let refuse = || "a count is written 12, 10..12, 10.. or ..12".to_owned();
    let number = |text: &str| text.parse::<u64>().map_err(|_| refuse());
    let (least, most) = match text.split_once("..") {
        None => (number(text)?, Some(number(text)?)),
        Some(("", "")) => return Err(refuse()),
        Some(("", most)) => (0, Some(number(most)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    match most {
        Some(most) if most < least => {
            Err(format!("no count is at least {least} and at most {most}"))
        }
        _ => Ok(Count { least, most }),
    }
}

/// Reads a mean opinion score, from 1 to 5.
pub(super) fn mos(text: &str) -> Result<f64, String> {
    number(text)
        .filter(|score| (1.0..=5.0).contains(score))
        .ok_or_else(|| "a MOS is a number from 1 to 5, such as 4.0".to_owned())
}

/// Reads a share in per cent, `1%` or `0.5 %`, as a ratio from 0 to 1.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let accepted = "a share is written in per cent with its sign, from 0% to 100%, such as 0.5%";
    text.strip_suffix('%')
        .and_then(number)
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| accepted.to_owned())
}

/// Reads a length of time: `30ms`, `2.5s`, `1m` or `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let accepted = "a time is written with its unit (ms, s, m or h), such as 30ms or 2.5s";
    let unit_at = text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .len();
    let (digits, unit) = text.split_at_checked(unit_at).unwrap_or((text, ""));
    let factor = match unit {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(accepted.to_owned()),
    };
    number(digits)
        .and_then(|amount| Duration::try_from_secs_f64(amount * factor).ok())
        .ok_or_else(|| accepted.to_owned())
}

/// Reads a number of workers, or `auto`.
pub(super) fn workers(text: &str) -> Result<usize, String> {
    if text == "auto" {
        return Ok(default_workers());
    }
    text.parse()
        .ok()
        .filter(|n| (1..=MAX_WORKERS).contains(n))
        .ok_or_else(|| format!("the number of workers is auto, or from 1 to {MAX_WORKERS}"))
}

/// Reads the number of threads that read an interface.
#[cfg(target_os = "linux")]
pub(super) fn capture_threads(text: &str) -> Result<CaptureThreads, String> {
    if text == "auto" {
        return Ok(CaptureThreads::Auto);
    }
    text.parse()
        .ok()
        .filter(|n| (1..=usize::from(MOST_CAPTURE_THREADS)).contains(n))
        .map(CaptureThreads::Exactly)
        .ok_or_else(|| {
            format!("the number of capture threads is auto, or from 1 to {MOST_CAPTURE_THREADS}")
        })
}

/// One worker a core, but no more than eight: beyond that the reader cannot keep them busy.
fn default_workers() -> usize {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8)
}

const MAX_WORKERS: usize = 64;

fn number(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: fmt::Debug + PartialEq>(
        parse: fn(&str) -> Result<T, String>,
        good: &[(&str, T)],
        bad: &[&str],
    ) {
        for (text, value) in good {
            assert_eq!(parse(text).as_ref(), Ok(value), "{text}");
        }
        for text in bad {
            assert!(parse(text).is_err(), "{text} should be refused");
        }
    }

    #[test]
    fn times_need_a_unit() {
        let good = [
            ("30ms", Duration::from_millis(30)),
            ("0.03s", Duration::from_millis(30)),
            ("3 s", Duration::from_secs(3)),
            ("1m", Duration::from_secs(60)),
            ("2h", Duration::from_secs(7200)),
        ];
        check(
            duration,
            &good,
            &["", "30", "ms", "-1s", "1e400s", "nans", "infs", "3x", "3µs"],
        );
    }

    #[test]
    fn shares_need_their_sign() {
        let good = [("1%", 0.01), ("0.5 %", 0.005), ("100%", 1.0), ("0%", 0.0)];
        check(percent, &good, &["1", "0.01", "101%", "-1%", "%", "nan%"]);
    }

    #[test]
    fn scores_are_from_one_to_five() {
        check(
            mos,
            &[("4", 4.0), ("3.6", 3.6)],
            &["0.9", "5.1", "good", "NaN", ""],
        );
    }

    #[test]
    fn counts_are_numbers_or_ranges() {
        let range = |least, most| Count { least, most };
        let good = [
            ("12", range(12, Some(12))),
            ("10..12", range(10, Some(12))),
            ("10..", range(10, None)),
            ("..12", range(0, Some(12))),
        ];
        check(count, &good, &["", "..", "12..10", "-1", "a", "1...2"]);
        for (text, count) in &good[..3] {
            assert_eq!(&count.to_string(), text);
        }
    }

    #[test]
    fn counts_include_their_ends() {
        let count = count("2..3").unwrap();
        assert_eq!(
            [1, 2, 3, 4].map(|n| count.holds(n)),
            [false, true, true, false]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn capture_threads_are_few() {
        let good = [
            ("auto", CaptureThreads::Auto),
            ("16", CaptureThreads::Exactly(16)),
        ];
        check(capture_threads, &good, &["0", "17", "all"]);
        assert_eq!(CaptureThreads::Exactly(3).number(64), 3);
        assert_eq!(CaptureThreads::Auto.number(usize::MAX - 1), 1);
    }

    #[test]
    fn workers_are_few() {
        check(workers, &[("1", 1), ("64", 64)], &["0", "65", "many", "-1"]);
        assert!((1..=8).contains(&workers("auto").unwrap()));
    }
}

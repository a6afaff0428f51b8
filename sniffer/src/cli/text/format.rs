//! Times, durations and numbers in the forms engineers read.

use jiff::civil::Date;

use crate::cli::zone::Zone;
use crate::time::{Span, Timestamp};

/// Shows times of day, and the date where it changes.
pub(super) struct Clock<'z> {
    zone: &'z Zone,
    today: Option<Date>,
}

impl<'z> Clock<'z> {
    /// A clock in `zone` whose reader knows the date of `known`.
    pub(super) fn new(zone: &'z Zone, known: Option<Timestamp>) -> Self {
        Clock {
            zone,
            today: known.map(|at| Clock::date(zone, at)),
        }
    }

    /// The date of `at` in `zone`.
    pub(super) fn date(zone: &Zone, at: Timestamp) -> Date {
        zone.at(at).date()
    }

    /// `22:13:20.123`, with the date before it if it is not that of the time shown before: `11-15 00:13:20.000`,
    /// or with the year if that is another as well.
    pub(super) fn show(&mut self, at: Timestamp) -> String {
        let date = Clock::date(self.zone, at);
        match self.today.replace(date) {
            Some(today) if today == date => time_of_day(self.zone, at),
            Some(today) if today.year() == date.year() => {
                format!("{} {}", date.strftime("%m-%d"), time_of_day(self.zone, at))
            }
            _ => moment(self.zone, at),
        }
    }
}

/// `22:13:20.123`. Milliseconds are cut, not rounded: a time never shows as later than it was.
pub(super) fn time_of_day(zone: &Zone, at: Timestamp) -> String {
    zone.at(at).strftime("%H:%M:%S.%3f").to_string()
}

/// `2023-11-14 22:13:20.123`.
pub(super) fn moment(zone: &Zone, at: Timestamp) -> String {
    zone.at(at).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

/// `01:25` or `1:00:00`, from seconds.
pub(super) fn duration(seconds: f64) -> String {
    let sign = if seconds <= -0.5 { "-" } else { "" };
    let total = seconds.abs().round() as u64;
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    match hours {
        0 => format!("{sign}{minutes:02}:{seconds:02}"),
        _ => format!("{sign}{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `+0.213`: seconds since the line before.
pub(super) fn delta(span: Span) -> String {
    format!("{:+.3}", span.as_secs_f64())
}

/// `213 ms` below ten seconds, `12.5 s` from there on.
pub(super) fn millis(millis: f64) -> String {
    if millis.abs() < 10_000.0 {
        format!(
            "{} ms",
            decimals(millis, if millis.abs() < 100.0 { 1 } else { 0 })
        )
    } else {
        format!("{} s", decimals(millis / 1e3, 1))
    }
}

/// `4.41`.
pub(super) fn mos(score: f64) -> String {
    format!("{score:.2}")
}

/// `0.5 %` from a ratio; a share too small for two decimals is not shown as none.
pub(super) fn percent(ratio: f64) -> String {
    format!("{} %", hundredths(ratio))
}

/// As [`percent`] without the sign.
pub(super) fn hundredths(ratio: f64) -> String {
    match ratio * 100.0 {
        share if share > 0.0 && share < 0.01 => "<0.01".to_owned(),
        share => decimals(share, 2),
    }
}

/// At most `places` decimals, zeros at the end left out.
pub(in crate::cli) fn decimals(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `12,345`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2.3 MB`, in powers of 1000.
pub(super) fn bytes(n: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let amount = n as f64;
    match units.into_iter().find(|(size, _)| amount >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", amount / size),
        None => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::at;

    fn check<T>(of: impl Fn(T) -> String, cases: impl IntoIterator<Item = (T, &'static str)>) {
        for (value, expected) in cases {
            assert_eq!(of(value), expected);
        }
    }

    #[test]
    fn durations_are_minutes_or_hours() {
        let cases = [
            (0.0, "00:00"),
            (85.1, "01:25"),
            (59.7, "01:00"),
            (3_600.0, "1:00:00"),
        ];
        check(duration, cases);
        check(
            duration,
            [
                (-3.0, "-00:03"),
                (360_000.0, "100:00:00"),
                (f64::NAN, "00:00"),
            ],
        );
    }

    #[test]
    fn figures_are_short() {
        check(
            mos,
            [
                (4.409, "4.41"),
                (3.999, "4.00"),
                (2.87, "2.87"),
                (4.0, "4.00"),
            ],
        );
        check(
            percent,
            [
                (0.0, "0 %"),
                (0.05, "5 %"),
                (0.000_01, "<0.01 %"),
                (0.012_5, "1.25 %"),
            ],
        );
        check(
            millis,
            [(34.56, "34.6 ms"), (213.4, "213 ms"), (12_500.0, "12.5 s")],
        );
    }

    #[test]
    fn counts_are_grouped() {
        check(
            grouped,
            [
                (7, "7"),
                (123, "123"),
                (1_234, "1,234"),
                (1_234_567, "1,234,567"),
            ],
        );
        check(
            bytes,
            [(12, "12 bytes"), (2_345_678, "2.3 MB"), (1_000, "1.0 kB")],
        );
    }

    #[test]
    fn the_date_shows_when_it_changes() {
        let zone = Zone::UTC;
        let mut clock = Clock::new(&zone, Some(at(0)));
        assert_eq!(clock.show(at(1_123)), "22:13:21.123");
        assert_eq!(clock.show(at(7_200_000)), "11-15 00:13:20.000");
        assert_eq!(
            clock.show(at(7_200_000 + 365 * 86_400_000)),
            "2024-11-14 00:13:20.000"
        );
        clock.show(at(7_200_000));
        assert_eq!(clock.show(at(7_200_001)), "00:13:20.001");
        assert_eq!(delta(at(5).since(at(0))), "+0.005");
    }
}

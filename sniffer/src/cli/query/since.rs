//! Moments as they are typed: so long ago, or a time in UTC.

use crate::cli::units;

/// A moment, in microseconds since 1970 or before now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So many microseconds before now.
    Ago(i64),
    /// So many since 1970.
    At(i64),
}

impl Moment {
    /// As databases write it, when it is `now` seconds since 1970.
    pub(super) fn written(self, now: u64) -> String {
        let now = i64::try_from(now)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000);
        let micros = match self {
            Moment::Ago(ago) => now.saturating_sub(ago),
            Moment::At(at) => at,
        };
        let moment = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
        let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        format!("{} {:.6}", moment.date(), moment.time())
    }
}

/// Reads `30m`, `24h`, `7d`, `2026-11-21` or `2026-11-21T08:00:00`.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<i64>().ok());
    if let Some(days) = days {
        return Ok(Moment::Ago(days.saturating_mul(86_400_000_000)));
    }
    if let Ok(ago) = units::duration(text) {
        return Ok(Moment::Ago(
            i64::try_from(ago.as_micros()).unwrap_or(i64::MAX),
        ));
    }
    let refuse =
        |_| "a moment is written 30m, 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00 (UTC)".to_owned();
    let time: jiff::civil::DateTime = text.trim_end_matches('Z').parse().map_err(refuse)?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).map_err(refuse)?;
    Ok(Moment::At(zoned.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = moment(text).map(|moment| moment.written(1_700_000_000));
        assert_eq!(found.as_deref().unwrap_or("refused"), expected, "{text}");
    }

    #[test]
    fn moments_are_read() {
        check("7d", "2023-11-07 22:13:20.000000");
        check("90s", "2023-11-14 22:11:50.000000");
        check("2026-11-21", "2026-11-21 00:00:00.000000");
        check("2026-11-21T08:00:00Z", "2026-11-21 08:00:00.000000");
        check("yesterday", "refused");
    }
}

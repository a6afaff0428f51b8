//! Packet time: [`Timestamp`] and [`Span`], integer nanoseconds.
//!
//! The core takes every time from the packets, so these types have no way to read a clock.
//! All arithmetic saturates: a capture with an absurd time stamp gives absurd figures, not a panic.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZero;
use std::ops::{Add, AddAssign, Sub};

use serde::{Serialize, Serializer};

const NANOS_PER_SEC: i64 = 1_000_000_000;

/// A moment of packet time: nanoseconds since 1970-01-01T00:00:00Z.
///
/// The nanoseconds stand here with all bits but the sign flipped, so that the very last moment would be zero. That one cannot
/// be told, and an `Option` of a moment takes no more room than a moment: calls and streams keep many.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp(NonZero<i64>);

impl Timestamp {
    /// The earliest moment that can be told.
    pub const MIN: Timestamp = Timestamp::from_nanos(i64::MIN);
    /// The latest moment that can be told (in the year 2262).
    pub const MAX: Timestamp = Timestamp(NonZero::new(1).expect("one is not zero"));

    /// The moment `nanos` nanoseconds after the epoch.
    #[inline]
    pub const fn from_nanos(nanos: i64) -> Self {
        match NonZero::new(nanos ^ i64::MAX) {
            Some(flipped) => Timestamp(flipped),
            None => Timestamp::MAX,
        }
    }

    /// The moment `secs` seconds and `nanos` nanoseconds after the epoch; `nanos` may exceed a second.
    pub const fn from_secs_nanos(secs: i64, nanos: i64) -> Self {
        Timestamp::from_nanos(secs.saturating_mul(NANOS_PER_SEC).saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    #[inline]
    pub const fn as_nanos(self) -> i64 {
        self.0.get() ^ i64::MAX
    }

    /// The last multiple of `step`, counted from the epoch, that is not later; itself where that is no time at all.
    pub const fn floor(self, step: Span) -> Timestamp {
        match step.0 > 0 {
            true => {
                let nanos = self.as_nanos();
                Timestamp::from_nanos(nanos.saturating_sub(nanos.rem_euclid(step.0)))
            }
            false => self,
        }
    }

    /// The signed time from `earlier` to `self`.
    #[inline]
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span(self.as_nanos().saturating_sub(earlier.as_nanos()))
    }
}

impl Default for Timestamp {
    /// The epoch.
    fn default() -> Self {
        Timestamp::from_nanos(0)
    }
}

impl Ord for Timestamp {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_nanos().cmp(&other.as_nanos())
    }
}

impl PartialOrd for Timestamp {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timestamp").field(&self.as_nanos()).finish()
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    #[inline]
    fn add(self, span: Span) -> Timestamp {
        Timestamp::from_nanos(self.as_nanos().saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    #[inline]
    fn sub(self, span: Span) -> Timestamp {
        Timestamp::from_nanos(self.as_nanos().saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with nine digits of the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            jiff::Timestamp::from_nanosecond(i128::from(self.as_nanos())).unwrap_or_default();
        write!(f, "{moment:.9}")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A signed length of packet time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Span(nanos)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Span(millis.saturating_mul(1_000_000))
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Span(secs.saturating_mul(NANOS_PER_SEC))
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds with their fraction.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339_with_nine_digits() {
        let at = Timestamp::from_secs_nanos(1_700_000_000, 5);
        assert_eq!(at.to_string(), "2023-11-14T22:13:20.000000005Z");
        assert_eq!(
            Timestamp::default().to_string(),
            "1970-01-01T00:00:00.000000000Z"
        );
    }

    #[test]
    fn saturates_at_the_ends_of_time() {
        assert_eq!(Timestamp::MAX + Span::from_secs(1), Timestamp::MAX);
        assert_eq!(
            Timestamp::MIN.since(Timestamp::MAX),
            Span::from_nanos(i64::MIN)
        );
        assert_eq!(Timestamp::from_secs_nanos(i64::MAX, 0), Timestamp::MAX);
    }

    #[test]
    fn moments_are_kept_and_ordered_as_their_nanoseconds() {
        let nanos = [i64::MIN, -2, -1, 0, 1, i64::MAX - 1];
        let moments = nanos.map(Timestamp::from_nanos);
        assert_eq!(moments.map(Timestamp::as_nanos), nanos);
        assert!(moments.is_sorted());
        assert_eq!(size_of::<Option<Timestamp>>(), size_of::<Timestamp>());
    }
}

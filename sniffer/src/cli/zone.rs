//! The time zone that text output shows times in. JSON is always UTC.

use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};

use crate::time::Timestamp;

/// A time zone to show packet times in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Universal time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// `at` on the clocks of this zone.
    pub(super) fn at(&self, at: Timestamp) -> Zoned {
        jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos()))
            .unwrap_or_default()
            .to_zoned(self.0.clone())
    }

    /// How a reader knows the zone: its name, or its offset from UTC.
    pub(super) fn name(&self) -> String {
        match self.0.iana_name() {
            Some(name) => name.to_owned(),
            None => self.0.to_offset(jiff::Timestamp::UNIX_EPOCH).to_string(),
        }
    }
}

/// Reads `local`, `UTC`, an IANA name or an offset.
pub(super) fn zone(text: &str) -> Result<Zone, String> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(Zone(TimeZone::try_system().unwrap_or(TimeZone::UTC)));
    }
    if text.eq_ignore_ascii_case("utc") || text == "Z" {
        return Ok(Zone::UTC);
    }
    if let Some(offset) = offset(text) {
        return Ok(Zone(TimeZone::fixed(offset)));
    }
    let accepted = "not a known time zone; accepted are local, UTC, an offset such as +02:00, \
                    and IANA names such as Europe/Berlin";
    TimeZone::get(text)
        .map(Zone)
        .map_err(|_| accepted.to_owned())
}

/// `+02:00` or `-0330`.
fn offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = text.chars().skip(1).filter(|&c| c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        ),
        _ => return None,
    };
    (hours <= 14 && minutes < 60)
        .then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hour: i8, name: &str) {
        let zone = zone(text).unwrap();
        let noon = Timestamp::from_secs_nanos(1_700_049_600, 0);
        assert_eq!((zone.at(noon).hour(), zone.name().as_str()), (hour, name));
    }

    #[test]
    fn reads_names_and_offsets() {
        check("UTC", 12, "UTC");
        check("utc", 12, "UTC");
        check("Europe/Berlin", 13, "Europe/Berlin");
        check("+02:00", 14, "+02");
        check("-0330", 8, "-03:30");
        check("+05", 17, "+05");
    }

    #[test]
    fn local_always_exists() {
        assert!(zone("local").is_ok());
    }

    #[test]
    fn says_what_is_accepted() {
        for bad in ["Europe/Atlantis", "", "+25:00", "+1", "+é0"] {
            let error = zone(bad).unwrap_err();
            assert!(error.contains("Europe/Berlin"), "{bad}: {error}");
        }
    }
}

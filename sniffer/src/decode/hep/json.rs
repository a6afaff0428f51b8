//! Numbers and texts in the JSON of capture agents, which write numbers as strings where they please.

use serde_json::{Map, Value};

use crate::sip;

/// An object; `None` for anything else, also JSON that is cut.
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

/// A finite number.
pub(super) fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// A whole number, also where it is printed with a fraction of zero.
pub(super) fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// A number of 32 bits, which some agents print with a sign.
pub(super) fn word(value: Option<&Value>) -> Option<u32> {
    let number = integer(value)?;
    u32::try_from(number)
        .ok()
        .or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

/// A count: no less than zero, fractions cut off.
pub(super) fn count(value: Option<&Value>) -> Option<u64> {
    integer(value).map_or_else(
        || number(value).filter(|&n| n >= 0.0).map(|n| n as u64),
        |n| u64::try_from(n).ok(),
    )
}

/// A text that is not empty, safe to show.
pub(super) fn text(value: Option<&Value>) -> Option<Box<str>> {
    let text = value?.as_str().filter(|text| !text.is_empty())?;
    Some(sip::text::display(text.as_bytes()).into())
}

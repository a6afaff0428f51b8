//! What the gold and a report both say about a capture, in one shape, so that the two can be compared.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Counts by name.
pub(super) type Counts = BTreeMap<String, u64>;

/// The countable facts about one capture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) requests: Counts,
    pub(super) responses: Counts,
    pub(super) call_ids: u64,
    /// RTCP packets by the field names of the report: `sr`, `rr`, `sdes`, `bye`, `app`, `xr`, `other`.
    pub(super) rtcp: Counts,
    pub(super) streams: BTreeMap<StreamKey, StreamFacts>,
}

/// What names a stream: addresses as `ip:port` (IPv6 in brackets), SSRC as `0x` and eight lower-case digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamKey {
    pub(super) ssrc: String,
    pub(super) src: String,
    pub(super) dst: String,
}

/// The spelling that the report uses in a call's list of streams.
impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}>{}", self.ssrc, self.src, self.dst)
    }
}

/// The numbers of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StreamFacts {
    pub(super) packets: u64,
    /// Sequence numbers spanned less packets seen, duplicates included: negative where there are many of them.
    pub(super) lost: i64,
    /// Mean and maximum in milliseconds, where the clock is known.
    pub(super) jitter_ms: Option<(f64, f64)>,
}

impl Facts {
    /// The facts in a report (`sipvane replay --format json`).
    pub(super) fn of_report(report: &Value) -> Result<Facts, String> {
        let mut facts = Facts {
            requests: counts(&report["sip"]["requests"])?,
            responses: counts(&report["sip"]["responses"])?,
            call_ids: number(&report["sip"], "call_ids")?,
            rtcp: counts(&report["rtcp"])?,
            ..Facts::default()
        };
        let streams = report["streams"]
            .as_array()
            .ok_or("the report has no streams")?;
        for stream in streams {
            facts.add_stream(key(stream)?, numbers(stream)?);
        }
        Ok(facts)
    }

    /// Adds a stream. Two of one name are one stream to the other side, and their jitter is no longer one number.
    pub(super) fn add_stream(&mut self, key: StreamKey, numbers: StreamFacts) {
        self.streams
            .entry(key)
            .and_modify(|sum| {
                sum.packets += numbers.packets;
                sum.lost += numbers.lost;
                sum.jitter_ms = None;
            })
            .or_insert(numbers);
    }
}

fn key(stream: &Value) -> Result<StreamKey, String> {
    Ok(StreamKey {
        ssrc: text(stream, "ssrc")?,
        src: text(stream, "src")?,
        dst: text(stream, "dst")?,
    })
}

fn numbers(stream: &Value) -> Result<StreamFacts, String> {
    let jitter = &stream["jitter_ms"];
    let (lost, duplicates) = (number(stream, "lost")?, number(stream, "duplicates")?);
    Ok(StreamFacts {
        packets: number(stream, "packets")?,
        lost: lost.cast_signed() - duplicates.cast_signed(),
        jitter_ms: jitter["mean"].as_f64().zip(jitter["max"].as_f64()),
    })
}

/// A table of counts; those that are zero say nothing.
fn counts(table: &Value) -> Result<Counts, String> {
    let table = table
        .as_object()
        .ok_or("the report lacks a table of counts")?;
    let counted = table
        .iter()
        // Says how packets came, and is no type of its own.
        .filter(|(name, _)| *name != "encrypted")
        .filter_map(|(name, n)| Some((name.clone(), n.as_u64()?)));
    Ok(counted.filter(|&(_, n)| n > 0).collect())
}

fn number(of: &Value, field: &str) -> Result<u64, String> {
    of[field]
        .as_u64()
        .ok_or_else(|| format!("the report has no number `{field}`"))
}

fn text(of: &Value, field: &str) -> Result<String, String> {
    let text = of[field]
        .as_str()
        .ok_or_else(|| format!("the report has no text `{field}`"))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "sip": {"requests": {"INVITE": 2, "BYE": 0}, "responses": {"200": 1}, "call_ids": 1},
            "rtcp": {"sr": 3, "rr": 0},
            "streams": [{
                "ssrc": "0x0000abcd", "src": "192.0.2.1:4000", "dst": "[2001:db8::1]:4002",
                "packets": 10, "lost": 4, "duplicates": 3, "jitter_ms": {"mean": 0.5, "max": 1.5}
            }]
        })
    }

    #[test]
    fn a_report_becomes_facts() {
        let facts = Facts::of_report(&report()).unwrap();
        assert_eq!(facts.requests, Counts::from([("INVITE".to_owned(), 2)]));
        assert_eq!(facts.rtcp, Counts::from([("sr".to_owned(), 3)]));
        let (key, numbers) = facts.streams.first_key_value().unwrap();
        assert_eq!(
            key.to_string(),
            "0x0000abcd@192.0.2.1:4000>[2001:db8::1]:4002"
        );
        assert_eq!(
            *numbers,
            StreamFacts {
                packets: 10,
                lost: 1,
                jitter_ms: Some((0.5, 1.5))
            }
        );
    }

    #[test]
    fn streams_of_one_name_are_added_up() {
        let mut report = report();
        let twice = report["streams"][0].clone();
        report["streams"].as_array_mut().unwrap().push(twice);
        let facts = Facts::of_report(&report).unwrap();
        let expected = StreamFacts {
            packets: 20,
            lost: 2,
            jitter_ms: None,
        };
        assert_eq!(facts.streams.values().collect::<Vec<_>>(), [&expected]);
    }

    #[test]
    fn a_report_without_its_fields_is_named() {
        let message =
            Facts::of_report(&json!({"sip": {"requests": {}, "responses": {}}})).unwrap_err();
        assert!(message.contains("call_ids"), "{message}");
    }
}

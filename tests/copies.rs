//! What a second tap shows of the same packets changes nothing but the count of frames.

use serde_json::Value;

use crate::{captures, sipvane, stdout};

fn report(args: &[&str]) -> Value {
    let output = sipvane(&[&["replay", "--quiet", "--format", "json"], args].concat());
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

#[test]
fn a_capture_seen_by_two_taps_gives_the_records_of_one() {
    for capture in captures() {
        let one = report(&[&capture]);
        let two = report(&[&capture, &capture]);
        for part in ["sip", "calls", "registrations", "streams", "rtcp"] {
            assert_eq!(one[part], two[part], "{part} of {capture}");
        }
        let packets = |report: &Value| report["capture"]["packets"].as_u64().expect("a count");
        assert_eq!(packets(&two), 2 * packets(&one), "{capture}");
    }
}

#[test]
fn copies_are_dropped_by_name_or_counted_as_they_come() {
    let capture = "signalling/basic-call.pcap";
    let messages = |report: &Value| report["sip"]["messages"].as_u64().expect("a count");
    let auto = report(&[capture, capture]);
    assert_eq!(auto["capture"]["dropped"]["capture.duplicate"], 7);
    assert_eq!(messages(&auto), 7);
    let off = report(&["--dedup", "off", capture, capture]);
    assert_eq!(off["capture"]["dropped"]["capture.duplicate"], Value::Null);
    assert_eq!(messages(&off), 14);
}

#[test]
fn nothing_is_dropped_where_there_are_no_copies() {
    for capture in captures() {
        assert_eq!(
            report(&[&capture]),
            report(&["--dedup", "off", &capture]),
            "{capture}"
        );
    }
}

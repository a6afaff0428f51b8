//! Captures cut by their snap length yield what is there, and say that they are cut.

use serde_json::Value;

use crate::{sipvane, stdout};

fn report(capture: &str) -> Value {
    let output = sipvane(&["replay", "--quiet", "--format", "json", capture]);
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

/// A list of the report with only these fields of each entry.
fn fields(report: &Value, list: &str, names: &[&str]) -> Vec<Vec<Value>> {
    let entries = report[list].as_array().expect("it is a list");
    let of = |entry: &Value| names.iter().map(|name| entry[name].clone()).collect();
    entries.iter().map(of).collect()
}

#[test]
fn rtp_headers_are_enough_for_streams() {
    let (whole, cut) = (report("calls/hold.pcap"), report("files/snaplen-96.pcap"));
    let told = |report: &Value| {
        let names = [
            "ssrc",
            "src",
            "dst",
            "packets",
            "bytes",
            "lost",
            "expected",
            "jitter_ms",
            "mos",
        ];
        fields(report, "streams", &names)
    };
    assert!(!told(&whole).is_empty());
    assert_eq!(told(&cut), told(&whole));
    assert_eq!(cut["rtcp"], whole["rtcp"]);
}

#[test]
fn start_lines_are_enough_to_count_messages() {
    let (whole, cut) = (report("calls/hold.pcap"), report("files/snaplen-96.pcap"));
    for part in [
        "messages",
        "requests",
        "responses",
        "retransmissions",
        "malformed",
    ] {
        assert_eq!(cut["sip"][part], whole["sip"][part], "{part}");
    }
    assert_eq!(cut["capture"]["bytes"], whole["capture"]["bytes"]);
    assert_eq!(cut["capture"]["truncated"], 407);
    // No Call-ID was captured, and none is made up.
    assert_eq!(
        (&cut["sip"]["call_ids"], fields(&cut, "calls", &[])),
        (&Value::from(0), vec![])
    );
}

#[test]
fn headers_over_tcp_are_enough_for_a_call() {
    let (whole, cut) = (
        report("network/tcp.pcap"),
        report("files/snaplen-480-tcp.pcap"),
    );
    for part in ["messages", "requests", "responses", "malformed"] {
        assert_eq!(cut["sip"][part], whole["sip"][part], "{part}");
    }
    let gaps = |report: &Value| report["sip"]["stream_losses"]["gaps"].as_u64();
    assert_eq!((gaps(&whole), gaps(&cut)), (None, Some(2)));
    let names = [
        "call_id",
        "from",
        "to",
        "start",
        "answer",
        "end",
        "outcome",
        "hangup_by",
    ];
    assert_eq!(
        fields(&cut, "calls", &names),
        fields(&whole, "calls", &names)
    );
    let findings = cut["calls"][0]["findings"]
        .as_array()
        .expect("it is a list");
    let codes: Vec<&Value> = findings.iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["short_call", "truncated_capture"]);
    let text = findings[1]["text"].as_str().expect("it is a sentence");
    assert!(
        text.contains("snap length") && text.ends_with('.'),
        "{text}"
    );
}

//! The messages of calls: those of the capture, without secrets, and as many as were asked for.

use std::process::Command;

use serde_json::Value;

use super::{in_file, rows, stored};
use crate::{root, sipvane, stderr, stdout};

/// What tshark finds of the messages of a call: their sizes and their CSeq.
fn by_tshark(capture: &str, call_id: &str) -> Vec<(u64, String)> {
    let filter = format!("sip.Call-ID == \"{call_id}\"");
    let output = Command::new("tshark")
        .args(["-r", capture, "-Y", &filter, "-T", "fields"])
        .args(["-e", "udp.length", "-e", "sip.CSeq"])
        .current_dir(root().join("pcaps"))
        .output()
        .expect("tshark is installed: cargo xtask test does it");
    assert!(output.status.success(), "{}", stderr(&output));
    let parts = |line: &str| {
        let (length, cseq) = line.split_once('\t').expect("two fields");
        let length: u64 = length.parse().expect("a number");
        (length - 8, cseq.to_owned())
    };
    stdout(&output).lines().map(parts).collect()
}

#[test]
fn the_messages_of_a_call_are_those_of_the_capture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    let capture = "demo.pcap";
    stored(&url, &[capture]);
    let calls = rows(&url, "calls");
    let messages = rows(&url, "messages");
    assert!(!calls.is_empty());
    for call in &calls {
        let mut of_call: Vec<_> = messages
            .iter()
            .filter(|message| message["call_id"] == call["call_id"])
            .collect();
        of_call.sort_by_key(|message| message["number"].as_u64());
        let found: Vec<(u64, String)> = of_call
            .iter()
            .map(|message| {
                let cseq = format!(
                    "{} {}",
                    message["cseq"],
                    message["cseq_method"].as_str().expect("it has a method")
                );
                (message["length"].as_u64().expect("it has a length"), cseq)
            })
            .collect();
        let call_id = call["call_id"].as_str().expect("it has a Call-ID");
        assert_eq!(found, by_tshark(capture, call_id), "{call_id}");
        for message in of_call {
            let text = message["zstd"].as_str().expect("it has a text");
            assert_eq!(message["length"], text.len());
            assert!(text.contains(call_id), "{text}");
        }
    }
}

#[test]
fn no_secret_is_stored_and_no_more_than_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    let capture = "calls/pcma-call-with-stun.pcap";
    stored(&url, &[capture]);
    let texts = |url: &str| -> Vec<String> {
        let messages = rows(url, "messages");
        let text = |row: &std::collections::BTreeMap<String, Value>| {
            row["zstd"].as_str().unwrap_or_default().to_owned()
        };
        messages.iter().map(text).collect()
    };
    let with_credentials: Vec<String> = texts(&url)
        .into_iter()
        .filter(|text| text.contains("uthorization: Digest"))
        .collect();
    assert!(!with_credentials.is_empty());
    for text in &with_credentials {
        let response = text.split("response=\"").nth(1).expect("a digest");
        let response = response.split('"').next().expect("it is quoted");
        assert!(response.chars().all(|c| c == 'x'), "{text}");
    }

    let few = in_file(folder.path(), "few.db");
    let config = folder.path().join("few.toml");
    std::fs::write(&config, "[store]\nmessages = 2\nmessage_bytes = 40\n").expect("it is written");
    let config = config.display().to_string();
    let output = sipvane(&[
        "replay", "--quiet", "--config", &config, "--store", &few, capture,
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let n_calls = rows(&few, "calls").len();
    assert_eq!(texts(&few).len(), 2 * n_calls);
    assert!(texts(&few).iter().all(|text| text.len() == 40));

    let none = in_file(folder.path(), "none.db");
    let output = sipvane(&["replay", "--quiet", "--store", &none, capture]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(rows(&none, "messages").is_empty());
}

#[test]
fn people_see_the_ladder_and_the_texts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    stored(&url, &["demo.pcap"]);
    let calls = rows(&url, "calls");
    let id = calls[0]["call_id"].as_str().expect("it has a Call-ID");
    let shown = |arguments: &[&str]| {
        let flags = ["query", "messages", "--store", &url];
        let output = sipvane(&[&flags, arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let page = shown(&["--call-id", id]);
    let ladder = sipvane(&["replay", "--quiet", "--utc", "--call", id, "demo.pcap"]);
    let ladder = stdout(&ladder);
    let arrows = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(['▶', '◀']));
        lines.map(str::to_owned).collect()
    };
    assert!(!arrows(&page).is_empty(), "{page}");
    assert_eq!(arrows(&page), arrows(&ladder));
    assert!(page.contains("  INVITE sip:"), "{page}");
    let csv = shown(&["--call-id", id, "--format", "csv"]);
    assert!(
        csv.starts_with("happened,src,dst,transport,method,"),
        "{csv}"
    );
    assert_eq!(shown(&["--call-id", "nobody's"]), "");
}

//! The schema of records says all that records say, and nothing else.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::documents::rows;
use crate::{captures, root, sipvane, stdout};

fn schema() -> Value {
    let text = fs::read_to_string(root().join("docs/records.schema.json"));
    serde_json::from_str(&text.expect("the schema is there")).expect("it is JSON")
}

fn lines(capture: &str) -> Vec<Value> {
    let output = sipvane(&["replay", "--quiet", "--format", "ndjson", capture]);
    let text = stdout(&output);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect()
}

#[test]
fn every_record_of_the_bundled_captures_is_valid() {
    let validator = jsonschema::validator_for(&schema()).expect("it is a schema");
    let mut kinds = BTreeSet::new();
    for capture in captures() {
        for record in lines(&capture) {
            let wrong: Vec<String> = validator
                .iter_errors(&record)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{capture}: {wrong:?}");
            kinds.insert(record["type"].to_string());
        }
    }
    let expected = [
        "call",
        "conversation",
        "interval",
        "registration",
        "registration_event",
        "security",
        "stream",
        "summary",
    ];
    let expected: BTreeSet<String> = expected.iter().map(|kind| format!("\"{kind}\"")).collect();
    let missing: Vec<_> = expected.difference(&kinds).collect();
    // No bundled capture shows an attack.
    assert_eq!(missing, ["\"security\""]);
}

#[test]
fn a_field_that_the_schema_lacks_is_refused() {
    let validator = jsonschema::validator_for(&schema()).expect("it is a schema");
    for mut record in lines("calls/hold.pcap") {
        assert!(validator.is_valid(&record));
        record["no_such_field"] = Value::Bool(true);
        assert!(!validator.is_valid(&record), "{}", record["type"]);
    }
}

/// The paths of all fields that a part of the schema allows.
fn paths(schema: &Value, part: &Value, path: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = part["$ref"].as_str() {
        // Groups of key figures hold key figures.
        if path != "sip.kpi.groups" {
            let part = schema.pointer(reference.trim_start_matches('#'));
            return paths(schema, part.expect("it refers to a part"), path, found);
        }
    } else if let Some(choices) = part["anyOf"].as_array() {
        return paths(schema, &choices[0], path, found);
    } else if part["type"] == "array" {
        return paths(schema, &part["items"], path, found);
    } else if let Some(properties) = part["properties"].as_object() {
        for (name, part) in properties
            .iter()
            // The report is of one node.
            .filter(|(name, part)| part["const"].is_null() && *name != "node")
        {
            paths(schema, part, &format!("{path}.{name}"), found);
        }
        return;
    } else if part["additionalProperties"]["$ref"].is_string() {
        let part = &part["additionalProperties"];
        return paths(schema, part, &format!("{path}.*"), found);
    }
    found.insert(path.to_owned());
}

#[test]
fn the_schema_has_the_fields_of_the_report() {
    let schema = schema();
    let parts = [
        ("call_record", "calls"),
        ("conversation_record", "conversations"),
        ("registration_record", "registrations"),
        ("security_record", "security"),
        ("stream_record", "streams"),
        ("capture_summary", "capture"),
        ("sip_summary", "sip"),
        ("rtcp_counts", "rtcp"),
    ];
    let mut found = BTreeSet::from(["version".to_owned()]);
    for (part, path) in parts {
        paths(&schema, &schema["$defs"][part], path, &mut found);
    }
    assert_eq!(found, rows("docs/report.md"));
}

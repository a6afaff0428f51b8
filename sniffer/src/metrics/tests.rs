//! Families from counts: complete, in order, and the same in both formats.

use std::sync::Arc;

use super::*;
use crate::cli::testing::call;
use crate::pipeline::Survey;
use crate::record::{Outcome, Record};
use crate::track::kpi::Scopes;

fn page(choice: &[&str], format: Format) -> String {
    let mut tally = Tally::new(&Scopes::default());
    let host = Host {
        interfaces: vec![InterfaceCounts {
            name: "eth\"0".to_owned(),
            up: true,
            received: 7,
            ..InterfaceCounts::default()
        }],
        filter: Some(Filter {
            packets: vec![("rtp", false, 3), ("other_udp", true, 4)],
            endpoints: 2,
            ..Filter::default()
        }),
        process: Some(Process {
            threads: vec![("worker-0".to_owned(), 1.5)],
            ..Process::default()
        }),
        exports: vec![("store", Arc::default())],
        shared: Some(Arc::default()),
    };
    let choice = Choice(choice.iter().map(|start| (*start).to_owned()).collect());
    let families = families(&Survey::default(), &mut tally, &host, choice);
    String::from_utf8(write(&families, tally.exemplars(), format)).expect("pages are UTF-8")
}

/// The names of the families of a page, in their order.
fn names_of(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn families_come_in_the_order_of_their_list() {
    let text = page(&[], Format::Text);
    let mut listed = names::ALL.iter().map(|family| family.name);
    for name in names_of(&text) {
        assert!(
            listed.any(|listed| listed == name),
            "{name} is out of order"
        );
    }
}

#[test]
fn a_choice_takes_families_by_their_beginnings() {
    let text = page(&["process_", "sip_dialogs"], Format::Text);
    let expected = [
        "sip_dialogs",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ];
    assert_eq!(names_of(&text), expected);
}

#[test]
fn openmetrics_names_counters_without_their_ending() {
    let text = page(
        &["sipvane_kernel", "sip_post", "sip_dialogs"],
        Format::OpenMetrics,
    );
    for line in [
        "# TYPE sipvane_kernel_packets counter",
        "sipvane_kernel_packets_total{interface=\"eth\\\"0\"} 7.0",
        "# TYPE sip_post_dial_delay_seconds histogram",
        "sip_post_dial_delay_seconds_bucket{le=\"0.005\"} 0.0",
        "sip_post_dial_delay_seconds_bucket{le=\"+Inf\"} 0.0",
        "sip_dialogs{state=\"early\"} 0.0",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "no {line} in\n{text}"
        );
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn openmetrics_is_written_where_it_is_asked_for() {
    let asked = Format::accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assert_eq!(asked, Format::OpenMetrics);
    assert_eq!(Format::accepted("*/*"), Format::Text);
}

/// A tally that was told of one call, by classes of user agents.
fn tally_of_a_call(exemplars: bool) -> Tally {
    let class = |name: &str, pattern: &str| UserAgentClass {
        name: name.into(),
        pattern: regex::Regex::new(pattern).expect("a pattern"),
    };
    let settings = MetricsSettings {
        user_agents: vec![class("phones", "(?i)^yea"), class("all", "b2bua")],
        exemplars,
    };
    let mut call = call("a@example.com", 0, Outcome::Answered, 200);
    call.call_id = "a@example.com".into();
    call.user_agent.caller = Some("Yealink SIP-T46U".into());
    call.pdd_ms = Some(900.0);
    let mut tally = Tally::new(&Scopes::default()).with_settings(&settings);
    tally.on_record(&Record::Call(Box::new(call)));
    tally
}

fn page_of(tally: &mut Tally, format: Format) -> String {
    let families = families(
        &Survey::default(),
        tally,
        &Host::default(),
        Choice::default(),
    );
    String::from_utf8(write(&families, tally.exemplars(), format)).expect("pages are UTF-8")
}

#[test]
fn calls_are_told_apart_by_classes_of_user_agents() {
    let text = page_of(&mut tally_of_a_call(false), Format::Text);
    for (class, n) in [("phones", 1), ("all", 0), ("other", 0)] {
        let family = "sip_user_agent_session_outcomes_total";
        let line = format!("{family}{{user_agent=\"{class}\",outcome=\"answered\"}} {n}\n");
        assert!(text.contains(&line), "no {line} in {text}");
    }
}

#[test]
fn exemplars_name_calls_only_where_that_is_allowed() {
    let exemplar = " # {call_id=\"a@example.com\"} 0.9\n";
    let bucket = "sip_post_dial_delay_seconds_bucket{le=\"1.0\"} 0.0";
    let text = page_of(&mut tally_of_a_call(true), Format::OpenMetrics);
    assert!(text.contains(&format!("{bucket}{exemplar}")), "{text}");
    for (allowed, format) in [(false, Format::OpenMetrics), (true, Format::Text)] {
        let text = page_of(&mut tally_of_a_call(allowed), format);
        assert!(!text.contains("a@example.com"), "{text}");
    }
}

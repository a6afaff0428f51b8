//! Families from counts: complete, in order, and the same in both formats.

use std::sync::Arc;

use super::*;
use crate::pipeline::Survey;
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
    };
    let choice = Choice(choice.iter().map(|start| (*start).to_owned()).collect());
    let families = families(&Survey::default(), &mut tally, &host, choice);
    String::from_utf8(write(&families, format)).expect("pages are UTF-8")
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

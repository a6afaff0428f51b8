//! A voice quality report in SIP: what it says of each stream, as it is written out.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sniffer::rtcp::vq_report;
use sniffer::time::Timestamp;

fuzz_target!(|data: &[u8]| {
    let Some(report) = vq_report::parse(data) else {
        return;
    };
    let records = report.records(
        Timestamp::default(),
        SocketAddr::from(([192, 0, 2, 1], 5060)),
    );
    assert!((1..=2).contains(&records.len()));
    assert!(records.iter().all(|record| record.says_as(record)));
});

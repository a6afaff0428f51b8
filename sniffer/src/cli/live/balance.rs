//! What a live capture leaves on standard error when it ends: what came in, and what became of it.

use std::io::{self, Write};

use crate::capture::TapCounts;
use crate::cli::clean;
use crate::record::Report;

/// Writes a line for each interface, and one for all frames.
pub(super) fn write(taps: &[TapCounts], report: &Report, err: &mut dyn Write) -> io::Result<()> {
    for tap in taps {
        let unread = tap
            .received
            .saturating_sub(tap.dropped)
            .saturating_sub(tap.frames);
        writeln!(
            err,
            "sipvane: {}: {} packets received = {} read + {} dropped by the kernel + {unread} left",
            clean(&tap.name),
            tap.received,
            tap.frames,
            tap.dropped,
        )?;
        if tap.split > 0 {
            writeln!(
                err,
                "sipvane: {}: {} of the packets read had been merged, of {} datagrams",
                clean(&tap.name),
                tap.split,
                tap.split_into,
            )?;
        }
    }
    let capture = &report.capture;
    let handled: u64 = capture.handled.values().sum();
    let dropped: u64 = capture.dropped.values().sum();
    writeln!(
        err,
        "sipvane: {} frames = {handled} handled + {dropped} left; {} calls, {} SIP messages",
        capture.packets, report.sip.kpi.session_requests, report.sip.messages,
    )
}

//! One RTCP datagram: every packet, every accessor, and that no more is read than there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::rtcp::xr::Report;
use sniffer::rtcp::{Packet, is_compound, packets, shape};

fuzz_target!(|data: &[u8]| {
    let mut n_read = 0;
    let mut stopped = None;
    for packet in packets(data) {
        assert_eq!(stopped, None, "something followed an error");
        match packet {
            Ok(packet) => n_read += ask(&packet),
            Err(error) => stopped = Some(error),
        }
    }
    assert!(n_read <= data.len());
    let _ = (is_compound(data, data.len()), shape(data, data.len() + 40));
});

/// Asks for everything; gives a count that cannot exceed the bytes of the packet.
fn ask(packet: &Packet<'_>) -> usize {
    let _ = packet.packet_type();
    match packet {
        Packet::SenderReport(sr) => {
            sr.blocks.count() + sr.extension.len() + sr.ntp.middle().min(1) as usize
        }
        Packet::ReceiverReport(rr) => rr.blocks.count() + rr.extension.len(),
        Packet::Sdes(sdes) => sdes
            .chunks()
            .map(|chunk| {
                chunk
                    .cname()
                    .map_or(0, <[u8]>::len)
                    .max(chunk.items().count())
            })
            .sum(),
        Packet::Bye(bye) => bye.sources().len() + bye.reason().map_or(0, <[u8]>::len),
        Packet::App(app) => app.data.len(),
        Packet::TransportFeedback(feedback) | Packet::PayloadFeedback(feedback) => {
            feedback.fci.len()
        }
        Packet::Xr(xr) => xr.blocks().map(|block| count(block.report())).sum(),
        Packet::Other(raw) => raw.body.len(),
    }
}

fn count(report: Report<'_>) -> usize {
    match report {
        Report::Dlrr(echoes) => echoes.count(),
        Report::Other(block) => block.body.len(),
        Report::Loss(_)
        | Report::Duplicates(_)
        | Report::ReceiptTimes(_)
        | Report::Summary(_)
        | Report::ReferenceTime(_)
        | Report::VoipMetrics(_) => 1,
    }
}

//! Calls whose packets pass the tap inside others.

use std::net::SocketAddr;

use crate::generate::call::{Call, Plan};
use crate::generate::demo::{carrier, company};
use crate::generate::hep::{Version, payload_type};
use crate::generate::rtp::PCMU;
use crate::generate::tape::{Tape, Way, ms};
use crate::generate::tunnel::Tunnel;

/// A call between a phone and its proxy, through the user plane of a mobile network.
pub(crate) fn gtpu(tape: &mut Tape) {
    tape.way = Some(Way::Tunnel(Tunnel::GtpU));
    let (alice, bob) = (
        company("Alice", "+15555550101"),
        carrier("Bob", "+15555550142"),
    );
    Call::new(tape, 35, &alice, &bob).answered(tape, &Plan::clean(ms(0), ms(3000), &PCMU));
}

/// A call that only a capture agent saw, with RTCP as JSON, a report on its media, and what else agents send.
pub(crate) fn hep(tape: &mut Tape) {
    tape.way = Some(Way::Agent(Version::Three));
    let (alice, bob) = (
        company("Alice", "+15555550101"),
        carrier("Bob", "+15555550142"),
    );
    let call = Call::new(tape, 36, &alice, &bob);
    let (call_id, media) = (call.truth.call_id.clone(), call.media);
    let first = tape.truth.streams.len();
    call.answered(tape, &Plan::clean(ms(0), ms(3000), &PCMU));

    let stream = tape.truth.streams[first].clone();
    let [caller, callee] = media;
    let beside = |addr: SocketAddr| SocketAddr::new(addr.ip(), addr.port() + 1);
    let ssrc = u32::from_str_radix(stream.ssrc.trim_start_matches("0x"), 16)
        .expect("the truth writes an SSRC in hexadecimal");
    let block = format!(
        r#"{{"ssrc":1,"type":201,"report_count":1,"report_blocks":[{{"source_ssrc":{ssrc},"highest_seq_no":1,"fraction_lost":0,"ia_jitter":8,"packets_lost":0,"lsr":0,"dlsr":0}}]}}"#
    );
    let report = format!(
        r#"{{"CORRELATION_ID":"{call_id}","CODEC_NAME":"PCMU","TOTAL_PK":{packets},"EXPECTED_PK":{packets},"PACKET_LOSS":0,"OUT_ORDER":0,"JITTER":"0.500","MEAN_JITTER":0.25,"MAX_JITTER":1.5,"MOS":4.41,"MEAN_MOS":4.4,"MIN_MOS":4.3,"RFACTOR":93.2}}"#,
        packets = stream.packets
    );
    let (there, back) = ((caller, callee), (beside(callee), beside(caller)));
    let sent: [(i64, u8, _, &[u8]); 4] = [
        (2500, payload_type::RTCP_JSON, back, block.as_bytes()),
        (3100, payload_type::RTP_REPORT, there, report.as_bytes()),
        (3200, payload_type::LOG, there, b"transfer of nothing"),
        (3300, payload_type::SIP, there, b""),
    ];
    for (millis, kind, ends, payload) in sent {
        tape.agent(ms(millis), Version::Three, kind, ends, payload, usize::MAX);
    }
    tape.count_rtcp("RR");
}

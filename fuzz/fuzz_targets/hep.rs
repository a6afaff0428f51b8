//! Frames of capture agents: nothing panics, nothing lies outside of the frame, nothing inflates beyond its bound.
//!
//! The first two bytes say how much more was on the wire than is here.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::decode::hep::{self, MAX_INFLATED, Payload, PayloadType, rtcp_json, rtp_report};
use sniffer::time::Timestamp;

fuzz_target!(|input: &[u8]| {
    let Some((&[high, low], bytes)) = input.split_first_chunk::<2>() else {
        return;
    };
    let wire_len = bytes.len() + usize::from(u16::from_be_bytes([high, low]));
    let received = Timestamp::from_secs_nanos(1_700_000_000, 0);
    let Some(frame) = hep::parse(bytes, wire_len, received) else {
        return;
    };
    if let Payload::Plain {
        bytes: inner,
        wire_len: inner_len,
    } = frame.payload
    {
        assert!(inner.len() <= inner_len && inner_len <= wire_len);
        let (outer, inner) = (bytes.as_ptr_range(), inner.as_ptr_range());
        assert!(inner.is_empty() || outer.start <= inner.start && inner.end <= outer.end);
    }
    let mut buffer = Vec::new();
    let Ok((payload, _)) = frame.payload.open(&mut buffer) else {
        return;
    };
    assert!(payload.len() <= MAX_INFLATED);
    match frame.payload_type {
        PayloadType::Rtcp => {
            let _ = rtcp_json::parse(payload);
        }
        PayloadType::RtpReport => {
            let _ = rtp_report::parse(payload);
        }
        _ => {}
    }
});

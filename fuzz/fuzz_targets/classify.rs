//! One UDP payload, whole and cut: that each class can be read by the parser it is meant for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::classify::{Class, classify};
use sniffer::rtcp::packets;
use sniffer::rtp::Header;

fuzz_target!(|data: &[u8]| {
    for wire_len in [data.len() / 2, data.len(), data.len() + 100] {
        let bytes = data.get(..wire_len).unwrap_or(data);
        match classify(data, wire_len) {
            Class::Empty => assert_eq!(wire_len, 0),
            Class::Rtp => assert!(Header::parse_cut(bytes, wire_len).is_ok()),
            Class::Rtcp => assert!(packets(bytes).next().is_some()),
            Class::TurnChannel { inner, wire_len } => {
                let class = classify(inner, wire_len);
                assert!(!matches!(
                    class,
                    Class::Unknown | Class::Empty | Class::TurnChannel { .. }
                ));
            }
            _ => {}
        }
    }
});

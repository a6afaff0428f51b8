//! One RTP packet, whole and cut: every accessor, and what must hold between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::rtp::{Header, TelephoneEvent};

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = Header::parse(data) {
        ask(&header, data.len());
        assert_eq!(header.payload().len(), header.payload_len());
    }
    for wire_len in [data.len() / 2, data.len(), data.len() + 160] {
        if let Ok(header) = Header::parse_cut(data, wire_len) {
            ask(&header, wire_len);
        }
    }
});

fn ask(header: &Header<'_>, wire_len: usize) {
    assert_eq!(header.version(), 2);
    assert!(header.pt() < 128);
    assert_eq!(header.csrcs().len(), header.csrc_count());
    assert!(header.payload().len() <= header.payload_len());
    let extension = header
        .extension()
        .map_or(0, |extension| 4 + extension.data.len());
    let head = 12 + 4 * header.csrc_count() + extension;
    assert_eq!(head + header.payload_len() + header.padding_len(), wire_len);
    assert!(header.has_padding() || header.padding_len() == 0);
    let _ = (header.marker(), header.ts(), header.ssrc());
    assert!(header.seq().next().is_after(header.seq()));
    if let Some(event) = TelephoneEvent::parse(header.payload()) {
        assert_eq!(event.digit().is_some(), event.event < 16);
    }
}

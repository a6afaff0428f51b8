//! One session description: every accessor, and the bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::sdp::{MAX_CANDIDATES, MAX_FORMATS, MAX_MEDIA, MAX_SSRCS, Media, Session};

fuzz_target!(|data: &[u8]| {
    let Ok(session) = Session::parse(data) else {
        return;
    };
    assert!(session.media.len() <= MAX_MEDIA);
    for (index, media) in session.media.iter().enumerate() {
        assert!(session.transport_of(index).is_some());
        ask(media);
    }
    if let Some(connection) = &session.connection {
        let _ = connection.is_unspecified();
    }
});

fn ask(media: &Media) {
    assert!(media.formats().count() <= MAX_FORMATS && media.payloads.len() <= MAX_FORMATS);
    assert!(media.candidates.len() <= MAX_CANDIDATES && media.ssrcs.len() <= MAX_SSRCS);
    assert!(
        media
            .payloads
            .iter()
            .all(|(pt, format)| pt < 128 && format.clock_hz > 0)
    );
    let rtp = media.rtp_addr();
    assert!(media.rtcp_addr().is_none() || rtp.is_some());
    assert!(rtp.is_none() || !media.is_disabled());
    let _ = (
        media.is_hold(),
        media.is_rtp(),
        media.is_udptl(),
        media.is_secure(),
    );
    let _ = (
        media.kind.name(),
        media.direction.name(),
        media.security.any(),
    );
    for candidate in &media.candidates {
        let _ = candidate.addr();
    }
}

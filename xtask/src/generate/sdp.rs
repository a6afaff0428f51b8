//! Session descriptions of the generated calls: one audio line.

use std::net::{IpAddr, SocketAddr};

use super::rtp::Codec;

/// An offer or an answer that receives audio at `media`. `direction` is `sendrecv`, `sendonly`, `recvonly` or `inactive`.
pub(crate) fn audio(media: SocketAddr, codec: &Codec, version: u32, direction: &str) -> String {
    let family = match media.ip() {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    };
    let (addr, port, payload_type) = (media.ip(), media.port(), codec.payload_type);
    let mut lines = vec![
        "v=0".to_owned(),
        format!("o=- 3914 {version} IN {family} {addr}"),
        "s=-".to_owned(),
        format!("c=IN {family} {addr}"),
        "t=0 0".to_owned(),
        format!("m=audio {port} RTP/AVP {payload_type} 101"),
        format!("a=rtpmap:{payload_type} {}", codec.encoding),
    ];
    lines.extend(
        codec
            .fmtp
            .map(|fmtp| format!("a=fmtp:{payload_type} {fmtp}")),
    );
    lines.extend([
        format!("a=rtpmap:101 telephone-event/{}", codec.clock_hz),
        "a=fmtp:101 0-15".to_owned(),
        "a=ptime:20".to_owned(),
        format!("a={direction}"),
    ]);
    lines.join("\r\n") + "\r\n"
}

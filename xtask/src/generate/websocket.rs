//! SIP over WebSocket (RFC 7118): the opening handshake and the frames of either side.

use flate2::{Compress, Compression, FlushCompress};

use super::sip::Side;

/// The example of RFC 6455, 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// The only fragment of a text message, compressed or not (RFC 6455, 5.2; RFC 7692, 6).
const TEXT: u8 = 0x81;
const COMPRESSED: u8 = 0x40;
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// What the end of each compressed message leaves out (RFC 7692, 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// What the client asks and what the server answers.
pub(crate) fn handshake(deflate: bool) -> [String; 2] {
    let extension = match deflate {
        true => {
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
        }
        false => "",
    };
    [
        format!(
            "GET / HTTP/1.1\r\nHost: sip.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n{extension}\r\n"
        ),
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {ACCEPT}\r\nSec-WebSocket-Protocol: sip\r\n{extension}\r\n"
        ),
    ]
}

/// A message in one frame; a client masks it (RFC 6455, 5.3).
pub(crate) fn frame(by: Side, message: &str, compressed: bool) -> Vec<u8> {
    let (opcode, mut payload) = match compressed {
        true => (TEXT | COMPRESSED, deflate(message.as_bytes())),
        false => (TEXT, message.as_bytes().to_vec()),
    };
    let masked = by == Side::Caller;
    let mask_bit = if masked { MASKED } else { 0 };
    let mut frame = vec![opcode];
    match u8::try_from(payload.len()) {
        Ok(length @ ..126) => frame.push(mask_bit | length),
        _ => {
            let length = u16::try_from(payload.len()).expect("generated messages are short");
            frame.push(mask_bit | 126);
            frame.extend(length.to_be_bytes());
        }
    }
    if masked {
        frame.extend(MASK);
        let masks = MASK.iter().cycle();
        payload
            .iter_mut()
            .zip(masks)
            .for_each(|(byte, mask)| *byte ^= mask);
    }
    frame.extend(payload);
    frame
}

/// Each message by itself, since tshark 4.0 loses its way in those that refer to others.
fn deflate(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    Compress::new(Compression::default(), false)
        .compress_vec(message, &mut out, FlushCompress::Sync)
        .expect("there is room for what is compressed");
    assert!(out.ends_with(&TAIL), "a flush ends in an empty block");
    out.truncate(out.len() - TAIL.len());
    out
}

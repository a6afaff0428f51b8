//! What attackers send: names that never come twice.

use std::io::{self, Write};

use super::attempts::{address, media};
use super::messages::{Parties, Step, mix, sdp};
use super::sink::{Moment, Sink};
use super::{Options, Speech, Truth};

/// Time between two packets: a hundred thousand a second.
const BETWEEN: Moment = 10_000;

/// INVITEs, each with a Call-ID of its own, that nobody answers.
pub(super) fn call_ids<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let (caller, callee) = (address(options.ipv6, 1, 0), address(options.ipv6, 2, 0));
    for call in 0..options.calls.unwrap_or(1_000_000) {
        let parties = Parties {
            call,
            caller,
            callee,
            transport: "UDP",
        };
        let body = sdp(media(caller, call), Speech::Pcmu, call);
        let text = parties.message(Step::Invite, &body);
        sink.udp(call * BETWEEN, caller, callee, text.as_bytes())?;
        truth.calls += 1;
        *truth.requests.entry("INVITE".to_owned()).or_default() += 1;
    }
    Ok(())
}

/// RTP packets, each with an SSRC of its own.
pub(super) fn ssrcs<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let (src, dst) = (address(options.ipv6, 1, 0), address(options.ipv6, 2, 0));
    let (src, dst) = (media(src, 0), media(dst, 0));
    for n in 0..options.calls.unwrap_or(1_000_000) {
        let mut rtp = vec![0x80, 0, 0, 1, 0, 0, 0, 160];
        // An odd factor makes the SSRCs differ.
        rtp.extend((n as u32).wrapping_mul(0x9e37_79b1).to_be_bytes());
        rtp.extend((0..160).map(|i| mix(n, i) as u8));
        sink.udp(n * BETWEEN, src, dst, &rtp)?;
        truth.rtp += 1;
    }
    Ok(())
}

//! Streams that suffer in known ways: loss, jitter, reordering, duplicates, drift, silence, restarts.

use std::io::{self, Write};

use super::attempts::{address, media};
use super::messages::mix;
use super::sink::{Moment, Sink};
use super::source::{Arrival, impaired};
use super::{Options, Truth};

/// Writes one stream a call, each of a seed of its own, all beginning at once.
pub(super) fn play<W: Write>(
    options: &Options,
    sink: &mut Sink<W>,
    truth: &mut Truth,
) -> io::Result<()> {
    let n_streams = options.calls.unwrap_or(200);
    let mut packets: Vec<(Moment, u64, Arrival)> = Vec::new();
    for stream in 0..n_streams {
        let (arrivals, said) = impaired(options.seed + stream);
        truth.streams += 1;
        truth.rtp += said.packets;
        truth.lost += said.lost;
        let passing = arrivals.into_iter();
        packets.extend(passing.map(|packet| (packet.at.unsigned_abs(), stream, packet)));
    }
    packets.sort_by_key(|(at, stream, _)| (*at, *stream));
    for (at, stream, packet) in packets {
        let src = media(address(options.ipv6, 1, stream), 0);
        let dst = media(address(options.ipv6, 2, stream), 0);
        sink.udp(at, src, dst, &bytes(stream, packet))?;
    }
    Ok(())
}

/// The packet on the wire: G.711, all its samples silent.
fn bytes(stream: u64, packet: Arrival) -> Vec<u8> {
    let mut bytes = vec![0x80, u8::from(packet.marker) << 7];
    bytes.extend(packet.seq.to_be_bytes());
    bytes.extend(packet.ts.to_be_bytes());
    bytes.extend((mix(stream, 20) as u32).to_be_bytes());
    bytes.resize(12 + 160, 0xff);
    bytes
}

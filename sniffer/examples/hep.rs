//! Prints what every HEP frame in a capture says, one row a frame, in the columns of the corpus' own list.
//!
//! `cargo run --example hep -- CAPTURE`; `cargo xtask corpus` runs it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it speaks to the person who started it"
)]

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use sniffer::capture::Captures;
use sniffer::decode::hep::{self, HepFrame, Payload, PayloadType};
use sniffer::decode::{Datagram, Decoded, Decoder, Limits, Packet, Payload as Transport};
use sniffer::sip::{Message, text};

const HEAD: &str = "frame\tudp_payload_bytes\tsrc\tsport\tdst\tdport\tip_protocol\tts_sec\tts_usec\tprotocol_type\tagent_id\t\
                    correlation_id\tpayload_bytes\tcompressed\tfirst_line\tcall_id";

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    match print(&paths) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn print(paths: &[PathBuf]) -> Result<(), String> {
    let mut captures = Captures::open(paths).map_err(|e| e.to_string())?;
    let mut decoder = Decoder::new(Limits::default());
    let mut number = 0;
    println!("{HEAD}");
    while let Some(frame) = captures.next_frame() {
        number += 1;
        if let Decoded::Packet(Packet {
            payload: Transport::Udp(datagram),
            ..
        }) = decoder.decode(&frame)
            && let Some(hep) = hep::parse(datagram.bytes, datagram.wire_len, frame.at)
        {
            println!("{}", row(number, &datagram, &hep));
        }
    }
    Ok(())
}

fn row(number: u64, datagram: &Datagram<'_>, hep: &HepFrame<'_>) -> String {
    let mut buffer = Vec::new();
    let (payload, _) = hep.payload.open(&mut buffer).unwrap_or_default();
    let is_compressed = matches!(hep.payload, Payload::Compressed(_));
    let (first_line, call_id) = said(hep, payload);
    let micros = hep.at.map(|at| at.as_nanos() / 1000);
    let shown = |part: Option<i64>| part.map_or_else(String::new, |n| n.to_string());
    let columns = [
        number.to_string(),
        datagram.wire_len.to_string(),
        hep.src.ip().to_string(),
        hep.src.port().to_string(),
        hep.dst.ip().to_string(),
        hep.dst.port().to_string(),
        hep.protocol.to_string(),
        shown(micros.map(|micros| micros / 1_000_000)),
        shown(micros.map(|micros| micros % 1_000_000)),
        type_number(hep.payload_type),
        shown(hep.agent_id.map(i64::from)),
        hep.correlation_id
            .map(text::display)
            .unwrap_or_default()
            .into_owned(),
        payload.len().to_string(),
        if is_compressed { "yes" } else { "" }.to_owned(),
        first_line,
        call_id,
    ];
    columns.join("\t")
}

/// First line and Call-ID, of SIP alone.
fn said(hep: &HepFrame<'_>, payload: &[u8]) -> (String, String) {
    if hep.payload_type != PayloadType::Sip {
        return (String::new(), String::new());
    }
    let line = payload.split(|&byte| byte == b'\n').next();
    let line = line.unwrap_or_default().trim_ascii_end();
    let call_id = Message::parse(payload)
        .ok()
        .and_then(|message| Some(text::display(message.call_id()?).into_owned()));
    (
        text::display(line).into_owned(),
        call_id.unwrap_or_default(),
    )
}

fn type_number(kind: PayloadType) -> String {
    match kind {
        PayloadType::Sip => "1".to_owned(),
        PayloadType::Rtp => "4".to_owned(),
        PayloadType::Rtcp => "5".to_owned(),
        PayloadType::RtpReport => "34".to_owned(),
        PayloadType::Other(number) => number.to_string(),
    }
}

//! Capture files made byte by byte, through every way a capture can come in.

mod against_libpcap;
mod arbitrary;
mod carrier;
mod merge;
mod open;
mod pcap;
mod pcapng;
mod truncation;
mod writer;

use super::{Captures, Damage, Fault, OpenError};
use carrier::Carrier;

/// A frame that outlives its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    nanos: i64,
    link: u16,
    interface: u32,
    original_len: u32,
    bytes: Vec<u8>,
}

/// A frame of Ethernet on interface 0 that was captured whole.
fn seen(nanos: i64, bytes: &[u8]) -> Seen {
    Seen {
        nanos,
        link: 1,
        interface: 0,
        original_len: bytes.len() as u32,
        bytes: bytes.to_vec(),
    }
}

/// Reads to the end.
fn read_all(mut captures: Captures) -> (Vec<Seen>, Vec<Damage>) {
    let mut frames = Vec::new();
    while let Some(frame) = captures.next_frame() {
        frames.push(Seen {
            nanos: frame.at.as_nanos(),
            link: frame.link.0,
            interface: frame.interface,
            original_len: frame.original_len,
            bytes: frame.bytes.to_vec(),
        });
    }
    assert!(captures.next_frame().is_none(), "the end stays the end");
    (frames, captures.damage().to_vec())
}

/// A capture gives these frames and this damage, however it comes in.
fn check(capture: &[u8], frames: &[Seen], damage: &[(u64, Fault)]) {
    for carrier in Carrier::ALL {
        let captures = carrier.open(capture).expect("a capture that opens");
        let (got, found) = read_all(captures);
        assert_eq!(got, frames, "{carrier:?}");
        let found: Vec<_> = found
            .iter()
            .map(|damage| (damage.offset, damage.what))
            .collect();
        assert_eq!(found, damage, "{carrier:?}");
    }
}

/// What opening a capture says, which is the same however it comes in.
fn open_error(capture: &[u8]) -> OpenError {
    let errors = Carrier::ALL.map(|carrier| {
        carrier
            .open(capture)
            .err()
            .expect("a capture that does not open")
    });
    let [error, ..] = errors;
    error
}

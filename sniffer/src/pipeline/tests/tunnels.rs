//! The same call plain and through tunnels: the same records, but for the addresses outside.

use super::{CALL, CALLEE, CALLER, Tape, ipv4, rtp, udp};
use crate::record::{Outer, Report};

const NEAR: [u8; 4] = [203, 0, 113, 1];
const FAR: [u8; 4] = [203, 0, 113, 2];

fn call(wrap: impl Fn(Vec<u8>) -> Vec<u8>) -> Tape {
    let mut frames: Vec<(u32, Vec<u8>)> = CALL
        .into_iter()
        .map(|(millis, step)| {
            let (src, dst) = step.sides();
            (millis, udp((src, 5060), (dst, 5060), &step.message()))
        })
        .collect();
    frames.extend((0..100).map(|n| {
        let packet = udp((CALLER, 4000), (CALLEE, 4000), &rtp(n));
        (1100 + 20 * u32::from(n), packet)
    }));
    frames.sort();
    let mut tape = Tape::default();
    for (millis, packet) in frames {
        tape.push(millis, wrap(packet));
    }
    tape
}

/// A G-PDU.
fn gtp(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let message = [&[0x30, 255], &length[..], &[0, 0, 0, 9], packet].concat();
    udp((NEAR, 2152), (FAR, 2152), &message)
}

/// The report without what the wrapping adds.
fn bare(mut report: Report) -> Report {
    report.capture.bytes = 0;
    report.capture.encapsulations.clear();
    report.calls.iter_mut().for_each(|call| call.outer = None);
    report
        .streams
        .iter_mut()
        .for_each(|stream| stream.outer = None);
    report
}

fn check(name: &str, wrap: impl Fn(Vec<u8>) -> Vec<u8>, kinds: &[&'static str]) {
    let plain = call(|packet| packet).report(&format!("{name}-plain"));
    assert!(plain.capture.encapsulations.is_empty());
    assert_eq!((plain.calls[0].outer, plain.streams[0].outer), (None, None));
    let wrapped = call(wrap).report(name);
    let expected = kinds.iter().map(|kind| (*kind, 105)).collect();
    assert_eq!(wrapped.capture.encapsulations, expected, "{name}");
    let outer = Some(Outer {
        src: NEAR.into(),
        dst: FAR.into(),
    });
    assert_eq!(
        (wrapped.calls[0].outer, wrapped.streams[0].outer),
        (outer, outer)
    );
    let json = |report: Report| serde_json::to_value(report).unwrap();
    assert_eq!(json(bare(wrapped)), json(bare(plain)), "{name}");
}

#[test]
fn a_tunnel_changes_no_record() {
    check("gtpu", |packet| gtp(&packet), &["gtpu"]);
    check("ipip", |packet| ipv4(4, NEAR, FAR, &packet), &["ipip"]);
    let gre = |packet: Vec<u8>| {
        let header = [0, 0, 8, 0];
        ipv4(47, NEAR, FAR, &[&header, &packet[..]].concat())
    };
    check("gre", gre, &["gre"]);
    let nested = |packet: Vec<u8>| ipv4(4, NEAR, FAR, &gtp(&packet));
    check("nested", nested, &["gtpu", "ipip"]);
}

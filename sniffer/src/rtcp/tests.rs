//! Datagrams in hexadecimal, and the packets read from them.

use proptest::prelude::*;

use super::xr::Report;
use super::*;
use crate::rtp::Ssrc;

/// A sender report of source 0x11 with one block about source 0x22.
const SR: &str = "81c8000c 00000011 e1b2c3d4 80000000 000003e8 00000064 00003e80 \
                  00000022 40fffffe 0001ffff 00000050 c3d48000 00010000";
const EMPTY_RR: &str = "80c90001 00000011";
/// CNAME "a@b" and TOOL "x": the list ends in three null bytes.
const SDES: &str = "81ca0004 00000011 01036140 62060178 00000000";
const BYE: &str = "82cb0004 00000011 00000022 03656e64 00000000";
const APP: &str = "83cc0003 00000011 74657374 deadbeef";
const NACK: &str = "81cd0003 00000011 00000022 0007 0003";
const PLI: &str = "81ce0002 00000011 00000022";
const XR: &str = "80cf0011 00000011 04000002 e1b2c3d4 80000000 05000003 00000022 c3d48000 00010000 \
                  07000008 00000022 1a0d4010 00c80bb8 0064000a ecba7f10 5a7f2928 3b000028 00500078";
const OLD_FIR: &str = "80c00001 00000011";
const PADDED_RR: &str = "a0c90003 00000011 00000000 00000008";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// The types of the packets read from the datagram, and why reading stopped, if it did.
fn check(hex: &[&str], types: &[PacketType], stopped: Option<RtcpError>) {
    let bytes = bytes(&hex.concat());
    let read: Vec<_> = packets(&bytes).collect();
    let seen: Vec<_> = read.iter().flatten().map(Packet::packet_type).collect();
    assert_eq!(seen, types, "{hex:?}");
    let error = read
        .iter()
        .find_map(|packet| packet.as_ref().err())
        .copied();
    assert_eq!(error, stopped, "{hex:?}");
}

fn check_shape(hex: &[&str], expected: Option<Shape>) {
    let bytes = bytes(&hex.concat());
    assert_eq!(shape(&bytes, bytes.len()), expected, "{hex:?}");
}

/// The only packet of the datagram.
fn only(bytes: &[u8]) -> Packet<'_> {
    packets(bytes).next().unwrap().unwrap()
}

#[test]
fn compounds_are_read_packet_by_packet() {
    use PacketType::*;
    check(&[SR, SDES, BYE], &[Sr, Sdes, Bye], None);
    check(&[EMPTY_RR, APP, XR], &[Rr, App, Xr], None);
    check(&[NACK, PLI, OLD_FIR], &[Rtpfb, Psfb, Other], None);
    check(&[SR, PADDED_RR], &[Sr, Rr], None);
    check(&[], &[], None);
}

#[test]
fn reading_stops_with_a_reason() {
    use PacketType::*;
    check(&[SR, "81ca"], &[Sr], Some(RtcpError::TooShort));
    check(&[SR, "41ca0001 00000011"], &[Sr], Some(RtcpError::Version));
    check(&[SR, "80000001 00000011"], &[Sr], Some(RtcpError::Type));
    check(
        &[SR, "80c90002 00000011"],
        &[Sr, Rr],
        Some(RtcpError::Length),
    );
    check(&[SR, "80c8000c 00000011"], &[Sr], Some(RtcpError::Length));
    check(&[PADDED_RR, SR], &[], Some(RtcpError::Padding));
    check(&["a0c90001 00000000"], &[], Some(RtcpError::Padding));
    check(&["a0c90001 00000003"], &[], Some(RtcpError::Padding));
    check(&["a0c90001 00000008"], &[], Some(RtcpError::Padding));
    check(&["80c90000"], &[], Some(RtcpError::Body));
    check(&["80c80001 00000011", SR], &[], Some(RtcpError::Body));
}

#[test]
fn sender_report_fields() {
    let bytes = bytes(SR);
    let Packet::SenderReport(sr) = only(&bytes) else {
        panic!("not a sender report");
    };
    assert_eq!((sr.ssrc, sr.rtp_ts), (Ssrc(0x11), 1000));
    assert_eq!((sr.packets, sr.octets), (100, 16000));
    assert_eq!(
        (sr.ntp.seconds(), sr.ntp.fraction()),
        (0xe1b2_c3d4, 0x8000_0000)
    );
    assert_eq!(sr.ntp.middle(), 0xc3d4_8000);
    let block = ReportBlock {
        ssrc: Ssrc(0x22),
        fraction_lost: 64,
        cumulative_lost: -2,
        highest_seq: 0x1_ffff,
        jitter: 80,
        lsr: 0xc3d4_8000,
        dlsr: 65536,
    };
    assert_eq!(sr.blocks.collect::<Vec<_>>(), [block]);
    assert_eq!((sr.blocks.len(), sr.extension), (1, &[][..]));
}

#[test]
fn blocks_beyond_the_packet_are_not_made_up() {
    let bytes =
        bytes("82c90008 00000011 00000022 7f7fffff 00000001 00000002 00000000 00000000 aabbccdd");
    let Packet::ReceiverReport(rr) = only(&bytes) else {
        panic!("not a receiver report");
    };
    let lost: Vec<_> = rr.blocks.map(|block| block.cumulative_lost).collect();
    assert_eq!(lost, [8_388_607]);
    assert_eq!(rr.extension, [0xaa, 0xbb, 0xcc, 0xdd]);
}

#[test]
fn source_descriptions_are_read() {
    let bytes = bytes(
        "83ca0009 00000011 01036140 62060178 00000000 00000022 00000000 00000033 02016e09 09010000",
    );
    let Packet::Sdes(sdes) = only(&bytes) else {
        panic!("not a source description");
    };
    let seen: Vec<_> = sdes
        .chunks()
        .map(|chunk| (chunk.ssrc, chunk.cname(), chunk.items().count()))
        .collect();
    assert_eq!(
        seen,
        [
            (Ssrc(0x11), Some(&b"a@b"[..]), 2),
            (Ssrc(0x22), None, 0),
            (Ssrc(0x33), None, 1),
        ]
    );
    let last = sdes.chunks().last().unwrap().items().next().unwrap();
    assert_eq!((last.kind, last.text), (SdesItem::Name, &b"n"[..]));
}

#[test]
fn goodbyes_name_sources_and_reason() {
    let seen = |hex: &str| {
        let bytes = bytes(hex);
        let Packet::Bye(bye) = only(&bytes) else {
            panic!("not a goodbye");
        };
        let sources: Vec<u32> = bye.sources().map(|ssrc| ssrc.0).collect();
        (sources, bye.reason().map(<[u8]>::to_vec))
    };
    assert_eq!(seen(BYE), (vec![0x11, 0x22], Some(b"end".to_vec())));
    assert_eq!(seen("81cb0001 00000011"), (vec![0x11], None));
    assert_eq!(seen("80cb0000"), (vec![], None));
    assert_eq!(seen("83cb0001 00000011"), (vec![0x11], None));
    assert_eq!(seen("81cb0002 00000011 ff656e64"), (vec![0x11], None));
}

#[test]
fn application_packets_and_feedback_are_read() {
    let bytes = bytes(&[APP, NACK, PLI, OLD_FIR].concat());
    let read: Vec<_> = packets(&bytes).flatten().collect();
    let [
        Packet::App(app),
        Packet::TransportFeedback(nack),
        Packet::PayloadFeedback(pli),
        Packet::Other(fir),
    ] = read[..]
    else {
        panic!("other packets: {read:?}");
    };
    assert_eq!((app.subtype, app.ssrc, &app.name), (3, Ssrc(0x11), b"test"));
    assert_eq!(app.data, [0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(
        (nack.format, nack.sender, nack.media),
        (1, Ssrc(0x11), Ssrc(0x22))
    );
    assert_eq!(nack.fci, [0, 7, 0, 3]);
    assert_eq!((pli.format, pli.fci), (1, &[][..]));
    assert_eq!(
        (fir.pt, fir.count, fir.body),
        (192, 0, &[0, 0, 0, 0x11][..])
    );
}

#[test]
fn extended_reports_are_read() {
    let bytes = bytes(XR);
    let Packet::Xr(xr) = only(&bytes) else {
        panic!("not an extended report");
    };
    let reports: Vec<_> = xr.blocks().map(|block| block.report()).collect();
    let [
        Report::ReferenceTime(time),
        Report::Dlrr(dlrr),
        Report::VoipMetrics(voip),
    ] = reports[..]
    else {
        panic!("other blocks: {reports:?}");
    };
    assert_eq!(time.middle(), 0xc3d4_8000);
    let echoes: Vec<_> = dlrr.map(|echo| (echo.ssrc, echo.lrr, echo.dlrr)).collect();
    assert_eq!(echoes, [(Ssrc(0x22), 0xc3d4_8000, 65536)]);
    assert_eq!(
        (voip.ssrc, voip.loss_rate, voip.discard_rate),
        (Ssrc(0x22), 26, 13)
    );
    assert_eq!((voip.burst_density, voip.gap_density), (64, 16));
    assert_eq!((voip.burst_duration_ms, voip.gap_duration_ms), (200, 3000));
    assert_eq!((voip.round_trip_ms, voip.end_system_ms), (100, 10));
    assert_eq!((voip.signal_dbm0, voip.noise_dbm0), (Some(-20), Some(-70)));
    assert_eq!((voip.rerl_db, voip.gmin), (None, 16));
    assert_eq!((voip.r_factor, voip.external_r_factor), (Some(90), None));
    assert_eq!(
        (voip.mos_lq_tenths, voip.mos_cq_tenths),
        (Some(41), Some(40))
    );
    assert_eq!((voip.rx_config, voip.jb_nominal_ms), (0x3b, 40));
    assert_eq!((voip.jb_maximum_ms, voip.jb_abs_max_ms), (80, 120));
}

#[test]
fn short_extended_blocks_stay_bytes() {
    let bytes = bytes("80cf0004 00000011 07ab0001 00000022 04000005");
    let Packet::Xr(xr) = only(&bytes) else {
        panic!("not an extended report");
    };
    let blocks: Vec<_> = xr.blocks().collect();
    assert_eq!(blocks.len(), 1);
    let Report::Other(block) = blocks[0].report() else {
        panic!("read as more than it is");
    };
    assert_eq!((block.block_type, block.type_specific), (7, 0xab));
}

#[test]
fn chains_that_end_with_the_datagram_are_rtcp() {
    for hex in [
        SR, EMPTY_RR, SDES, BYE, APP, NACK, PLI, XR, OLD_FIR, PADDED_RR,
    ] {
        check_shape(&[hex], Some(Shape::Clear));
        check_shape(&[SR, hex], Some(Shape::Clear));
    }
    check_shape(&[], None);
    check_shape(&[SR, "80c9"], None);
    check_shape(&[SR, EMPTY_RR, "0000"], Some(Shape::Clear));
    check_shape(&[SR, "80c90002 00000011"], Some(Shape::Clear));
    check_shape(&[SR, "80c90002 00000012"], Some(Shape::Encrypted));
    check_shape(&["80c90002 00000011"], None);
    check_shape(&["81c90001 00000011"], None);
    check_shape(&["80e00001 00000011"], None);
    check_shape(&["80c40001 00000011"], None);
    check_shape(&["00c90001 00000011"], None);
}

#[test]
fn ciphertext_behind_a_first_packet_is_srtcp() {
    let tag = "00112233445566778899";
    check_shape(&[SR, "80000007", tag], Some(Shape::Encrypted));
    check_shape(
        &[SR, "5a5a5a5a 01020304 80000007", tag],
        Some(Shape::Encrypted),
    );
    check_shape(&[PLI, "80000001", tag], Some(Shape::Encrypted));
    check_shape(
        &[PLI, "5a5a5a5a 01020304 05060708 80000001"],
        Some(Shape::Encrypted),
    );
    check_shape(&[PLI, "5a5a5a5a 01020304 05060708 00000001"], None);
    check_shape(
        &["afcd0002 00000011 5a5a5a5a", tag, "5a5a5a5a 8000001a"],
        Some(Shape::Encrypted),
    );
    check_shape(&[SR, "5a5a5a"], None);
}

#[test]
fn a_datagram_cut_by_the_capture_is_judged_by_what_is_left() {
    let whole = bytes(&[SR, SDES].concat());
    for len in [4, 28, 52, 54, 60] {
        assert_eq!(
            shape(&whole[..len], whole.len()),
            Some(Shape::Clear),
            "{len}"
        );
    }
    assert_eq!(shape(&whole[..3], whole.len()), None);
    assert_eq!(shape(&whole[..28], 40), None);
    assert!(is_compound(&whole, whole.len()));
}

/// Reads everything there is to read.
fn read_all(bytes: &[u8]) -> usize {
    packets(bytes)
        .flatten()
        .map(|packet| match packet {
            Packet::SenderReport(sr) => sr.blocks.count(),
            Packet::ReceiverReport(rr) => rr.blocks.count(),
            Packet::Sdes(sdes) => sdes.chunks().map(|chunk| chunk.items().count()).sum(),
            Packet::Bye(bye) => bye.sources().len() + bye.reason().map_or(0, <[u8]>::len),
            Packet::App(app) => app.data.len(),
            Packet::TransportFeedback(fb) | Packet::PayloadFeedback(fb) => fb.fci.len(),
            Packet::Xr(xr) => xr.blocks().map(|block| read_block(block.report())).sum(),
            Packet::Other(raw) => raw.body.len(),
        })
        .sum()
}

fn read_block(report: Report<'_>) -> usize {
    match report {
        Report::Dlrr(echoes) => echoes.count(),
        Report::Other(block) => block.body.len(),
        Report::Loss(_)
        | Report::Duplicates(_)
        | Report::ReceiptTimes(_)
        | Report::ReferenceTime(_)
        | Report::Summary(_)
        | Report::VoipMetrics(_) => 1,
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        mut bytes: Vec<u8>, count in 0u8..32, pt in 190u8..225, words in 0u8..20, wire_len in 0usize..3000,
    ) {
        if let Some(head) = bytes.first_chunk_mut() {
            *head = [0x80 | count, pt, 0, words];
        }
        prop_assert!(read_all(&bytes) <= bytes.len());
        shape(&bytes, wire_len);
    }

    #[test]
    fn a_flipped_byte_never_panics(at in 0usize..200, to: u8) {
        let mut bytes = bytes(&[SR, SDES, BYE, APP, XR, PADDED_RR].concat());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to;
        }
        prop_assert!(read_all(&bytes) <= bytes.len());
        shape(&bytes, bytes.len());
    }
}

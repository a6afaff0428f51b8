//! SCTP packets in, messages out.

use proptest::prelude::*;

use super::*;
use crate::decode::streams::tests::{Dice, PlainFramer, client, message, server};

const BEGIN: u8 = 2;
const END: u8 = 1;

fn data(flags: u8, tsn: u32, stream: u16, bytes: &[u8]) -> Vec<u8> {
    let mut chunk = vec![0, flags];
    chunk.extend((16 + bytes.len() as u16).to_be_bytes());
    chunk.extend(tsn.to_be_bytes());
    chunk.extend(stream.to_be_bytes());
    chunk.extend([0; 6]);
    chunk.extend(bytes);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

fn i_data(flags: u8, tsn: u32, message: u32, number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut chunk = vec![64, flags];
    chunk.extend((20 + bytes.len() as u16).to_be_bytes());
    chunk.extend(tsn.to_be_bytes());
    chunk.extend([0; 4]);
    chunk.extend(message.to_be_bytes());
    chunk.extend(number.to_be_bytes());
    chunk.extend(bytes);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

struct Tap {
    associations: Associations,
    stats: StreamStats,
    limits: StreamLimits,
    messages: Vec<Vec<u8>>,
}

impl Tap {
    fn new(limits: StreamLimits) -> Tap {
        Tap {
            associations: Associations::new(),
            stats: StreamStats::default(),
            limits,
            messages: Vec::new(),
        }
    }

    fn play(&mut self, tag: u32, chunks: &[u8]) -> Fate {
        let packet = SctpPacket {
            src: client(),
            dst: server(),
            tag,
            chunks,
        };
        let Tap {
            associations,
            stats,
            limits,
            messages,
        } = self;
        let framer = PlainFramer { hints: true };
        associations.take(
            Timestamp::default(),
            &packet,
            &framer,
            limits,
            stats,
            &mut |message| {
                assert_eq!(
                    (message.src, message.transport),
                    (client(), Transport::Sctp)
                );
                messages.push(message.bytes.to_vec());
            },
        )
    }
}

/// Plays packets with tag `tag`; what each counts as, and the messages.
#[track_caller]
fn check(tag: u32, packets: &[Vec<u8>], fates: &[Fate], expected: &[Vec<u8>]) {
    let mut tap = Tap::new(StreamLimits::default());
    let seen: Vec<Fate> = packets.iter().map(|chunks| tap.play(tag, chunks)).collect();
    assert_eq!(seen, fates);
    assert_eq!(tap.messages, expected);
    assert_eq!(tap.associations.held(), 0);
}

fn invite() -> Vec<u8> {
    message("INVITE sip:a SIP/2.0", "one", 100)
}

fn bye() -> Vec<u8> {
    message("BYE sip:a SIP/2.0", "one", 0)
}

const SIP: Fate = Ok(Handled::Sip);
const PART: Fate = Ok(Handled::SctpPacket);

#[test]
fn whole_messages() {
    let both = [
        data(3, 7, 0, &invite()),
        vec![3, 0, 0, 4],
        data(3, 8, 1, &bye()),
    ]
    .concat();
    check(1, &[both], &[SIP], &[invite(), bye()]);
    check(1, &[vec![3, 0, 0, 4], vec![]], &[PART, PART], &[]);
}

#[test]
fn a_retransmitted_chunk_counts_once() {
    let packet = data(3, u32::MAX, 0, &invite());
    check(1, &[packet.clone(), packet], &[SIP, PART], &[invite()]);
}

#[test]
fn packets_made_by_hand_repeat_their_number() {
    check(
        0,
        &[data(3, 0, 0, &invite()), data(3, 0, 0, &bye())],
        &[SIP, SIP],
        &[invite(), bye()],
    );
}

#[test]
fn fragments_in_any_order() {
    let text = invite();
    let parts: Vec<&[u8]> = text.chunks(30).collect();
    let last = parts.len() - 1;
    let flags = |n: usize| {
        if n == 0 {
            BEGIN
        } else if n == last {
            END
        } else {
            0
        }
    };
    let by_tsn = |n: usize| data(flags(n), (n as u32).wrapping_sub(3), 5, parts[n]);
    let by_number = |n: usize| i_data(flags(n), 100 + 2 * n as u32, 9, n as u32, parts[n]);
    for seed in 1..20 {
        let mut order: Vec<usize> = (0..=last).collect();
        Dice(seed * 77_777).shuffle(&mut order);
        let mut fates = vec![PART; last];
        fates.push(SIP);
        let packets: Vec<_> = order.iter().map(|&n| by_tsn(n)).collect();
        check(1, &packets, &fates, std::slice::from_ref(&text));
        let packets: Vec<_> = order.iter().map(|&n| by_number(n)).collect();
        check(1, &packets, &fates, std::slice::from_ref(&text));
    }
}

#[test]
fn other_users_of_sctp_are_left() {
    let not_sip = Err(Reason::SctpNotSip);
    check(
        1,
        &[
            data(3, 1, 0, &[1, 0, 0, 20]),
            data(BEGIN, 2, 0, &[1, 0, 0, 20]),
            data(END, 3, 0, &[9; 20]),
            data(3, 4, 0, &invite()),
            data(3, 5, 0, b"CCCC"),
            data(3, 6, 0, b"\r\n"),
        ],
        &[
            not_sip,
            not_sip,
            not_sip,
            SIP,
            not_sip,
            Ok(Handled::KeepAlive),
        ],
        &[invite()],
    );
}

#[test]
fn a_cut_chunk_gives_the_beginning_of_its_message() {
    let mut chunk = data(3, 1, 0, &invite());
    chunk.truncate(80);
    let left = chunk[16..].to_vec();
    check(1, &[chunk.clone()], &[Ok(Handled::Sip)], &[left]);
    // Not so much as its first line; a piece of several.
    chunk.truncate(30);
    check(1, &[chunk], &[PART], &[]);
    let mut piece = data(BEGIN, 1, 0, &invite());
    piece.truncate(80);
    check(1, &[piece], &[PART], &[]);
}

#[test]
fn fragments_that_never_end() {
    let limits = StreamLimits {
        connections: 100,
        direction_bytes: 20_000,
        total_bytes: 100_000,
        ..StreamLimits::default()
    };
    let mut tap = Tap::new(limits);
    for n in 0..200_000u32 {
        let flags = if n % 2000 < 1000 { BEGIN } else { 0 };
        let _ = tap.play(1 + n / 1000, &data(flags, n * 2, 0, b"INVITE sip:"));
        assert!(tap.associations.held() <= limits.total_bytes);
        assert!(tap.associations.len() <= limits.connections);
    }
    assert_eq!(tap.stats.evicted, 100);
    assert!(tap.stats.given_up > 0 && tap.stats.oversized > 0);
}

proptest! {
    #[test]
    fn anything(packets in prop::collection::vec((0u32..3, prop::collection::vec(any::<u8>(), 0..200)), 0..40)) {
        let mut tap = Tap::new(StreamLimits::default());
        for (tag, chunks) in &packets {
            let _ = tap.play(*tag, chunks);
        }
        prop_assert!(tap.associations.held() < 1 << 16);
    }
}

//! Whether packets that look like RTP one by one are a stream together.
//!
//! Any datagram whose first two bits are `10` can be read as RTP, and games send many such. A source of RTP counts: its
//! sequence numbers advance by ones, its time stamps never run far ahead or back, its payload types are few. No clock
//! rate, SDP or port is asked. A stream that an SDP announces needs no such evidence.

use super::header::Header;

/// Steps that must be those of a source: five packets, the shortest stream worth naming.
const ENOUGH: u32 = 4;

/// One more where time stamps stand still, as in a telephone event, a video frame or the padding of a bandwidth probe:
/// such packets count less surely.
const ENOUGH_STANDING: u32 = 5;

/// Largest step of the sequence number between packets of a source, over its losses.
const LONGEST_GAP: u16 = 16;

/// Numbers this far back are late packets, which speak neither for nor against.
const LATE: u16 = 100;

/// Largest time stamp step for each step of the sequence number: 4 s of a 48 kHz clock, 2 s of a video clock.
const LONGEST_STEP: u32 = 192_000;

/// Payload of a telephone event (RFC 4733, 2.3), whose time stamp stands still.
const EVENT_OCTETS: u16 = 4;

/// Smaller packets do not share a time stamp: what is split over several is split because it is large. Padding is
/// large, too, and counts: under SRTP nobody can tell where it begins.
const SPLIT_OCTETS: u16 = 200;

/// Payload types of one source: a codec, comfort noise, events, redundancy.
const MOST_PAYLOAD_TYPES: u32 = 4;

/// What has been seen of a source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    last: Option<(u16, u32)>,
    good: u32,
    bad: u32,
    moved: bool,
    confirmed: bool,
}

impl Evidence {
    /// Takes the next packet of a source with so many payload types.
    pub(super) fn on_packet(&mut self, header: &Header, payload_types: u32) {
        if self.confirmed {
            return;
        }
        let Some((seq, ts)) = self.last else {
            self.last = Some((header.seq, header.ts));
            return;
        };
        let steps = header.seq.wrapping_sub(seq);
        let late = seq.wrapping_sub(header.seq) < LATE && steps != 0;
        if late || (steps == 0 && header.ts == ts) {
            return;
        }
        self.last = Some((header.seq, header.ts));
        let octets = header.payload_len.saturating_add(header.padding_len.into());
        self.judge(steps, header.ts.wrapping_sub(ts), octets, payload_types);
    }

    fn judge(&mut self, steps: u16, ts_step: u32, octets: u16, payload_types: u32) {
        let event = octets == EVENT_OCTETS;
        let standing = ts_step == 0 && (event || octets > SPLIT_OCTETS);
        let counted = (1..=LONGEST_GAP).contains(&steps);
        let furthest = LONGEST_STEP.saturating_mul(u32::from(steps));
        let moving = (1..=furthest).contains(&ts_step);
        let few_types = payload_types <= MOST_PAYLOAD_TYPES;
        if counted && few_types && (moving || standing) {
            self.good = self.good.saturating_add(1);
            self.moved |= moving || event;
        } else {
            self.bad = self.bad.saturating_add(1);
        }
        let enough = if self.moved { ENOUGH } else { ENOUGH_STANDING };
        self.confirmed = self.good >= enough && self.good / 2 >= self.bad;
    }

    /// Whether it is enough; it stays so.
    pub(super) fn is_enough(&self) -> bool {
        self.confirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets as (sequence number, time stamp, payload type, payload octets).
    fn check(packets: &[(u16, u32, u8, u16)], expected: bool) {
        let mut evidence = Evidence::default();
        for &(seq, ts, pt, payload_len) in packets {
            let header = Header {
                seq,
                ts,
                pt,
                payload_len,
                ..Header::default()
            };
            evidence.on_packet(&header, 1);
        }
        assert_eq!(evidence.is_enough(), expected);
    }

    #[test]
    fn five_packets_of_speech_are_enough_and_four_are_not() {
        let speech: Vec<_> = (0..5_u16)
            .map(|i| (65_534_u16.wrapping_add(i), u32::from(i) * 160, 0, 160))
            .collect();
        check(&speech, true);
        check(&speech[..4], false);
    }

    #[test]
    fn loss_and_late_packets_do_not_speak_against_it() {
        check(
            &[
                (1, 160, 8, 160),
                (4, 640, 8, 160),
                (3, 480, 8, 160),
                (4, 640, 8, 160),
                (9, 1440, 8, 160),
                (10, 1600, 8, 160),
                (11, 1760, 8, 160),
            ],
            true,
        );
    }

    #[test]
    fn a_source_has_few_payload_types() {
        let mut evidence = Evidence::default();
        for seq in 0..9 {
            let ts = u32::from(seq) * 160;
            evidence.on_packet(
                &Header {
                    seq,
                    ts,
                    ..Header::default()
                },
                MOST_PAYLOAD_TYPES + 1,
            );
        }
        assert!(!evidence.is_enough());
    }

    #[test]
    fn a_single_telephone_event_is_enough() {
        check(
            &[
                (7, 800, 101, 4),
                (8, 800, 101, 4),
                (9, 800, 101, 4),
                (10, 800, 101, 4),
                (11, 800, 101, 4),
            ],
            true,
        );
    }

    #[test]
    fn a_large_frame_takes_one_packet_more() {
        let frame: Vec<_> = (0..6).map(|i| (i, 9000, 96, 1200)).collect();
        check(&frame, true);
        check(&frame[..5], false);
    }

    #[test]
    fn padding_counts_as_what_it_weighs() {
        let probe = |seq: u16| Header {
            seq,
            payload_len: 240 - seq * 40,
            padding_len: (seq * 40) as u8,
            ..Header::default()
        };
        let mut evidence = Evidence::default();
        (0..6).for_each(|seq| evidence.on_packet(&probe(seq), 1));
        assert!(evidence.is_enough());
    }

    #[test]
    fn games_are_not_streams() {
        // The same datagram again and again.
        check(&[(0, 0, 0, 100); 20], false);
        // A counter where RTP has none, in steps of eight, with time stamps out of all proportion.
        check(
            &[8192, 8200, 8208, 8216, 8224, 8232].map(|seq| (seq, u32::from(seq) << 20, 26, 40)),
            false,
        );
        // Numbers without order.
        check(
            &(0..200_u32)
                .map(|i| ((i * 7919) as u16, i.wrapping_mul(2_654_435_761), 26, 60))
                .collect::<Vec<_>>(),
            false,
        );
        // A counter over small packets whose time stamp never moves.
        check(&(0..50).map(|i| (i, 5, 1, 24)).collect::<Vec<_>>(), false);
    }
}

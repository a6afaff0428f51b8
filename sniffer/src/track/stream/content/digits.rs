//! Digits dialled as telephone events (RFC 4733): updates put together into key presses.

use crate::record::{DigitRecord, Dtmf};
use crate::rtp::TelephoneEvent;
use crate::time::Timestamp;
use crate::track::stream::header::Header;

/// Digits kept of one stream; more are counted.
const MOST_DIGITS: usize = 64;

/// Octets of an event (RFC 4733, 2.3). Under SRTP there are more, and they cannot be read.
const EVENT_OCTETS: u16 = 4;

/// The longest one update can say; longer presses go on in a segment with a time stamp of its own (RFC 4733, 2.5.1.3).
const LONGEST: u32 = u16::MAX as u32;

/// The digits of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Digits {
    n: u32,
    last: Option<Press>,
    kept: Vec<Press>,
}

/// One key that is or was held down.
#[derive(Clone, Copy, Debug)]
struct Press {
    at: Timestamp,
    ts: u32,
    key: char,
    /// Time stamp units that earlier segments lasted, and the last one.
    before: u32,
    duration: u16,
    clock_hz: u32,
}

impl Press {
    /// Whether `event` at `ts` is an update on it: of the same time stamp (RFC 4733, 2.2.1), or of the segment behind the last.
    fn goes_on(&mut self, ts: u32, key: char, event: TelephoneEvent) -> bool {
        if self.ts != ts {
            let follows = self.key == key
                && u32::from(self.duration) == ts.wrapping_sub(self.ts)
                && u32::from(self.duration) == LONGEST;
            if !follows {
                return false;
            }
            self.before = self.before.saturating_add(self.duration.into());
            (self.ts, self.duration) = (ts, 0);
        }
        self.duration = self.duration.max(event.duration);
        true
    }

    fn duration_ms(&self) -> Option<f64> {
        let units = f64::from(self.before) + f64::from(self.duration);
        (self.clock_hz > 0).then(|| units * 1000.0 / f64::from(self.clock_hz))
    }
}

impl Digits {
    /// Takes the next packet of events; flashes and tones are none of our digits.
    pub(super) fn on_packet(&mut self, header: &Header, clock_hz: u32) {
        let read = |header: &Header| TelephoneEvent::parse(header.head.as_bytes());
        let Some(event) = read(header).filter(|_| header.payload_len == EVENT_OCTETS) else {
            return;
        };
        let Some(key) = event.digit() else {
            return;
        };
        if let Some(last) = &mut self.last
            && last.goes_on(header.ts, key, event)
        {
            return;
        }
        self.keep();
        self.n = self.n.saturating_add(1);
        self.last = Some(Press {
            at: header.at,
            ts: header.ts,
            key,
            before: 0,
            duration: event.duration,
            clock_hz,
        });
    }

    fn keep(&mut self) {
        if let Some(last) = self.last.take()
            && self.kept.len() < MOST_DIGITS
        {
            self.kept.push(last);
        }
    }

    /// The digits so far, as they are or hidden; `None` where there was none.
    pub(super) fn view(&self, shows: bool) -> Option<Dtmf> {
        let shown = |press: &Press| DigitRecord {
            at: press.at,
            digit: shows.then_some(press.key),
            duration_ms: press.duration_ms(),
        };
        let keys = self.kept.iter().chain(&self.last).take(MOST_DIGITS);
        (self.n > 0).then(|| Dtmf {
            digits: self.n.into(),
            keys: keys.map(shown).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::event::PayloadHead;

    /// Updates as (time stamp, event, duration).
    fn dial(updates: &[(u32, u8, u16)], shows: bool) -> Option<Dtmf> {
        let mut digits = Digits::default();
        for &(ts, event, duration) in updates {
            let [high, low] = duration.to_be_bytes();
            let header = Header {
                at: Timestamp::from_nanos(ts.into()),
                ts,
                payload_len: 4,
                head: PayloadHead::of(&[event, 10, high, low]),
                ..Header::default()
            };
            digits.on_packet(&header, 8000);
        }
        digits.view(shows)
    }

    fn check(updates: &[(u32, u8, u16)], expected: &[(u32, char, f64)]) {
        let found = dial(updates, true).unwrap();
        let keys: Vec<_> = found
            .keys
            .iter()
            .map(|key| {
                (
                    key.at.as_nanos() as u32,
                    key.digit.unwrap(),
                    key.duration_ms.unwrap(),
                )
            })
            .collect();
        assert_eq!(keys, expected);
        assert_eq!(found.digits, expected.len() as u64);
    }

    #[test]
    fn updates_on_one_press_are_put_together() {
        check(
            &[
                (100, 1, 160),
                (100, 1, 640),
                (100, 1, 640),
                (2000, 1, 160),
                (9000, 11, 800),
            ],
            &[(100, '1', 80.0), (2000, '1', 20.0), (9000, '#', 100.0)],
        );
    }

    #[test]
    fn a_long_press_goes_on_in_segments() {
        let next = 100 + 0xffff;
        check(
            &[
                (100, 5, 160),
                (100, 5, 0xffff),
                (next, 5, 1),
                (next + 9, 5, 8),
            ],
            &[(100, '5', 8192.0), (next + 9, '5', 1.0)],
        );
    }

    #[test]
    fn what_is_no_digit_is_passed_over() {
        assert_eq!(dial(&[(100, 16, 160), (200, 36, 160)], true), None);
        let mut encrypted = Digits::default();
        let header = Header {
            payload_len: 14,
            head: PayloadHead::of(&[1, 10, 0, 160]),
            ..Header::default()
        };
        encrypted.on_packet(&header, 8000);
        assert_eq!(encrypted.view(true), None);
    }

    #[test]
    fn digits_are_hidden_unless_asked_for() {
        let hidden = dial(&[(100, 1, 160), (900, 2, 160)], false).unwrap();
        assert_eq!(hidden.digits, 2);
        assert!(hidden.keys.iter().all(|key| key.digit.is_none()));
    }

    #[test]
    fn digits_beyond_the_kept_ones_are_counted() {
        let presses: Vec<_> = (0..200).map(|n| (n * 1000, 5, 160)).collect();
        let many = dial(&presses, true).unwrap();
        assert_eq!((many.digits, many.keys.len()), (200, 64));
    }
}

//! The payload of telephone events: DTMF digits and other signals (RFC 4733, 2.3).
//!
//! One packet is one update on an event; putting updates together into key presses is left to `track`.

/// One update on a telephone event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Event code: 0 to 9, 10 for `*`, 11 for `#`, 12 to 15 for A to D (RFC 4733, 3.2).
    pub event: u8,
    /// Whether the event is over.
    pub end: bool,
    /// Power level in dBm0 with the sign dropped, 0 to 63; 0 is loudest.
    pub volume: u8,
    /// Duration so far in RTP clock units.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads the payload of an RTP packet; `None` if it is shorter than the four bytes of an event.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, high, low] = payload.first_chunk()?;
        Some(TelephoneEvent {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3f,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The key, if the event is a DTMF digit.
    pub fn digit(&self) -> Option<char> {
        const KEYS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
        ];
        KEYS.get(usize::from(self.event)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &[u8], expected: Option<(u8, bool, u8, u16, Option<char>)>) {
        let read = TelephoneEvent::parse(payload)
            .map(|e| (e.event, e.end, e.volume, e.duration, e.digit()));
        assert_eq!(read, expected, "{payload:02x?}");
    }

    #[test]
    fn events_are_read() {
        check(&[1, 0x0a, 0, 160], Some((1, false, 10, 160, Some('1'))));
        check(&[11, 0x8a, 3, 32], Some((11, true, 10, 800, Some('#'))));
        check(
            &[15, 0xff, 0xff, 0xff],
            Some((15, true, 63, 65535, Some('D'))),
        );
        check(&[16, 0, 0, 0], Some((16, false, 0, 0, None)));
        check(&[1, 10, 0, 160, 0xff], Some((1, false, 10, 160, Some('1'))));
    }

    #[test]
    fn short_payloads_are_no_event() {
        check(&[], None);
        check(&[1, 2, 3], None);
    }
}

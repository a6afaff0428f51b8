//! A byte stream: cut whole, and cut while it grows byte by byte, it must give the same messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::sip::framing::{Framed, Framer, next_message, resync};

/// Where a stream is growing, each byte costs a look at what is there.
const LONGEST: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while !rest.is_empty() {
        let framed = next_message(rest);
        if rest.len() <= LONGEST {
            assert_growing_gives(rest, framed);
        }
        let used = match framed {
            Framed::Message { start, len } => {
                assert!(len > 0 && start + len <= rest.len());
                start + len
            }
            Framed::KeepAlive { len } => len,
            Framed::NotSip => resync(rest),
            Framed::NeedMore => return,
        };
        assert!(used > 0 && used <= rest.len(), "no way forward");
        rest = &rest[used..];
    }
});

/// A framer that is fed byte by byte must find what one that sees all finds.
fn assert_growing_gives(bytes: &[u8], expected: Framed) {
    let Framed::Message { start, len } = expected else {
        return;
    };
    let mut framer = Framer::default();
    for end in start + 1..start + len {
        assert_eq!(framer.next_message(&bytes[..end]), Framed::NeedMore);
    }
    assert_eq!(framer.next_message(&bytes[..start + len]), expected);
}

//! A byte stream: cut whole, and cut while it grows byte by byte, it must give the same messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::sip::framing::{Framed, next_message, resync};

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
            Framed::NeedMore { .. } => return,
        };
        assert!(used > 0 && used <= rest.len(), "no way forward");
        rest = &rest[used..];
    }
});

/// Fed byte by byte, it must find what it finds when it sees all.
fn assert_growing_gives(bytes: &[u8], expected: Framed) {
    let Framed::Message { start, len } = expected else {
        return;
    };
    for end in start + 1..start + len {
        let Framed::NeedMore { total } = next_message(&bytes[..end]) else {
            panic!("it ends before its end");
        };
        assert!(total.is_none_or(|total| total == start + len));
    }
    assert_eq!(next_message(&bytes[..start + len]), expected);
}

//! A capture file, by whatever format its bytes begin with: reading must end, and no frame may exceed its limits.
#![no_main]

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sniffer::capture::{Captures, MAX_CAPTURED};

fuzz_target!(|data: &[u8]| {
    let reader = Cursor::new(data.to_vec());
    let Ok(mut captures) = Captures::from_reader(Path::new("fuzz"), reader) else {
        return;
    };
    while let Some(frame) = captures.next_frame() {
        assert!(frame.bytes.len() <= MAX_CAPTURED as usize);
        assert!(frame.original_len as usize >= frame.bytes.len());
    }
    for damage in captures.damage() {
        assert!(!damage.to_string().is_empty());
    }
});

//! Modes of AMR, AMR-WB and EVS, read from the first bytes of a payload.
//!
//! A mode counts only if a payload of it is as long as the one seen: bytes that SRTP encrypted, or that are packed in a way
//! not known here (interleaved, with CRC), do not pass as a mode.

use crate::rtp::payload::PayloadFormat;

use super::parameter;

/// Modes that can be told apart, over all codecs.
pub const MOST_MODES: usize = 21;

/// Bits of speech in a frame of AMR (RFC 4867, table 1) and the rate of the mode in kbit/s.
const AMR: [(u16, f64); 8] = [
    (95, 4.75),
    (103, 5.15),
    (118, 5.9),
    (134, 6.7),
    (148, 7.4),
    (159, 7.95),
    (204, 10.2),
    (244, 12.2),
];

/// The same of AMR-WB (RFC 4867, table 2).
const AMR_WB: [(u16, f64); 9] = [
    (132, 6.6),
    (177, 8.85),
    (253, 12.65),
    (285, 14.25),
    (317, 15.85),
    (365, 18.25),
    (397, 19.85),
    (461, 23.05),
    (477, 23.85),
];

/// The same of EVS, by the index of its table of contents (3GPP TS 26.445, A.2.2.1.3).
const EVS: [(u16, f64); 12] = [
    (56, 2.8),
    (144, 7.2),
    (160, 8.0),
    (192, 9.6),
    (264, 13.2),
    (328, 16.4),
    (488, 24.4),
    (640, 32.0),
    (960, 48.0),
    (1280, 64.0),
    (1920, 96.0),
    (2560, 128.0),
];

/// Frames in one packet, at most (240 ms).
const MOST_FRAMES: u16 = 12;

/// A codec of several modes, and how its payloads are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeCodec {
    /// AMR (RFC 4867).
    Amr {
        /// Octet-aligned rather than bandwidth-efficient.
        aligned: bool,
    },
    /// AMR-WB (RFC 4867).
    AmrWb {
        /// Octet-aligned rather than bandwidth-efficient.
        aligned: bool,
    },
    /// EVS (3GPP TS 26.445, annex A).
    Evs {
        /// Never in the compact format, which has no header.
        header_full: bool,
    },
}

impl ModeCodec {
    /// The codec of a format, if it is one of these.
    pub fn of(format: &PayloadFormat) -> Option<ModeCodec> {
        let is = |name: &str| parameter(format, name) == Some("1");
        if format.is_named("AMR") {
            Some(ModeCodec::Amr {
                aligned: is("octet-align"),
            })
        } else if format.is_named("AMR-WB") {
            Some(ModeCodec::AmrWb {
                aligned: is("octet-align"),
            })
        } else if format.is_named("EVS") {
            Some(ModeCodec::Evs {
                header_full: is("hf-only"),
            })
        } else {
            None
        }
    }

    /// The mode of the first frame of a payload that begins with `head` and is `len` bytes long: a number below
    /// [`MOST_MODES`]. None for silence descriptions, and where the bytes are not those of a mode.
    pub fn mode(self, head: &[u8], len: u16) -> Option<u8> {
        match self {
            ModeCodec::Amr { aligned } => amr(&AMR, aligned, head, len),
            ModeCodec::AmrWb { aligned } => amr(&AMR_WB, aligned, head, len),
            ModeCodec::Evs { header_full } => evs(header_full, head, len),
        }
    }

    /// The rate of a mode, in kbit/s, and the encoding whose row of the table holds for it.
    pub fn rate(self, mode: u8) -> Option<(&'static str, f64)> {
        let mode = usize::from(mode);
        let (encoding, rates, index) = match self {
            ModeCodec::Amr { .. } => ("AMR", &AMR[..], mode),
            ModeCodec::AmrWb { .. } => ("AMR-WB", &AMR_WB[..], mode),
            ModeCodec::Evs { .. } if mode < EVS.len() => ("EVS", &EVS[..], mode),
            ModeCodec::Evs { .. } => ("AMR-WB", &AMR_WB[..], mode - EVS.len()),
        };
        rates.get(index).map(|(_, rate)| (encoding, *rate))
    }
}

/// RFC 4867, 4.3 and 4.4: a request of four bits, then for each frame whether another follows, its type and its quality.
fn amr(modes: &[(u16, f64)], aligned: bool, head: &[u8], len: u16) -> Option<u8> {
    let &[first, second, ..] = head else {
        return None;
    };
    let mode = match aligned {
        true => second >> 3 & 0x0f,
        false => (first & 0x07) << 1 | second >> 7,
    };
    let (bits, _) = *modes.get(usize::from(mode))?;
    let lengths = (1..=MOST_FRAMES).map(|n| match aligned {
        true => 1 + n * (1 + bits.div_ceil(8)),
        false => (4 + n * (6 + bits)).div_ceil(8),
    });
    lengths
        .into_iter()
        .any(|fitting| fitting == len)
        .then_some(mode)
}

/// 3GPP TS 26.445, A.2.1 (compact: the length is the mode) and A.2.2 (header-full: a table of contents, behind a
/// request if the first bit is set).
fn evs(header_full: bool, head: &[u8], len: u16) -> Option<u8> {
    if !header_full {
        if let Some(mode) = EVS.iter().skip(1).position(|(bits, _)| bits / 8 == len) {
            return u8::try_from(mode + 1).ok();
        }
        // Three bits of a request before the frame.
        let of_amr_wb = AMR_WB
            .iter()
            .position(|(bits, _)| (bits + 3).div_ceil(8) == len);
        if let Some(mode) = of_amr_wb {
            return u8::try_from(EVS.len() + mode).ok();
        }
    }
    let (contents, before) = match *head {
        [request, contents, ..] if request & 0x80 != 0 => (contents, 2),
        [contents, ..] => (contents, 1),
        [] => return None,
    };
    let index = contents & 0x0f;
    let (modes, offset) = match contents & 0x20 {
        0 => (&EVS[..], 0),
        _ => (&AMR_WB[..], EVS.len() as u8),
    };
    let (bits, _) = *modes.get(usize::from(index))?;
    let is_speech = offset > 0 || index > 0;
    (is_speech && contents & 0xc0 == 0 && before + bits.div_ceil(8) == len)
        .then_some(offset + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codec: ModeCodec, head: &[u8], len: u16, expected: Option<f64>) {
        let rate = codec.mode(head, len).and_then(|mode| codec.rate(mode));
        assert_eq!(
            rate.map(|(_, rate)| rate),
            expected,
            "{codec:?} {head:x?} {len}"
        );
    }

    #[test]
    fn amr_octet_aligned_and_bandwidth_efficient() {
        let aligned = ModeCodec::Amr { aligned: true };
        check(aligned, &[0x70, 0x3c], 33, Some(12.2));
        check(aligned, &[0xf0, 0x04], 14, Some(4.75));
        check(aligned, &[0xf0, 0xbc], 65, Some(12.2));
        let efficient = ModeCodec::Amr { aligned: false };
        check(efficient, &[0xf3, 0xc0], 32, Some(12.2));
        check(efficient, &[0xf0, 0x40], 14, Some(4.75));
        check(
            ModeCodec::AmrWb { aligned: true },
            &[0xf0, 0x44],
            62,
            Some(23.85),
        );
        check(
            ModeCodec::AmrWb { aligned: false },
            &[0xf1, 0x40],
            33,
            Some(12.65),
        );
    }

    #[test]
    fn evs_compact_and_with_a_header() {
        let either = ModeCodec::Evs { header_full: false };
        check(either, &[0x12, 0x34], 61, Some(24.4));
        check(either, &[0x12, 0x34], 33, Some(13.2));
        check(either, &[0x12, 0x34], 32, Some(12.65));
        check(either, &[0x04], 34, Some(13.2));
        check(
            ModeCodec::Evs { header_full: true },
            &[0x80, 0x04],
            35,
            Some(13.2),
        );
        check(
            ModeCodec::Evs { header_full: true },
            &[0x22],
            33,
            Some(12.65),
        );
    }

    #[test]
    fn what_is_no_mode_counts_for_none() {
        let aligned = ModeCodec::Amr { aligned: true };
        // A silence description, a length that does not fit, a capture that kept too little, encryption's tag.
        check(aligned, &[0xf0, 0x44], 7, None);
        check(aligned, &[0xf0, 0x3c], 32, None);
        check(aligned, &[0xf0], 33, None);
        check(aligned, &[0x70, 0x3c], 43, None);
        check(ModeCodec::Evs { header_full: true }, &[], 20, None);
        check(ModeCodec::Evs { header_full: true }, &[0x0c], 7, None);
    }
}

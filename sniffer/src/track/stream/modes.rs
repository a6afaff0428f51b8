//! How often each mode of a codec was used, for the streams whose codec has several.

use crate::quality::codec::modes::{MOST_MODES, ModeCodec};
use crate::record::CodecMode;

/// The modes of one stream: of the codec seen last.
#[derive(Clone, Debug)]
pub(super) struct Modes {
    codec: ModeCodec,
    packets: [u32; MOST_MODES],
    /// The counts when the interval under way began.
    mark: [u32; MOST_MODES],
}

impl Modes {
    pub(super) fn new(codec: ModeCodec) -> Modes {
        Modes {
            codec,
            packets: [0; MOST_MODES],
            mark: [0; MOST_MODES],
        }
    }

    /// Takes the next packet of `codec`: the head and the length of its payload.
    pub(super) fn on_packet(&mut self, codec: ModeCodec, head: &[u8], len: u16) {
        if codec != self.codec {
            *self = Modes::new(codec);
        }
        let mode = codec.mode(head, len).map(usize::from);
        if let Some(n) = mode.and_then(|mode| self.packets.get_mut(mode)) {
            *n = n.saturating_add(1);
        }
    }

    /// The interval under way is over.
    pub(super) fn end_slice(&mut self) {
        self.mark = self.packets;
    }

    /// Encoding and rate of the rows that hold, with the packets of each, since the beginning.
    pub(super) fn all(&self) -> Vec<((&'static str, f64), u32)> {
        self.used(&[0; MOST_MODES])
    }

    /// The same since the interval under way began.
    pub(super) fn of_slice(&self) -> Vec<((&'static str, f64), u32)> {
        self.used(&self.mark)
    }

    /// As the record shows them.
    pub(super) fn shown(&self) -> Vec<CodecMode> {
        let shown = |((_, kbit_s), packets)| CodecMode { kbit_s, packets };
        self.all().into_iter().map(shown).collect()
    }

    fn used(&self, before: &[u32; MOST_MODES]) -> Vec<((&'static str, f64), u32)> {
        let counts = (0_u8..).zip(self.packets.iter().zip(before));
        counts
            .map(|(mode, (n, before))| (mode, n.saturating_sub(*before)))
            .filter(|(_, n)| *n > 0)
            .filter_map(|(mode, n)| Some((self.codec.rate(mode)?, n)))
            .collect()
    }
}

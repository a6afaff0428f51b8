//! The time between consecutive packets, whatever they carry.

use super::header::{Header, is_noise};
use crate::quality::jitter::Series;
use crate::record::MeanMax;
use crate::time::Timestamp;

/// Times between packets. Left out are those that end a silence: before a marked packet, and around comfort noise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spacing {
    /// The last packet; [`Timestamp::MIN`] before the first.
    last: Timestamp,
    after_noise: bool,
    /// Of the interval under way, and of those before it.
    slice: Series,
    before: Series,
}

impl Default for Spacing {
    fn default() -> Self {
        Spacing {
            last: Timestamp::MIN,
            after_noise: false,
            slice: Series::default(),
            before: Series::default(),
        }
    }
}

impl Spacing {
    pub(super) fn on_packet(&mut self, header: &Header) {
        let noise = is_noise(header.pt);
        let regular = !header.marker && !noise && !self.after_noise;
        if regular && self.last != Timestamp::MIN {
            self.slice.push(header.at.since(self.last).as_millis_f64());
        }
        self.last = header.at;
        self.after_noise = noise;
    }

    /// See [`super::Stream::fetch`].
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        self.last.as_nanos() as u64
    }

    pub(super) fn mean_max(&self) -> Option<MeanMax> {
        let mut all = self.before;
        all.merge(&self.slice);
        all.mean_max()
    }

    /// Mean and maximum since the last call.
    pub(super) fn take_slice(&mut self) -> Option<MeanMax> {
        let slice = std::mem::take(&mut self.slice);
        self.before.merge(&slice);
        slice.mean_max()
    }
}

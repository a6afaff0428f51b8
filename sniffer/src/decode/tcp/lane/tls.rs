//! A lane of TLS records: one after the other, and the next one after a gap.

use super::{Lane, Phase, Want};
use crate::decode::tcp::Context;
use crate::decode::tcp::detect::{Answer, tls};
use crate::decode::tcp::framer::Framer;
use crate::decode::tls::record::{self, HEADER_LEN, LEAST_ENCRYPTED, Parsed};

/// As many records may have been lost as are ever counted back.
const MANY: u64 = 64;

impl Lane {
    /// Whether a TLS record stands here; never within TLS.
    pub(super) fn begins_tls(&self, bytes: &[u8]) -> Answer {
        match self.secure {
            true => Answer::No,
            false => tls(bytes),
        }
    }

    pub(super) fn step_tls<F: Framer>(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        let header = match record::parse(bytes) {
            Parsed::Header(header) => header,
            Parsed::NeedMore => return None,
            Parsed::NotARecord => {
                cx.stats.out_of_step += 1;
                return self.enter(Phase::TlsSearch);
            }
        };
        let total = header.total();
        let Some(payload) = bytes.get(HEADER_LEN..total) else {
            cx.meet_tls(self.at);
            self.want = Want::Total(total);
            return None;
        };
        cx.take_record(self.at, header, payload);
        Some(total)
    }

    pub(super) fn step_tls_search<F: Framer>(
        &mut self,
        bytes: &[u8],
        edge: Option<usize>,
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        if edge == Some(0) && tls(bytes) == Answer::Yes {
            return self.enter(Phase::Tls);
        }
        let n = match edge {
            Some(edge) if edge > 0 && edge < bytes.len() => edge,
            _ => bytes.len(),
        };
        cx.lose_records(self.at, lost_records(n as u64));
        Some(n)
    }

    /// Takes note of a record that was `begun`, and of `unknown` bytes.
    pub(super) fn lose_records<F: Framer>(
        &mut self,
        begun: bool,
        unknown: u64,
        cx: &mut Context<'_, F>,
    ) {
        cx.lose_records(self.at, u32::from(begun) + lost_records(unknown));
    }
}

/// How many records may have been in `n` bytes, the parts of two at their ends included.
fn lost_records(n: u64) -> u32 {
    match n {
        0 => 0,
        n => (n / LEAST_ENCRYPTED + 1).min(MANY) as u32,
    }
}

//! The fax of a call: its UDPTL packets, by the addresses they run between.

use std::net::SocketAddr;

use crate::quality::fax_loss::FaxLoss;
use crate::record::FaxStream;
use crate::time::Timestamp;
use crate::track::event::FaxPacket;

/// Pairs of addresses followed for one call; what passes between more is left.
const MOST_STREAMS: usize = 8;

/// All fax of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Fax(Vec<Stream>);

#[derive(Clone, Debug)]
struct Stream {
    src: SocketAddr,
    dst: SocketAddr,
    start: Timestamp,
    end: Timestamp,
    packets: u64,
    loss: FaxLoss,
    /// Whether the capture has all of every packet.
    whole: bool,
}

impl Fax {
    /// Takes in one packet.
    pub(super) fn on_packet(&mut self, packet: &FaxPacket) {
        let FaxPacket { at, src, dst, .. } = *packet;
        let same = |one: &Stream| (one.src, one.dst) == (src, dst);
        if let Some(stream) = self.0.iter_mut().find(|one| same(one)) {
            stream.on_packet(packet);
        } else if self.0.len() < MOST_STREAMS {
            self.0.push(Stream {
                src,
                dst,
                start: at,
                end: at,
                packets: 1,
                loss: FaxLoss::new(packet.seq),
                whole: packet.recovery.is_some(),
            });
        }
    }

    /// What the record shows, in the order of the first packets.
    pub(super) fn records(&self) -> Vec<FaxStream> {
        self.0.iter().map(Stream::record).collect()
    }
}

impl Stream {
    fn on_packet(&mut self, packet: &FaxPacket) {
        self.end = self.end.max(packet.at);
        self.packets += 1;
        self.whole &= packet.recovery.is_some();
        self.loss.on_packet(packet.seq, packet.recovery);
    }

    fn record(&self) -> FaxStream {
        let sequence = self.loss.sequence();
        FaxStream {
            src: self.src,
            dst: self.dst,
            start: self.start,
            end: self.end,
            packets: self.packets,
            expected: sequence.expected(),
            lost: sequence.lost(),
            recovered: self.whole.then(|| self.loss.recovered()),
            duplicates: sequence.duplicates(),
            reordered: sequence.reordered(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::fax_loss::Recovery;

    fn packet(seq: u16, port: u16, recovery: Option<Recovery>) -> FaxPacket {
        FaxPacket {
            at: Timestamp::from_nanos(seq.into()),
            src: ([192, 0, 2, 1], port).into(),
            dst: ([192, 0, 2, 2], 4000).into(),
            seq,
            recovery,
        }
    }

    #[test]
    fn each_way_counts_apart() {
        let mut fax = Fax::default();
        let once = Some(Recovery::Redundancy(1));
        for seq in [0, 1, 3] {
            fax.on_packet(&packet(seq, 4000, once));
            fax.on_packet(&packet(seq, 5000, None));
        }
        let found: Vec<_> = fax
            .records()
            .iter()
            .map(|one| (one.packets, one.expected, one.lost, one.recovered))
            .collect();
        assert_eq!(found, [(3, 4, 1, Some(1)), (3, 4, 1, None)]);
    }

    #[test]
    fn a_call_keeps_eight_ways() {
        let mut fax = Fax::default();
        (0..100).for_each(|port| fax.on_packet(&packet(0, port, None)));
        assert_eq!(fax.records().len(), MOST_STREAMS);
    }
}

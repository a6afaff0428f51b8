//! What single frames show of a tap: which way packets pass, how long they are, how they are tagged, and how their clock goes. Calls and
//! streams are the engine's business.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use crate::classify::{Class, classify};
use crate::decode::{Decoded, Decoder, Frame, Limits, Packet, Payload};
use crate::record::Encapsulation;
use crate::time::{Span, Timestamp};

/// Pairs of addresses told apart; what passes between further ones is not looked at.
const PAIRS: usize = 65_536;

/// A clock that goes back by less may be two interfaces, or two processors, that take turns.
const STEP: Span = Span::from_millis(500);

/// Longest Ethernet frame with two tags.
const LONGEST_FRAME: u32 = 1522;

/// What frames have shown so far.
#[derive(Debug)]
pub(super) struct Glance {
    decoder: Decoder,
    pairs: HashMap<(IpAddr, IpAddr), [Way; 2], RandomState>,
    /// Cut frames that were more than media: whatever they carried is lost.
    pub(super) cut_messages: u64,
    /// Frames with one whole datagram that are longer than the network takes.
    pub(super) long_datagrams: u64,
    pub(super) longest: u32,
    /// Longest frame that the network takes.
    pub(super) limit: u32,
    /// Times that the clock was set back, and the most.
    pub(super) steps: u64,
    pub(super) largest_step: Span,
    before: Option<Timestamp>,
}

/// Packets between two addresses, one way.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    packets: u64,
    tagged: u64,
}

impl Glance {
    /// A glance at a network whose interfaces take packets of `mtu` bytes, where that is known.
    pub(super) fn new(mtu: Option<u32>) -> Glance {
        Glance {
            decoder: Decoder::new(Limits::default()),
            pairs: HashMap::default(),
            cut_messages: 0,
            long_datagrams: 0,
            longest: 0,
            limit: mtu.map_or(LONGEST_FRAME, |mtu| mtu.saturating_add(22)),
            steps: 0,
            largest_step: Span::ZERO,
            before: None,
        }
    }

    /// Looks at a frame.
    pub(super) fn look(&mut self, frame: &Frame<'_>) {
        self.look_at_clock(frame.at);
        if let Decoded::Packet(packet) = self.decoder.decode(frame) {
            let whole = packet.frames == 1 && matches!(packet.payload, Payload::Udp(_));
            let talks = talks(&packet);
            self.cut_messages += u64::from(frame.is_cut() && !is_media(&packet));
            let (src, dst) = packet.ips();
            let tagged = packet.encapsulation.kinds().next() == Some(Encapsulation::Vlan);
            if whole && frame.original_len > self.limit {
                self.long_datagrams += 1;
                self.longest = self.longest.max(frame.original_len);
            }
            if talks && !dst.is_multicast() {
                self.look_at_way(src, dst, tagged);
            }
        }
    }

    fn look_at_clock(&mut self, at: Timestamp) {
        let back = self.before.map_or(Span::ZERO, |before| before.since(at));
        if back > STEP {
            self.steps += 1;
            self.largest_step = self.largest_step.max(back);
        }
        self.before = Some(at);
    }

    fn look_at_way(&mut self, src: IpAddr, dst: IpAddr, tagged: bool) {
        let pair = (src.min(dst), src.max(dst));
        if self.pairs.len() >= PAIRS && !self.pairs.contains_key(&pair) {
            return;
        }
        let ways = self.pairs.entry(pair).or_default();
        if let Some(way) = ways.get_mut(usize::from(src > dst)) {
            way.packets += 1;
            way.tagged += u64::from(tagged);
        }
    }

    /// Pairs of addresses that talk SIP, RTP or TCP, and how many of them are seen both ways.
    pub(super) fn ways(&self) -> (usize, usize) {
        let seen = |ways: &[Way; 2]| ways.iter().map(|way| way.packets).sum::<u64>() >= 4;
        let both = |ways: &[Way; 2]| ways.iter().all(|way| way.packets > 0);
        let pairs = || self.pairs.values().filter(|ways| seen(ways));
        (pairs().count(), pairs().filter(|ways| both(ways)).count())
    }

    /// Pairs of addresses of which one way always bears a VLAN tag and the other never.
    pub(super) fn tagged_one_way(&self) -> usize {
        let differ = |ways: &&[Way; 2]| {
            let [there, back] = ways;
            let all = |way: &Way| way.packets > 1 && way.tagged == way.packets;
            let none = |way: &Way| way.packets > 1 && way.tagged == 0;
            (all(there) && none(back)) || (none(there) && all(back))
        };
        self.pairs.values().filter(differ).count()
    }
}

/// Whether a packet is one of which the header says enough.
fn is_media(packet: &Packet<'_>) -> bool {
    match &packet.payload {
        Payload::Udp(datagram) => {
            let class = classify(datagram.bytes, datagram.wire_len);
            matches!(class, Class::Rtp | Class::Rtcp | Class::Srtcp)
        }
        Payload::Tcp(_) | Payload::Sctp(_) => false,
    }
}

/// Whether a packet is of a kind that passes both ways in a call.
fn talks(packet: &Packet<'_>) -> bool {
    match &packet.payload {
        Payload::Udp(datagram) => matches!(
            classify(datagram.bytes, datagram.wire_len),
            Class::Sip | Class::Rtp | Class::Rtcp | Class::Srtcp
        ),
        Payload::Tcp(_) => true,
        Payload::Sctp(_) => false,
    }
}

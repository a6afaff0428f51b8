//! From the beginning of a frame to what becomes of it.
//!
//! What cannot be told passes: a filter that leaves SIP by mistake hides a call, one that passes something else costs a copy.

use crate::media::{Look, header_end, look};
use crate::{Class, DatagramId, ENDPOINT_WHOLE, Packet, Tables, Verdict};
use crate::{endpoint, mapped};

/// How many nested headers are read; what is wrapped deeper passes whole.
pub const MAX_HEADERS: u32 = 12;

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// An Ethernet header.
    Ethernet,
    /// What an Ethernet header with this type would be followed by.
    Ethertype(u16),
}

/// The header that comes next.
#[derive(Clone, Copy)]
enum Layer {
    Ethernet,
    Ethertype(u16),
    Mpls,
    Gre,
    IpPayload(u8),
}

/// A look at one header: there is another, or it is decided.
enum Step {
    Next(Layer),
    Done(Verdict),
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

/// What is left because it is no IP, or nothing that can carry what is sought.
const OTHER: Step = Step::Done(Verdict::leave(Class::Other));

/// What is wrapped in something that is not looked into, or ends before it should.
const WRAPPED: Step = Step::Done(Verdict::whole(Class::Wrapped));

/// Decides on a packet.
#[inline(always)]
pub fn judge(packet: &impl Packet, tables: &impl Tables, start: Start) -> Verdict {
    let mut walk = Walk {
        packet,
        tables,
        at: 0,
        datagram: DatagramId {
            src: [0; 16],
            dst: [0; 16],
            id: 0,
        },
        is_first_fragment: false,
    };
    let mut layer = match start {
        Start::Ethernet => Layer::Ethernet,
        Start::Ethertype(ethertype) => Layer::Ethertype(ethertype),
    };
    for _ in 0..MAX_HEADERS {
        match walk.step(layer) {
            Some(Step::Next(next)) => layer = next,
            Some(Step::Done(verdict)) => return walk.with_fragments(verdict),
            None => return Verdict::whole(Class::Wrapped),
        }
    }
    Verdict::whole(Class::Wrapped)
}

struct Walk<'w, P, T> {
    packet: &'w P,
    tables: &'w T,
    /// Where the header in hand begins.
    at: u32,
    /// The addresses of the innermost IP header so far.
    datagram: DatagramId,
    /// Whether what follows is the first fragment of a datagram.
    is_first_fragment: bool,
}

impl<P: Packet, T: Tables> Walk<'_, P, T> {
    #[inline(always)]
    fn step(&mut self, layer: Layer) -> Option<Step> {
        match layer {
            Layer::Ethernet => {
                let [ethertype] = self.halves::<1>(12)?;
                self.at += 14;
                Some(Step::Next(Layer::Ethertype(ethertype)))
            }
            Layer::Ethertype(ethertype) => self.ethertype(ethertype),
            Layer::Mpls => self.mpls(),
            Layer::Gre => self.gre(),
            Layer::IpPayload(protocol) => self.ip_payload(protocol),
        }
    }

    #[inline(always)]
    fn ethertype(&mut self, ethertype: u16) -> Option<Step> {
        match ethertype {
            0x0800 => self.ipv4(),
            0x86dd => self.ipv6(),
            // Tags of IEEE 802.1Q and 802.1ad, and what was used before there was one.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
                let [inner] = self.halves::<1>(2)?;
                self.at += 4;
                Some(Step::Next(Layer::Ethertype(inner)))
            }
            0x6558 => Some(Step::Next(Layer::Ethernet)),
            0x8847 | 0x8848 => Some(Step::Next(Layer::Mpls)),
            0x8864 => {
                let [protocol] = self.halves::<1>(6)?;
                self.at += 8;
                Some(match protocol {
                    0x0021 => Step::Next(Layer::Ethertype(0x0800)),
                    0x0057 => Step::Next(Layer::Ethertype(0x86dd)),
                    0x0281 | 0x0283 => WRAPPED,
                    _ => OTHER,
                })
            }
            // PPP, Cisco's metadata, NSH: rare, and not looked into.
            0x880b | 0x8909 | 0x894f => Some(WRAPPED),
            // A length instead of a type: 802.2, where IP may follow in SNAP.
            0..0x0600 if self.packet.bytes(self.at) == Some([0xaa, 0xaa, 0x03]) => Some(WRAPPED),
            _ => Some(OTHER),
        }
    }

    #[inline(always)]
    fn mpls(&mut self) -> Option<Step> {
        let [_, _, last, _, behind] = self.packet.bytes(self.at)?;
        self.at += 4;
        Some(match (last & 1, behind >> 4) {
            (0, _) => Step::Next(Layer::Mpls),
            (_, 4) => Step::Next(Layer::Ethertype(0x0800)),
            (_, 6) => Step::Next(Layer::Ethertype(0x86dd)),
            _ => WRAPPED,
        })
    }

    #[inline(always)]
    fn ipv4(&mut self) -> Option<Step> {
        let header: [u8; 20] = self.packet.bytes(self.at)?;
        let [
            v,
            _,
            _,
            _,
            i0,
            i1,
            f0,
            f1,
            _,
            protocol,
            _,
            _,
            src @ ..,
            d0,
            d1,
            d2,
            d3,
        ] = header;
        if v >> 4 != 4 {
            return Some(WRAPPED);
        }
        self.at += 4 * u32::from(v & 0x0f);
        self.datagram = DatagramId {
            src: mapped(src),
            dst: mapped([d0, d1, d2, d3]),
            id: u16::from_be_bytes([i0, i1]).into(),
        };
        self.fragment(
            u16::from_be_bytes([f0, f1]) & 0x1fff,
            f0 & 0x20 != 0,
            protocol,
        )
    }

    #[inline(always)]
    fn ipv6(&mut self) -> Option<Step> {
        let [v, _, _, _, _, _, protocol, _] = self.packet.bytes(self.at)?;
        if v >> 4 != 6 {
            return Some(WRAPPED);
        }
        self.datagram.src = self.packet.bytes(self.at + 8)?;
        self.datagram.dst = self.packet.bytes(self.at + 24)?;
        self.at += 40;
        Some(Step::Next(Layer::IpPayload(protocol)))
    }

    /// The ports stand in the first fragment alone: the others fare as it did, or pass where it has not been seen.
    #[inline(always)]
    fn fragment(&mut self, offset: u16, more: bool, protocol: u8) -> Option<Step> {
        if offset != 0 {
            return Some(Step::Done(match self.tables.was_left(&self.datagram) {
                true => Verdict::leave(Class::OtherUdp),
                false => Verdict::whole(Class::Fragment),
            }));
        }
        self.is_first_fragment |= more;
        Some(Step::Next(Layer::IpPayload(protocol)))
    }

    #[inline(always)]
    fn ip_payload(&mut self, protocol: u8) -> Option<Step> {
        match protocol {
            UDP => self.udp(),
            TCP | SCTP => self.stream(),
            4 => Some(Step::Next(Layer::Ethertype(0x0800))),
            41 => Some(Step::Next(Layer::Ethertype(0x86dd))),
            47 => Some(Step::Next(Layer::Gre)),
            137 => Some(Step::Next(Layer::Mpls)),
            // Options of a hop, routing, options of the destination; authentication counts in other units (RFC 4302, 2.2).
            0 | 43 | 60 | 51 => {
                let [next, len] = self.packet.bytes(self.at)?;
                self.at += match protocol {
                    51 => 4 * (u32::from(len) + 2),
                    _ => 8 * (u32::from(len) + 1),
                };
                Some(Step::Next(Layer::IpPayload(next)))
            }
            44 => {
                let [next, _, o0, o1, id @ ..] = self.packet.bytes::<8>(self.at)?;
                self.at += 8;
                self.datagram.id = u32::from_be_bytes(id);
                let flags = u16::from_be_bytes([o0, o1]);
                self.fragment(flags & 0xfff8, flags & 1 != 0, next)
            }
            // ESP, whose content may be in the clear, and L2TP.
            50 | 115 => Some(WRAPPED),
            _ => Some(OTHER),
        }
    }

    /// Generic routing encapsulation (RFC 2784, RFC 2890), and mirrors in it.
    #[inline(always)]
    fn gre(&mut self) -> Option<Step> {
        const SEQUENCE: u16 = 0x1000;
        let [flags, protocol] = self.halves::<2>(0)?;
        if flags & 0x0007 != 0 {
            return Some(WRAPPED);
        }
        self.at += 4;
        for bits in [0xc000, 0x2000, SEQUENCE] {
            if flags & bits != 0 {
                self.at += 4;
            }
        }
        match protocol {
            // ERSPAN type I has no header of its own and no sequence number, type II has both.
            0x88be => self.at += if flags & SEQUENCE != 0 { 8 } else { 0 },
            0x22eb => {
                let [last] = self.packet.bytes(self.at + 11)?;
                self.at += if last & 1 != 0 { 20 } else { 12 };
            }
            other => return Some(Step::Next(Layer::Ethertype(other))),
        }
        Some(Step::Next(Layer::Ethernet))
    }

    #[inline(always)]
    fn stream(&self) -> Option<Step> {
        let [src, dst] = self.halves::<2>(0)?;
        let is_sip = self.tables.is_sip_stream(src) || self.tables.is_sip_stream(dst);
        Some(Step::Done(match is_sip {
            true => Verdict::whole(Class::Sip),
            false => Verdict::leave(Class::OtherStream),
        }))
    }

    #[inline(always)]
    fn udp(&mut self) -> Option<Step> {
        let [src, dst] = self.halves::<2>(0)?;
        self.at += 8;
        if self.tables.is_sip_udp(src) || self.tables.is_sip_udp(dst) {
            return Some(Step::Done(Verdict::whole(Class::Sip)));
        }
        let looks = look(self.packet, self.at);
        let to = endpoint(&self.datagram.dst, dst);
        let announced = match self.tables.endpoint(&to) {
            None => self.tables.endpoint(&endpoint(&self.datagram.src, src)),
            found => found,
        };
        match announced {
            Some(ENDPOINT_WHOLE) => return Some(Step::Done(Verdict::whole(Class::Media))),
            Some(_) => return Some(Step::Done(self.header_of(looks, Class::Rtp))),
            None => {}
        }
        if let Some(step) = self.tunnel(dst) {
            return Some(step);
        }
        Some(Step::Done(match looks {
            Look::Rtcp if self.is_beside_announced(src, dst) => Verdict::whole(Class::Media),
            Look::Stun => Verdict::whole(Class::Ice),
            Look::Hep => Verdict::whole(Class::Wrapped),
            Look::Rtp | Look::Rtcp
                if self.tables.is_rtp_port(src) || self.tables.is_rtp_port(dst) =>
            {
                self.header_of(looks, Class::RtpRange)
            }
            Look::Rtp if self.tables.is_early(&to) => self.header_of(looks, Class::Early),
            _ => Verdict::leave(Class::OtherUdp),
        }))
    }

    /// The header of RTP, and all of everything else that comes to the address of media.
    #[inline(always)]
    fn header_of(&self, looks: Look, class: Class) -> Verdict {
        match (looks, header_end(self.packet, self.at), class) {
            (Look::Rtp, Some(keep), _) => Verdict { class, keep },
            (Look::Rtp, None, _) => Verdict::whole(class),
            (_, _, Class::Rtp) => Verdict::whole(Class::Media),
            (_, _, other) => Verdict::whole(other),
        }
    }

    /// RTCP without a word in SDP is one port above RTP (RFC 3550, 11).
    #[inline(always)]
    fn is_beside_announced(&self, src: u16, dst: u16) -> bool {
        let below = |port: u16| port.wrapping_sub(1);
        let is_known = |key| self.tables.endpoint(&key).is_some();
        is_known(endpoint(&self.datagram.dst, below(dst)))
            || is_known(endpoint(&self.datagram.src, below(src)))
    }

    /// Tunnels over UDP, by their well-known ports.
    #[inline(always)]
    fn tunnel(&mut self, port: u16) -> Option<Step> {
        const HAS_NETWORK: u8 = 0x08;
        match port {
            4789 | 8472 => {
                let [flags] = self.packet.bytes(self.at)?;
                if flags & HAS_NETWORK == 0 {
                    return None;
                }
                self.at += 8;
                Some(Step::Next(Layer::Ethernet))
            }
            6081 => {
                let [options, _, p0, p1] = self.packet.bytes(self.at)?;
                self.at += 8 + 4 * u32::from(options & 0x3f);
                Some(Step::Next(Layer::Ethertype(u16::from_be_bytes([p0, p1]))))
            }
            // L2TP, GTP, ESP in UDP, VXLAN-GPE, Juniper's and TZSP's mirrors.
            1701 | 2152 | 4500 | 4790 | 30030 | 37008 => Some(WRAPPED),
            _ => None,
        }
    }

    /// A datagram in fragments is put together later: all of it is kept, or none.
    #[inline(always)]
    fn with_fragments(&self, verdict: Verdict) -> Verdict {
        if !self.is_first_fragment {
            return verdict;
        }
        let is_left = verdict.keep == 0;
        self.tables.note_first_fragment(&self.datagram, is_left);
        match is_left {
            true => verdict,
            false => Verdict::whole(verdict.class),
        }
    }

    /// `N` numbers of 16 bits, from `behind` on.
    #[inline(always)]
    fn halves<const N: usize>(&self, behind: u32) -> Option<[u16; N]> {
        let mut halves = [0; N];
        for (place, half) in halves.iter_mut().enumerate() {
            *half = u16::from_be_bytes(self.packet.bytes(self.at + behind + 2 * place as u32)?);
        }
        Some(halves)
    }
}

#[cfg(test)]
mod tests;

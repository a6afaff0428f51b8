//! Calls as frames with the time at which each is to be sent: their SDP comes and changes in all the ways it may.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A frame, and when it is sent.
pub(super) type Cue = (Duration, Vec<u8>);

/// How the packets of a call are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    Plain,
    Vlan,
    QinQ,
    Gre,
}

/// How media is agreed upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Offer in the INVITE, answer and media with the 183.
    Early,
    /// Offer in the 200, answer in the ACK.
    Delayed,
    /// An UPDATE moves the port.
    Update,
    /// A re-INVITE moves the port.
    Reinvite,
}

impl Shape {
    pub(super) const ALL: [Shape; 4] =
        [Shape::Early, Shape::Delayed, Shape::Update, Shape::Reinvite];
}

/// How long media takes to begin behind the SDP that announces it.
const BEHIND_SDP: u64 = 250;

/// Packets of one spell of media, 20 ms each.
const SPELL: u64 = 40;

/// A call, from its ends to its frames.
pub(super) struct Script {
    ends: [IpAddr; 2],
    wrapping: Wrapping,
    name: String,
    number: u16,
    cues: Vec<Cue>,
}

impl Script {
    /// All frames of a call that begins at 0.
    pub(super) fn of(number: u16, shape: Shape, wrapping: Wrapping, v6: bool) -> Vec<Cue> {
        let address = |end: u16| -> IpAddr {
            match v6 {
                true => [0x2001, 0xdb8, 0, 0, 0, 0, number, end].into(),
                false => [198, 51, 100, (2 * number + end) as u8].into(),
            }
        };
        let mut script = Script {
            ends: [address(0), address(1)],
            wrapping,
            name: format!("{shape:?}-{wrapping:?}-{number}@script"),
            number,
            cues: Vec::new(),
        };
        script.perform(shape);
        script.cues
    }

    fn perform(&mut self, shape: Shape) {
        let offer = |port| Some(port);
        match shape {
            Shape::Early => {
                self.request(0, 0, "INVITE", 1, offer(4000));
                self.response(100, "183 Session Progress", "1 INVITE", offer(5000));
                self.media(100 + BEHIND_SDP, [4000, 5000], 0);
                self.response(1200, "200 OK", "1 INVITE", None);
                self.request(1210, 0, "ACK", 1, None);
                self.media(1250, [4000, 5000], SPELL);
            }
            Shape::Delayed => {
                self.request(0, 0, "INVITE", 1, None);
                self.response(100, "200 OK", "1 INVITE", offer(5000));
                self.request(150, 0, "ACK", 1, offer(4000));
                self.media(150 + BEHIND_SDP, [4000, 5000], 0);
            }
            Shape::Update => {
                self.request(0, 0, "INVITE", 1, offer(4000));
                self.response(50, "183 Session Progress", "1 INVITE", offer(5000));
                self.request(100, 0, "UPDATE", 2, offer(4100));
                self.response(120, "200 OK", "2 UPDATE", offer(5100));
                self.media(120 + BEHIND_SDP, [4100, 5100], 0);
                self.response(1300, "200 OK", "1 INVITE", None);
                self.request(1310, 0, "ACK", 1, None);
            }
            Shape::Reinvite => {
                self.request(0, 0, "INVITE", 1, offer(4000));
                self.response(50, "200 OK", "1 INVITE", offer(5000));
                self.request(60, 0, "ACK", 1, None);
                self.media(60 + BEHIND_SDP, [4000, 5000], 0);
                self.request(1200, 0, "INVITE", 2, offer(4200));
                self.response(1220, "200 OK", "2 INVITE", offer(5200));
                self.request(1240, 0, "ACK", 2, None);
                self.media(1240 + BEHIND_SDP, [4200, 5200], SPELL);
            }
        }
        self.request(2600, 0, "BYE", 9, None);
        self.response(2620, "200 OK", "9 BYE", None);
    }

    fn request(&mut self, at: u64, end: usize, method: &str, cseq: u32, sdp: Option<u16>) {
        let to_tag = if cseq > 1 || method == "ACK" {
            ";tag=b"
        } else {
            ""
        };
        let first = format!("{method} sip:b@example.org SIP/2.0");
        let text = self.message(&first, &format!("{cseq} {method}"), to_tag, sdp, end);
        self.push(at, end, [5060, 5060], text.as_bytes());
    }

    fn response(&mut self, at: u64, status: &str, cseq: &str, sdp: Option<u16>) {
        let text = self.message(&format!("SIP/2.0 {status}"), cseq, ";tag=b", sdp, 1);
        self.push(at, 1, [5060, 5060], text.as_bytes());
    }

    fn message(
        &self,
        first: &str,
        cseq: &str,
        to_tag: &str,
        sdp: Option<u16>,
        end: usize,
    ) -> String {
        let body = sdp.map_or_else(String::new, |port| self.sdp(end, port));
        let branch: String = cseq.chars().filter(|c| c.is_alphanumeric()).collect();
        let host = SocketAddr::new(self.ends[0], 5060);
        format!(
            "{first}\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{branch}{}\r\nFrom: <sip:a@example.org>;tag=a\r\n\
             To: <sip:b@example.org>{to_tag}\r\nCall-ID: {}\r\nCSeq: {cseq}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:x@{host}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            self.number,
            self.name,
            body.len(),
        )
    }

    /// The caller says in an attribute where it expects RTCP, the callee leaves it at the next port.
    fn sdp(&self, end: usize, port: u16) -> String {
        let ip = self.ends[end];
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let rtcp = match end {
            0 => format!("a=rtcp:{}\r\n", port + 51),
            _ => String::new(),
        };
        format!(
            "v=0\r\no=- 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n{rtcp}"
        )
    }

    /// A spell of media in both directions, with a sender report each.
    fn media(&mut self, at: u64, ports: [u16; 2], before: u64) {
        for end in [0, 1] {
            let path = [ports[end], ports[1 - end]];
            let ssrc = (u32::from(self.number) << 8 | end as u32).to_be_bytes();
            for packet in 0..SPELL {
                let n = before + packet;
                let seq = (n as u16).to_be_bytes();
                let stamp = (n as u32 * 160).to_be_bytes();
                let rtp = [&[0x80, 8][..], &seq, &stamp, &ssrc, &[0xd5; 160]].concat();
                self.push(at + 20 * packet, end, path, &rtp);
            }
            let mut report = [&[0x80, 200, 0, 6][..], &ssrc, &[0; 20]].concat();
            report[8] = 1;
            let receiver = if end == 1 {
                ports[0] + 51
            } else {
                ports[1] + 1
            };
            self.push(at + 333, end, [ports[end] + 1, receiver], &report);
        }
    }

    fn push(&mut self, at: u64, end: usize, ports: [u16; 2], payload: &[u8]) {
        let (src, dst) = (self.ends[end], self.ends[1 - end]);
        let frame = wrap(self.wrapping, &packet(src, dst, 17, &udp(ports, payload)));
        self.cues.push((Duration::from_millis(at), frame));
    }
}

/// A frame with a UDP datagram.
pub(super) fn datagram(src: IpAddr, dst: IpAddr, ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    wrap(Wrapping::Plain, &packet(src, dst, 17, &udp(ports, payload)))
}

/// A UDP packet that has nothing to do with calls.
pub(super) fn stranger(port: u16) -> Vec<u8> {
    let (src, dst) = ([203, 0, 113, 1].into(), [203, 0, 113, 2].into());
    datagram(src, dst, [port, 7777], &[0xff; 500])
}

fn udp(ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let words = [ports[0], ports[1], (payload.len() + 8) as u16, 0].map(u16::to_be_bytes);
    [words.as_flattened(), payload].concat()
}

fn packet(src: IpAddr, dst: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let [l0, l1] = ((payload.len() + 20) as u16).to_be_bytes();
            let head = [0x45, 0, l0, l1, 0, 0, 0, 0, 64, protocol, 0, 0];
            [&head[..], &src.octets(), &dst.octets(), payload].concat()
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let [l0, l1] = (payload.len() as u16).to_be_bytes();
            let head = [0x60, 0, 0, 0, l0, l1, protocol, 64];
            [&head[..], &src.octets(), &dst.octets(), payload].concat()
        }
        _ => panic!("both ends are of one family"),
    }
}

fn wrap(wrapping: Wrapping, ip: &[u8]) -> Vec<u8> {
    let family: [u8; 2] = match ip[0] >> 4 {
        4 => [0x08, 0x00],
        _ => [0x86, 0xdd],
    };
    let macs = [2_u8; 12];
    match wrapping {
        Wrapping::Plain => [&macs[..], &family, ip].concat(),
        Wrapping::Vlan => [&macs[..], &[0x81, 0, 0, 5], &family, ip].concat(),
        Wrapping::QinQ => [&macs[..], &[0x88, 0xa8, 0, 6, 0x81, 0, 0, 5], &family, ip].concat(),
        Wrapping::Gre => {
            let inside = [&[0, 0][..], &family, ip].concat();
            let (src, dst) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
            wrap(Wrapping::Plain, &packet(src, dst, 47, &inside))
        }
    }
}

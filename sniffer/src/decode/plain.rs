//! The short way for what nearly every frame is: Ethernet, an IP header without options, a UDP datagram.
//!
//! It reads what [`super::layer::walk`] would read of such a frame, in one go, and leaves every other frame to that.

use super::encapsulation::Encapsulations;
use super::frame::{Frame, LinkType};
use super::ip::dscp;
use super::ip::number::UDP;
use super::layer::{End, Ends, Found, Trail};
use super::packet::{Datagram, Payload};
use super::transport;
use super::window::Window;

/// Headers passed: Ethernet, IP and UDP.
const DEPTH: usize = 3;

/// What a plain frame holds.
pub(crate) struct Plain<'a> {
    ip: Window<'a>,
    pub(crate) datagram: Datagram<'a>,
}

impl<'a> Plain<'a> {
    /// Reads a frame; `None` is one that is not so plain.
    #[inline]
    pub(crate) fn read(frame: &Frame<'a>) -> Option<Plain<'a>> {
        if frame.link != LinkType::ETHERNET {
            return None;
        }
        let frame = Window::new(frame.bytes, frame.original_len as usize);
        let (ethernet, ip) = frame.split::<14>()?;
        let (ends, rest) = match ethernet {
            [.., 0x08, 0x00] => v4(ip)?,
            [.., 0x86, 0xDD] => v6(ip)?,
            _ => return None,
        };
        match transport::udp(ends, rest, &mut Encapsulations::default()) {
            Ok(Found::End(End::Payload(Payload::Udp(datagram)))) => Some(Plain { ip, datagram }),
            _ => None,
        }
    }

    /// What the packet is wrapped in: nothing but its IP header.
    #[inline]
    pub(crate) fn passed(&self) -> Encapsulations {
        let mut passed = Encapsulations::NONE;
        passed.ip(dscp(self.ip));
        passed
    }

    /// What the walk would have passed.
    #[inline]
    pub(crate) fn trail(&self) -> Trail<'a> {
        Trail {
            depth: DEPTH,
            outer: Some(self.ip),
            inner: Some(self.ip),
            passed: self.passed(),
        }
    }
}

/// A whole UDP datagram behind twenty bytes of header.
#[inline]
fn v4(window: Window<'_>) -> Option<(Ends, Window<'_>)> {
    let (header, _) = window.split::<20>()?;
    let &[
        0x45,
        _,
        l0,
        l1,
        _,
        _,
        f0,
        f1,
        _,
        UDP,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = header
    else {
        return None;
    };
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    // Any bit but "don't fragment".
    let is_fragment = u16::from_be_bytes([f0, f1]) & 0x3FFF != 0;
    if total < header.len() || is_fragment {
        return None;
    }
    let ends = Ends {
        src: [s0, s1, s2, s3].into(),
        dst: [d0, d1, d2, d3].into(),
    };
    Some((ends, window.end_at(total).skip(header.len())?))
}

/// A UDP datagram right behind the fixed header.
#[inline]
fn v6(window: Window<'_>) -> Option<(Ends, Window<'_>)> {
    let (fixed, rest) = window.split::<8>()?;
    let &[0x60..=0x6F, _, _, _, l0, l1, UDP, _] = fixed else {
        return None;
    };
    let (src, rest) = rest.split::<16>()?;
    let (dst, rest) = rest.split::<16>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let ends = Ends {
        src: (*src).into(),
        dst: (*dst).into(),
    };
    (length > 0).then(|| (ends, rest.end_at(length)))
}

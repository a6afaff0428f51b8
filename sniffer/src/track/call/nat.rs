//! Private addresses in messages that pass a public network: what a NAT on the way leaves unchanged (RFC 5853, 3.3.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::record::Side;
use crate::sip::Message;
use crate::track::event::SipEvent;

/// What was seen of them: at most one of each kind from each side.
#[derive(Debug, Default)]
pub(super) struct PrivateAddresses {
    list: Vec<PrivateAddress>,
}

/// An address that cannot be reached from where it was sent to.
#[derive(Clone, Copy, Debug)]
pub(super) struct PrivateAddress {
    pub(super) field: Field,
    pub(super) side: Side,
    pub(super) announced: IpAddr,
    pub(super) event: (SocketAddr, SocketAddr, crate::time::Timestamp),
    /// Whether the message had left the private network when it passed the tap.
    pub(super) outside: bool,
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Sdp,
    Contact,
}

impl PrivateAddresses {
    /// Looks through a message of `side`.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>, side: Side) {
        let (src, dst) = (event.src.ip(), event.dst.ip());
        if !is_public(src) && !is_public(dst) {
            return;
        }
        let found = [
            (Field::Sdp, in_sdp(event.message)),
            // Over a connection the other side answers on it, whatever the Contact says (RFC 5923).
            (
                Field::Contact,
                in_contact(event.message).filter(|_| event.transport == "udp"),
            ),
        ];
        for (field, announced) in found {
            let known = |other: &PrivateAddress| (other.field, other.side) == (field, side);
            if let Some(announced) = announced
                && !self.list.iter().any(known)
            {
                self.list.push(PrivateAddress {
                    field,
                    side,
                    announced,
                    event: (event.src, event.dst, event.at),
                    outside: is_public(src),
                });
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PrivateAddress> {
        self.list.iter()
    }
}

/// A private media address. ICE (RFC 8445) finds a way around it.
fn in_sdp(message: &Message<'_>) -> Option<IpAddr> {
    let session = message.first_session()?;
    if session
        .media
        .iter()
        .any(|media| !media.candidates.is_empty())
    {
        return None;
    }
    let addresses = session.media.iter().filter_map(crate::sdp::Media::rtp_addr);
    addresses
        .map(|address| address.ip())
        .find(|ip| is_private(*ip))
}

fn in_contact(message: &Message<'_>) -> Option<IpAddr> {
    // The Contacts of a redirection are no way back to its sender, and a 100 begins no dialog.
    let is_way_back = |code: u16| (101..300).contains(&code);
    if !message.start().code().is_none_or(is_way_back) {
        return None;
    }
    let contact = message.contacts().next()?;
    let host = contact.address()?.parsed_uri()?.host_ip()?;
    is_private(host).then_some(host)
}

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, and the link-local and site-local addresses of IPv6.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || is_shared(ip),
        IpAddr::V6(ip) => is_local(ip),
    }
}

/// 100.64.0.0/10, between a carrier's NAT and its customers'.
fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && second & 0xc0 == 64
}

fn is_local(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // fe80::/10, and fec0::/10, which was site-local (RFC 3879).
    first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80
}

fn is_public(ip: IpAddr) -> bool {
    let elsewhere = ip.is_loopback() || ip.is_unspecified() || ip.is_multicast();
    !elsewhere && !is_private(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, private: bool, public: bool) {
        let ip: IpAddr = text.parse().unwrap();
        assert_eq!((is_private(ip), is_public(ip)), (private, public), "{text}");
    }

    #[test]
    fn private_networks_are_told_from_public_ones() {
        check("10.1.2.3", true, false);
        check("172.31.0.1", true, false);
        check("172.32.0.1", false, true);
        check("100.64.0.1", true, false);
        check("100.128.0.1", false, true);
        check("169.254.9.9", true, false);
        check("127.0.0.1", false, false);
        check("fd00::1", true, false);
        check("fe80::1", true, false);
        check("fec0::1", true, false);
        check("2001:db8::1", false, true);
        check("::1", false, false);
    }
}

//! The walk from header to header, from a link type to a packet or a fragment of one.

use std::net::IpAddr;

use super::defrag::Fragment;
use super::encapsulation::Encapsulations;
use super::packet::Payload;
use super::window::Window;
use super::{ip, link, tunnel};
use crate::record::books::Reason;
use crate::record::{Encapsulation, Outer};

/// How many nested headers are read: link headers, tags, labels, tunnels, IP and extension headers, each of them one.
/// Two tags, three labels, GTP-U and ESP under them use eleven.
pub const MAX_DEPTH: usize = 24;

/// The header at the beginning of a [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Ethernet,
    Vlan,
    Mpls,
    PppoeSession,
    Ppp,
    PppOrHdlc,
    Llc,
    LinuxCooked,
    LinuxCooked2,
    Loopback,
    Ieee80211,
    Radiotap,
    Nsh,
    CiscoMetadata,
    /// IP, version from the first nibble.
    Ip,
    /// IP between the addresses of another IP header.
    IpInIp(Ends),
    /// GRE between these addresses.
    Gre(Ends),
    /// MPLS between these addresses (RFC 4023).
    MplsInIp(Ends),
    /// What an IP header's protocol number says, between the addresses of that header.
    IpPayload(Ends, u8),
}

/// The two addresses of an IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
}

impl From<Ends> for Outer {
    fn from(Ends { src, dst }: Ends) -> Self {
        Outer { src, dst }
    }
}

/// What stands behind a header that only wraps another.
pub(crate) type Wrapped<'a> = Result<(Layer, Window<'a>), Reason>;

/// What reading one header found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    /// Another header.
    Wrapped(Layer, Window<'a>),
    /// No further header.
    End(End<'a>),
}

/// Where a walk ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    /// At the transport.
    Payload(Payload<'a>),
    /// At a fragment, until its datagram is complete.
    Fragment(Fragment<'a>),
}

/// What a walk has passed. It goes on when a reassembled datagram is walked in its turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trail<'a> {
    /// Headers read.
    pub(crate) depth: usize,
    /// Where the first IP header begins.
    pub(crate) outer: Option<Window<'a>>,
    /// Where the last one begins; none once a datagram was reassembled, until that shows another.
    pub(crate) inner: Option<Window<'a>>,
    /// What the packet is wrapped in.
    pub(crate) passed: Encapsulations,
}

impl Trail<'_> {
    /// Whether the last IP header lies within another.
    #[inline(always)]
    pub(crate) fn is_tunnelled(&self) -> bool {
        let begins = |window: Window<'_>| window.bytes().as_ptr();
        matches!((self.outer, self.inner), (Some(outer), Some(inner)) if begins(outer) != begins(inner))
    }
}

/// Reads header after header until a transport or a fragment.
pub(crate) fn walk<'a>(
    mut layer: Layer,
    mut window: Window<'a>,
    trail: &mut Trail<'a>,
) -> Result<End<'a>, Reason> {
    while trail.depth < MAX_DEPTH {
        trail.depth += 1;
        if matches!(layer, Layer::Ip | Layer::IpInIp(_)) {
            trail.outer.get_or_insert(window);
            trail.inner = Some(window);
        }
        match read(layer, window, &mut trail.passed)? {
            Found::Wrapped(next, rest) => (layer, window) = (next, rest),
            Found::End(end) => return Ok(end),
        }
    }
    Err(Reason::TooDeep)
}

/// Whether link headers and tags alone lead to an IP header whose lengths fit, or to a packet that sets up a PPP link: what a
/// tunnel over UDP, which only its port suggests, must show before it is believed.
pub(crate) fn is_believable(mut layer: Layer, mut window: Window<'_>) -> bool {
    let passed = &mut Encapsulations::default();
    for _ in 0..MAX_DEPTH {
        match layer {
            Layer::Ip => return ip::fits(window),
            Layer::Ppp if link::is_ppp_control(window) => return true,
            Layer::IpPayload(..) => return false,
            _ => match read(layer, window, passed) {
                Ok(Found::Wrapped(next, rest)) => (layer, window) = (next, rest),
                _ => return false,
            },
        }
    }
    false
}

fn read<'a>(
    layer: Layer,
    window: Window<'a>,
    passed: &mut Encapsulations,
) -> Result<Found<'a>, Reason> {
    let wrapped = match layer {
        Layer::Ethernet => link::ethernet(window),
        Layer::Ip => return ip::read(window),
        Layer::IpPayload(ends, protocol) => return ip::payload(ends, protocol, window, passed),
        Layer::IpInIp(ends) => return ip::in_ip(ends, window, passed),
        Layer::Vlan => {
            passed.pass(Encapsulation::Vlan);
            link::vlan(window)
        }
        Layer::Mpls => {
            passed.pass(Encapsulation::Mpls);
            link::mpls(window)
        }
        Layer::MplsInIp(ends) => {
            passed.enter(Encapsulation::Mpls, ends.into());
            link::mpls(window)
        }
        Layer::PppoeSession => {
            passed.pass(Encapsulation::Pppoe);
            link::pppoe_session(window)
        }
        Layer::Nsh => {
            passed.pass(Encapsulation::Nsh);
            link::nsh(window)
        }
        Layer::CiscoMetadata => {
            passed.pass(Encapsulation::CiscoMetadata);
            link::cisco_metadata(window)
        }
        Layer::Ppp => link::ppp(window),
        Layer::PppOrHdlc => link::ppp_or_cisco_hdlc(window),
        Layer::Llc => link::llc(window),
        Layer::LinuxCooked => link::linux_cooked(window),
        Layer::LinuxCooked2 => link::linux_cooked2(window),
        Layer::Loopback => link::loopback(window),
        Layer::Ieee80211 => link::ieee80211(window),
        Layer::Radiotap => link::radiotap(window),
        Layer::Gre(ends) => tunnel::gre(ends, window, passed),
    };
    wrapped.map(|(next, rest)| Found::Wrapped(next, rest))
}

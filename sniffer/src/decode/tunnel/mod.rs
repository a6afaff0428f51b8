//! Tunnels: headers behind IP or UDP that carry another link layer or another IP packet, one file a header.
//!
//! GRE and ESP have protocol numbers of their own. The others are known by a UDP port alone, which any other traffic may use too: they
//! are followed only where their own header is sound and an IP packet is found inside whose lengths fit, or what sets up a PPP
//! link. Otherwise the datagram stays what it is.

mod erspan;
mod esp;
mod geneve;
mod gre;
mod gtp;
mod l2tp;
mod vxlan;

pub(crate) use esp::esp;
pub(crate) use gre::gre;

use super::encapsulation::Encapsulations;
use super::layer::{Ends, Layer, is_believable};
use super::window::Window;
use crate::record::Encapsulation;

/// Well-known UDP ports (IANA), and the one Linux used for VXLAN before there was one.
const L2TP: u16 = 1701;
const GTP_U: u16 = 2152;
const ESP_IN_UDP: u16 = 4500;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const GENEVE: u16 = 6081;
const VXLAN_LINUX: u16 = 8472;

/// The tunnel a UDP payload carries, if one of its two ports suggests it and its content proves it. `passed` takes note
/// of it.
pub(crate) fn over_udp<'a>(
    (src, dst): (u16, u16),
    ends: Ends,
    payload: Window<'a>,
    passed: &mut Encapsulations,
) -> Option<(Layer, Window<'a>)> {
    let (kind, layer, inner) =
        by_port(dst, ends, payload).or_else(|| by_port(src, ends, payload))?;
    match kind {
        // The addresses are those of the packet it protects, unless that is an IP packet in its turn.
        Encapsulation::Esp => passed.pass(kind),
        _ => passed.enter(kind, ends.into()),
    }
    Some((layer, inner))
}

fn by_port(
    port: u16,
    ends: Ends,
    payload: Window<'_>,
) -> Option<(Encapsulation, Layer, Window<'_>)> {
    let (kind, (layer, inner)) = match port {
        L2TP => (Encapsulation::L2tp, l2tp::l2tp(payload)?),
        GTP_U => (Encapsulation::GtpU, gtp::gtp_u(payload)?),
        VXLAN | VXLAN_GPE | VXLAN_LINUX => vxlan::vxlan(payload)?,
        GENEVE => (Encapsulation::Geneve, geneve::geneve(payload)?),
        // Proves its content itself.
        ESP_IN_UDP => {
            let (layer, inner) = esp::esp(ends, payload)?;
            return Some((Encapsulation::Esp, layer, inner));
        }
        _ => return None,
    };
    is_believable(layer, inner).then_some((kind, layer, inner))
}

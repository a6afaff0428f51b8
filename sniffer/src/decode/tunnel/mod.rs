//! Tunnels: headers behind IP or UDP that carry another link layer or another IP packet, one file a header.
//!
//! GRE, ESP and L2TP version 3 have protocol numbers of their own. The others are known by a UDP port alone, which any other traffic may use too: they
//! are followed only where their own header is sound and an IP packet is found inside whose lengths fit, or what sets up a PPP
//! link. Otherwise the datagram stays what it is.

mod erspan;
mod esp;
mod geneve;
mod gre;
mod gtp;
mod jmirror;
mod l2tp_v2;
mod l2tp_v3;
mod tzsp;
mod vxlan;

pub(crate) use esp::esp;
pub(crate) use gre::gre;
pub(crate) use l2tp_v3::over_ip as l2tp_v3_over_ip;

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
/// Ports by custom: the default of Juniper's routers, and that of TZSP.
const JMIRROR: u16 = 30030;
const TZSP: u16 = 37008;

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

/// Whether one of the two ports suggests a tunnel to [`over_udp`].
#[inline(always)]
pub(crate) fn is_suggested_by(src: u16, dst: u16) -> bool {
    let suggests = |port| {
        matches!(
            port,
            L2TP | GTP_U | ESP_IN_UDP | VXLAN | VXLAN_GPE | GENEVE | VXLAN_LINUX | JMIRROR | TZSP
        )
    };
    suggests(src) || suggests(dst)
}

fn by_port(
    port: u16,
    ends: Ends,
    payload: Window<'_>,
) -> Option<(Encapsulation, Layer, Window<'_>)> {
    let (kind, (layer, inner)) = match port {
        L2TP => l2tp(payload)?,
        GTP_U => (Encapsulation::GtpU, gtp::gtp_u(payload)?),
        VXLAN | VXLAN_GPE | VXLAN_LINUX => vxlan::vxlan(payload)?,
        GENEVE => (Encapsulation::Geneve, geneve::geneve(payload)?),
        JMIRROR => (Encapsulation::Jmirror, jmirror::jmirror(payload)?),
        TZSP => (Encapsulation::Tzsp, tzsp::tzsp(payload)?),
        // Proves its content itself.
        ESP_IN_UDP => {
            let (layer, inner) = esp::esp(ends, payload)?;
            return Some((Encapsulation::Esp, layer, inner));
        }
        _ => return None,
    };
    is_believable(layer, inner).then_some((kind, layer, inner))
}

/// Either version; their flags tell them apart.
fn l2tp(payload: Window<'_>) -> Option<(Encapsulation, (Layer, Window<'_>))> {
    let version_2 = l2tp_v2::l2tp(payload).map(|found| (Encapsulation::L2tp, found));
    version_2.or_else(|| Some((Encapsulation::L2tpV3, l2tp_v3::over_udp(payload)?)))
}

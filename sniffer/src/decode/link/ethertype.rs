//! EtherType numbers: what follows an Ethernet header, a tag, SNAP, a cooked header or GRE.

use super::super::layer::Layer;
use crate::record::books::Reason;

/// Up to here the field is an IEEE 802.3 length (IEEE 802.3, 3.2.6).
pub(super) const MAX_802_3_LENGTH: u16 = 1500;

/// The header an EtherType announces.
pub(crate) fn layer_of_ethertype(ethertype: u16) -> Result<Layer, Reason> {
    Ok(match ethertype {
        0x0800 | 0x86DD => Layer::Ip,
        // 802.1Q, 802.1ad, and the numbers used for outer tags before that.
        0x8100 | 0x88A8 | 0x9100 | 0x9200 | 0x9300 => Layer::Vlan,
        0x8847 | 0x8848 => Layer::Mpls,
        0x8864 => Layer::PppoeSession,
        0x6558 => Layer::Ethernet,
        0x894F => Layer::Nsh,
        0x8909 => Layer::CiscoMetadata,
        0x880B => Layer::Ppp,
        // MACsec (IEEE 802.1AE); without encryption it is rare enough to be left with the rest.
        0x88E5 => return Err(Reason::LinkEncrypted),
        _ => return Err(Reason::NotIp),
    })
}

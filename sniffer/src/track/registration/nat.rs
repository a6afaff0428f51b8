//! Signs of a translator (NAT) between a phone and the tap.

use std::net::IpAddr;

use super::contact::Asked;
use crate::record::NatSign;
use crate::sip::Via;
use crate::track::event::SipEvent;

/// What the REGISTER shows of a translator. Behind a proxy the lowest Via tells where the phone's packet came from
/// (RFC 3261, 18.2.1).
pub(super) fn signs(event: &SipEvent<'_>, contacts: &[Asked]) -> Vec<NatSign> {
    let vias: Vec<Via<'_>> = event.message.vias().collect();
    let origin = match vias.as_slice() {
        [] | [_] => Some(event.src.ip()),
        [.., lowest] => lowest.received_ip().or(lowest.host_ip()),
    };
    let Some(origin) = origin else {
        return Vec::new();
    };
    let sent_by = vias.last().and_then(Via::host_ip);
    let hidden = |contact: &Asked| {
        contact
            .host
            .is_some_and(|host| host != origin && is_private(host))
    };
    let mut signs = Vec::new();
    signs.extend(
        sent_by
            .is_some_and(|ip| ip != origin)
            .then_some(NatSign::Via),
    );
    signs.extend(contacts.iter().any(hidden).then_some(NatSign::Contact));
    signs
}

/// Whether nobody outside of a site can reach the address: RFC 1918, RFC 6598, RFC 3927, RFC 4193.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            ip.is_private() || ip.is_link_local() || ip.is_loopback() || shared
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}

//! Cisco MetaData: the security group tag of TrustSec, between an Ethernet header or a tag and what follows it.

use super::super::layer::Wrapped;
use super::super::window::Window;
use super::ethertype::layer_of_ethertype;
use crate::record::books::Reason;

/// The only version there is.
const VERSION_1: u8 = 1;

/// Version, length of the options in words of four bytes, the options, the next EtherType.
pub(crate) fn cisco_metadata(window: Window<'_>) -> Wrapped<'_> {
    let (&[version, words], rest) = window.split::<2>().ok_or(Reason::LinkMalformed)?;
    if version != VERSION_1 {
        return Err(Reason::LinkMalformed);
    }
    let rest = rest
        .skip(usize::from(words) * 4)
        .ok_or(Reason::LinkMalformed)?;
    let (ethertype, rest) = rest.split::<2>().ok_or(Reason::LinkMalformed)?;
    Ok((layer_of_ethertype(u16::from_be_bytes(*ethertype))?, rest))
}

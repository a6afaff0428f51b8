//! Small captures of one topic each, for the tests.

mod calls;
mod carriers;
mod files;
mod network;
mod tunnels;

pub(crate) use calls::{early_media, fork, hold, opus};
pub(super) use carriers::CARRIERS;
pub(crate) use files::{INTERFACES, cut, two_interfaces};
pub(crate) use network::{fragments, ipv6, tcp, vlan};
pub(crate) use tunnels::{gtpu, hep};

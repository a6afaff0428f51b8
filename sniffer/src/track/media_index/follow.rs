//! What is announced now and what no longer is, for a packet filter that passes media and nothing else.
//!
//! It is followed only where somebody asks for it, and tells addresses without saying whose they are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use crate::rtp::payload::MediaKind;

/// RTCP addresses of one call that are told; more than that are left.
pub(super) const RTCP_OF_CALL: usize = 16;

/// What became of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaChange {
    /// Media, or RTCP, is sent from or to it.
    Announced(SocketAddr, MediaKind),
    /// No call has to do with it any more.
    Gone(SocketAddr),
}

/// The changes since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Follower {
    pub(super) changes: Vec<MediaChange>,
    /// By how many calls an address is announced for RTCP alone.
    rtcp: HashMap<SocketAddr, u32, RandomState>,
}

impl Follower {
    pub(super) fn announced(&mut self, address: SocketAddr, kind: MediaKind) {
        self.changes.push(MediaChange::Announced(address, kind));
    }

    /// An address of RTP is gone; it may still be one of RTCP.
    pub(super) fn gone(&mut self, address: SocketAddr) {
        if !self.rtcp.contains_key(&address) {
            self.changes.push(MediaChange::Gone(address));
        }
    }

    pub(super) fn rtcp_announced(&mut self, address: SocketAddr) {
        *self.rtcp.entry(address).or_default() += 1;
        self.announced(address, MediaKind::Other);
    }

    /// A call no longer names the address; `is_media` says whether one still does for RTP.
    pub(super) fn rtcp_gone(&mut self, address: SocketAddr, is_media: bool) {
        let Entry::Occupied(mut calls) = self.rtcp.entry(address) else {
            return;
        };
        *calls.get_mut() -= 1;
        if *calls.get() == 0 {
            calls.remove();
            if !is_media {
                self.changes.push(MediaChange::Gone(address));
            }
        }
    }
}

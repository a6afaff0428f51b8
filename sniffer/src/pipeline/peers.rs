//! The way between a capture and the thread that talks to other nodes. Neither ever waits for the other: what finds no room is
//! dropped and counted.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::track::mail::Mail;
use crate::track::media_index::{MediaIndex, Peer, PeerClaim};

/// Lists of addresses that may wait; each is what came together in a tenth of a second or in a batch.
const LISTS: usize = 1024;

/// Mails that may wait in either direction, and answers.
const MAILS: usize = 1 << 16;

/// News taken in at once.
const NEWS: usize = 4096;

/// What comes from other nodes.
#[derive(Debug)]
pub enum PeerNews {
    /// All that a node says of an address at this moment.
    Claims(SocketAddr, Arc<Peer>, Vec<PeerClaim>),
    /// A stream there speaks to a call here.
    Mail(Box<Mail>),
}

/// The capture's end.
#[derive(Clone, Debug)]
pub struct PeerLink {
    told: Sender<Vec<SocketAddr>>,
    wanted: Sender<Vec<SocketAddr>>,
    mails: Sender<Mail>,
    news: Receiver<PeerNews>,
    shared: Arc<PeerShared>,
}

/// The end of the thread.
#[derive(Debug)]
pub struct PeerDesk {
    /// Addresses of which the capture has something new to tell.
    pub told: Receiver<Vec<SocketAddr>>,
    /// Addresses of streams whose call it does not know.
    pub wanted: Receiver<Vec<SocketAddr>>,
    /// Words of streams to calls on other nodes.
    pub mails: Receiver<Mail>,
    /// Where answers go, and mails from other nodes.
    pub news: Sender<PeerNews>,
    /// What both look at.
    pub shared: Arc<PeerShared>,
}

/// What both ends look at.
#[derive(Debug, Default)]
pub struct PeerShared {
    /// The addresses announced, once the capture has begun.
    pub index: OnceLock<Arc<MediaIndex>>,
    /// Not everything new was told: all of it is to be told again.
    pub missed: AtomicBool,
    /// Questions that found no room, in addresses.
    pub lost_questions: AtomicU64,
    /// Mails that found none.
    pub lost_mails: AtomicU64,
}

/// The two ends of a way.
pub fn peer_link() -> (PeerLink, PeerDesk) {
    let (told, take_told) = bounded(LISTS);
    let (wanted, take_wanted) = bounded(LISTS);
    let (mails, take_mails) = bounded(MAILS);
    let (tell_news, news) = bounded(MAILS);
    let shared: Arc<PeerShared> = Arc::default();
    let desk = PeerDesk {
        told: take_told,
        wanted: take_wanted,
        mails: take_mails,
        news: tell_news,
        shared: Arc::clone(&shared),
    };
    let link = PeerLink {
        told,
        wanted,
        mails,
        news,
        shared,
    };
    (link, desk)
}

impl PeerLink {
    /// Shows what is announced.
    pub(super) fn begin(&self, index: &Arc<MediaIndex>) {
        // One capture begins with one link.
        let _ = self.shared.index.set(Arc::clone(index));
    }

    /// Tells that something is new about these addresses. Where there is no room, all addresses are looked at later.
    pub(super) fn tell(&self, addresses: Vec<SocketAddr>) {
        if !addresses.is_empty() && self.told.try_send(addresses).is_err() {
            self.shared.missed.store(true, Ordering::Release);
        }
    }

    /// Has other nodes asked about these addresses.
    pub(super) fn want(&self, addresses: Vec<SocketAddr>) {
        if let Err(TrySendError::Full(lost)) = self.wanted.try_send(addresses) {
            let n = lost.len() as u64;
            self.shared.lost_questions.fetch_add(n, Ordering::Relaxed);
        }
    }

    /// Sends a mail to another node.
    pub(super) fn post(&self, mail: Mail) {
        if let Err(TrySendError::Full(_)) = self.mails.try_send(mail) {
            self.shared.lost_mails.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What has come from other nodes.
    pub(super) fn news(&self) -> impl Iterator<Item = PeerNews> + '_ {
        self.news.try_iter().take(NEWS)
    }
}

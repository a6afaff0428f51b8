//! The thread that talks to Redis, in rounds: tells what is new, delivers mails, asks what streams want to know, and takes mails in.

mod round;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use redis::{ErrorKind, RedisError, cmd};

use super::asked::Asked;
use super::counts::add;
use super::link::{Link, Order};
use super::wire::Keys;
use super::{Shared, SharedCounts, SharedDropped, SharedSettings};
use crate::export::steady;
use crate::pipeline::{PeerDesk, PeerNews};
use crate::track::mail::Mail;

/// How often there is a round.
const ROUND_EVERY: Duration = Duration::from_millis(100);

/// Addresses told, mails sent, questions, and mails taken in, in one round.
const BUNCH: usize = 1024;

/// First and longest wait before Redis is tried again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Once Redis has been away for so long, what other nodes said is no longer believed: calls end meanwhile, and ports are used anew.
const DOUBT_AFTER: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct Courier {
    settings: SharedSettings,
    authorities: Option<Vec<u8>>,
    keys: Keys,
    /// The name of our mailbox.
    me: String,
    desk: PeerDesk,
    counts: Arc<SharedCounts>,
    ends: Arc<AtomicBool>,
    link: Option<Link>,
    /// Not before that is Redis tried again, and how long is waited then.
    again: Instant,
    wait: Duration,
    /// What is in the way, and since when.
    in_the_way: Option<(String, Instant)>,
    /// Whether what nodes said is doubted.
    doubts: bool,
    asked: Asked,
    told: HashSet<SocketAddr, RandomState>,
    mails: Vec<Mail>,
}

impl Courier {
    pub(super) fn new(
        settings: SharedSettings,
        authorities: Option<Vec<u8>>,
        me: String,
        desk: PeerDesk,
        counts: &Arc<SharedCounts>,
        ends: &Arc<AtomicBool>,
    ) -> Courier {
        Courier {
            keys: Keys {
                prefix: settings.prefix.clone(),
            },
            settings,
            authorities,
            me,
            desk,
            counts: Arc::clone(counts),
            ends: Arc::clone(ends),
            link: None,
            again: steady(),
            wait: BACK_OFF.0,
            in_the_way: None,
            doubts: false,
            asked: Asked::default(),
            told: HashSet::default(),
            mails: Vec::new(),
        }
    }

    /// Works until the end has come and nothing waits any more.
    pub(super) async fn run(mut self) {
        let mut rounds = tokio::time::interval(ROUND_EVERY);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut deadline = None;
        loop {
            rounds.tick().await;
            let ends = self.ends.load(Ordering::Acquire);
            self.gather();
            let deadline = match ends {
                true => Some(*deadline.get_or_insert_with(|| steady() + Shared::PATIENCE)),
                false => None,
            };
            self.connect().await;
            let done = self.rounds().await;
            self.doubt();
            let is_over = |at: Instant| done || self.link.is_none() || steady() >= at;
            if deadline.is_some_and(is_over) {
                return self.leave().await;
            }
        }
    }

    /// Takes what the capture has left.
    fn gather(&mut self) {
        let now = steady();
        self.told.extend(self.desk.told.try_iter().flatten());
        if self.desk.shared.missed.swap(false, Ordering::AcqRel)
            && let Some(index) = self.desk.shared.index.get()
        {
            self.told.extend(index.own_addresses());
        }
        let mut lost = self.desk.shared.lost_questions.swap(0, Ordering::Relaxed);
        for address in self.desk.wanted.try_iter().flatten() {
            lost += u64::from(!self.asked.want(address, now));
        }
        self.counts.lose(SharedDropped::Questions, lost);
        let room = BUNCH.saturating_sub(self.mails.len());
        self.mails.extend(self.desk.mails.try_iter().take(room));
        let lost = self.desk.shared.lost_mails.swap(0, Ordering::Relaxed);
        self.counts.lose(SharedDropped::Mails, lost);
    }

    /// Connects, if there is no connection and it is time. What was told before may be gone: all of it is told again.
    async fn connect(&mut self) {
        if self.link.is_some() || steady() < self.again {
            return;
        }
        let opened = Link::open(&self.settings.redis, self.authorities.as_deref()).await;
        match opened {
            Ok(link) => {
                self.link = Some(link);
                self.wait = BACK_OFF.0;
                self.doubts = false;
                self.counts.connected.store(true, Ordering::Relaxed);
                self.desk.shared.missed.store(true, Ordering::Release);
                let redis = &self.settings.redis;
                tracing::info!(%redis, node = self.settings.node, "media is shared with other nodes");
                self.in_the_way = None;
            }
            Err(error) => self.on_failure(&error),
        }
    }

    /// Rounds until nothing waits or one fails; whether all was done.
    async fn rounds(&mut self) -> bool {
        while self.link.is_some() {
            let mut round = self.round();
            let full = round.told.len() >= BUNCH || round.questions.len() >= BUNCH;
            let n_mails = self.mails.len();
            let orders = std::mem::take(&mut round.orders);
            let Some(link) = &mut self.link else { break };
            match link.run(orders).await {
                Ok(answers) => {
                    add(&self.counts.sent, n_mails as u64);
                    self.mails.clear();
                    let taken = self.take_in(round, answers);
                    if !full && n_mails < BUNCH && taken < BUNCH {
                        return true;
                    }
                    self.gather();
                }
                Err(error) => {
                    self.told.extend(round.told);
                    let now = steady();
                    let questions = round.questions.into_iter();
                    questions.for_each(|address| self.asked.again(address, now));
                    self.on_failure(&error);
                }
            }
        }
        false
    }

    /// Tells the first failure of a kind, and waits before the next try.
    fn on_failure(&mut self, error: &RedisError) {
        let now = steady();
        self.link = None;
        self.counts.connected.store(false, Ordering::Relaxed);
        let is_refusal = is_refusal(error);
        let counter: &AtomicU64 = match is_refusal {
            true => &self.counts.refused,
            false => &self.counts.away,
        };
        add(counter, 1);
        self.again = now + self.wait;
        self.wait = (self.wait * 2).min(BACK_OFF.1);
        let why = error.to_string();
        let since = self.in_the_way.as_ref().map_or(now, |(_, since)| *since);
        if self
            .in_the_way
            .as_ref()
            .is_none_or(|(known, _)| *known != why)
        {
            let redis = &self.settings.redis;
            match is_refusal {
                true => tracing::error!(
                    %redis, error = why,
                    "Redis refuses us: media is not shared until user, password and rights are as it wants them"
                ),
                false => tracing::warn!(
                    %redis, error = why,
                    "cannot reach Redis: media is not shared until it is back"
                ),
            }
        }
        self.in_the_way = Some((why, since));
    }

    /// No longer believes what nodes said, once Redis has been away for long.
    fn doubt(&mut self) {
        let long = |(_, since): &(String, Instant)| steady() >= *since + DOUBT_AFTER;
        if self.doubts || !self.in_the_way.as_ref().is_some_and(long) {
            return;
        }
        self.doubts = true;
        for (address, peer) in self.asked.doubt() {
            self.news(PeerNews::Claims(address, peer, Vec::new()));
        }
    }

    /// Takes back what this node has put down: its calls are followed no more.
    async fn leave(mut self) {
        let Some(index) = self.desk.shared.index.get() else {
            return;
        };
        let key = |address: &SocketAddr| self.keys.media(*address);
        let mut places: Vec<(u8, String)> = index.own_addresses().iter().map(key).collect();
        let mailbox = self.keys.mail(&self.me);
        let deadline = steady() + Shared::PATIENCE / 5;
        let Some(link) = &mut self.link else { return };
        let mut forget_mails = cmd("DEL");
        forget_mails.arg(mailbox.1);
        let mut orders = vec![Order {
            group: mailbox.0,
            command: forget_mails,
        }];
        while steady() < deadline {
            let rest = places.split_off(places.len().min(BUNCH));
            orders.extend(places.into_iter().map(|(group, key)| {
                let mut forget = cmd("HDEL");
                forget.arg(key).arg(&self.me);
                Order {
                    group,
                    command: forget,
                }
            }));
            // What stays behind ends by itself.
            if link.run(std::mem::take(&mut orders)).await.is_err() || rest.is_empty() {
                return;
            }
            places = rest;
        }
    }
}

/// Whether Redis is there and wants something else: a password, a user, rights.
fn is_refusal(error: &RedisError) -> bool {
    let refusals = ["NOAUTH", "WRONGPASS", "NOPERM"];
    let says = error.to_string();
    error.kind() == ErrorKind::AuthenticationFailed
        || error.code().is_some_and(|code| refusals.contains(&code))
        || refusals.iter().any(|refusal| says.contains(refusal))
        || says.contains("AuthenticationFailed")
}

//! One round: what is said to Redis, and what is made of the answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use redis::{FromRedisValue, Value, cmd};

use super::super::asked::Answer;
use super::super::counts::add;
use super::super::link::Order;
use super::super::{SharedDropped, wire};
use super::{BUNCH, Courier};
use crate::export::steady;
use crate::pipeline::PeerNews;
use crate::track::media_index::Peer;

/// Mails that may wait in one mailbox; the oldest go.
const MAILBOX: isize = 1 << 16;

/// So long keys stay that nobody renews, in seconds.
const LIFETIME: u32 = 24 * 3600;

/// Nodes that are heard about one address.
const PEERS: usize = 8;

/// What the answer to a command is for.
enum Purpose {
    Nothing,
    Question(SocketAddr),
    Mailbox,
}

/// One round: commands, and what their answers are for.
#[derive(Default)]
pub(super) struct Round {
    pub(super) orders: Vec<Order>,
    purposes: Vec<Purpose>,
    pub(super) told: Vec<SocketAddr>,
    pub(super) questions: Vec<SocketAddr>,
}

impl Round {
    fn add(&mut self, group: u8, command: redis::Cmd, purpose: Purpose) {
        self.orders.push(Order { group, command });
        self.purposes.push(purpose);
    }
}

impl Courier {
    /// The next round.
    pub(super) fn round(&mut self) -> Round {
        let mut round = Round::default();
        self.tell(&mut round);
        self.deliver(&mut round);
        let ends = self.ends.load(Ordering::Acquire);
        if !ends {
            round.questions = self.asked.take_due(steady(), BUNCH);
            for address in round.questions.clone() {
                let (group, key) = self.keys.media(address);
                let mut ask = cmd("HGETALL");
                ask.arg(key);
                round.add(group, ask, Purpose::Question(address));
            }
            let (group, key) = self.keys.mail(&self.me);
            let mut take = cmd("LPOP");
            take.arg(key).arg(BUNCH);
            round.add(group, take, Purpose::Mailbox);
        }
        round
    }

    /// What this node's SDP says of addresses now, or that it says nothing any more.
    fn tell(&mut self, round: &mut Round) {
        let Some(index) = self.desk.shared.index.get() else {
            return;
        };
        round.told = self.told.iter().take(BUNCH).copied().collect();
        for address in round.told.clone() {
            self.told.remove(&address);
            let (group, key) = self.keys.media(address);
            let claims = index.own_claims(address);
            if claims.is_empty() {
                let mut forget = cmd("HDEL");
                forget.arg(key).arg(&self.me);
                round.add(group, forget, Purpose::Nothing);
                continue;
            }
            let (mut put, mut expire) = (cmd("HSET"), cmd("EXPIRE"));
            let said = wire::write_claims(&self.settings.node, &claims);
            put.arg(&key).arg(&self.me).arg(said);
            expire.arg(&key).arg(LIFETIME);
            for command in [put, expire] {
                round.add(group, command, Purpose::Nothing);
            }
            add(&self.counts.published, 1);
        }
    }

    /// Mails, mailbox by mailbox.
    fn deliver(&self, round: &mut Round) {
        let mut boxes: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
        for mail in &self.mails {
            if let Some(peer) = &mail.peer {
                let letters = boxes.entry(&peer.name).or_default();
                letters.push(wire::write_mail(&self.me, mail));
            }
        }
        for (peer, letters) in boxes {
            let (group, key) = self.keys.mail(peer);
            let (mut push, mut trim, mut expire) = (cmd("RPUSH"), cmd("LTRIM"), cmd("EXPIRE"));
            push.arg(&key).arg(letters);
            trim.arg(&key).arg(-MAILBOX).arg(-1);
            expire.arg(&key).arg(LIFETIME);
            for command in [push, trim, expire] {
                round.add(group, command, Purpose::Nothing);
            }
        }
    }

    /// Takes in answers; gives how many mails there were among them.
    pub(super) fn take_in(&mut self, round: Round, answers: Vec<Value>) -> usize {
        let mut n_mails = 0;
        for (purpose, answer) in round.purposes.into_iter().zip(answers) {
            match purpose {
                Purpose::Nothing => {}
                Purpose::Question(address) => self.on_answer(address, answer),
                Purpose::Mailbox => {
                    let letters = Option::<Vec<Vec<u8>>>::from_redis_value(answer);
                    let letters = letters.ok().flatten().unwrap_or_default();
                    n_mails = letters.len();
                    letters.iter().for_each(|letter| self.on_letter(letter));
                }
            }
        }
        n_mails
    }

    fn on_answer(&mut self, address: SocketAddr, answer: Value) {
        let now = steady();
        add(&self.counts.asked, 1);
        let said = Vec::<(String, Vec<u8>)>::from_redis_value(answer).unwrap_or_default();
        let others = said.iter().filter(|(name, _)| *name != self.me).take(PEERS);
        let heard: Vec<_> = others
            .filter_map(|(name, value)| {
                let peer = Peer {
                    name: name.as_str().into(),
                };
                Some((Arc::new(peer), wire::read_claims(value)?))
            })
            .collect();
        add(&self.counts.found, u64::from(!heard.is_empty()));
        let mut all = heard.iter().flat_map(|(_, claims)| claims);
        let answer = Answer {
            print: print(&said),
            peers: heard.iter().map(|(peer, _)| Arc::clone(peer)).collect(),
            goes_on: all.any(|claim| claim.ended.is_none()),
        };
        let (silent, is_new) = self.asked.answered(address, now, answer);
        let silent = silent.into_iter().map(|peer| (peer, Vec::new()));
        let heard = heard.into_iter().filter(|_| is_new);
        for (peer, claims) in silent.chain(heard) {
            self.news(PeerNews::Claims(address, peer, claims));
        }
    }

    fn on_letter(&mut self, letter: &[u8]) {
        if let Some(mail) = wire::read_mail(letter) {
            add(&self.counts.received, 1);
            self.news(PeerNews::Mail(Box::new(mail)));
        }
    }

    /// Tells the capture.
    pub(super) fn news(&mut self, news: PeerNews) {
        let (what, address) = match &news {
            PeerNews::Claims(address, ..) => (SharedDropped::Answers, Some(*address)),
            PeerNews::Mail(_) => (SharedDropped::Mails, None),
        };
        // A capture that has ended takes nothing any more.
        if self.desk.news.try_send(news).is_err() {
            self.counts.lose(what, 1);
            if let Some(address) = address {
                self.asked.forget_print(address);
            }
        }
    }
}

/// An answer in short; never that of no answer at all.
fn print(said: &[(String, Vec<u8>)]) -> u64 {
    use std::hash::BuildHasher;
    let mut said: Vec<&(String, Vec<u8>)> = said.iter().collect();
    said.sort();
    foldhash::fast::FixedState::default().hash_one(said) | 1
}

//! One source of requests: what it tried of late, how that was answered, and what this looks like.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::evidence::{Evidence, Sign};
use super::rate::Rate;
use super::settings::SecuritySettings;
use crate::record::{SecurityCode, SecurityRecord};
use crate::time::{Span, Timestamp};

/// Accounts, and destinations, of one source that are told apart.
const CAPACITY: usize = 256;

/// Names of one source that are kept.
const USER_AGENTS: usize = 4;

/// What is judged together.
const MINUTE: Span = Span::from_secs(60);

/// How long a challenge may wait for credentials, and a request for its answer, before the silence is a sign.
const PATIENCE: Span = Span::from_secs(5);

/// Accounts and destinations are looked over once a second.
const SECOND: Span = Span::from_secs(1);

/// What of a minute's users or addresses must have been in vain: four of five. Sites with some wrong numbers and
/// passwords stay far below.
const IN_VAIN: u32 = 4;

/// A source and what it does.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) ip: IpAddr,
    /// Whether it answers requests, as proxies do and tools of attack do not.
    pub(super) serves: bool,
    /// Whether it answers REGISTERs.
    pub(super) is_registrar: bool,
    /// The last message from it or to it, and what its timer is set to.
    pub(super) last: Timestamp,
    pub(super) armed: Timestamp,
    accounts: HashMap<u64, Account, RandomState>,
    destinations: HashMap<IpAddr, Destination, RandomState>,
    /// Accounts let in, those that are forgotten.
    let_in_before: u32,
    pub(super) invites: Rate,
    pub(super) options: Rate,
    /// INVITEs that rang or were answered.
    pub(super) let_through: Rate,
    user_agents: SmallVec<[Box<str>; 1]>,
    evidence: [Option<Box<Evidence>>; SecurityCode::ALL.len()],
    judged: Timestamp,
    swept: Timestamp,
}

/// What became of the requests about one user.
#[derive(Debug)]
struct Account {
    name: Box<str>,
    last: Timestamp,
    /// The challenge that waits for credentials.
    challenged: Option<Timestamp>,
    /// Not there, or not for this source.
    refused: bool,
    let_in: bool,
    /// Wrong passwords since `counted_from`.
    failed: u32,
    counted_from: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Destination {
    first: Timestamp,
    last: Timestamp,
    answered: bool,
    counted: bool,
}

impl Source {
    pub(super) fn new(ip: IpAddr, now: Timestamp) -> Source {
        Source {
            ip,
            serves: false,
            is_registrar: false,
            last: now,
            armed: now,
            accounts: HashMap::default(),
            destinations: HashMap::default(),
            let_in_before: 0,
            invites: Rate::default(),
            options: Rate::default(),
            let_through: Rate::default(),
            user_agents: SmallVec::new(),
            evidence: [const { None }; SecurityCode::ALL.len()],
            judged: now,
            swept: now,
        }
    }

    /// Remembers a name that the source has given itself.
    pub(super) fn calls_itself(&mut self, name: &str) {
        let known = self.user_agents.iter().any(|known| &**known == name);
        if !known && self.user_agents.len() < USER_AGENTS {
            self.user_agents.push(name.into());
        }
    }

    /// A request went to `ip`.
    pub(super) fn asks(&mut self, ip: IpAddr, now: Timestamp) {
        if let Some(known) = self.destinations.get_mut(&ip) {
            known.last = now;
        } else if self.destinations.len() < CAPACITY {
            let destination = Destination {
                first: now,
                last: now,
                answered: false,
                counted: false,
            };
            self.destinations.insert(ip, destination);
        }
    }

    /// An answer came from `ip`.
    pub(super) fn hears(&mut self, ip: IpAddr) {
        if let Some(destination) = self.destinations.get_mut(&ip) {
            destination.answered = true;
        }
    }

    /// Credentials went out for this user.
    pub(super) fn gives_password(&mut self, user: &str, now: Timestamp) {
        if let Some(account) = self.account(user, now) {
            account.challenged = None;
        }
    }

    /// Credentials were asked for.
    pub(super) fn is_challenged(&mut self, user: &str, now: Timestamp) {
        if let Some(account) = self.account(user, now) {
            account.challenged.get_or_insert(now);
        }
    }

    /// The user is not there, or not for this source.
    pub(super) fn is_refused(
        &mut self,
        user: &str,
        to: IpAddr,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        if let Some(account) = self.account(user, now) {
            account.refused = true;
        }
        self.note(SecurityCode::ExtensionGuessing, now, sign(user, to), out);
    }

    /// The credentials were wrong.
    pub(super) fn fails(
        &mut self,
        user: &str,
        to: IpAddr,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        let code = SecurityCode::RegistrationBruteForce;
        self.note(code, now, sign(user, to), out);
        let Some(account) = self.account(user, now) else {
            return;
        };
        if now.since(account.counted_from) > MINUTE {
            (account.counted_from, account.failed) = (now, 0);
        }
        account.failed += 1;
        if account.failed >= settings.password_failures {
            self.raise(code);
        }
    }

    /// The user was let in, or rang.
    pub(super) fn is_let_in(&mut self, user: &str, settings: &SecuritySettings, now: Timestamp) {
        let Some(account) = self.account(user, now) else {
            return;
        };
        account.let_in = true;
        account.challenged = None;
        let cracked = account.failed >= settings.password_failures
            && now.since(account.counted_from) <= MINUTE + MINUTE;
        account.failed = 0;
        if cracked {
            self.succeed(SecurityCode::RegistrationBruteForce);
        }
    }

    fn account(&mut self, user: &str, now: Timestamp) -> Option<&mut Account> {
        let key = super::transactions::hash(&user);
        if self.accounts.len() >= CAPACITY && !self.accounts.contains_key(&key) {
            return None;
        }
        let account = self.accounts.entry(key).or_insert_with(|| Account {
            name: user.into(),
            last: now,
            challenged: None,
            refused: false,
            let_in: false,
            failed: 0,
            counted_from: now,
        });
        account.last = now;
        Some(account)
    }

    /// Notes a sign; one after long silence belongs to another event.
    pub(super) fn note(
        &mut self,
        code: SecurityCode,
        at: Timestamp,
        sign: Sign<'_>,
        out: &mut Vec<SecurityRecord>,
    ) {
        let ip = self.ip;
        let Some(place) = self.evidence.get_mut(code as usize) else {
            return;
        };
        if let Some(over) = place.take_if(|evidence| evidence.is_over(at))
            && over.raised
        {
            out.push(over.record(code, ip, &self.user_agents));
        }
        place
            .get_or_insert_with(|| Box::new(Evidence::new(at)))
            .note(at, sign);
    }

    /// What there is of this kind.
    pub(super) fn evidence(&mut self, code: SecurityCode) -> Option<&mut Evidence> {
        self.evidence.get_mut(code as usize)?.as_deref_mut()
    }

    /// The kinds of which there is enough for an event, and which are not over.
    pub(super) fn attacks(&self, now: Timestamp) -> impl Iterator<Item = SecurityCode> + '_ {
        let kinds = SecurityCode::ALL.iter().zip(&self.evidence);
        kinds.filter_map(move |(code, evidence)| {
            let evidence = evidence.as_ref()?;
            (evidence.raised && !evidence.is_over(now)).then_some(*code)
        })
    }

    /// Makes an event of what there is.
    pub(super) fn raise(&mut self, code: SecurityCode) {
        if let Some(evidence) = self.evidence(code) {
            evidence.raised = true;
        }
    }

    /// Notes that an attempt got what it was after.
    pub(super) fn succeed(&mut self, code: SecurityCode) {
        if let Some(evidence) = self.evidence(code) {
            evidence.succeeded += 1;
        }
    }

    /// Looks accounts and destinations over, once a second.
    pub(super) fn judge(
        &mut self,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        if now.since(self.judged) >= SECOND {
            self.judge_now(settings, now, out);
        }
    }

    fn judge_now(
        &mut self,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        self.judged = now;
        if settings.trusts(self.ip) {
            return;
        }
        self.judge_accounts(settings, now, out);
        self.judge_destinations(settings, now, out);
        if now.since(self.swept) >= MINUTE {
            self.swept = now;
            self.sweep(now);
        }
    }

    fn judge_accounts(
        &mut self,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        let mut left: Vec<(Timestamp, Box<str>)> = Vec::new();
        let (mut guessed, mut failed, mut let_in) = (0_u32, 0_u32, 0_u32);
        for account in self.accounts.values_mut() {
            let waits = |at: &mut Timestamp| now.since(*at) >= PATIENCE;
            if let Some(at) = account.challenged.take_if(waits) {
                account.refused = true;
                left.push((at, account.name.clone()));
            }
            if now.since(account.last) > MINUTE {
                continue;
            }
            let_in += u32::from(account.let_in);
            failed += u32::from(!account.let_in && account.failed > 0);
            guessed += u32::from(!account.let_in && account.failed == 0 && account.refused);
        }
        left.sort();
        for (at, user) in left {
            let sign = Sign {
                user: Some(&user),
                destination: None,
            };
            self.note(SecurityCode::ExtensionGuessing, at, sign, out);
        }
        if guessed >= settings.guesses && guessed >= IN_VAIN * let_in {
            self.raise(SecurityCode::ExtensionGuessing);
        }
        if failed >= settings.accounts_failed && failed > let_in + self.let_in_before {
            self.raise(SecurityCode::RegistrationBruteForce);
        }
    }

    fn judge_destinations(
        &mut self,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        if self.serves {
            return;
        }
        let mut silent: Vec<(Timestamp, IpAddr)> = Vec::new();
        let (mut unanswered, mut answered) = (0_u32, 0_u32);
        for (ip, one) in &mut self.destinations {
            let waited = now.since(one.first) >= PATIENCE;
            if now.since(one.last) > MINUTE || !(one.answered || waited) {
                continue;
            }
            answered += u32::from(one.answered);
            unanswered += u32::from(!one.answered);
            if !one.answered && !std::mem::replace(&mut one.counted, true) {
                silent.push((one.last, *ip));
            }
        }
        silent.sort();
        for (at, ip) in silent {
            let sign = Sign {
                user: None,
                destination: Some(ip),
            };
            self.note(SecurityCode::ScannerBehaviour, at, sign, out);
        }
        if unanswered >= settings.destinations && unanswered >= IN_VAIN * answered {
            self.raise(SecurityCode::ScannerBehaviour);
        }
    }

    /// Forgets what is older than a minute.
    fn sweep(&mut self, now: Timestamp) {
        let mut let_in = 0;
        self.accounts.retain(|_, account| {
            let stays = now.since(account.last) <= MINUTE;
            let_in += u32::from(!stays && account.let_in);
            stays
        });
        self.let_in_before = self.let_in_before.saturating_add(let_in);
        self.destinations
            .retain(|_, destination| now.since(destination.last) <= MINUTE);
    }

    /// Gives the events there are: nothing more is heard of the source.
    pub(super) fn close(
        mut self,
        settings: &SecuritySettings,
        now: Timestamp,
        out: &mut Vec<SecurityRecord>,
    ) {
        self.judge_now(settings, now, out);
        for (code, evidence) in SecurityCode::ALL.iter().zip(self.evidence) {
            if let Some(evidence) = evidence.filter(|evidence| evidence.raised) {
                out.push(evidence.record(*code, self.ip, &self.user_agents));
            }
        }
    }
}

fn sign(user: &str, to: IpAddr) -> Sign<'_> {
    Sign {
        user: Some(user),
        destination: Some(to),
    }
}

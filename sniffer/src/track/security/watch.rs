//! Looks at every SIP message, in the order of the frames, for what looks like an attack.
//!
//! What is told here of a source must not depend on who follows its calls, and a source's messages belong to many
//! Call-IDs and accounts: this is the reading thread's business, not that of the workers.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};

use super::evidence::Sign;
use super::settings::SecuritySettings;
use super::sources::Sources;
use super::transactions::{Asked, Callers, Transactions, fingerprint};
use foldhash::fast::RandomState;

use crate::record::{Record, SecurityCode, SecurityRecord};
use crate::sip::{Message, Method, NameAddr, StartLine, Uri};
use crate::time::Timestamp;
use crate::track::party::shown;
use crate::track::registration::is_stale;

/// Longest user or number that is told.
const MAX_USER: usize = 64;

/// Names whose judgement is remembered.
const MAX_NAMES: usize = 256;

/// The watch over all sources. Times go by the clock, which never steps back.
#[derive(Debug)]
pub struct Watch {
    settings: SecuritySettings,
    transactions: Transactions,
    callers: Callers,
    sources: Sources,
    found: Vec<SecurityRecord>,
    /// Names that were judged, and whether they are those of tools of attack.
    names: HashMap<Box<str>, bool, RandomState>,
}

/// A message with what every rule asks of it.
#[derive(Clone, Copy)]
struct Seen<'m, 'a> {
    message: &'m Message<'a>,
    now: Timestamp,
    src: IpAddr,
    dst: IpAddr,
}

impl Watch {
    /// A watch that follows `capacity` sources.
    pub fn new(settings: &SecuritySettings, capacity: usize) -> Self {
        Watch {
            settings: settings.clone(),
            transactions: Transactions::default(),
            callers: Callers::default(),
            sources: Sources::new(capacity),
            found: Vec::new(),
            names: HashMap::default(),
        }
    }

    /// Takes in a message.
    pub fn on_message(
        &mut self,
        now: Timestamp,
        (src, dst): (SocketAddr, SocketAddr),
        message: &Message<'_>,
    ) {
        self.sources.advance(now, &self.settings, &mut self.found);
        let seen = Seen {
            message,
            now,
            src: src.ip().to_canonical(),
            dst: dst.ip().to_canonical(),
        };
        match message.start() {
            StartLine::Request { method, uri } => self.on_request(seen, method, uri),
            StartLine::Response { code, .. } => self.on_response(seen, code),
        }
    }

    /// The events that are over, with the moment at which this was known.
    pub fn take(&mut self, now: Timestamp) -> Vec<(Timestamp, Record)> {
        let found = self.found.drain(..);
        found
            .map(|record| (now, Record::Security(Box::new(record))))
            .collect()
    }

    /// Ends all events: the capture is over at `now`.
    pub fn finish(&mut self, now: Timestamp) {
        self.sources.finish(now, &self.settings, &mut self.found);
    }

    /// How many attacks seem to be going on, by kind.
    pub fn attacks(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        self.sources.attacks(now)
    }

    /// Sources forgotten early because there were too many.
    pub fn evicted(&self) -> u64 {
        self.sources.evicted()
    }

    /// Whom a message comes from: the sender of its packet, or where that is known to be a proxy, the first sender
    /// (RFC 3261, 18.2.1). Anybody could write a Via, so those who do not serve are taken by their packets.
    fn origin(&self, hop: IpAddr, message: &Message<'_>) -> IpAddr {
        if !self.sources.serves(hop) {
            return hop;
        }
        let mut vias = message.vias();
        let lowest = vias.next().and_then(|_| vias.last());
        let origin = lowest.and_then(|via| via.received_ip().or(via.host_ip()));
        origin.map_or(hop, |ip| ip.to_canonical())
    }

    fn on_request(&mut self, seen: Seen<'_, '_>, method: Method<'_>, uri: &[u8]) {
        let message = seen.message;
        if matches!(method, Method::Ack | Method::Cancel) || message.call_id().is_none() {
            return;
        }
        let ip = self.origin(seen.src, message);
        if self.settings.trusts(ip) {
            return;
        }
        let to_tag = message.to_tag();
        let dials = match method {
            Method::Invite => dialled(uri).or_else(|| user(message.to())),
            _ => None,
        };
        let mut asked = Asked {
            credentials: message.has_credentials(),
            initial: to_tag.is_none(),
            ..Asked::default()
        };
        asked.toll = asked.initial
            && dials
                .as_deref()
                .is_some_and(|number| self.settings.is_toll_fraud(number));
        let caller = match method {
            Method::Invite | Method::Bye if !asked.initial => {
                self.callers.called_back(to_tag, message)
            }
            _ => None,
        };
        asked.by_callee = caller.is_some();
        let leaks = asked.credentials && caller.is_some_and(|caller| caller.asks_credentials);
        let known = self
            .transactions
            .ask(fingerprint(ip, message), seen.dst, asked);
        if known {
            return;
        }
        if leaks && let Some(asker) = self.sources.known(seen.dst) {
            asker.succeed(SecurityCode::DigestLeak);
        }
        let new_call = method == Method::Invite && asked.initial && self.callers.note(message);
        self.judge_name(seen, ip);
        let source = self
            .sources
            .get(ip, seen.now, &self.settings, &mut self.found);
        if asked.initial {
            source.asks(seen.dst, seen.now);
        }
        if asked.credentials
            && let Some(user) = user(message.to())
        {
            source.gives_password(&user, seen.now);
        }
        if asked.toll && new_call {
            let sign = Sign {
                user: dials.as_deref(),
                destination: Some(seen.dst),
            };
            source.note(SecurityCode::TollFraud, seen.now, sign, &mut self.found);
            source.raise(SecurityCode::TollFraud);
        }
        if asked.initial && !asked.credentials {
            self.judge_rate(seen, ip, method);
        }
        if let Some(source) = self.sources.known(ip) {
            source.judge(&self.settings, seen.now, &mut self.found);
        }
    }

    fn judge_name(&mut self, seen: Seen<'_, '_>, ip: IpAddr) {
        let Some(name) = seen.message.user_agent() else {
            return;
        };
        let name = shown(name.get(..MAX_USER).unwrap_or(&name));
        let is_scanner = self.is_scanner(&name);
        let source = self
            .sources
            .get(ip, seen.now, &self.settings, &mut self.found);
        source.calls_itself(&name);
        if is_scanner {
            let user = user(seen.message.to());
            let sign = Sign {
                user: user.as_deref(),
                destination: Some(seen.dst),
            };
            source.note(
                SecurityCode::ScannerUserAgent,
                seen.now,
                sign,
                &mut self.found,
            );
            source.raise(SecurityCode::ScannerUserAgent);
        }
    }

    /// Whether a name is that of a tool of attack. A tap sees few names, and each of them often.
    fn is_scanner(&mut self, name: &str) -> bool {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        if self.names.len() >= MAX_NAMES {
            self.names.clear();
        }
        let is_scanner = self.settings.is_scanner(name);
        self.names.insert(name.into(), is_scanner);
        is_scanner
    }

    /// Floods: many more than anybody needs. INVITEs that mostly ring or are answered are a busy trunk, up to ten times
    /// as many.
    fn judge_rate(&mut self, seen: Seen<'_, '_>, ip: IpAddr, method: Method<'_>) {
        let Watch {
            settings,
            sources,
            found,
            ..
        } = self;
        let Some(source) = sources.known(ip) else {
            return;
        };
        let now = seen.now;
        let (code, sum, limit) = match method {
            Method::Invite => {
                let sum = source.invites.count(now);
                let busy = source.let_through.at(now).saturating_mul(2) >= sum;
                let limit = settings.invites_per_second.saturating_mul(10);
                let limit = if busy {
                    limit.saturating_mul(10)
                } else {
                    limit
                };
                (SecurityCode::InviteFlood, sum, limit)
            }
            Method::Options => {
                let limit = settings.options_per_second.saturating_mul(10);
                (SecurityCode::OptionsFlood, source.options.count(now), limit)
            }
            _ => return,
        };
        if sum < limit {
            return;
        }
        let user = user(seen.message.to());
        let sign = Sign {
            user: user.as_deref(),
            destination: Some(seen.dst),
        };
        source.note(code, now, sign, found);
        if let Some(evidence) = source.evidence(code) {
            if evidence.count == 1 {
                // Those of the window that led here belong to it.
                evidence.count = u64::from(sum);
            }
            evidence.raised = true;
            evidence.peak = evidence.peak.max(sum);
        }
    }

    fn on_response(&mut self, seen: Seen<'_, '_>, code: u16) {
        let message = seen.message;
        let Some(method) = message.cseq().map(|cseq| cseq.method) else {
            return;
        };
        let ip = self.origin(seen.dst, message);
        let Some(asked) = self.transactions.find(fingerprint(ip, message)) else {
            return;
        };
        let (before, here) = (*asked, asked.went_to(seen.src));
        asked.rang |= (101..200).contains(&code);
        asked.done |= code >= 200;
        if here {
            let server = self
                .sources
                .get(seen.src, seen.now, &self.settings, &mut self.found);
            server.serves = true;
            server.is_registrar |= method == Method::Register && code >= 200;
        }
        if let Some(source) = self.sources.known(ip) {
            source.hears(seen.src);
        }
        let again = before.done || (code < 200 && before.rang);
        if again || code <= 100 || self.settings.trusts(ip) {
            return;
        }
        match (code, before.initial) {
            (401 | 407, false) if before.by_callee => self.on_callee_challenged(seen),
            (_, true) => self.on_answer(seen, ip, (code, method), before),
            _ => {}
        }
        if let Some(source) = self.sources.known(ip) {
            source.judge(&self.settings, seen.now, &mut self.found);
        }
    }

    /// The caller asks the phone it has called for credentials: a registrar may, anybody else wants the digest.
    fn on_callee_challenged(&mut self, seen: Seen<'_, '_>) {
        let message = seen.message;
        let to_tag = message.to_tag();
        let settings = &self.settings;
        let asker = self
            .sources
            .get(seen.src, seen.now, settings, &mut self.found);
        if asker.is_registrar || settings.trusts(seen.src) {
            return;
        }
        let user = user(message.from());
        let sign = Sign {
            user: user.as_deref(),
            destination: Some(seen.dst),
        };
        asker.note(SecurityCode::DigestLeak, seen.now, sign, &mut self.found);
        asker.raise(SecurityCode::DigestLeak);
        if let Some(caller) = self.callers.called_back(to_tag, message) {
            caller.asks_credentials = true;
        }
    }

    fn on_answer(
        &mut self,
        seen: Seen<'_, '_>,
        ip: IpAddr,
        (code, method): (u16, Method<'_>),
        asked: Asked,
    ) {
        let Watch {
            settings,
            sources,
            found,
            ..
        } = self;
        let (Some(source), Some(user)) = (sources.known(ip), user(seen.message.to())) else {
            return;
        };
        let now = seen.now;
        let invite = method == Method::Invite;
        match code {
            401 | 407 if !asked.credentials => source.is_challenged(&user, now),
            401 | 407 if is_stale(seen.message) => {}
            401 | 407 => source.fails(&user, seen.src, settings, now, found),
            403 if asked.credentials => source.fails(&user, seen.src, settings, now, found),
            403 | 404 | 410 | 484 | 485 | 604 => source.is_refused(&user, seen.src, now, found),
            180..=299 if invite || method == Method::Register => {
                source.is_let_in(&user, settings, now);
                if invite && !asked.rang {
                    source.let_through.count(now);
                }
                if asked.toll && code >= 200 {
                    source.succeed(SecurityCode::TollFraud);
                }
            }
            // The user is there, and busy, out or unwilling.
            480 | 486 | 487 | 600 | 603 if invite => source.is_let_in(&user, settings, now),
            _ => {}
        }
    }
}

/// The user of From or To, as text.
fn user(name: Option<NameAddr<'_>>) -> Option<Box<str>> {
    dialled(name?.uri)
}

/// The user or number of a URI, as text.
fn dialled(uri: &[u8]) -> Option<Box<str>> {
    let user = Uri::parse(uri)?.user_unescaped()?;
    Some(shown(user.get(..MAX_USER).unwrap_or(&user)))
}

//! All the state of one worker, behind four calls: handle, advance, settle, finish.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Output;
use super::call::{CallTable, EndpointReportCounts};
use super::conversation::Watch;
use super::event::{ReportEvent, RtcpEvent, RtpEvent, SipEvent, Stamp};
use super::kpi::{Kpis, Scopes};
use super::levels::Levels;
use super::mail::Mail;
use super::media_index::MediaIndex;
use super::registration::{RegistrationCounts, RegistrationTable, is_about_registration};
use super::repeats::Repeats;
use super::settings::Settings;
use super::stream_table::StreamTable;
use super::transaction::{TransactionCounts, TransactionTable};
use crate::record::Outer;
use crate::sip::Message;
use crate::time::Timestamp;

/// What one worker knows. It owns all of it, and shares nothing but the media index.
#[derive(Debug)]
pub struct Tracker {
    calls: CallTable,
    registrations: RegistrationTable,
    streams: StreamTable,
    transactions: TransactionTable,
    repeats: Repeats,
    n_repeats: u64,
}

/// What a worker counted, beyond its records.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Messages that repeat an earlier one on the same hop.
    pub retransmissions: u64,
    /// The counts behind the key figures.
    pub kpi: Kpis,
    /// Voice quality reports of endpoints.
    pub endpoint_reports: EndpointReportCounts,
    /// Transactions by method.
    pub transactions: TransactionCounts,
    /// Transactions forgotten early because the table was full.
    pub transactions_evicted: u64,
    /// Calls ended early because the table was full.
    pub calls_evicted: u64,
    /// Calls left because too many had the same Call-ID.
    pub calls_refused: u64,
    /// Registrations left because the table was full.
    pub registrations_refused: u64,
    /// Registrations in numbers.
    pub registrations: RegistrationCounts,
}

/// What leads to the worker a SIP message belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShardKey<'m> {
    /// All messages of a call go where its Call-ID leads.
    CallId(&'m str),
    /// Those of a registration go where its address of record leads: a phone that restarts takes a new Call-ID, and
    /// its binding is still the same.
    AddressOfRecord(Box<str>),
}

impl<'m> ShardKey<'m> {
    /// The key of a message; `None` for one that names neither.
    pub fn of(message: &'m Message<'_>) -> Option<ShardKey<'m>> {
        if is_about_registration(message) {
            return super::registration::address_of_record(message).map(ShardKey::AddressOfRecord);
        }
        message.call_id_shown().map(ShardKey::CallId)
    }
}

impl Tracker {
    /// A worker's state that asks `index` which call a stream belongs to and keeps the messages of the calls `ladders_for`.
    pub fn new(index: Arc<MediaIndex>, ladders_for: &[String]) -> Self {
        Tracker::with_settings(index, ladders_for, &Settings::default())
    }

    /// As [`Tracker::new`], as the operator chose.
    pub fn with_settings(
        index: Arc<MediaIndex>,
        ladders_for: &[String],
        settings: &Settings,
    ) -> Self {
        let limits = &settings.limits;
        let mut calls = CallTable::new(ladders_for, limits)
            .with_scopes(&settings.scopes)
            .judged_by(settings, Arc::clone(&index));
        calls.watch_with(Watch::new(&settings.conversation_headers));
        Tracker {
            calls,
            registrations: RegistrationTable::new(limits),
            streams: StreamTable::new(index, settings),
            transactions: TransactionTable::new(limits),
            repeats: Repeats::new(limits.repeats),
            n_repeats: 0,
        }
    }

    /// Takes in a SIP message.
    pub fn on_sip(&mut self, mut event: SipEvent<'_>, out: &mut Output) {
        self.advance(event.stamp.clock, out);
        event.repeat =
            self.repeats
                .is_repeat(event.stamp.clock, event.src, event.dst, event.message);
        self.n_repeats += u64::from(event.repeat);
        self.transactions.on_message(&event);
        if is_about_registration(event.message) {
            self.registrations.on_message(&event, out);
        } else {
            self.calls.on_message(&event, out);
        }
    }

    /// Fetches what the next packet of a stream needs from memory. Changes nothing.
    #[inline(always)]
    pub fn expect_rtp(&self, event: &RtpEvent) {
        self.streams.fetch(event);
    }

    /// Takes in an RTP packet.
    pub fn on_rtp(&mut self, stamp: Stamp, event: &RtpEvent, out: &mut Output) {
        self.on_rtp_through(None, stamp, event, out);
    }

    /// As [`Tracker::on_rtp`], for a packet that may have come through a tunnel between the addresses `outer`.
    #[inline(always)]
    pub fn on_rtp_through(
        &mut self,
        outer: Option<&Outer>,
        stamp: Stamp,
        event: &RtpEvent,
        out: &mut Output,
    ) {
        self.advance(stamp.clock, out);
        self.streams.on_rtp(outer, stamp, event, out);
    }

    /// Takes in what an RTCP packet says.
    pub fn on_rtcp(&mut self, stamp: Stamp, event: &RtcpEvent, out: &mut Output) {
        self.advance(stamp.clock, out);
        self.streams.on_rtcp(event);
    }

    /// Takes in a report on the media of a call.
    pub fn on_report(&mut self, stamp: Stamp, event: &ReportEvent, out: &mut Output) {
        self.advance(stamp.clock, out);
        self.calls.on_report(stamp.clock, event);
    }

    /// Takes in a word from a stream, which may live with another worker. When it comes does not matter, as long as
    /// it is in before [`Tracker::settle`] with a later time.
    pub fn on_mail(&mut self, mail: Mail) {
        self.calls.on_mail(mail);
    }

    /// Lets time pass: fires every timer that is due at `now`. A second call with the same time does nothing.
    #[inline]
    pub fn advance(&mut self, now: Timestamp, out: &mut Output) {
        if self.next_deadline() <= now {
            self.fire(now, out);
        }
    }

    fn fire(&mut self, now: Timestamp, out: &mut Output) {
        self.calls.advance(now);
        self.registrations.advance(now, out);
        self.streams.advance(now, out);
        self.transactions.advance(now);
    }

    /// The next moment at which [`Tracker::advance`] has something to do; [`Timestamp::MAX`] where nothing waits.
    #[inline]
    pub fn next_deadline(&self) -> Timestamp {
        self.calls
            .next_deadline()
            .min(self.registrations.next_deadline())
            .min(self.streams.next_deadline())
            .min(self.transactions.next_deadline())
    }

    /// Writes the records of calls that were over before `passed`: every worker has handled all events of earlier
    /// times, and the mails they made are in.
    pub fn settle(&mut self, passed: Timestamp, out: &mut Output) {
        self.calls.settle(passed, out);
    }

    /// Ends the media and the registrations: the capture is over at `now`. The mails this makes must be delivered
    /// before [`Tracker::finish_calls`].
    pub fn finish_media(&mut self, now: Timestamp, out: &mut Output) {
        self.advance(now, out);
        self.streams.finish(now, out);
        self.registrations.finish(now, out);
    }

    /// Writes the records of the calls that are left, and gives the counters.
    pub fn finish_calls(&mut self, now: Timestamp, out: &mut Output) -> Counters {
        self.calls.finish(now, out);
        let transactions = self.transactions.finish();
        Counters {
            transactions,
            ..self.counters()
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters {
            retransmissions: self.n_repeats,
            kpi: self.calls.kpi().clone(),
            endpoint_reports: self.calls.endpoint_reports(),
            transactions: self.transactions.counts().clone(),
            transactions_evicted: self.transactions.evicted(),
            calls_evicted: self.calls.evicted(),
            calls_refused: self.calls.refused(),
            registrations_refused: self.registrations.refused(),
            registrations: self.registrations.counts().clone(),
        }
    }

    /// What is being followed.
    pub fn levels(&self) -> Levels {
        Levels {
            dialogs: self.calls.by_state(),
            streams: self.streams.n_media(),
            registrations: self.registrations.by_domain(),
            tables: BTreeMap::from([
                ("calls", self.calls.len() as u64),
                ("registrations", self.registrations.len() as u64),
                ("streams", self.streams.len() as u64),
                ("transactions", self.transactions.len() as u64),
            ]),
        }
    }
}

impl Tracker {
    /// Tells calls apart by other trunks, domains and networks from now on.
    pub fn change_scopes(&mut self, scopes: &Arc<Scopes>) {
        self.calls.change_scopes(scopes);
    }
}

impl Counters {
    /// What became of the voice quality reports of endpoints, by name; what did not happen is left out.
    pub fn endpoint_reports(&self) -> BTreeMap<&'static str, u64> {
        let counts = [
            ("joined", self.endpoint_reports.joined),
            ("repeated", self.endpoint_reports.repeated),
            ("without_call", self.endpoint_reports.without_call),
        ];
        counts.into_iter().filter(|(_, n)| *n > 0).collect()
    }

    /// What there was no room for, by table; tables that had room for all are left out.
    pub fn over_capacity(&self) -> BTreeMap<&'static str, u64> {
        let tables = [
            ("calls", self.calls_evicted + self.calls_refused),
            ("registrations", self.registrations_refused),
            ("transactions", self.transactions_evicted),
        ];
        tables.into_iter().filter(|(_, n)| *n > 0).collect()
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &Counters) {
        self.retransmissions += other.retransmissions;
        self.kpi.merge(&other.kpi);
        self.endpoint_reports.joined += other.endpoint_reports.joined;
        self.endpoint_reports.repeated += other.endpoint_reports.repeated;
        self.endpoint_reports.without_call += other.endpoint_reports.without_call;
        self.transactions.merge(&other.transactions);
        self.transactions_evicted += other.transactions_evicted;
        self.calls_evicted += other.calls_evicted;
        self.calls_refused += other.calls_refused;
        self.registrations_refused += other.registrations_refused;
        self.registrations.merge(&other.registrations);
    }
}

//! Records with other numbers, names and addresses. Each record is taken apart field by field, so that one that is new does not compile
//! until somebody has said what becomes of it.

use std::collections::BTreeMap;

use super::text::Known;
use super::{Masking, STRUCK, Way};
use crate::export::otel::TRACE_HEADERS;
use crate::record::{
    CallRecord, Contacts, ConversationRecord, DialogRecord, EndpointReport, Evidence, EvidenceKind,
    FaxStream, Finding, HopRecord, Identity, LegRecord, MediaReport, MediaRound, MessageRecord,
    Outer, Party, Progress, Record, RegistrationEvent, RegistrationRecord, SecurityRecord, SipHop,
    SipTransaction, StreamId, StreamRecord, Transfer,
};

impl Masking {
    /// The record as a sink may have it.
    pub fn record(&self, record: &Record) -> Record {
        if self.keeps_all() {
            return record.clone();
        }
        let mut record = record.clone();
        match &mut record {
            Record::Call(call) => self.call(call),
            Record::Conversation(conversation) => self.conversation(conversation),
            Record::Registration(registration) => self.registration(registration),
            Record::Interval(interval) => {
                interval.src = self.address(interval.src);
                interval.dst = self.address(interval.dst);
            }
            Record::RegistrationEvent(event) => self.registration_event(event),
            Record::Security(event) => self.security(event),
            Record::Stream(stream) => self.stream(stream),
            Record::Progress(Progress::Dialog(dialog)) => self.dialog(dialog),
            Record::Progress(Progress::Message(message)) => self.message_record(message),
        }
        record
    }

    fn call(&self, call: &mut CallRecord) {
        let known = self.known(call);
        let CallRecord {
            call_id: _,
            from,
            to,
            src,
            dst,
            outer,
            transport: _,
            user_agent: _,
            start: _,
            ringing: _,
            answer: _,
            end: _,
            state: _,
            outcome: _,
            status: _,
            reason,
            hangup_by: _,
            closed_by: _,
            end_reason,
            q850: _,
            pdd_ms: _,
            srd_ms: _,
            setup_ms: _,
            duration_s: _,
            retransmissions: _,
            challenges: _,
            reinvites: _,
            hops,
            holds: _,
            held_s: _,
            session_expires_s: _,
            refresher: _,
            redirected_to,
            identity,
            replaced_by: _,
            transfers,
            mos: _,
            round_trip_ms: _,
            capture_loss: _,
            encryption: _,
            fax,
            ssrc_changes: _,
            streams,
            reports,
            endpoint_reports,
            rounds,
            findings,
            ladder,
            transactions,
            contact,
            record_route,
            caller_cseq: _,
            callee_cseq: _,
            session_ends: _,
            invite_cseq: _,
        } = call;
        self.party(from, &known);
        self.party(to, &known);
        (*src, *dst) = (self.address(*src), self.address(*dst));
        self.outer(outer);
        for said in [reason, end_reason].into_iter().flatten() {
            *said = self.text(said, &known).into();
        }
        redirected_to
            .iter_mut()
            .for_each(|uri| self.shown_uri(uri, &known));
        self.ends(contact, record_route, &known);
        self.identity(identity, &known);
        for Transfer { target, .. } in transfers {
            self.shown_uri(target, &known);
        }
        for HopRecord { src, dst, .. } in hops {
            (*src, *dst) = (self.address(*src), self.address(*dst));
        }
        for FaxStream { src, dst, .. } in fax {
            (*src, *dst) = (self.address(*src), self.address(*dst));
        }
        for MediaReport { src, dst, .. } in reports {
            (*src, *dst) = (self.address(*src), self.address(*dst));
        }
        for StreamId { src, dst, .. } in streams {
            (*src, *dst) = (self.address(*src), self.address(*dst));
        }
        endpoint_reports
            .iter_mut()
            .for_each(|report| self.endpoint_report(report, &known));
        rounds.iter_mut().for_each(|round| self.round(round));
        findings
            .iter_mut()
            .for_each(|finding| self.finding(finding, &known));
        ladder.iter_mut().for_each(|hop| self.hop(hop, &known));
        transactions
            .iter_mut()
            .for_each(|one| self.transaction(one, &known));
    }

    fn dialog(&self, dialog: &mut DialogRecord) {
        let users = [&dialog.from.user, &dialog.to.user].into_iter().flatten();
        let known = Known::of(self, users.map(|user| &**user));
        let DialogRecord {
            call_id: _,
            from,
            to,
            src,
            dst,
            transport: _,
            start: _,
            invite_cseq: _,
            told_with: _,
            answer: _,
            state: _,
            ends,
            closed_by: _,
            frame: _,
        } = dialog;
        self.party(from, &known);
        self.party(to, &known);
        (*src, *dst) = (self.address(*src), self.address(*dst));
        self.ends(&mut ends.contact, &mut ends.record_route, &known);
    }

    fn ends(&self, contact: &mut Contacts, record_route: &mut [Box<str>], known: &Known) {
        let contacts = [&mut contact.caller, &mut contact.callee];
        let uris = contacts.into_iter().flatten().chain(record_route);
        uris.for_each(|uri| self.shown_uri(uri, known));
    }

    fn message_record(&self, message: &mut MessageRecord) {
        let MessageRecord {
            call_id: _,
            from_tag: _,
            at: _,
            frame: _,
            number: _,
            src,
            dst,
            transport: _,
            method: _,
            status: _,
            cseq: _,
            retransmission: _,
            bytes,
            len: _,
        } = message;
        (*src, *dst) = (self.address(*src), self.address(*dst));
        *bytes = self.message(bytes).into();
    }

    /// The numbers that a call is about, wherever in its record they stand.
    fn known(&self, call: &CallRecord) -> Known {
        let identity = &call.identity;
        let users = [&call.from.user, &call.to.user].into_iter().flatten();
        let uris = identity.asserted.iter().chain(&identity.diverted_by);
        let uris = uris.chain(&identity.referred_by).chain(&call.redirected_to);
        let uris = uris.chain(call.transfers.iter().map(|transfer| &transfer.target));
        let of_uris = uris.filter_map(|uri| user_of(uri));
        Known::of(self, users.map(|user| &**user).chain(of_uris))
    }

    fn party(&self, party: &mut Party, known: &Known) {
        let Party {
            uri,
            user,
            host,
            tag: _,
            name,
        } = party;
        self.shown_uri(uri, known);
        if let Some(user) = user {
            *user = self.number(user).into();
        }
        if let Some(host) = host {
            *host = self.host(host);
        }
        self.maybe_name(name, known);
    }

    fn maybe_name(&self, name: &mut Option<Box<str>>, known: &Known) {
        if let Some(name) = name {
            *name = match self.rules.names {
                Way::Keep => self.text(name, known).into(),
                _ => self.name(name).into(),
            };
        }
    }

    /// A host, which may be an address.
    fn host(&self, host: &str) -> Box<str> {
        self.text(host, &Known::default()).into()
    }

    /// A URI of whatever scheme: the user of one that is not known stands before its `@`.
    fn shown_uri(&self, uri: &mut Box<str>, known: &Known) {
        if self.rules.numbers != Way::Keep
            && let Some((scheme, rest)) = uri.split_once(':')
            && !["sip", "sips", "tel"]
                .iter()
                .any(|one| scheme.eq_ignore_ascii_case(one))
            && let Some((user, rest)) = rest.split_once('@')
        {
            *uri = format!("{scheme}:{}@{rest}", self.number(user)).into();
        }
        *uri = self.text(uri, known).into();
    }

    fn outer(&self, outer: &mut Option<Outer>) {
        if let Some(outer) = outer {
            (outer.src, outer.dst) = (self.ip(outer.src), self.ip(outer.dst));
        }
    }

    fn identity(&self, identity: &mut Identity, known: &Known) {
        let Identity {
            asserted,
            diverted_by,
            referred_by,
            replaces: _,
            headers,
        } = identity;
        let uris = asserted.iter_mut().chain(diverted_by).chain(referred_by);
        uris.for_each(|uri| self.shown_uri(uri, known));
        self.headers(headers, known);
    }

    /// What an operator has had copied names customers as likely as not.
    fn headers(&self, headers: &mut BTreeMap<Box<str>, Box<str>>, known: &Known) {
        for (name, value) in headers {
            let is_trace = TRACE_HEADERS
                .iter()
                .any(|trace| name.eq_ignore_ascii_case(trace));
            let has_uri = value.contains(':') && value.contains('@') || value.contains('<');
            match self.rules.numbers {
                _ if is_trace => {}
                Way::Keep => *value = self.text(value, known).into(),
                _ if has_uri => *value = self.text(value, known).into(),
                _ => *value = self.number(value).into(),
            }
        }
    }

    fn endpoint_report(&self, report: &mut EndpointReport, known: &Known) {
        report.reporter = self.address(report.reporter);
        report.src = report.src.map(|address| self.address(address));
        report.dst = report.dst.map(|address| self.address(address));
        let session = &mut report.session;
        for id in [
            &mut session.local_id,
            &mut session.remote_id,
            &mut session.orig_id,
        ] {
            let Some(id) = id else {
                continue;
            };
            *id = match user_of(id) {
                _ if self.rules.names != Way::Keep && !id.trim_start().starts_with('<') => {
                    let uri = id.find('<').and_then(|at| id.get(at..)).unwrap_or(id);
                    self.text(uri, known).into()
                }
                None if self.rules.numbers != Way::Keep => self.number(id).into(),
                _ => self.text(id, known).into(),
            };
        }
        for mac in [&mut session.local_mac, &mut session.remote_mac] {
            if mac.is_some() && self.rules.addresses != Way::Keep {
                *mac = Some(STRUCK.into());
            }
        }
    }

    fn round(&self, round: &mut MediaRound) {
        for line in &mut round.lines {
            line.caller = line.caller.map(|address| self.address(address));
            line.callee = line.callee.map(|address| self.address(address));
        }
    }

    fn finding(&self, finding: &mut Finding, known: &Known) {
        let Finding {
            code: _,
            text,
            at: _,
            evidence,
        } = finding;
        *text = self.text(text, known);
        for value in evidence.values_mut() {
            *value = self.text(value, known);
        }
    }

    fn hop(&self, hop: &mut SipHop, known: &Known) {
        (hop.src, hop.dst) = (self.address(hop.src), self.address(hop.dst));
        hop.summary = self.text(&hop.summary, known);
        hop.body = self.text(&hop.body, known);
    }

    fn transaction(&self, one: &mut SipTransaction, known: &Known) {
        let SipTransaction {
            method: _,
            cseq: _,
            by: _,
            uri,
            host,
            src,
            dst,
            transport: _,
            user_agent: _,
            start: _,
            end: _,
            status: _,
            reason,
        } = one;
        self.shown_uri(uri, known);
        if let Some(host) = host {
            *host = self.host(host);
        }
        (*src, *dst) = (self.address(*src), self.address(*dst));
        if let Some(reason) = reason {
            *reason = self.text(reason, known).into();
        }
    }

    fn conversation(&self, conversation: &mut ConversationRecord) {
        for LegRecord { src, dst, .. } in &mut conversation.legs {
            (*src, *dst) = (self.address(*src), self.address(*dst));
        }
        for Evidence { kind, value, .. } in &mut conversation.evidence {
            *value = match kind {
                EvidenceKind::Numbers | EvidenceKind::CalledNumber => self.pair(value),
                EvidenceKind::Sdp => self.origin(value),
                _ => self.text(value, &Known::default()),
            };
        }
    }

    /// A caller and a called number.
    fn pair(&self, text: &str) -> String {
        match text.split_once(" to ") {
            Some((caller, called)) => format!("{} to {}", self.number(caller), self.number(called)),
            None => self.number(text),
        }
    }

    /// What begins with the user of an SDP's origin, unless that is none.
    fn origin(&self, text: &str) -> String {
        match text.split_once(' ') {
            Some((user, rest)) if user != "-" => {
                format!(
                    "{} {}",
                    self.number(user),
                    self.text(rest, &Known::default())
                )
            }
            _ => self.text(text, &Known::default()),
        }
    }

    fn registration(&self, registration: &mut RegistrationRecord) {
        let RegistrationRecord {
            aor,
            username,
            domain,
            contact,
            q: _,
            sip_instance: _,
            reg_id: _,
            received,
            socket,
            nat: _,
            path,
            registered_by,
            user_agent: _,
            methods: _,
            call_id: _,
            cseq: _,
            start: _,
            last_modified: _,
            expires: _,
            state: _,
            status: _,
            min_expires: _,
            rrd_ms: _,
            registrar_ms: _,
            challenges: _,
            refreshes: _,
            flapping: _,
        } = registration;
        let known = Known::of(self, username.as_deref());
        let uris = std::iter::once(aor)
            .chain(contact)
            .chain(registered_by)
            .chain(path);
        uris.for_each(|uri| self.shown_uri(uri, &known));
        if let Some(username) = username {
            *username = self.number(username).into();
        }
        if let Some(domain) = domain {
            *domain = self.host(domain);
        }
        *received = self.address(*received);
        *socket = self.text(socket, &known).into();
    }

    fn registration_event(&self, event: &mut RegistrationEvent) {
        let RegistrationEvent {
            at: _,
            event: _,
            aor,
            contact,
            previous,
            received,
            user_agent: _,
            status: _,
            expires: _,
            call_id: _,
            binding,
        } = event;
        let user = user_of(aor).map(str::to_owned);
        let known = Known::of(self, user.as_deref());
        let uris = std::iter::once(aor).chain(contact).chain(previous);
        uris.for_each(|uri| self.shown_uri(uri, &known));
        *received = self.address(*received);
        if let Some(binding) = binding {
            self.registration(binding);
        }
    }

    fn security(&self, event: &mut SecurityRecord) {
        let SecurityRecord {
            code: _,
            text,
            source,
            target,
            start: _,
            end: _,
            count: _,
            succeeded: _,
            users: _,
            examples,
            destinations: _,
            per_second: _,
            user_agents: _,
        } = event;
        let known = Known::of(self, examples.iter().map(|example| &**example));
        *text = self.text(text, &known);
        *source = source.map(|ip| self.ip(ip));
        *target = target.map(|ip| self.ip(ip));
        for example in examples {
            *example = self.number(example).into();
        }
    }

    fn stream(&self, stream: &mut StreamRecord) {
        (stream.src, stream.dst) = (self.address(stream.src), self.address(stream.dst));
        self.outer(&mut stream.outer);
        let dialled = stream
            .content
            .dtmf
            .iter_mut()
            .flat_map(|dtmf| &mut dtmf.keys);
        if self.rules.numbers != Way::Keep {
            dialled.for_each(|key| key.digit = None);
        }
    }
}

/// The user of a URI, or of an address that holds one.
fn user_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(':')?;
    match rest.split_once('@') {
        Some((user, _)) => Some(user),
        None if uri.to_ascii_lowercase().contains("tel:") => rest.split([';', '>', '?']).next(),
        None => None,
    }
}

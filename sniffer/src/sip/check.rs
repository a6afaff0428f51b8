//! The rules of RFC 3261, one after the other.

use super::address::{Contact, NameAddr};
use super::cseq::CSeq;
use super::defect::Defect;
use super::fields::End;
use super::header_name::HeaderName;
use super::message::Message;
use super::scan::{find, number, trim};
use super::start_line::{Form, StartLine, form};
use super::uri::Uri;
use super::value::has_blank;
use super::via::Via;

/// Largest CSeq number (RFC 3261, 8.1.1.5).
const MAX_CSEQ: u32 = (1 << 31) - 1;

/// The header fields every message carries (RFC 3261, 8.1.1; Max-Forwards came with RFC 3261 and is often missing).
const MANDATORY: [(HeaderName, Defect); 5] = [
    (HeaderName::Via, Defect::MissingVia),
    (HeaderName::From, Defect::MissingFrom),
    (HeaderName::To, Defect::MissingTo),
    (HeaderName::CallId, Defect::MissingCallId),
    (HeaderName::CSeq, Defect::MissingCSeq),
];

impl Message<'_> {
    /// The first rule of RFC 3261 that the message breaks, in the order of [`Defect`]; `None` if it keeps them all.
    ///
    /// A defect does not make the message unreadable: all accessors go on giving what can be read. What the capture
    /// lacks is no defect of the message.
    pub fn check(&self) -> Option<Defect> {
        if self.is_cut() && !self.has_whole_head() {
            return self.check_start_line();
        }
        self.check_start_line()
            .or_else(|| self.check_header_section())
            .or_else(|| self.check_addresses())
            .or_else(|| self.check_identity())
            .or_else(|| self.check_numbers())
            .or_else(|| self.check_body())
    }

    fn check_start_line(&self) -> Option<Defect> {
        let form = form(self.line);
        if form.version != b"2.0" {
            return Some(Defect::UnsupportedVersion);
        }
        if !form.single_spaces {
            return Some(Defect::StartLineSpacing);
        }
        match self.start {
            StartLine::Response { code, .. } => {
                (!(100..700).contains(&code)).then_some(Defect::StatusCodeRange)
            }
            StartLine::Request { .. } => check_request_uri(&form),
        }
    }

    fn check_header_section(&self) -> Option<Defect> {
        if self.fields.end == End::Cut {
            return Some(Defect::Truncated);
        }
        if self.fields.malformed_line {
            return Some(Defect::MalformedHeaderLine);
        }
        let missing = MANDATORY.iter().find(|(name, _)| !self.fields.has(*name));
        if let Some((_, defect)) = missing {
            return Some(*defect);
        }
        let repeated = self.fields.repeats_a_single_one;
        repeated.then_some(Defect::RepeatedHeader)
    }

    fn check_addresses(&self) -> Option<Defect> {
        let whole_via = |via: Via<'_>| via.is_well_formed();
        let whole = |address: NameAddr<'_>| address.is_well_formed();
        let whole_contact = |value| match Contact::parse(value) {
            Some(Contact::Wildcard) => true,
            Some(Contact::Address(address)) => address.is_well_formed(),
            None => false,
        };
        let mut vias = self.fields.values(self.bytes, HeaderName::Via);
        let top = vias.next().is_none_or(|top| !top.is_empty());
        if !top
            || !self.via().is_some_and(whole_via)
            || !vias.all(|value| Via::parse(value).is_some_and(whole_via))
        {
            Some(Defect::MalformedVia)
        } else if !self.from().is_some_and(whole) {
            Some(Defect::MalformedFrom)
        } else if !self.to().is_some_and(whole) {
            Some(Defect::MalformedTo)
        } else if !self
            .fields
            .values(self.bytes, HeaderName::Contact)
            .all(whole_contact)
        {
            Some(Defect::MalformedContact)
        } else {
            None
        }
    }

    fn check_identity(&self) -> Option<Defect> {
        let Some(call_id) = self.call_id() else {
            return Some(Defect::MissingCallId);
        };
        if has_blank(call_id) {
            return Some(Defect::MalformedCallId);
        }
        let cseq = self.cseq().filter(|cseq| cseq.seq <= MAX_CSEQ);
        match (cseq, self.start.method()) {
            (None, _) => Some(Defect::MalformedCSeq),
            (Some(CSeq { method, .. }), Some(asked)) if method != asked => {
                Some(Defect::CSeqMethodMismatch)
            }
            _ => None,
        }
    }

    fn check_numbers(&self) -> Option<Defect> {
        let above = |name, most| {
            let value = self.raw(name);
            value.is_some_and(|value| number(value).is_none_or(|number| number > most))
        };
        if above(HeaderName::ContentLength, u32::MAX) {
            Some(Defect::MalformedContentLength)
        } else if above(HeaderName::MaxForwards, 255) {
            Some(Defect::MalformedMaxForwards)
        } else if above(HeaderName::Expires, u32::MAX) {
            Some(Defect::MalformedExpires)
        } else {
            let date = self.raw(HeaderName::Date)?;
            (!date.ends_with(b" GMT")).then_some(Defect::MalformedDate)
        }
    }

    fn check_body(&self) -> Option<Defect> {
        let body = self.body();
        // Senders and captures add empty lines to messages that have no body.
        if !trim(body).is_empty() && self.raw(HeaderName::ContentType).is_none() {
            return Some(Defect::MissingContentType);
        }
        if self.is_cut() {
            return None;
        }
        let missing = (self.content_length()? as usize).saturating_sub(body.len());
        (missing > 0 && missing > bare_line_feeds(body)).then_some(Defect::BodyTooShort)
    }
}

fn check_request_uri(form: &Form<'_>) -> Option<Defect> {
    match Uri::parse(form.uri) {
        Some(uri) if !uri.is_well_formed() => Some(Defect::MalformedRequestUri),
        Some(uri) if uri.headers.is_some() => Some(Defect::RequestUriHeaders),
        Some(_) => None,
        None => Some(Defect::MalformedRequestUri),
    }
}

/// How many LF have no CR before them.
fn bare_line_feeds(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut bare = 0;
    while let Some(at) = find(rest, b'\n') {
        let line = rest.get(..at).unwrap_or_default();
        bare += usize::from(!line.ends_with(b"\r"));
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    bare
}

//! How the two ends of a call reach each other: contacts, CSeq numbers and the route set (RFC 3261, 12.1 and 12.2).

use crate::record::{Contacts, Side};
use crate::sip::{CSeq, Contact, HeaderName, Message, Method, StartLine};
use crate::track::party::shown_uri;

/// Proxies of a route set that are kept; no request passes more without being taken for one that runs in circles.
const MAX_ROUTES: usize = 16;

/// The two ends, the caller first.
#[derive(Debug, Default)]
pub(super) struct Ends {
    contacts: [Option<Box<str>>; 2],
    /// What each end last said it in: an answer, and a request, whose numbers are of different counts.
    learnt: [[Option<Lesson>; 2]; 2],
    cseq: [Option<u32>; 2],
    routes: Vec<Box<str>>,
    /// What the routes were learnt from: an INVITE, or its 2xx.
    routes_are_final: bool,
}

/// A message that bears a contact, ordered by which is the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lesson {
    seq: u32,
    is_final: bool,
}

impl Ends {
    /// Takes in a message that is no repeat; `requester` sent the request which it is or answers.
    pub(super) fn on_message(&mut self, message: &Message<'_>, requester: Side) {
        let Some(cseq) = message.cseq() else {
            return;
        };
        match message.start() {
            StartLine::Request { .. } => {
                let highest = &mut self.cseq[requester as usize];
                *highest = (*highest).max(Some(cseq.seq));
                self.learn(message, cseq, requester, true);
            }
            StartLine::Response { code, .. } if (101..300).contains(&code) => {
                self.learn(message, cseq, requester.other(), code >= 200);
            }
            StartLine::Response { .. } => {}
        }
    }

    /// INVITE, UPDATE and what answers them say where their sender is reached (RFC 3261, 12.2; RFC 3311, 5.1). On further hops the
    /// same message says it again, and may say it otherwise: the first one counts.
    fn learn(&mut self, message: &Message<'_>, cseq: CSeq<'_>, speaker: Side, is_final: bool) {
        if !matches!(cseq.method, Method::Invite | Method::Update) {
            return;
        }
        let lesson = Some(Lesson {
            seq: cseq.seq,
            is_final,
        });
        let learnt = &mut self.learnt[speaker as usize][usize::from(message.is_request())];
        if *learnt < lesson
            && let Some(contact) = contact(message)
        {
            self.contacts[speaker as usize] = Some(contact);
            *learnt = lesson;
        }
        if cseq.method == Method::Invite {
            self.learn_routes(message, is_final && !message.is_request());
        }
    }

    /// The 2xx that makes the dialog bears all of the route set, an INVITE what it had passed until then (RFC 3261, 16.6).
    fn learn_routes(&mut self, message: &Message<'_>, is_final: bool) {
        if self.routes_are_final {
            return;
        }
        let routes = message.addresses(HeaderName::RecordRoute);
        let routes: Vec<Box<str>> = routes
            .take(MAX_ROUTES)
            .map(|route| shown_uri(route.uri))
            .collect();
        if is_final || routes.len() > self.routes.len() {
            self.routes = routes;
        }
        self.routes_are_final = is_final;
    }

    /// Where they are reached.
    pub(super) fn contacts(&self) -> Contacts {
        let [caller, callee] = self.contacts.clone();
        Contacts { caller, callee }
    }

    /// The highest CSeq numbers of their requests, that of the caller first.
    pub(super) fn cseq(&self) -> [Option<u32>; 2] {
        self.cseq
    }

    /// Record-Route values, as they stand in the message that counts.
    pub(super) fn routes(&self) -> &[Box<str>] {
        &self.routes
    }
}

fn contact(message: &Message<'_>) -> Option<Box<str>> {
    let mut contacts = message.contacts();
    contacts.find_map(|contact| match contact {
        Contact::Address(address) => Some(shown_uri(address.uri)),
        Contact::Wildcard => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: [(&str, Side); 6] = [
        (
            "INVITE sip:b@x SIP/2.0\r\nCSeq: 7 INVITE\r\nContact: <sip:a@10.0.0.1>\r\n\r\n",
            Side::Caller,
        ),
        (
            "INVITE sip:b@y SIP/2.0\r\nCSeq: 7 INVITE\r\nContact: <sip:a@far>\r\nRecord-Route: <sip:p1;lr>\r\n\r\n",
            Side::Caller,
        ),
        (
            "SIP/2.0 180 Ringing\r\nCSeq: 7 INVITE\r\nContact: <sip:early@10.0.0.2>\r\n\r\n",
            Side::Caller,
        ),
        (
            "SIP/2.0 200 OK\r\nCSeq: 7 INVITE\r\nContact: <sip:b:secret@10.0.0.2>\r\nRecord-Route: <sip:p2;lr>, \
             <sip:p1;lr>\r\n\r\n",
            Side::Caller,
        ),
        (
            "UPDATE sip:b@10.0.0.2 SIP/2.0\r\nCSeq: 8 UPDATE\r\nContact: <sip:a@10.0.0.9>\r\nRecord-Route: \
             <sip:q;lr>\r\n\r\n",
            Side::Caller,
        ),
        (
            "BYE sip:a@10.0.0.9 SIP/2.0\r\nCSeq: 102 BYE\r\n\r\n",
            Side::Callee,
        ),
    ];

    /// What is known after so many messages.
    fn check(n: usize, contacts: [Option<&str>; 2], cseq: [Option<u32>; 2], routes: &[&str]) {
        let mut ends = Ends::default();
        for (message, by) in CALL.iter().take(n) {
            ends.on_message(&Message::parse(message.as_bytes()).unwrap(), *by);
        }
        let found = ends.contacts();
        assert_eq!([found.caller.as_deref(), found.callee.as_deref()], contacts);
        assert_eq!(ends.cseq(), cseq);
        let found: Vec<&str> = ends.routes().iter().map(AsRef::as_ref).collect();
        assert_eq!(found, routes);
    }

    #[test]
    fn ends_are_as_the_messages_have_them() {
        let first = Some("sip:a@10.0.0.1");
        check(1, [first, None], [Some(7), None], &[]);
        check(2, [first, None], [Some(7), None], &["sip:p1;lr"]);
        let early = Some("sip:early@10.0.0.2");
        check(3, [first, early], [Some(7), None], &["sip:p1;lr"]);
        let callee = Some("sip:b:***@10.0.0.2");
        let routes = ["sip:p2;lr", "sip:p1;lr"];
        check(4, [first, callee], [Some(7), None], &routes);
        let moved = Some("sip:a@10.0.0.9");
        check(5, [moved, callee], [Some(8), None], &routes);
        check(6, [moved, callee], [Some(8), Some(102)], &routes);
    }
}

//! On well-formed messages the parser and `rsip` must agree.

use proptest::prelude::*;
use rsip::message::HeadersExt;
use rsip::prelude::{HasHeaders, ToTypedHeader, UntypedHeader};

use super::strategies::{Made, request};
use crate::sip::{Message, StartLine};

/// What both parsers are asked for.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    method: String,
    uri: String,
    call_id: String,
    seq: u32,
    from_tag: Option<String>,
    to_tag: Option<String>,
    branch: Option<String>,
    n_headers: usize,
    body: Vec<u8>,
}

fn seen_by_rsip(text: &str) -> Seen {
    let request = rsip::Request::try_from(text.as_bytes().to_vec()).unwrap();
    let tag = |tag: Option<rsip::param::Tag>| tag.map(|tag| tag.to_string());
    let cseq = request.cseq_header().unwrap();
    Seen {
        method: request.method.to_string(),
        uri: request.uri.to_string(),
        call_id: request.call_id_header().unwrap().value().to_owned(),
        seq: cseq.seq().unwrap(),
        from_tag: tag(request.from_header().unwrap().tag().unwrap()),
        to_tag: tag(request.to_header().unwrap().tag().unwrap()),
        branch: request
            .via_header()
            .unwrap()
            .typed()
            .unwrap()
            .branch()
            .map(ToString::to_string),
        n_headers: request.headers().iter().count(),
        body: request.body,
    }
}

fn seen_by_us(text: &str) -> Seen {
    let message = Message::parse(text.as_bytes()).unwrap();
    let StartLine::Request { method, uri } = message.start() else {
        panic!("not a request: {text}");
    };
    let own = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let cseq = message.cseq().unwrap();
    assert_eq!(cseq.method, method);
    Seen {
        method: method.to_string(),
        uri: own(uri),
        call_id: own(message.call_id().unwrap()),
        seq: cseq.seq,
        from_tag: message.from().unwrap().tag().map(own),
        to_tag: message.to().unwrap().tag().map(own),
        branch: message.via().unwrap().branch().map(own),
        n_headers: message.fields().count(),
        body: message.body().to_vec(),
    }
}

fn seen_by_its_maker(made: &Made, n_headers: usize) -> Seen {
    Seen {
        method: made.method.to_owned(),
        uri: made.uri.clone(),
        call_id: made.call_id.clone(),
        seq: made.seq,
        from_tag: Some(made.from_tag.clone()),
        to_tag: made.to_tag.clone(),
        branch: Some(made.branch.clone()),
        n_headers,
        body: made.body.clone().into_bytes(),
    }
}

proptest! {
    #[test]
    fn both_see_what_was_said(made in request()) {
        let ours = seen_by_us(&made.text);
        prop_assert_eq!(&ours, &seen_by_its_maker(&made, ours.n_headers));
        prop_assert_eq!(&ours, &seen_by_rsip(&made.text));
    }
}

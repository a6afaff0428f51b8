//! One SIP message: every accessor, and what must hold between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::sip::{HeaderName, Message, NameAddr, Uri, Via, looks_like_sip, text};

fuzz_target!(|bytes: &[u8]| {
    let is_likely = looks_like_sip(bytes);
    let Ok(message) = Message::parse(bytes) else {
        return;
    };
    assert!(
        is_likely || message.head().len() > 8000,
        "a message that does not look like one"
    );
    ask_for_headers(&message);
    message.from().iter().for_each(ask_address);
    message.to().iter().for_each(ask_address);
    message
        .contacts()
        .filter_map(|contact| contact.address().copied())
        .for_each(|address| ask_address(&address));
    message
        .addresses(HeaderName::Route)
        .for_each(|address| ask_address(&address));
    message.vias().for_each(|via| ask_via(&via));
    ask_for_values(&message);
    ask_for_body(&message);
});

fn ask_for_headers(message: &Message<'_>) {
    for &name in HeaderName::KNOWN {
        let first = message.header(name);
        assert_eq!(first, message.headers(name).next());
        assert_eq!(first, message.header_named(name.name()));
        for value in message.values(name) {
            assert!(!value.contains(&b'\n'), "a fold is left");
        }
    }
    message.header_named("X-Unknown");
    for (_, name, value) in message.fields() {
        text::display(name);
        text::display(&value);
    }
}

fn ask_address(address: &NameAddr<'_>) {
    assert!(!address.uri.is_empty());
    address.display_name();
    address.tag();
    address.q();
    address.expires();
    for param in address.params.iter() {
        param.unquoted();
    }
    if let Some(uri) = address.parsed_uri() {
        ask_uri(&uri);
    }
}

fn ask_uri(uri: &Uri<'_>) {
    uri.user_unescaped();
    uri.host_ip();
    uri.is_well_formed();
    uri.header_pairs().for_each(drop);
    uri.params.iter().for_each(drop);
}

fn ask_via(via: &Via<'_>) {
    assert!(!via.host.is_empty() && !via.transport.is_empty());
    via.branch();
    via.received_ip();
    via.host_ip();
    via.rport();
    via.wants_rport();
}

fn ask_for_values(message: &Message<'_>) {
    message.start();
    message.call_id();
    message.cseq();
    message.via();
    message.expires();
    message.user_agent();
    message.reason_q850();
    message.has_credentials();
    message.check();
}

fn ask_for_body(message: &Message<'_>) {
    let body = message.body();
    if let Some(len) = message.content_length() {
        assert!(body.len() <= len as usize);
    }
    assert_eq!(message.as_bytes().len(), message.head().len() + body.len());
    for sdp in message.sdp_bodies() {
        assert!(!sdp.is_empty() && sdp.len() <= body.len());
    }
}

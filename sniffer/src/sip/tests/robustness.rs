//! Nothing that comes from the wire may stop the parser or make it slow.

use proptest::prelude::*;

use super::strategies::{damaged, request};
use crate::sip::framing::{Framed, next_message, resync};
use crate::sip::scan::work;
use crate::sip::{HeaderName, Message, Uri, looks_like_sip, text};

/// Asks for everything a message can be asked for.
fn ask_everything(bytes: &[u8]) {
    looks_like_sip(bytes);
    let Ok(message) = Message::parse(bytes) else {
        return;
    };
    text::display(message.as_bytes());
    for &name in HeaderName::KNOWN {
        message.header(name);
        message.headers(name).for_each(drop);
        message.values(name).for_each(drop);
    }
    message.header_named("X-Unknown");
    message.fields().for_each(drop);
    for address in [message.from(), message.to()].into_iter().flatten() {
        address.display_name();
        address.tag();
        address
            .params
            .iter()
            .for_each(|param| drop(param.unquoted()));
        ask_uri(address.uri);
    }
    for contact in message.contacts() {
        if let Some(address) = contact.address() {
            address.q();
            address.expires();
            ask_uri(address.uri);
        }
    }
    for via in message.vias() {
        via.branch();
        via.received_ip();
        via.host_ip();
        via.rport();
    }
    message.call_id();
    message.cseq();
    message.expires();
    message.user_agent();
    message.reason_q850();
    message.has_credentials();
    message.check();
    message.sdp_bodies().for_each(drop);
}

fn ask_uri(bytes: &[u8]) {
    if let Some(uri) = Uri::parse(bytes) {
        uri.user_unescaped();
        uri.host_ip();
        uri.header_pairs().for_each(drop);
        uri.params.iter().for_each(drop);
        uri.is_well_formed();
    }
}

/// Cuts the bytes into messages; every step must take some of them.
fn frame_everything(bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let used = match next_message(rest) {
            Framed::Message { start, len } => start + len,
            Framed::KeepAlive { len } => len,
            Framed::NotSip => resync(rest),
            Framed::NeedMore { .. } => return,
        };
        assert!(used > 0);
        rest = &rest[used..];
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        ask_everything(&bytes);
        frame_everything(&bytes);
        ask_uri(&bytes);
    }

    #[test]
    fn damaged_messages_do_not_panic(bytes in damaged()) {
        ask_everything(&bytes);
        frame_everything(&bytes);
    }

    #[test]
    fn a_whole_message_has_no_defect_but_repeated_header_fields(made in request()) {
        let message = Message::parse(made.text.as_bytes()).unwrap();
        if let Some(defect) = message.check() {
            prop_assert_eq!(defect, crate::sip::Defect::RepeatedHeader);
        }
    }

    #[test]
    fn the_first_header_is_the_same_in_a_datagram_and_on_a_stream(made in request()) {
        let bytes = made.text.as_bytes();
        prop_assert_eq!(next_message(bytes), Framed::Message { start: 0, len: bytes.len() });
    }
}

/// How often each byte may be looked at when everything is asked for.
const LOOKS_PER_BYTE: usize = 60;

/// Asks everything of a message with a header field whose value is `unit` over and over, 60 KiB of it.
#[track_caller]
fn check(head: &str, unit: &str) {
    let filler = unit.repeat(60 * 1024 / unit.len());
    let bytes = format!("INVITE sip:a@b SIP/2.0\r\n{head}{filler}").into_bytes();
    let work = work::of(|| ask_everything(&bytes));
    assert!(work > 0);
    assert!(
        work <= LOOKS_PER_BYTE * bytes.len(),
        "{head}{unit}: {} looks a byte",
        work / bytes.len()
    );
    let work = work::of(|| frame_everything(&bytes));
    assert!(
        work <= LOOKS_PER_BYTE * bytes.len(),
        "framing {head}{unit}: {} looks a byte",
        work / bytes.len()
    );
}

#[test]
fn work_grows_with_the_bytes_and_not_with_their_square() {
    let units = [
        ",",
        ";",
        "\"",
        "<",
        ">",
        "\\\"",
        "\",",
        "<,",
        "\r\n ",
        "\r\n\r\r\n ",
        ";a=\"",
        "a,",
        "=",
        ":",
        "@",
        "%",
        "%4",
        "/",
        "?",
        "&",
        "\"\\",
        " ",
        "\t",
        "[",
        "]",
        "<sip:a@b>,",
        "\r\nv: SIP/2.0/UDP h;a,",
        "\r\nm:",
        "\r\nx",
        "\n",
        "\r",
        "\0",
        "--b\r\n",
    ];
    for name in [
        "Via: ",
        "From: ",
        "To: sip:",
        "Contact: ",
        "Contact: <sip:",
        "Reason: ",
        "Via: SIP/2.0/UDP ",
        "X: ",
        "",
    ] {
        for unit in units {
            check(name, unit);
        }
    }
}

#[test]
fn multipart_bodies_are_read_a_few_times_only() {
    let head = "Via: x\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n";
    for unit in [
        "--b\r\n",
        "--b",
        "\r\n--b\r\nc: application/sdp\r\n\r\nv=0",
        "--b\r\nc: multipart/mixed;boundary=b\r\n\r\n",
        "\n",
    ] {
        check(head, unit);
    }
}

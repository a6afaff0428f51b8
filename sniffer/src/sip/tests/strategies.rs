//! Messages made up: well-formed ones with what they are made of, and ones that something happened to.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What a well-formed request says, and the bytes that say it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) method: &'static str,
    pub(super) uri: String,
    pub(super) call_id: String,
    pub(super) seq: u32,
    pub(super) from_tag: String,
    pub(super) to_tag: Option<String>,
    pub(super) branch: String,
    pub(super) body: String,
    pub(super) text: String,
}

const METHODS: &[&str] = &[
    "INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "MESSAGE", "NOTIFY",
];

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9.~-]{0,15}"
}

// `rsip` reads no IPv6 host without a port and writes transports in capitals, so that is how they are here.
fn host() -> impl Strategy<Value = String> {
    prop_oneof![r"[a-z]{1,8}\.example", r"192\.0\.2\.[1-9]"]
}

fn uri() -> impl Strategy<Value = String> {
    let user = prop_oneof![
        Just(String::new()),
        "[a-z0-9+]{1,10}@",
        "[a-z]{1,5}%40[a-z]{1,5}@"
    ];
    let port = prop_oneof![
        Just(String::new()),
        (1024u16..).prop_map(|port| format!(":{port}"))
    ];
    let params = select(vec!["", ";lr", ";transport=TCP", ";user=phone;lr"]);
    (select(vec!["sip", "sips"]), user, host(), port, params).prop_map(
        |(scheme, user, host, port, params)| format!("{scheme}:{user}{host}{port}{params}"),
    )
}

fn extra_headers() -> impl Strategy<Value = Vec<String>> {
    let header = prop_oneof![
        token().prop_map(|value| format!("X-{value}: {value}, {value}")),
        uri().prop_map(|uri| format!("Contact: <{uri}>;q=0.5")),
        uri().prop_map(|uri| format!("Record-Route: <{uri}>, <sip:p.example;lr>")),
        (0u32..70).prop_map(|n| format!("Max-Forwards: {n}")),
        token().prop_map(|name| format!("User-Agent: {name}/1 (x; y)")),
    ];
    prop::collection::vec(header, 0..6)
}

/// A well-formed request in the plain form that every parser takes.
pub(super) fn request() -> impl Strategy<Value = Made> {
    let ids = (
        token(),
        0u32..1 << 31,
        token(),
        prop::option::of(token()),
        token(),
    );
    let name = select(vec!["", "\"A. \\\"B\\\", C\" ", "Bob "]);
    let rest = (extra_headers(), "[ -~]{0,40}", any::<Index>());
    (select(METHODS), uri(), host(), name, ids, rest).prop_map(
        |(method, uri, host, name, ids, rest)| {
            let (call_id, seq, from_tag, to_tag, branch) = ids;
            let (extra, body, turn) = rest;
            let tagged = to_tag
                .as_ref()
                .map(|tag| format!(";tag={tag}"))
                .unwrap_or_default();
            let mut lines = vec![
                format!("Via: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{branch};rport"),
                format!("From: {name}<sip:from@{host}>;tag={from_tag}"),
                format!("To: {name}<{uri}>{tagged}"),
                format!("Call-ID: {call_id}@{host}"),
                format!("CSeq: {seq} {method}"),
                format!("Content-Length: {}", body.len()),
                "Content-Type: text/plain".to_owned(),
            ];
            lines.extend(extra);
            let at = turn.index(lines.len());
            lines.rotate_left(at);
            let head = lines.join("\r\n");
            Made {
                text: format!("{method} {uri} SIP/2.0\r\n{head}\r\n\r\n{body}"),
                call_id: format!("{call_id}@{host}"),
                branch: format!("z9hG4bK{branch}"),
                method,
                uri,
                seq,
                from_tag,
                to_tag,
                body,
            }
        },
    )
}

/// A request that had bytes replaced, taken out, put in, or its end cut off.
pub(super) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let special = select(b"\r\n \t\"<>,;:=@%/\\*[]?\0\xff".to_vec());
    let byte = prop_oneof![special, any::<u8>()];
    let damage = (any::<Index>(), 0..4usize, byte);
    (request(), prop::collection::vec(damage, 1..20)).prop_map(|(made, damages)| {
        let mut bytes = made.text.into_bytes();
        for (at, kind, byte) in damages {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ if at > 50 => bytes.truncate(at),
                _ => {}
            }
        }
        bytes
    })
}

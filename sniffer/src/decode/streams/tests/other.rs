//! Connections that carry something else.

use super::*;

const HTTP: &[u8] = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
const HELLO: &[u8] = &[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

/// Fates of the client's segments, one after the other, with the SYN seen or not.
#[track_caller]
fn fates(with_syn: bool, parts: &[&[u8]], expected: &[Fate]) {
    let mut tap = Tap::new(true);
    if with_syn {
        tap.play(&[syn(true, ISN)]);
        tap.fates.clear();
    }
    let mut seq = ISN + 1;
    for part in parts {
        tap.play(&[data(true, seq, part)]);
        seq += part.len() as u32;
    }
    assert_eq!(tap.fates, expected);
}

#[test]
fn http_is_not_sip() {
    let not_sip = Err(Reason::TcpNotSip);
    fates(true, &[HTTP, HTTP, b""], &[not_sip; 3]);
    fates(true, &[b"GET / HTTP/1.1\r\n\r\n"], &[not_sip]);
    fates(false, &[b"HTTP/1.1 200 OK\r\n\r\n"], &[not_sip]);
    fates(
        true,
        &[&HTTP[..5], &HTTP[5..]],
        &[Ok(Handled::TcpSegment), not_sip],
    );
}

#[test]
fn tls_is_named() {
    let tls = Err(Reason::Tls);
    fates(true, &[HELLO, b"", HELLO], &[tls; 3]);
    fates(false, &[HELLO], &[tls]);
    fates(
        true,
        &[&HELLO[..2], &HELLO[2..]],
        &[Ok(Handled::TcpSegment), tls],
    );
}

#[test]
fn the_search_in_the_middle_ends() {
    let noise = [b'x'; 6000];
    let open = Ok(Handled::TcpSegment);
    let not_sip = Err(Reason::TcpNotSip);
    fates(
        false,
        &[&noise, &noise, &noise, &noise],
        &[open, open, not_sip, not_sip],
    );
}

#[test]
fn sip_revives_a_connection() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    fates(
        true,
        &[HTTP, &sip, &sip[..50], &sip[50..]],
        &[
            Err(Reason::TcpNotSip),
            Ok(Handled::Sip),
            Ok(Handled::TcpSegment),
            Ok(Handled::Sip),
        ],
    );
    fates(
        true,
        &[HELLO, &sip[..50], &sip[50..]],
        &[Err(Reason::Tls), Ok(Handled::TcpSegment), Ok(Handled::Sip)],
    );
}

#[test]
fn a_new_connection_is_looked_at_anew() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let mut segments = cut(HTTP, ISN, 1000);
    segments.extend(cut(&sip, ISN + 5000, 30));
    check(&segments, &[sip]);
}

#[test]
fn sip_stays_sip_whatever_comes() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let bytes = [&sip[..], HELLO, b"\r\n", HTTP, &[0; 20_000], b"\n", &sip].concat();
    check(&cut(&bytes, ISN, 1000), &[sip.clone(), sip]);
}

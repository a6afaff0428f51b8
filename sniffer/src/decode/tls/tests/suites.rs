//! Every suite and version, from the hello to the last message.

use super::check;
use super::talk::{Talk, Terms};
use crate::decode::streams::Transport;
use crate::decode::streams::tests::dialog;
use crate::decode::tls::cipher::{Opener, Version};
use crate::decode::tls::record::{self, Parsed};
use crate::decode::tls::secret::Secret;
use crate::decode::tls::suite::Suite;
use crate::decode::tls::tests::{hex, tap};
use crate::record::books::Handled;

/// A dialog in both directions, a record a message.
fn round_trip(terms: Terms) {
    let messages = dialog();
    let mut talk = Talk::new(terms);
    for (n, message) in messages.iter().enumerate() {
        talk.say(n % 2 == 0, message);
    }
    check(&talk, &messages);
}

#[test]
fn tls_1_3() {
    for suite in [0x1301, 0x1302, 0x1303] {
        round_trip(Terms::new(Version::Tls13, suite));
    }
}

#[test]
fn tls_1_2_aead() {
    for suite in [0xc02f, 0xc030, 0xcca8, 0x009c, 0x009d] {
        round_trip(Terms::new(Version::Tls12, suite));
    }
}

#[test]
fn cbc_in_every_version_and_order() {
    for version in [Version::Tls10, Version::Tls11, Version::Tls12] {
        for encrypt_then_mac in [false, true] {
            for suite in [0x002f, 0x0035] {
                round_trip(Terms {
                    encrypt_then_mac,
                    ..Terms::new(version, suite)
                });
            }
        }
    }
    for suite in [0x003c, 0x003d, 0xc028] {
        round_trip(Terms::new(Version::Tls12, suite));
    }
}

#[test]
fn a_message_in_many_records_and_many_in_one() {
    let messages = dialog();
    let mut talk = Talk::new(Terms::new(Version::Tls13, 0x1301));
    talk.say(true, b"");
    let all = messages.concat();
    talk.say(true, &all);
    all.chunks(90).for_each(|part| talk.say(true, part));
    check(&talk, &[messages.clone(), messages].concat());
}

#[test]
fn one_byte_before_the_rest() {
    // What TLS 1.0 does against chosen plaintext: 1/n-1 and 0/n splits.
    let messages = dialog();
    let mut talk = Talk::new(Terms::new(Version::Tls10, 0x0035));
    for (n, message) in messages.iter().enumerate() {
        let (front, back) = message.split_at(n % 2);
        talk.say(true, front);
        talk.say(true, back);
    }
    check(&talk, &messages);
}

#[test]
fn keys_are_updated() {
    for suite in [0x1301, 0x1302, 0x1303] {
        let messages = dialog();
        let mut talk = Talk::new(Terms::new(Version::Tls13, suite));
        for (n, message) in messages.iter().enumerate() {
            talk.say(n % 2 == 0, message);
            talk.update_keys(n % 3 == 0);
        }
        check(&talk, &messages);
    }
}

#[test]
fn frames_are_handled_as_what_they_bring() {
    let messages = dialog();
    let mut talk = Talk::new(Terms::new(Version::Tls12, 0xc02f));
    talk.say(true, &messages[0]);
    talk.say(true, b"\r\n\r\n");
    let mut tap = tap(talk.keys());
    tap.play(&talk.segments(100_000));
    assert!(tap.fates.iter().all(Result::is_ok), "{:?}", tap.fates);
    let [.., sip, keep_alive] = tap.fates[..] else {
        panic!("too few frames")
    };
    assert_eq!(
        (sip, keep_alive),
        (Ok(Handled::Sip), Ok(Handled::KeepAlive))
    );
    assert_eq!(tap.transports, [Transport::Tls]);
}

/// RFC 8448, 3: the client's first application data.
#[test]
fn a_published_record_opens() {
    let secret = hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
    let secret = Secret::new(&secret).unwrap();
    let bytes = hex(
        "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62
         974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
    );
    let Parsed::Header(header) = record::parse(&bytes) else {
        panic!("no record")
    };
    let opener = Opener::from_traffic_secret(Suite::of(0x1301).unwrap(), &secret).unwrap();
    let opened = opener.open(0, header, &bytes[5..]).unwrap();
    assert_eq!(
        (opened.kind, opened.bytes),
        (23, (0..50).collect::<Vec<u8>>())
    );
    assert_eq!(opener.open(1, header, &bytes[5..]), None);
}

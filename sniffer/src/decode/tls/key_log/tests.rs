//! Bytes of a log in, secrets out.

use super::*;

fn random(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

fn secret(n: usize) -> String {
    "Ab".repeat(n)
}

/// The log that `text` makes, in parts of several sizes: secrets and malformed lines in it.
#[track_caller]
fn check(text: &str, n_secrets: u64, n_malformed: u64) -> KeyLog {
    let mut logs = [1, 7, usize::MAX].map(|size| {
        let mut log = KeyLog::growing();
        text.as_bytes()
            .chunks(size)
            .for_each(|part| log.add_lines(part));
        log.finish();
        log
    });
    for log in &logs {
        assert_eq!(
            (log.n_secrets(), log.n_malformed()),
            (n_secrets, n_malformed),
            "{text}"
        );
    }
    std::mem::take(&mut logs[0])
}

#[test]
fn every_label_has_its_place() {
    let labels = [
        ("CLIENT_RANDOM", 48),
        ("PMS_CLIENT_RANDOM", 48),
        ("CLIENT_EARLY_TRAFFIC_SECRET", 32),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 48),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", 48),
        ("CLIENT_TRAFFIC_SECRET_0", 32),
        ("SERVER_TRAFFIC_SECRET_0", 32),
    ];
    let lines = labels.map(|(label, n)| format!("{label} {} {}\n", random(7), secret(n)));
    let log = check(&lines.concat(), 7, 0);
    let secrets = log.session(&[7; 32]).unwrap();
    let of = |secret: &Option<Secret>| secret.unwrap().bytes().to_vec();
    assert_eq!(of(&secrets.master), [0xab; 48]);
    assert_eq!(of(&secrets.pre_master), [0xab; 48]);
    assert_eq!(of(&secrets.client_early), [0xab; 32]);
    assert_eq!(of(&secrets.client_handshake), [0xab; 48]);
    assert_eq!(of(&secrets.server_handshake), [0xab; 48]);
    assert_eq!(of(&secrets.client_traffic), [0xab; 32]);
    assert_eq!(of(&secrets.server_traffic), [0xab; 32]);
    assert!(log.session(&[8; 32]).is_none());
}

#[test]
fn pre_masters_are_found_by_their_encrypted_form() {
    let log = check(&format!("RSA 0102030405060708 {}", secret(48)), 1, 0);
    assert!(log.pre_master(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).is_some());
    assert!(log.pre_master(&[1, 2, 3, 4, 5, 6, 7]).is_none());
    assert!(log.pre_master(&[0; 8]).is_none());
}

#[test]
fn what_is_of_no_use_is_skipped() {
    check(
        "# SSL/TLS secrets log file\r\n\n   \nEXPORTER_SECRET 00 00\n",
        0,
        0,
    );
    check("CLIENT_TRAFFIC_SECRET_1 00 00\nNEW_LABEL", 0, 0);
}

#[test]
fn lines_may_end_in_any_way() {
    let line = format!("CLIENT_RANDOM {} {}", random(1), secret(48));
    check(&format!("{line}\r\n{line}\n{line}"), 3, 0);
    check(&format!("  {}  ", line.replace(' ', "\t")), 1, 0);
}

#[test]
fn malformed_lines_are_counted() {
    check("CLIENT_RANDOM", 0, 1);
    check(&format!("CLIENT_RANDOM {} {}", random(1), secret(32)), 0, 1);
    check(
        &format!("CLIENT_RANDOM {} {}0", random(1), secret(48)),
        0,
        1,
    );
    check(
        &format!("CLIENT_RANDOM {}x {}", &random(1)[1..], secret(48)),
        0,
        1,
    );
    check(
        &format!("CLIENT_RANDOM {} {} more", random(1), secret(48)),
        0,
        1,
    );
    check(
        &format!("SERVER_TRAFFIC_SECRET_0 {} {}", random(1), secret(33)),
        0,
        1,
    );
    check(&format!("RSA {} {}", random(1), secret(48)), 0, 1);
    check("\u{1}\u{2}\u{3}\nhello there\n", 0, 2);
    check(&format!("CLIENT_RANDOM {}\n#\n", "0".repeat(5000)), 0, 1);
}

#[test]
fn a_line_that_was_begun_can_be_dropped() {
    let mut log = KeyLog::growing();
    log.add_lines(b"CLIENT_RAN");
    log.drop_partial_line();
    log.add_lines(format!("CLIENT_RANDOM {} {}\n", random(1), secret(48)).as_bytes());
    assert_eq!((log.n_secrets(), log.n_malformed()), (1, 0));
}

#[test]
fn the_oldest_sessions_are_forgotten() {
    let mut log = KeyLog::growing();
    for n in 0..MAX_SESSIONS as u32 + 5 {
        let mut random = [0; 32];
        random[..4].copy_from_slice(&n.to_be_bytes());
        log.add(Line::Session(
            random,
            Label::Master,
            Secret::new(&[1; 48]).unwrap(),
        ));
    }
    assert_eq!(log.sessions.len(), MAX_SESSIONS);
    assert!(log.session(&[0; 32]).is_none());
}

#[test]
fn secrets_are_not_shown() {
    let log = check(&format!("CLIENT_RANDOM {} {}", random(1), secret(48)), 1, 0);
    let shown = format!("{log:?} {:?}", log.session(&[1; 32]));
    assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
}

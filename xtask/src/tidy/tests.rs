//! The checks, fed with sources that they must refuse, and with some that they must let pass.

use super::*;

/// The lines at which a file of the core is refused.
fn check(source: &str, expected: &[usize]) {
    let lines: Vec<usize> = core("sniffer/src/sip/message.rs", source)
        .iter()
        .filter_map(|told| told.split(':').nth(1)?.parse().ok())
        .collect();
    assert_eq!(lines, expected, "{source}");
}

#[test]
fn io_is_refused_however_it_is_spelt() {
    check("use std::fs;", &[1]);
    check("use std::{collections::BTreeMap, fs::File};", &[1]);
    check("use std::{\n    io::{self, Read},\n    fmt,\n};", &[2]);
    check("fn f() { std::thread::spawn(|| {}); }", &[1]);
    check(
        "fn f() {\n    let _ = ::std :: env\n :: var(\"X\");\n}",
        &[2],
    );
    check("pub(crate) use core::net::ToSocketAddrs as Hidden;", &[1]);
    check("use tokio::time;", &[1]);
    check(
        "use std::{fmt::{self, Write}, net::{IpAddr, TcpStream}};",
        &[1],
    );
    check("use crossbeam_channel::Sender;", &[1]);
    check("use flate2::read::GzDecoder;", &[1]);
}

#[test]
fn clocks_are_refused_behind_an_alias() {
    check("use std::time;\nfn f() { time::Instant::now(); }", &[2]);
    check(
        "use std::time as t;\nfn f() { t::SystemTime::now(); }",
        &[2],
    );
    check("use std as s;\nfn f() { s::fs::read(\"x\"); }", &[2]);
    check("use std::time::*;", &[1]);
    check("use std::*;", &[1]);
    check("use jiff::Timestamp;\nfn f() { Timestamp::now(); }", &[2]);
}

#[test]
fn the_outer_modules_are_refused() {
    check("use crate::capture::Frame;", &[1]);
    check("use super::super::pipeline;", &[1]);
    check("use crate::{cli, sdp};", &[1]);
    check("use crate::*;", &[1]);
    assert_eq!(
        core("sniffer/src/rtp/mod.rs", "use super::capture;").len(),
        1
    );
}

#[test]
fn printing_and_async_are_refused() {
    check("fn f() { println!(\"x\"); }", &[1]);
    check("fn f() { std::eprintln!(\"x\"); }", &[1]);
    check("async fn f() {}", &[1]);
}

#[test]
fn what_is_not_io_passes() {
    check(
        "use std::net::{IpAddr, SocketAddr};\nuse std::time::Duration;\nuse super::header;\nuse crate::time::Timestamp;",
        &[],
    );
    check(
        "use std::fmt::{self, Write as _};\nfn f() -> fmt::Result { write!(x, \"{}\", 1) }",
        &[],
    );
    check("fn print(fs: u8, io: u8) -> bool { fs != io }", &[]);
    check("use crate::rtp::{self, capture_time};", &[]);
    check("use flate2::Decompress;", &[]);
}

#[test]
fn comments_literals_and_tests_pass() {
    check(
        "// use std::fs;\n/* use std::io; /* nested */ use std::io; */\n",
        &[],
    );
    check(
        "const A: &str = \"std::fs \\\" std::io\";\nconst B: &str = r#\"std::fs \" std::io\"#;\nconst C: &[u8] = b\"std::fs\";",
        &[],
    );
    check(
        "const Q: char = '\"';\nuse std::fs;\nconst P: char = '\\'';\nuse std::io;",
        &[2, 4],
    );
    check("fn f<'a>(x: &'a str) {}\nuse std::fs;", &[2]);
    check(
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn f() { println!(); }\n}\nuse std::io;",
        &[6],
    );
    check("#[cfg(test)]\nmod tests;\nuse std::io;", &[3]);
    check("#[cfg(test)]\nuse std::fs;\n", &[]);
}

#[test]
fn only_files_of_the_core_are_judged() {
    let source = "use std::fs;";
    for path in [
        "sniffer/src/capture/file.rs",
        "sniffer/src/cli/mod.rs",
        "sniffer/src/sip/tests.rs",
        "xtask/src/ci.rs",
    ] {
        assert_eq!(core(path, source), [""; 0], "{path}");
    }
    for path in [
        "sniffer/src/time.rs",
        "sniffer/src/track/mod.rs",
        "sniffer/src/classify.rs",
    ] {
        assert_eq!(core(path, source).len(), 1, "{path}");
    }
}

#[test]
fn every_module_of_the_core_is_known_by_its_name() {
    for module in CORE {
        let src = root().join("sniffer/src");
        assert!(
            src.join(module).is_dir() || src.join(module).with_extension("rs").is_file(),
            "{module}"
        );
    }
}

#[test]
fn unsafe_is_refused_outside_its_place() {
    let source = "//! Text.\nfn f() { unsafe { g() } }\n";
    assert_eq!(unsafety("sniffer/src/decode/mod.rs", source).len(), 1);
    assert_eq!(unsafety("sniffer/src/capture/sys/ring.rs", source), [""; 0]);
    assert_eq!(
        unsafety(
            "xtask/src/ci.rs",
            "#![forbid(unsafe_code)] // unsafe\nconst S: &str = \"unsafe\";"
        ),
        [""; 0]
    );
}

#[test]
fn a_file_without_its_opening_is_refused() {
    assert!(opening("a.rs", "use x;\n").is_some());
    assert!(opening("a.rs", "//! What it is for.\n").is_none());
}

#[test]
fn a_crate_without_the_lints_is_refused() {
    assert!(
        lints(
            "x",
            "[package]\nname = \"x\"\n[dependencies]\nworkspace = true\n"
        )
        .is_some()
    );
    assert!(
        lints(
            "x",
            "[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"
        )
        .is_none()
    );
}

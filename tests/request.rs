//! `sipvane slice` beside a server that is not ours: what it asks, within TLS, and what it does with the answer.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{sipvane_with_env, stderr};

/// Answers one request within TLS; gives the head of the request, which is empty where the certificate was refused.
fn serve(pem: &(String, String), answer: &'static str) -> (u16, JoinHandle<String>) {
    let certificate = CertificateDer::from_pem_slice(pem.0.as_bytes()).expect("it is one");
    let key = PrivateKeyDer::from_pem_slice(pem.1.as_bytes()).expect("it is one");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they are there")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let serve = move || {
        let (stream, _) = listener.accept().expect("it connects");
        let session = ServerConnection::new(Arc::new(config)).expect("it is whole");
        let mut reader = BufReader::new(StreamOwned::new(session, stream));
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
            head.push_str(&line);
            line.clear();
        }
        // Who does not trust us is gone.
        let _ = reader.get_mut().write_all(answer.as_bytes());
        head
    };
    (port, std::thread::spawn(serve))
}

/// What it asked, its status, and what it said.
fn ask(folder: &Path, answer: &'static str, is_trusted: bool) -> (String, Option<i32>, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
    let path = |name: &str| folder.join(name).display().to_string();
    std::fs::write(path("authorities"), made.cert.pem()).expect("it can be written");
    std::fs::write(path("token"), "0123456789abcdef\n").expect("it can be written");
    let (port, server) = serve(&(made.cert.pem(), made.signing_key.serialize_pem()), answer);
    let (from, token, output) = (
        format!("https://localhost:{port}/below"),
        path("token"),
        path("out"),
    );
    let flags = ["--from", &from, "--token-file", &token, "-o", &output];
    let authorities = path("authorities");
    let trusted = [("SSL_CERT_FILE", &*authorities)];
    let trusted = if is_trusted { &trusted[..] } else { &[] };
    let output = sipvane_with_env(&[&["slice", "a+b@c"][..], &flags].concat(), trusted);
    let asked = server.join().expect("it does not panic");
    (asked, output.status.code(), stderr(&output))
}

#[test]
fn a_slice_is_asked_for_within_tls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";
    let (asked, code, said) = ask(folder.path(), whole, true);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        asked.starts_with("POST /below/slices?call_id=a%2Bb%40c HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(
        asked.contains("authorization: Bearer 0123456789abcdef\r\n"),
        "{asked}"
    );
    let out = folder.path().join("out");
    assert_eq!(std::fs::read_to_string(&out).expect("it is there"), "whole");

    let (_, code, said) = ask(
        folder.path(),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ncut",
        true,
    );
    assert!(
        code == Some(2) && said.contains("https://localhost:"),
        "{said}"
    );
    assert!(!out.exists(), "half a file is none");

    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 13\r\n\r\nnot \x1b[31mthere";
    let (_, code, said) = ask(folder.path(), missing, true);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("404 Not Found: not ") && !said.contains('\x1b'),
        "{said}"
    );

    let (asked, code, said) = ask(folder.path(), whole, false);
    assert_eq!((asked.as_str(), code), ("", Some(2)), "{said}");
    assert!(said.to_lowercase().contains("certificate"), "{said}");
}

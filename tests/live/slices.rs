//! Slices of a live capture: of a call that fails by itself, and of any call for whoever asks with the token.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::stage::Stage;
use super::wire::{Beside, ENDS, may_go_on};
use super::{PORT, wait_for};
use crate::sipp::pause;
use crate::slices::tshark;
use crate::stderr;

const TOKEN: &str = "a-token.of/24+signs~here";

/// The callee of a call that fails.
const REFUSES: &str = r#"<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="refuses">
  <recv request="INVITE"/>
  <send><![CDATA[
      SIP/2.0 503 Service Unavailable
      [last_Via:]
      [last_From:]
      [last_To:];tag=[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
"#;

/// Its caller.
const REFUSED: &str = r#"<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="refused">
  <send><![CDATA[
      INVITE sip:nobody@[remote_ip] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:caller@[local_ip]>;tag=[call_number]
      To: <sip:nobody@[remote_ip]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="503"/>
  <send><![CDATA[
      ACK sip:nobody@[remote_ip] SIP/2.0
      [last_Via:]
      [last_From:]
      [last_To:]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
</scenario>
"#;

/// A capture with a configuration of these lines.
fn stage(config: &str, arguments: &[&str]) -> Stage {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), config).expect("the file is ours");
    let path = file.path().to_str().expect("its name is UTF-8");
    // It is read before the capture begins.
    let usual = ["--format", "none", "--listen", "127.0.0.1:9460", "--config"];
    Stage::open(&[&usual[..], &[path], arguments].concat())
}

impl Stage {
    /// Asks for a slice; gives the status, the headers and the file.
    fn slice(&self, call_id: &str, token: Option<&str>) -> (u16, String, Vec<u8>) {
        let request = format!("POST /slices?call_id={}", call_id.replace('@', "%40"));
        self.wire.ask(1, PORT, &request, token)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn has_failing_call(&self) {
        fs::write(self.path("refuses.xml"), REFUSES).expect("the folder is ours");
        fs::write(self.path("refused.xml"), REFUSED).expect("the folder is ours");
        let callee = self.sipp(1, &["-sf", "refuses.xml", "-m", "1"]);
        pause(Duration::from_millis(500));
        let caller = [
            "-sf",
            "refused.xml",
            "-m",
            "1",
            "-cid_str",
            "failed@a",
            ENDS[1].1,
        ];
        self.sipp(0, &caller).finish();
        callee.finish();
    }

    /// What `sipvane slice` says, and the file.
    fn command(&self, call_id: &str, token: &str) -> (Option<i32>, String, Vec<u8>) {
        fs::write(self.path("token"), token).expect("the folder is ours");
        let output = self
            .wire
            .at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args([
                "slice",
                call_id,
                "--token-file",
                "token",
                "-o",
                "saved.pcapng",
            ])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .output()
            .expect("the binary is built");
        let file = fs::read(self.path("saved.pcapng")).unwrap_or_default();
        (output.status.code(), stderr(&output), file)
    }
}

/// The Call-IDs of SIP messages, and how many RTP packets there are.
fn read(capture: &Path) -> (Vec<String>, usize) {
    let call_ids = tshark(capture, &["-Y", "sip", "-T", "fields", "-e", "sip.Call-ID"]);
    let rtp = tshark(capture, &["-Y", "rtp", "-T", "fields", "-e", "rtp.seq"]);
    (call_ids, rtp.len())
}

/// As many messages of this call as in the capture beside it, and as many RTP packets as all of that.
fn check_whole(slice: &Path, wire: &Path, call_id: &str) {
    let ((found, rtp), (mut passed, all_rtp)) = (read(slice), read(wire));
    passed.retain(|id| id == call_id);
    assert!(passed.len() > 2 && all_rtp > 100, "{passed:?} {all_rtp}");
    assert_eq!((found, rtp), (passed, all_rtp));
}

#[test]
fn packets_of_calls_are_cut_by_rule_and_on_request() {
    if !may_go_on("live::slices::packets_of_calls_are_cut_by_rule_and_on_request") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let into = folder.path().to_str().expect("its name is UTF-8");
    let config = format!("[http]\ntoken = \"{TOKEN}\"\n[slices]\nwhen = [\"outcome = failed\"]\n");
    let stage = stage(&config, &["--slices", into]);
    stage.has_failing_call();
    let callee = stage.sipp(1, &["-sn", "uas", "-m", "1"]);
    pause(Duration::from_millis(500));
    let call = [
        "-sn", "uac_pcap", "-m", "1", "-mp", "16000", "-cid_str", "long@b", ENDS[1].1,
    ];
    let caller: Beside = stage.sipp(0, &call);
    let asked = stage.path("asked.pcapng");

    // While it lasts.
    let (messages, _) = wait_for(|| {
        let (status, head, file) = stage.slice("long@b", Some(TOKEN));
        let found = (status == 200).then(|| {
            fs::write(&asked, file).expect("the folder is ours");
            assert!(head.contains("application/vnd.tcpdump.pcap"), "{head}");
            assert!(
                head.contains("filename=\"20") && head.contains("-long_b-"),
                "{head}"
            );
            read(&asked)
        })?;
        (found.1 > 50).then_some(found)
    });
    assert!(
        messages.len() >= 3 && messages.iter().all(|id| id == "long@b"),
        "{messages:?}"
    );

    // Who may not, and what is not there.
    let status = |request: &str, token| stage.wire.ask(1, PORT, request, token).0;
    assert_eq!(stage.slice("long@b", None).0, 401);
    assert_eq!(
        stage.slice("long@b", Some("a-token.of/24+signs~herE")).0,
        401
    );
    assert_eq!(status("GET /slices?call_id=long%40b", Some(TOKEN)), 405);
    assert_eq!(status("POST /slices", Some(TOKEN)), 400);
    assert_eq!(stage.slice("nobody@b", Some(TOKEN)).0, 404);

    // When it is over: by HTTP and by the command.
    caller.finish();
    callee.finish();
    pause(Duration::from_secs(2));
    let (code, said, file) = stage.command("long@b", TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(stage.slice("long@b", Some(TOKEN)).2, file);
    fs::write(&asked, file).expect("the folder is ours");
    let (code, said, _) = stage.command("nobody@b", TOKEN);
    assert!(
        code == Some(1) && said.contains("no packet with this Call-ID"),
        "{said}"
    );
    let (code, said, _) = stage.command("long@b", "another-token-of-24-signs");
    assert!(code == Some(2) && said.contains("Authorization"), "{said}");

    // The one that failed is written when its record is.
    let slice = wait_for(|| {
        let files = fs::read_dir(folder.path()).expect("it is there");
        let mut paths = files.flatten().map(|file| file.path());
        paths.find(|path| path.to_string_lossy().ends_with(".slice.pcapng"))
    });
    assert_eq!(read(&slice), (vec!["failed@a".to_owned(); 3], 0));
    let wire = stage.path("wire.pcapng");
    let (status, said) = stage.live.end("-TERM");
    stage.capture.end("-INT");
    check_whole(&asked, &wire, "long@b");
    assert!(
        status.success() && said.contains("sipvane: slices: 1 calls = 1 written"),
        "{said}"
    );
    assert!(!said.contains(TOKEN) && !said.contains("long@b"), "{said}");
}

#[test]
fn nobody_is_given_a_slice_where_that_is_not_configured() {
    if !may_go_on("live::slices::nobody_is_given_a_slice_where_that_is_not_configured") {
        return;
    }
    let check = |config: &str, token, expected: (u16, &str)| {
        let stage = stage(config, &[]);
        let (status, _, body) = stage.slice("a@b", token);
        let body = String::from_utf8_lossy(&body);
        assert_eq!(status, expected.0, "{body}");
        assert!(body.contains(expected.1), "{body}");
        stage.live.end("-TERM");
    };
    check("", Some(TOKEN), (403, "set http.token or http.token_file"));
    let config = format!("[http]\ntoken = \"{TOKEN}\"\n");
    check(
        &config,
        Some(TOKEN),
        (503, "slices are off: set slices.dir"),
    );
}

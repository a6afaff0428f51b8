//! A configuration that is changed while the capture goes on.

use std::fs;

use super::stage::Stage;
use super::wire::may_go_on;
use super::{PORT, wait_for};
use crate::metrics::samples;
use crate::root;

/// Names a trunk.
fn trunk(path: &std::path::Path, name: &str, interval_s: u16) {
    let text = format!(
        "[[trunk]]\nname = \"{name}\"\nnetworks = [\"192.0.2.0/24\"]\n[quality]\ninterval_s = {interval_s}\n"
    );
    fs::write(path, text).expect("the folder is ours");
}

#[test]
fn a_changed_configuration_is_heeded_and_nothing_is_lost() {
    if !may_go_on("live::reload::a_changed_configuration_is_heeded_and_nothing_is_lost") {
        return;
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    trunk(file.path(), "before", 5);
    let path = file.path().to_str().expect("its name is UTF-8");
    let arguments = [
        "--format",
        "none",
        "--listen",
        "127.0.0.1:9460",
        "--workers",
        "2",
    ];
    let stage = Stage::open(&[&arguments[..], &["--config", path]].concat());
    let scrape = || samples(&stage.wire.page(1, PORT, "/metrics").1);
    let invites = "sip_requests_total{method=\"INVITE\"}";
    stage
        .wire
        .send(0, &root().join("pcaps/carriers/ip/v4.pcap"));
    let before = wait_for(|| Some(scrape()).filter(|page| page.get(invites) == Some(&1.0)));
    assert!(before.contains_key("sip_trunk_session_requests_total{trunk=\"before\"}"));
    trunk(file.path(), "after", 10);
    stage.live.signal("-HUP");
    stage.live.wait_for("takes a restart");
    let said = stage.live.said();
    assert!(said.contains("trunk[0].name"), "{said}");
    assert!(said.contains("quality.interval_s"), "{said}");
    let after = wait_for(|| {
        let trunk = "sip_trunk_session_requests_total{trunk=\"after\"}";
        Some(scrape()).filter(|page| page.contains_key(trunk))
    });
    assert_eq!(after.get(invites), Some(&1.0));
    let dialogs = |page: &crate::metrics::Samples| -> f64 {
        let states = page
            .iter()
            .filter(|(name, _)| name.starts_with("sip_dialogs{"));
        states.map(|(_, n)| n).sum()
    };
    assert_eq!((dialogs(&before), dialogs(&after)), (1.0, 1.0));
    fs::write(file.path(), "[qualty]\n").expect("the file is ours");
    stage.live.signal("-HUP");
    stage.live.wait_for("stays as it was");
    stage.live.end("-TERM");
}

//! The systemd unit, the container file and the compose file: what they name is there. No container engine is run.

use std::path::Path;
use std::process::Command;

use super::chart::rendered;
use super::{deployed, text};
use crate::{root, sipvane, stderr, stdout};

/// Exposure that `systemd-analyze security` may find, of 100.
const MOST_EXPOSED: &str = "20";

/// Gives what it says; the test fails where it is against the unit.
fn analyze(arguments: &[&str], unit: &Path) -> String {
    let output = Command::new("systemd-analyze")
        .args(arguments)
        .arg(unit)
        .output()
        .expect("systemd-analyze is installed: cargo xtask test does it");
    let said = stdout(&output) + &stderr(&output);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_unit_is_one_and_keeps_to_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let unit = folder.path().join("sipvane.service");
    let written = text(&deployed("systemd/sipvane.service"));
    let with_ours = written
        .replace("/usr/bin/sipvane", env!("CARGO_BIN_EXE_sipvane"))
        .replace("man:sipvane(1) ", "");
    std::fs::write(&unit, with_ours).expect("the folder is ours");
    // It may have something to say of other units of this machine.
    let said = analyze(&["verify", "--man=no"], &unit);
    assert!(!said.contains("sipvane.service:"), "{said}");
    let limit = format!("--threshold={MOST_EXPOSED}");
    analyze(&["security", "--offline=true", "--no-pager", &limit], &unit);
}

#[test]
fn configurations_that_come_along_can_be_used() {
    for file in ["systemd/sipvane.toml", "compose/sipvane.toml"] {
        let path = deployed(file);
        let output = sipvane(&["config", "check", path.to_str().expect("its name is UTF-8")]);
        assert!(output.status.success(), "{file}: {}", stderr(&output));
    }
}

/// What is copied is there, and what is left out of the build's context is not copied.
#[test]
fn the_container_file_copies_what_there_is() {
    let ignored = text(&deployed("Dockerfile.dockerignore"));
    let file = text(&deployed("Dockerfile"));
    let copies = file.lines().filter_map(|line| line.strip_prefix("COPY "));
    let mut n = 0;
    for copied in copies.filter(|copied| !copied.starts_with("--from")) {
        let words: Vec<&str> = copied.split_whitespace().collect();
        let (_, sources) = words.split_last().expect("it has a destination");
        for source in sources {
            assert!(root().join(source).exists(), "{source} is not there");
            let line = format!("!{source}");
            assert!(
                ignored.lines().any(|kept| kept == line),
                "{source} is not in the context"
            );
            n += 1;
        }
    }
    assert!(n > 5, "nothing is copied");
    let toolchain = text(&root().join("rust-toolchain.toml"));
    let image = file
        .lines()
        .find_map(|line| line.strip_prefix("FROM rust:"));
    let version = image
        .and_then(|image| image.split('-').next())
        .expect("it has one");
    assert!(
        toolchain.contains(&format!("\"{version}")),
        "{version} is not the toolchain"
    );
    let user = file.lines().find_map(|line| line.strip_prefix("USER "));
    assert!(user.is_some_and(|user| !user.starts_with('0')), "{user:?}");
}

#[test]
fn the_compose_file_mounts_what_there_is() {
    let compose = &rendered(&deployed("compose/compose.yaml"), &["-"])[0];
    let services = compose["services"].as_object().expect("it has services");
    let named = compose["volumes"].as_object().expect("it has volumes");
    for (name, service) in services {
        for volume in service["volumes"].as_array().expect("each has some") {
            let source = volume.as_str().and_then(|volume| volume.split(':').next());
            let source = source.expect("it is a path");
            let there = named.contains_key(source) || deployed("compose").join(source).exists();
            assert!(there, "{name} mounts {source}");
        }
    }
    assert_eq!(
        services["sipvane"]["cap_add"],
        serde_json::json!(["NET_RAW"])
    );
    let provider = text(&deployed("grafana/provisioning/dashboards/sipvane.yml"));
    let folder = "/etc/sipvane/dashboards";
    assert!(provider.contains(folder) && services["grafana"].to_string().contains(folder));
}

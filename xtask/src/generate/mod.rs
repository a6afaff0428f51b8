//! `cargo xtask gen`: synthetic captures, the same bytes on every machine, each with its truth beside it.
//!
//! A capture is a scenario played onto a [`tape::Tape`]; the scenario knows what it played, and the truth file says so.

mod call;
mod connection;
mod demo;
pub(crate) mod file;
mod hep;
pub(crate) mod packet;
pub(crate) mod rng;
mod rtcp;
mod rtp;
mod sdp;
mod sip;
mod stream;
mod tape;
mod tls;
mod topics;
pub(crate) mod truth;
mod tunnel;
mod websocket;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Outcome, root};
use file::Frame;
use tape::Tape;
use truth::Truth;

/// What a capture's frames are written as.
enum Format {
    /// Classic pcap.
    Pcap,
    /// pcapng with the interfaces of [`topics::INTERFACES`].
    TwoInterfaces,
    /// Classic pcap without the last bytes of its last frame.
    Cut,
}

/// A scenario and the file it becomes.
struct Scenario {
    path: &'static str,
    format: Format,
    play: fn(&mut Tape),
}

const fn pcap(path: &'static str, play: fn(&mut Tape)) -> Scenario {
    Scenario {
        path,
        format: Format::Pcap,
        play,
    }
}

/// The generated captures of one topic each.
const SCENARIOS: &[Scenario] = &[
    pcap("demo.pcap", demo::demo),
    pcap("calls/hold.pcap", topics::hold),
    pcap("calls/fork.pcap", topics::fork),
    pcap("calls/early-media.pcap", topics::early_media),
    pcap("calls/opus.pcap", topics::opus),
    pcap("network/ipv6.pcap", topics::ipv6),
    pcap("network/tcp.pcap", topics::tcp),
    pcap("network/vlan.pcap", topics::vlan),
    pcap("network/fragments.pcap", topics::fragments),
    pcap("network/gtpu.pcap", topics::gtpu),
    pcap("network/hep.pcap", topics::hep),
    Scenario {
        path: "files/two-interfaces.pcapng",
        format: Format::TwoInterfaces,
        play: topics::two_interfaces,
    },
    Scenario {
        path: "files/cut.pcap",
        format: Format::Cut,
        play: topics::cut,
    },
];

/// A file as the generator makes it.
pub(crate) struct Generated {
    /// Where it belongs, from the directory of captures.
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// Where the captures of the project are.
pub(crate) fn directory() -> PathBuf {
    root().join("pcaps")
}

/// Writes every capture and its truth under `dir`.
pub(crate) fn write(dir: &Path) -> Outcome {
    for file in all() {
        let path = dir.join(&file.path);
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent)
            .map_err(|e| format!("cannot create {}: {e}", parent.display()))?;
        fs::write(&path, &file.bytes)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    Ok(())
}

/// Compares what the generator makes now with the files under `dir`, and names those that differ.
pub(crate) fn check(dir: &Path) -> Outcome {
    let differs =
        |file: &Generated| fs::read(dir.join(&file.path)).ok().as_ref() != Some(&file.bytes);
    let stale: Vec<String> = all()
        .iter()
        .filter(|file| differs(file))
        .map(|file| file.path.display().to_string())
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "not what the generator makes: {}; run `cargo xtask gen` and look at the difference",
        stale.join(", ")
    ))
}

/// Every capture and every truth file.
pub(crate) fn all() -> Vec<Generated> {
    scenarios().flat_map(generate).collect()
}

/// Every generated capture.
fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().chain(topics::CARRIERS)
}

/// The capture, its truth, and the key log where it takes one to read it.
fn generate(scenario: &Scenario) -> Vec<Generated> {
    let mut tape = Tape::default();
    (scenario.play)(&mut tape);
    let key_log = tape.stream.and_then(stream::Kind::key_log);
    let (frames, mut truth) = tape.finish();
    let bytes = encode(&scenario.format, &frames, &mut truth);
    let path = PathBuf::from(scenario.path);
    let mut text = serde_json::to_string_pretty(&truth).expect("the truth is strings and numbers");
    text.push('\n');
    let beside = |extension: &str, text: String| Generated {
        path: path.with_extension(extension),
        bytes: text.into_bytes(),
    };
    let key_log = key_log.map(|text| beside("keylog.txt", text));
    let truth = beside("json", text);
    let capture = Generated { path, bytes };
    [capture, truth].into_iter().chain(key_log).collect()
}

fn encode(format: &Format, frames: &[Frame], truth: &mut Truth) -> Vec<u8> {
    match format {
        Format::Pcap => file::pcap(frames),
        Format::TwoInterfaces => file::pcapng(topics::INTERFACES, frames),
        Format::Cut => {
            let mut bytes = file::pcap(frames);
            bytes.truncate(bytes.len() - 100);
            truth.packets -= 1;
            if let Some(n) = truth.responses.get_mut("200") {
                *n -= 1;
            }
            bytes
        }
    }
}

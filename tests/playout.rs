//! The emulated jitter buffers against a slow receiver that keeps every packet: over all bundled captures, over those
//! below the folder that `PLAYOUT_CORPUS` names if it is set, and over streams that suffer in known ways.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sniffer::capture::Captures;
use sniffer::decode::{Decoded, Decoder, Limits, Payload};

use crate::impaired::late_of;
use crate::impaired::source::impaired;
use crate::{captures, captures_below, root, sipvane_in, stdout};

/// A packet of a stream of 8 kHz speech, or of comfort noise.
#[derive(Clone, Copy)]
struct Packet {
    at_ms: f64,
    seq: u16,
    ts: u32,
    marker: bool,
    is_noise: bool,
}

/// A packet that was played: when it came, its transit, and where playout had last begun anew.
struct Played {
    at_ms: f64,
    transit_ms: f64,
    behind_ms: f64,
}

/// A receiver without bounds on memory or time.
#[derive(Default)]
struct Receiver {
    seen: HashSet<i64>,
    highest: i64,
    held: Option<u16>,
    last: Option<Packet>,
    transit_ms: f64,
    after_noise: bool,
    /// What was played since playout last began anew, and from where on the floor counts.
    played: Vec<Played>,
    /// Beginnings of the spells of half a second, as indices into `played`.
    spells: Vec<usize>,
    spell_begins_ms: f64,
    row: usize,
    /// Offsets from the mean before each packet, of the whole stream; the mean begins anew with playout.
    mean_ms: f64,
    deviation_ms: f64,
    late: [u64; 3],
}

#[derive(PartialEq)]
enum Place {
    Next,
    Reordered,
    Copy,
    Held,
    Restart,
}

impl Receiver {
    fn late_of(packets: &[Packet]) -> [u64; 3] {
        let mut receiver = Receiver {
            deviation_ms: 15.0,
            ..Receiver::default()
        };
        packets.iter().for_each(|packet| receiver.take(*packet));
        receiver.late
    }

    fn place(&mut self, seq: u16) -> Place {
        if self.seen.is_empty() {
            self.highest = i64::from(seq);
            self.seen.insert(self.highest);
            return Place::Next;
        }
        let step = i64::from(seq.wrapping_sub(self.highest as u16));
        let back = i64::from((self.highest as u16).wrapping_sub(seq));
        if back < 100 {
            match self.seen.insert(self.highest - back) {
                true => Place::Reordered,
                false => Place::Copy,
            }
        } else if step < 3000 {
            self.highest += step;
            self.seen.insert(self.highest);
            self.held = None;
            Place::Next
        } else if self.held.is_some_and(|held| held.wrapping_add(1) == seq) {
            self.held = None;
            self.highest = i64::from(seq);
            self.seen = HashSet::from([self.highest, self.highest - 1]);
            Place::Restart
        } else {
            self.held = Some(seq);
            Place::Held
        }
    }

    fn take(&mut self, packet: Packet) {
        let place = self.place(packet.seq);
        if packet.is_noise {
            self.after_noise = true;
            return;
        }
        if place == Place::Held {
            return;
        }
        let spurt = place == Place::Next && (packet.marker || self.after_noise);
        self.after_noise = false;
        let Some(last) = self.last.replace(packet) else {
            self.begin_anew();
            return self.play(packet.at_ms);
        };
        let units = f64::from(packet.ts.wrapping_sub(last.ts) as i32);
        let apart_ms = packet.at_ms - last.at_ms;
        let difference_ms = apart_ms - units / 8.0;
        let behind = matches!(place, Place::Reordered | Place::Copy);
        let anew = place == Place::Restart || (spurt && apart_ms > 100.0);
        if !anew && behind && difference_ms.abs() > 1000.0 {
            self.last = Some(last);
            if place == Place::Reordered {
                self.late.iter_mut().for_each(|n| *n += 1);
            }
            return;
        }
        if anew || !(-1000.0..=5000.0).contains(&difference_ms) {
            self.begin_anew();
        } else {
            self.transit_ms += difference_ms;
        }
        if place != Place::Copy {
            self.play(packet.at_ms);
        }
    }

    fn begin_anew(&mut self) {
        self.played.clear();
        self.spells.clear();
        self.row = 0;
        self.mean_ms = self.transit_ms;
    }

    fn play(&mut self, at_ms: f64) {
        if self.spells.is_empty() || at_ms - self.spell_begins_ms >= 500.0 {
            self.spells.push(self.played.len());
            self.spell_begins_ms = at_ms;
        }
        let from = self.spells[self.spells.len().saturating_sub(2)];
        let recent = self.played[from..].iter().map(|packet| packet.transit_ms);
        let behind_ms = self.transit_ms - recent.fold(self.transit_ms, f64::min);
        self.played.push(Played {
            at_ms,
            transit_ms: self.transit_ms,
            behind_ms,
        });
        let offset_ms = self.transit_ms - self.mean_ms;
        let wait_ms = (4.0 * self.deviation_ms).max(20.0);
        let is_late = [
            behind_ms > 50.0,
            behind_ms > 200.0,
            offset_ms > wait_ms || behind_ms > 500.0,
        ];
        self.late
            .iter_mut()
            .zip(is_late)
            .for_each(|(n, late)| *n += u64::from(late));
        self.mean_ms += offset_ms / 16.0;
        self.deviation_ms += (offset_ms.abs() - self.deviation_ms) / 16.0;
        self.follow();
    }

    /// Eight packets in a row more than 50 ms behind and within 50 ms of each other: from there on the floor is theirs.
    fn follow(&mut self) {
        let n = self.played.len();
        if self.played[n - 1].behind_ms <= 50.0 {
            self.row = n;
            return;
        }
        let spread = |row: &[Played]| {
            let transits = row.iter().map(|packet| packet.transit_ms);
            transits.clone().fold(f64::MIN, f64::max) - transits.fold(f64::MAX, f64::min)
        };
        if spread(&self.played[self.row..]) > 50.0 {
            self.row = n - 1;
        }
        if n - self.row == 8 {
            let row = self.played.split_off(self.row);
            self.spell_begins_ms = row[row.len() - 1].at_ms;
            self.played = row;
            self.spells = vec![0];
            self.row = self.played.len();
        }
    }
}

/// The packets of every stream of 8 kHz speech by static payload types, as `SSRC source>destination`.
fn streams_of(capture: &Path) -> BTreeMap<String, Vec<Packet>> {
    let mut streams: BTreeMap<String, Vec<Packet>> = BTreeMap::new();
    // Some captures of a corpus are there to be refused.
    let Ok(mut captures) = Captures::open(&[capture.to_owned()]) else {
        return streams;
    };
    let mut decoder = Decoder::new(Limits::default()).without_copies();
    let mut first = None;
    while let Some(frame) = captures.next_frame() {
        let Decoded::Packet(packet) = decoder.decode(&frame) else {
            continue;
        };
        let Payload::Udp(datagram) = packet.payload else {
            continue;
        };
        let first = *first.get_or_insert(packet.at);
        let at_ms = packet.at.since(first).as_millis_f64();
        if let Some((ssrc, packet)) = rtp(at_ms, datagram.bytes) {
            let name = name(ssrc, datagram.src, datagram.dst);
            streams.entry(name).or_default().push(packet);
        }
    }
    streams
}

fn name(ssrc: u32, src: SocketAddr, dst: SocketAddr) -> String {
    format!("0x{ssrc:08x} {src}>{dst}")
}

fn rtp(at_ms: f64, bytes: &[u8]) -> Option<(u32, Packet)> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_noise = word(0)? >> 16 & 0x7f == 13;
    let is_speech = matches!(word(0)? >> 16 & 0x7f, 0 | 3 | 8 | 18);
    let packet = Packet {
        at_ms,
        seq: word(0)? as u16,
        ts: word(4)?,
        marker: word(0)? >> 23 & 1 == 1,
        is_noise,
    };
    (word(0)? >> 30 == 2 && (is_speech || is_noise)).then_some((word(8)?, packet))
}

fn figures(stream: &Value) -> Option<[u64; 3]> {
    let figure = |name: &str| stream[name].as_u64();
    Some([
        figure("late")?,
        figure("late_f2")?,
        figure("late_adaptive")?,
    ])
}

/// Compares every stream of the captures below `folder`; gives how many there were, and those that differ.
fn compare(folder: &Path, captures: &[String]) -> (usize, Vec<String>) {
    let (mut compared, mut differ) = (0, Vec::new());
    for capture in captures {
        let streams = streams_of(&folder.join(capture));
        let output = stdout(&sipvane_in(
            folder,
            &[
                "replay", "--quiet", "--format", "json", "--only", "streams", capture,
            ],
        ));
        let report: Value = serde_json::from_str(&output).unwrap_or_default();
        for stream in report["streams"].as_array().into_iter().flatten() {
            let text = |name: &str| stream[name].as_str().unwrap_or_default().to_owned();
            let name = format!("{} {}>{}", text("ssrc"), text("src"), text("dst"));
            let packets = streams.get(&name).map_or(&[][..], Vec::as_slice);
            // Others have payload types of other clocks or events among them.
            if stream["packets"].as_u64() != Some(packets.len() as u64) {
                continue;
            }
            compared += 1;
            let (got, late) = (figures(stream), Receiver::late_of(packets));
            if got != Some(late) {
                differ.push(format!("{capture} {name}: {got:?}, truly {late:?}"));
            }
        }
    }
    (compared, differ)
}

#[test]
fn late_packets_of_all_captures() {
    let (compared, differ) = compare(&root().join("pcaps"), &captures());
    assert_eq!(differ, [""; 0]);
    assert!(compared > 20, "{compared} streams");
    let Some(corpus) = std::env::var_os("PLAYOUT_CORPUS").map(PathBuf::from) else {
        return;
    };
    let corpus = root().join(corpus);
    let (compared, differ) = compare(&corpus, &captures_below(&corpus));
    println!("{compared} streams of {}", corpus.display());
    assert_eq!(differ, [""; 0]);
}

#[test]
fn late_packets_of_impaired_streams() {
    for seed in 0..200 {
        let (arrivals, _) = impaired(seed);
        let packets: Vec<_> = arrivals
            .iter()
            .map(|packet| Packet {
                at_ms: packet.at as f64 / 1e6,
                seq: packet.seq,
                ts: packet.ts,
                marker: packet.marker,
                is_noise: false,
            })
            .collect();
        assert_eq!(
            late_of(&arrivals),
            Receiver::late_of(&packets),
            "seed {seed}"
        );
    }
}

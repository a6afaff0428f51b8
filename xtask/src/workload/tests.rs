//! Small workloads: the same bytes twice, in order of time, and as many of everything as the truth says.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

/// The file and the truth of a workload.
fn made(kind: Kind, flags: &str) -> (Vec<u8>, Truth) {
    let line = format!("gen --workload media {flags}");
    let options = Line::parse_from(line.split_whitespace()).options;
    let mut file = Vec::new();
    let truth = play(kind, &options, &mut Sink::new(&mut file, &options)).unwrap();
    (file, truth)
}

/// Times and captured lengths of the frames.
fn frames(file: &[u8]) -> Vec<(u64, usize)> {
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut rest = &file[24..];
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let at = u64::from(word(rest, 0)) * 1_000_000 + u64::from(word(rest, 4));
        let length = word(rest, 8) as usize;
        frames.push((at, length));
        rest = &rest[16 + length..];
    }
    frames
}

fn check(kind: Kind, flags: &str) -> Truth {
    let (file, truth) = made(kind, flags);
    let frames = frames(&file);
    assert_eq!(frames.len() as u64, truth.packets, "{kind:?} {flags}");
    assert!(frames.is_sorted_by_key(|frame| frame.0), "{kind:?} {flags}");
    assert!(made(kind, flags) == (file, truth), "{kind:?} {flags}");
    made(kind, flags).1
}

#[test]
fn media_of_concurrent_calls() {
    for flags in ["", "--ipv6", "--vlan", "--codec mix", "--snap 54"] {
        let truth = check(Kind::Media, &format!("--calls 10 --seconds 6 {flags}"));
        assert_eq!((truth.calls, truth.streams), (10, 20));
        assert_eq!(truth.rtcp, 20);
        assert!(
            truth.lost > 0 && truth.rtp + truth.lost > 5_950,
            "{truth:?}"
        );
        assert_eq!(truth.packets, truth.rtp + truth.rtcp + 70);
    }
}

#[test]
fn attempts() {
    for flags in ["", "--ipv6", "--vlan", "--tcp"] {
        let truth = check(Kind::Attempts, &format!("--calls 500 {flags}"));
        let refused = truth.calls - truth.answered;
        assert!((20..100).contains(&refused), "{truth:?}");
        let messages = 7 * truth.answered + 5 * refused;
        let handshakes = if flags == "--tcp" { 3 * 64 } else { 0 };
        assert_eq!(truth.packets, messages + handshakes);
    }
}

#[test]
fn floods() {
    assert_eq!(check(Kind::CallIdFlood, "--calls 300").packets, 300);
    assert_eq!(check(Kind::SsrcFlood, "--calls 300").rtp, 300);
}

#[test]
fn another_seed_makes_another_file() {
    let flags = "--calls 2 --seconds 1 --seed";
    let [one, two] = [1, 2].map(|seed| made(Kind::Media, &format!("{flags} {seed}")).0);
    assert!(one != two);
}

#[test]
fn impaired_streams() {
    let truth = check(Kind::Impaired, "--calls 8");
    assert_eq!((truth.streams, truth.packets), (8, truth.rtp));
    assert!(truth.lost > 0, "{truth:?}");
}

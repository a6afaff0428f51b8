//! The gold beside the corpus: what tshark reports for each capture, in the mode that suits it.
//!
//! Signalling is taken from the default mode, or from the mode that opens what the default one leaves shut
//! (`esp-null`, `port6060`, `keylog`), since Sipvane finds SIP by its content and is given the key log that stands beside
//! a capture. Media are taken from the mode that looks for RTP without signalling, or else from the default one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::facts::{Facts, StreamFacts, StreamKey};

/// Modes that open more than signalling.
const OPENING: [&str; 2] = ["esp-null", "port6060"];
/// The mode that opens TLS, in which only signalling is.
const KEYLOG: &str = "keylog";

/// Gold of every capture, by its path in the corpus.
pub(super) type Gold = BTreeMap<String, Facts>;

/// Reads `ALL.summary.tsv` and `ALL.rtp-streams.tsv` in `dir`.
pub(super) fn read(dir: &Path) -> Result<Gold, String> {
    let open = |name: &str| {
        let path = dir.join(name);
        std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))
    };
    parse(&open("ALL.summary.tsv")?, &open("ALL.rtp-streams.tsv")?)
}

fn parse(summary: &str, streams: &str) -> Result<Gold, String> {
    let mut gold = Gold::new();
    let rows = rows(summary)?;
    let modes = modes(&rows);
    for row in &rows {
        let facts = gold.entry(row["file"].to_owned()).or_default();
        count(facts, row, &modes[row["file"]])?;
    }
    add_streams(&mut gold, streams)?;
    Ok(gold)
}

/// A row by column name.
type Row<'a> = BTreeMap<&'a str, &'a str>;

fn rows(table: &str) -> Result<Vec<Row<'_>>, String> {
    let mut lines = table.lines();
    let head: Vec<&str> = lines
        .next()
        .ok_or("a gold table is empty")?
        .split('\t')
        .collect();
    let row = |line| {
        let cells: Vec<&str> = str::split(line, '\t').collect();
        let short = cells.len() != head.len();
        if short {
            Err(format!("a gold row has {} cells: {line}", cells.len()))
        } else {
            Ok(head.iter().copied().zip(cells).collect())
        }
    };
    lines.map(row).collect()
}

/// The modes that tshark was run in, by capture.
fn modes<'a>(rows: &[Row<'a>]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut modes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        modes.entry(row["file"]).or_default().insert(row["mode"]);
    }
    modes
}

/// Takes a row of the summary into the facts, if its mode is the one that holds for its item.
fn count(facts: &mut Facts, row: &Row<'_>, modes: &BTreeSet<&str>) -> Result<(), String> {
    let opening = OPENING.into_iter().find(|mode| modes.contains(mode));
    let signalling = opening
        .or_else(|| modes.contains(KEYLOG).then_some(KEYLOG))
        .unwrap_or("default");
    let media = opening
        .or_else(|| modes.contains("heuristic").then_some("heuristic"))
        .unwrap_or("default");
    let item = row["item"];
    if row["mode"]
        != if item == "rtcp_packet" {
            media
        } else {
            signalling
        }
    {
        return Ok(());
    }
    let n: u64 = number(row, "count")?;
    match item {
        "sip_request" => *facts.requests.entry(row["value"].to_owned()).or_default() += n,
        "sip_response" => *facts.responses.entry(row["value"].to_owned()).or_default() += n,
        "sip_distinct_call_ids" => facts.call_ids = n,
        "rtcp_packet" => *facts.rtcp.entry(rtcp_name(row["value"])).or_default() += n,
        _ => {}
    }
    Ok(())
}

/// The report's name for an RTCP packet type.
fn rtcp_name(value: &str) -> String {
    let name = value.to_lowercase();
    if ["sr", "rr", "sdes", "bye", "app", "xr"].contains(&name.as_str()) {
        name
    } else {
        "other".to_owned()
    }
}

/// Each stream from the first mode that has it: the opening ones, then the one that needs no signalling.
fn add_streams(gold: &mut Gold, table: &str) -> Result<(), String> {
    let rows = rows(table)?;
    let modes = modes(&rows);
    let mut taken = BTreeSet::new();
    for mode in [OPENING[0], OPENING[1], "heuristic", "default"] {
        let mut seen = BTreeSet::new();
        for row in rows.iter().filter(|row| row["mode"] == mode) {
            let only_announced = mode == "default" && modes[row["file"]].contains("heuristic");
            let name = (row["file"], key(row)?);
            if only_announced || taken.contains(&name) {
                continue;
            }
            gold.entry(row["file"].to_owned())
                .or_default()
                .add_stream(name.1.clone(), numbers(row)?);
            seen.insert(name);
        }
        taken.extend(seen);
    }
    Ok(())
}

fn key(row: &Row<'_>) -> Result<StreamKey, String> {
    let ssrc = row["ssrc"].to_lowercase();
    let endpoint = |ip: &str, port: &str| {
        if ip.contains(':') {
            format!("[{ip}]:{port}")
        } else {
            format!("{ip}:{port}")
        }
    };
    Ok(StreamKey {
        ssrc,
        src: endpoint(row["src"], row["sport"]),
        dst: endpoint(row["dst"], row["dport"]),
    })
}

/// A negative minimum is how tshark says that it did not know the clock.
fn numbers(row: &Row<'_>) -> Result<StreamFacts, String> {
    let least: f64 = number(row, "min_jitter_ms")?;
    let jitter = (
        number(row, "mean_jitter_ms")?,
        number(row, "max_jitter_ms")?,
    );
    Ok(StreamFacts {
        packets: number(row, "packets")?,
        lost: number(row, "lost")?,
        jitter_ms: (least >= 0.0).then_some(jitter),
    })
}

fn number<T: std::str::FromStr>(row: &Row<'_>, column: &str) -> Result<T, String> {
    row[column].parse().map_err(|_| {
        format!(
            "the gold of {} has a {column} of `{}`",
            row["file"], row[column]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM_HEAD: &str = "file\tmode\tsrc\tsport\tdst\tdport\tssrc\tpackets\tlost\tmin_jitter_ms\tmean_jitter_ms\tmax_jitter_ms";

    fn parsed(summary: &[&str], streams: &[&str]) -> Facts {
        let head = "file\tmode\titem\tvalue\tcount";
        let summary = [&[head], summary].concat().join("\n").replace(' ', "\t");
        let streams = [&[STREAM_HEAD], streams]
            .concat()
            .join("\n")
            .replace(' ', "\t");
        parse(&summary, &streams).unwrap().remove("a.pcap").unwrap()
    }

    #[test]
    fn signalling_is_taken_from_the_default_mode() {
        let facts = parsed(
            &[
                "a.pcap default sip_request INVITE 2",
                "a.pcap heuristic sip_request INVITE 2",
                "a.pcap keylog+heuristic sip_request BYE 1",
            ],
            &[],
        );
        assert_eq!(facts.requests, [("INVITE".to_owned(), 2)].into());
    }

    #[test]
    fn a_key_log_opens_signalling_alone() {
        let facts = parsed(
            &[
                "a.pcap default sip_distinct_call_ids  0",
                "a.pcap keylog sip_distinct_call_ids  3",
                "a.pcap keylog rtcp_packet SR 1",
                "a.pcap heuristic rtcp_packet SR 5",
            ],
            &[],
        );
        assert_eq!(
            (facts.call_ids, facts.rtcp),
            (3, [("sr".to_owned(), 5)].into())
        );
    }

    #[test]
    fn an_opening_mode_stands_in_for_the_default_one() {
        let rows = [
            "a.pcap default sip_distinct_call_ids  0",
            "a.pcap port6060 sip_distinct_call_ids  3",
            "a.pcap port6060 sip_response 200 4",
        ];
        let facts = parsed(&rows, &[]);
        assert_eq!(
            (facts.call_ids, facts.responses),
            (3, [("200".to_owned(), 4)].into())
        );
    }

    #[test]
    fn rtcp_is_taken_from_the_heuristic_mode() {
        let facts = parsed(
            &[
                "a.pcap default rtcp_packet SR 1",
                "a.pcap heuristic rtcp_packet SR 5",
                "a.pcap heuristic rtcp_packet AVB 2",
            ],
            &[],
        );
        assert_eq!(
            facts.rtcp,
            [("sr".to_owned(), 5), ("other".to_owned(), 2)].into()
        );
    }

    #[test]
    fn streams_of_the_heuristic_mode_win_over_the_default_ones() {
        let rows = [
            "a.pcap default 192.0.2.1 1 192.0.2.2 2 0xAB 5 0 0.1 0.2 0.3",
            "a.pcap heuristic 192.0.2.1 1 192.0.2.2 2 0xAB 9 -1 -1.000 0.000 0.000",
        ];
        let facts = parsed(&[], &rows);
        let (key, numbers) = facts.streams.first_key_value().unwrap();
        assert_eq!(key.to_string(), "0xab@192.0.2.1:1>192.0.2.2:2");
        assert_eq!(
            *numbers,
            StreamFacts {
                packets: 9,
                lost: -1,
                jitter_ms: None
            }
        );
    }

    #[test]
    fn a_default_stream_counts_where_nothing_else_was_tried() {
        let facts = parsed(
            &[],
            &["a.pcap default 2001:db8::1 1 2001:db8::2 2 0xAB 5 0 0.1 0.2 0.3"],
        );
        let (key, numbers) = facts.streams.first_key_value().unwrap();
        assert_eq!(
            (key.src.as_str(), numbers.jitter_ms),
            ("[2001:db8::1]:1", Some((0.2, 0.3)))
        );
    }
}

//! One call in everything that can carry it: the records are the same, but for the fields that name the carrier.

mod shuffle;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{captures, root, sipvane, sipvane_with, stdout};

/// All that may differ in calls and streams: which transport carried the signalling, and the addresses outside of a tunnel.
const OF_THE_CARRIER: [&str; 2] = ["transport", "outer"];
/// And in the content of streams: the code points, which agents do not pass on.
const OF_THE_HEADER: &str = "dscp";
/// And in `sip`: the count of TLS sessions.
const OF_TLS: &str = "tls";

/// Each carrier: its capture, the transport of the call, the wrapping its frames count as, and whether addresses stand
/// outside.
const CARRIERS: &[(&str, &str, &str, bool)] = &[
    ("ip/v4", "udp", "", false),
    ("ip/v6", "udp", "", false),
    ("ip/v4-fragments", "udp", "", false),
    ("ip/v6-fragments", "udp", "", false),
    ("ip/vlan", "udp", "vlan", false),
    ("ip/qinq", "udp", "vlan", false),
    ("sip/tcp", "tcp", "", false),
    ("sip/websocket", "ws", "", false),
    ("sip/websocket-deflate", "ws", "", false),
    ("sip/sctp", "sctp", "", false),
    ("sip/sctp-fragments", "sctp", "", false),
    ("sip/tls12", "tls", "", false),
    ("sip/tls13", "tls", "", false),
    ("hep/v1", "udp", "hep", true),
    ("hep/v2", "udp", "hep", true),
    ("hep/v3", "udp", "hep", true),
    ("tunnel/mpls", "udp", "mpls", false),
    ("tunnel/pppoe", "udp", "pppoe", false),
    ("tunnel/nsh", "udp", "nsh", false),
    ("tunnel/cisco-metadata", "udp", "cmd", false),
    ("tunnel/ipip", "udp", "ipip", true),
    ("tunnel/6in4", "udp", "6in4", true),
    ("tunnel/4in6", "udp", "4in6", true),
    ("tunnel/gre", "udp", "gre", true),
    ("tunnel/nvgre", "udp", "nvgre", true),
    ("tunnel/erspan1", "udp", "erspan", true),
    ("tunnel/erspan2", "udp", "erspan", true),
    ("tunnel/erspan3", "udp", "erspan", true),
    ("tunnel/vxlan", "udp", "vxlan", true),
    ("tunnel/vxlan-gpe", "udp", "vxlan_gpe", true),
    ("tunnel/geneve", "udp", "geneve", true),
    ("tunnel/gtpu", "udp", "gtpu", true),
    ("tunnel/l2tp", "udp", "l2tp", true),
    ("tunnel/l2tpv3", "udp", "l2tpv3", true),
    ("tunnel/l2tpv3-udp", "udp", "l2tpv3", true),
    ("tunnel/tzsp", "udp", "tzsp", true),
    ("tunnel/jmirror", "udp", "jmirror", true),
];

/// Between IPv6 addresses, which stand in the records.
const OVER_IPV6: [&str; 3] = ["ip/v6", "ip/v6-fragments", "tunnel/6in4"];

fn path(name: &str, end: &str) -> String {
    format!("carriers/{name}{end}")
}

/// The report on a bundled capture, or on `input` in its place, read with its key log if it has one.
fn report(name: &str, input: Option<&[u8]>) -> Value {
    let (capture, keys) = (path(name, ".pcap"), path(name, ".keylog.txt"));
    let mut args = vec!["replay", "--quiet", "--format", "json"];
    args.push(input.map_or(capture.as_str(), |_| "-"));
    if root().join("pcaps").join(&keys).exists() {
        args.extend(["--tls-keylog", &keys]);
    }
    let output = match input {
        Some(input) => sipvane_with(&args, input),
        None => sipvane(&args),
    };
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

/// Everything but what was read, without the fields of the carrier.
fn records(mut report: Value) -> Value {
    let parts = report.as_object_mut().expect("it is an object");
    parts.remove("capture");
    let sip = parts["sip"].as_object_mut().expect("it is an object");
    sip.remove(OF_TLS);
    for list in ["calls", "streams"] {
        let entries = parts[list].as_array_mut().expect("it is a list");
        let entries = entries.iter_mut().filter_map(Value::as_object_mut);
        for entry in entries {
            OF_THE_CARRIER.iter().for_each(|field| {
                entry.remove(*field);
            });
            if let Some(content) = entry.get_mut("content").and_then(Value::as_object_mut) {
                content.remove(OF_THE_HEADER);
            }
        }
    }
    report
}

fn base(name: &str) -> Value {
    let plain = match OVER_IPV6.contains(&name) {
        true => "ip/v6",
        false => "ip/v4",
    };
    records(report(plain, None))
}

#[test]
fn every_carrier_gives_the_same_records() {
    for &(name, transport, wrapping, is_tunnel) in CARRIERS {
        let report = report(name, None);
        let (counts, call) = (&report["capture"], &report["calls"][0]);
        let mut wrapped = counts["encapsulations"].as_object().into_iter().flatten();
        let wrapped = wrapped.next().map_or("", |(kind, _)| kind);
        assert_eq!(
            (&call["transport"], wrapped, call["outer"].is_object()),
            (&transport.into(), wrapping, is_tunnel),
            "{name}"
        );
        assert_eq!(counts["dropped"], serde_json::json!({}), "{name}");
        assert_eq!(records(report), base(name), "{name}");
    }
}

#[test]
fn the_call_is_whole() {
    let plain = base("ip/v4");
    let call = &plain["calls"][0];
    assert_eq!(
        (&call["outcome"], &call["status"], &call["duration_s"]),
        (&"answered".into(), &200.into(), &0.3.into())
    );
    assert_eq!(call["streams"].as_array().map(Vec::len), Some(2));
    // Over IPv6 it is the same call, between other addresses.
    let over_ipv6 = base("ip/v6");
    for part in ["sip", "rtcp", "registrations"] {
        assert_eq!(over_ipv6[part], plain[part], "{part}");
    }
    for field in ["call_id", "from", "to", "start", "answer", "end", "mos"] {
        assert_eq!(over_ipv6["calls"][0][field], call[field], "{field}");
    }
}

#[test]
fn every_capture_of_a_carrier_is_listed() {
    let bundled = captures().into_iter().filter_map(|path| {
        let name = path.strip_prefix("carriers/")?.strip_suffix(".pcap")?;
        Some(name.to_owned())
    });
    let listed: BTreeSet<String> = CARRIERS
        .iter()
        .map(|carrier| carrier.0.to_owned())
        .collect();
    assert_eq!(bundled.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn tcp_in_segments_of_one_byte_gives_the_same_records() {
    let over_tcp = CARRIERS
        .iter()
        .filter(|(_, transport, ..)| matches!(*transport, "tcp" | "tls" | "ws"));
    for (name, seed) in over_tcp.map(|carrier| carrier.0).zip(1..) {
        let capture = root().join("pcaps").join(path(name, ".pcap"));
        let capture = std::fs::read(capture).expect("the capture is bundled");
        let report = report(name, Some(&shuffle::tcp(&capture, seed)));
        assert!(report["capture"]["packets"].as_u64() > Some(1000), "{name}");
        assert_eq!(report["sip"]["stream_losses"], Value::Null, "{name}");
        assert_eq!(records(report), base(name), "{name}");
    }
}

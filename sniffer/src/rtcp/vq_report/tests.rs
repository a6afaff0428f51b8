//! Reports as endpoints write them, and the records they make.

use super::*;

/// Every line there is, both streams.
const FULL: &str = "VQSessionReport: CallTerm\r\nCallID: 6dg37f@example.org\r\nLocalID: Alice <sip:alice@example.org>\r\n\
    RemoteID: Bob <sip:bob@example.net>\r\nOrigID: Alice <sip:alice@example.org>\r\nLocalGroup: phones\r\n\
    RemoteGroup: gateways\r\nLocalAddr: IP=192.0.2.1 PORT=5000 SSRC=0x1a3b5c7d\r\nLocalMAC: 00:1f:5b:cc:21:0f\r\n\
    RemoteAddr:IP=198.51.100.2 PORT=5002 SSRC=2468abcd\r\nRemoteMAC: 00:26:08:8e:95:02\r\nLocalMetrics:\r\n\
    Timestamps:START=2024-01-15T09:00:02Z STOP=2024-01-15T09:00:12.5Z\r\n\
    SessionDesc:PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 FMTP=\"annexb=no; x\" PLC=3 SSUP=on\r\n\
    JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\nPacketLoss:NLR=5.0 JDR=2.5\r\n\
    BurstGapLoss:BLD=10 BD=300 GLD=2.0 GD=500 GMIN=16\r\nDelay:RTD=200 ESD=140 OWD=90 SOWD=100 IAJ=2 MAJ=10\r\n\
    Signal:SL=-18 NL=-50 RERL=55\r\nQualityEst:RLQ=90 RCQ=85 EXTRI=90 EXTRO=88 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=P.564\r\n\
    RemoteMetrics:\r\nPacketLoss:NLR=1.0 JDR=0\r\nDialogID:6dg37f@example.org;to-tag=8472761;from-tag=9123dh311\r\n";

/// The records as JSON, without what all of them share.
#[track_caller]
fn check(body: &str, call_id: &str, expected: &str) {
    let report = parse(body.as_bytes()).expect("it is a report");
    assert_eq!(&*report.call_id, call_id);
    let reporter = SocketAddr::from(([192, 0, 2, 1], 5060));
    let mut shown = String::new();
    for record in report.records(Timestamp::default(), reporter) {
        let json = serde_json::to_string(&record).expect("records can be written");
        let head = r#"{"at":"1970-01-01T00:00:00.000000000Z","reporter":"192.0.2.1:5060","#;
        shown += json.strip_prefix(head).expect("it begins alike");
        shown.push('\n');
    }
    assert_eq!(shown, expected);
}

#[test]
fn every_line_of_a_session_report() {
    let session = "\"kind\":\"session\",\"call_term\":true,\"local_id\":\"Alice <sip:alice@example.org>\",\
        \"remote_id\":\"Bob <sip:bob@example.net>\",\"orig_id\":\"Alice <sip:alice@example.org>\",\"local_group\":\"phones\",\
        \"remote_group\":\"gateways\",\"local_mac\":\"00:1f:5b:cc:21:0f\",\"remote_mac\":\"00:26:08:8e:95:02\",\
        \"dialog_id\":\"6dg37f@example.org;to-tag=8472761;from-tag=9123dh311\",";
    let expected = format!(
        "{session}\"side\":\"local\",\"src\":\"198.51.100.2:5002\",\"dst\":\"192.0.2.1:5000\",\"ssrc\":\"0x2468abcd\",\
        \"start\":\"2024-01-15T09:00:02.000000000Z\",\"stop\":\"2024-01-15T09:00:12.500000000Z\",\"codec\":\"G729\",\
        \"fmtp\":\"annexb=no; x\",\"silence_suppression\":true,\"algorithm\":\"P.564\",\"payload_type\":18,\"clock_hz\":8000,\
        \"frame_ms\":20.0,\"frame_octets\":20,\"frames_per_packet\":2,\"packets_per_second\":50,\"loss_concealment\":3,\
        \"jitter_buffer_kind\":3,\"jitter_buffer_rate\":2,\"jitter_buffer_nominal_ms\":40.0,\"jitter_buffer_max_ms\":80.0,\
        \"jitter_buffer_limit_ms\":120.0,\"lost_percent\":5.0,\"discarded_percent\":2.5,\"burst_lost_percent\":10.0,\
        \"burst_ms\":300.0,\"gap_lost_percent\":2.0,\"gap_ms\":500.0,\"gap_min\":16,\"rtt_ms\":200.0,\"end_system_ms\":140.0,\
        \"one_way_ms\":90.0,\"symmetric_one_way_ms\":100.0,\"jitter_ms\":2.0,\"mean_abs_jitter_ms\":10.0,\"signal_dbm\":-18.0,\
        \"noise_dbm\":-50.0,\"rerl_db\":55.0,\"r_lq\":90.0,\"r_cq\":85.0,\"r_external_in\":90.0,\"r_external_out\":88.0,\
        \"mos_lq\":4.2,\"mos_cq\":4.3}}\n\
        {session}\"side\":\"remote\",\"src\":\"192.0.2.1:5000\",\"dst\":\"198.51.100.2:5002\",\"ssrc\":\"0x1a3b5c7d\",\
        \"lost_percent\":1.0,\"discarded_percent\":0.0}}\n"
    );
    check(FULL, "6dg37f@example.org", &expected);
}

#[test]
fn alerts_in_both_forms() {
    let expected = "\"kind\":\"alert\",\"alert\":{\"metric\":\"NLR\",\"severity\":\"Critical\",\"direction\":\"local\"},\
        \"side\":\"local\",\"lost_percent\":12.0}\n";
    let lines = "Metrics:\nPacketLoss:NLR=12.0\nCallID:a@b\n";
    let alert = "Type=NLR Severity=Critical Dir=local\n";
    check(&format!("VQAlertReport: {alert}{lines}"), "a@b", expected);
    check(&format!("VQAlertReport\n{alert}{lines}"), "a@b", expected);
}

#[test]
fn what_an_endpoint_does_not_know_is_absent() {
    check(
        "VQIntervalReport\nDialogID: a@b;to-tag=1\nTimeStamps: START=yesterday STOP=\nSessionDesc: SSUP=maybe PT=-1\n\
         Signal: SL=127 NL=127 RERL=127\nQualityEst: RLQ=127 MOSLQ=0 MOSCQ=12.7 MOSLQEstAlg=P.563\nPacketLoss: NLR=101 JDR=nan\n\
         Delay: RTD=inf IAJ=-1 IAJ=3\nLocalAddr: IP=nowhere PORT=5000 SSRC=4209273062\nNews: x=1\n",
        "a@b",
        "\"kind\":\"interval\",\"dialog_id\":\"a@b;to-tag=1\",\"side\":\"local\",\"algorithm\":\"P.563\",\"jitter_ms\":3.0}\n",
    );
    check(
        "VQSessionReport:CallTerm\nCallID:a@b\nRemoteAddr:IP=2001:db8::1 PORT=4000 SSRC=4209273062\n",
        "a@b",
        "\"kind\":\"session\",\"call_term\":true,\"side\":\"local\",\"src\":\"[2001:db8::1]:4000\",\"ssrc\":\"0xfae468e6\"}\n",
    );
}

#[test]
fn no_report() {
    for body in ["", "CallID: a@b", "VQSessionReport: CallTerm", "v=0\r\n"] {
        assert_eq!(parse(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn what_is_cut_or_damaged_is_read_without_panic() {
    for end in 0..FULL.len() {
        let _ = parse(&FULL.as_bytes()[..end]);
        let mut damaged = FULL.as_bytes().to_vec();
        damaged[end] ^= 0x85;
        let _ = parse(&damaged);
    }
}

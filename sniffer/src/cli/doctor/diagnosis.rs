//! From what was seen to sentences about the tap.

use super::glance::Glance;
use crate::record::{CaptureSummary, Report};

/// One thing that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// A word for programs.
    pub(super) code: &'static str,
    /// Whether the tap is at fault; else it is told for what it is.
    pub(super) wrong: bool,
    /// A sentence or two.
    pub(super) text: String,
}

/// Less than so many copies in a hundred are accidents of a network.
const COPIES: f64 = 2.0;

/// All that is to be said.
pub(super) fn diagnose(report: &Report, glance: &Glance, kernel_drops: u64) -> Vec<Verdict> {
    let presence = presence(report);
    let nothing = presence.iter().any(|verdict| verdict.wrong);
    let mut verdicts = presence;
    if !nothing {
        verdicts.extend(media(report));
    }
    verdicts.extend(one_direction(glance));
    verdicts.extend(losses(report, glance, kernel_drops));
    verdicts.extend(form(report, glance));
    verdicts
}

fn wrong(code: &'static str, text: String) -> Verdict {
    Verdict {
        code,
        wrong: true,
        text,
    }
}

fn note(code: &'static str, text: String) -> Verdict {
    Verdict {
        code,
        wrong: false,
        text,
    }
}

/// Whether there is anything to look at.
fn presence(report: &Report) -> Vec<Verdict> {
    let (frames, tls) = (report.capture.packets, &report.sip.tls);
    let silent = report.sip.messages == 0 && report.streams.is_empty();
    let mut verdicts = Vec::new();
    if frames == 0 {
        let text =
            "No frame came at all: the mirror is off, or brings its copies to another interface.";
        verdicts.push(wrong("nothing_seen", text.to_owned()));
    } else if silent {
        verdicts.push(wrong(
            "no_calls",
            format!("{frames} frames came, and none of them were SIP or RTP: calls do not pass here, or the mirror brings other ports."),
        ));
    }
    if tls.sessions > tls.decrypted {
        let text = format!(
            "{} of {} TLS sessions cannot be read: SIP in them stays hidden unless --tls-keylog names their secrets.",
            tls.sessions - tls.decrypted,
            tls.sessions,
        );
        verdicts.push(note("encrypted", text));
    }
    verdicts
}

/// Whether signalling and media come together.
fn media(report: &Report) -> Vec<Verdict> {
    let answered = report.calls.iter().filter(|call| {
        let lasted = call.duration_s.is_none_or(|seconds| seconds >= 5.0);
        call.answer.is_some() && lasted
    });
    let answered = answered.count();
    let alone = report
        .streams
        .iter()
        .filter(|stream| stream.call_id.is_none());
    let (alone, streams) = (alone.count(), report.streams.len());
    if report.sip.messages == 0 {
        let text = format!(
            "{streams} RTP streams passed, and no SIP: calls cannot be told from their media alone. Signalling takes another way, or is encrypted."
        );
        return vec![wrong("rtp_without_sip", text)];
    }
    if streams == 0 && answered > 0 {
        let text = format!(
            "{answered} calls were answered, and no RTP passed: the media takes another way than past this tap, or its ports are filtered out."
        );
        return vec![wrong("sip_without_rtp", text)];
    }
    if alone > 0 && alone * 2 >= streams {
        let text = format!(
            "{alone} of {streams} RTP streams belong to no call that was seen. If they are of calls that had begun before, it is less the longer one watches; \
             else the signalling of these calls does not pass here."
        );
        return vec![note("rtp_without_sdp", text)];
    }
    Vec::new()
}

fn one_direction(glance: &Glance) -> Option<Verdict> {
    let (pairs, both) = glance.ways();
    (pairs > 0 && both * 10 < pairs).then(|| {
        let text = format!(
            "Of {pairs} pairs of addresses that talk to each other, {both} are seen both ways: the tap brings one direction only. \
             Mirror what the port sends as well as what it receives."
        );
        wrong("one_direction", text)
    })
}

/// What the tap leaves out, and what it brings twice.
fn losses(report: &Report, glance: &Glance, kernel_drops: u64) -> Vec<Verdict> {
    let capture = &report.capture;
    let share = |n: u64| 100.0 * n as f64 / capture.packets.max(1) as f64;
    let mut verdicts = Vec::new();
    let copies = capture.dropped.get("capture.duplicate").copied();
    let copies = copies.unwrap_or(0);
    if share(copies) >= COPIES {
        let text = format!(
            "{copies} frames ({:.1} %) are copies of others: the mirror takes packets where they come in and where they go out. \
             Sipvane counts them once; mirror one of the two to halve the load.",
            share(copies),
        );
        verdicts.push(wrong("duplicates", text));
    }
    verdicts.extend(truncation(capture, glance.cut_messages));
    if kernel_drops > 0 {
        let text = format!(
            "{kernel_drops} packets were dropped before they were read, beside {} that came: gaps in streams may be the sensor's own. \
             Give it a larger ring (--ring-mib), or more processor.",
            capture.packets,
        );
        verdicts.push(wrong("dropped", text));
    }
    verdicts
}

/// Headers of media are enough, halves of messages are not.
fn truncation(capture: &CaptureSummary, messages: u64) -> Option<Verdict> {
    let cut = capture.truncated;
    if cut == 0 {
        return None;
    }
    Some(match messages {
        0 => note(
            "media_cut",
            format!(
                "{cut} packets of media are cut behind their headers, which are enough: what the payload says, such as the mode of AMR, is not told."
            ),
        ),
        _ => wrong(
            "truncated",
            format!(
                "{cut} frames are cut off, {messages} of them more than media: a snap length is too short, and messages lack their ends. Capture whole frames (-s 0)."
            ),
        ),
    })
}

/// What the host or the switch did to the packets.
fn form(report: &Report, glance: &Glance) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if glance.long_datagrams > 0 {
        let text = format!(
            "{} UDP packets are longer than the network takes (up to {} bytes, where {} is the most): the host has merged several into one, and all but \
             the first are missed. Switch it off: ethtool -K INTERFACE rx-udp-gro-forwarding off rx-gro-list off.",
            glance.long_datagrams, glance.longest, glance.limit,
        );
        verdicts.push(wrong("merged", text));
    }
    let stripped = glance.tagged_one_way();
    if stripped > 0 {
        let text = format!(
            "Between {stripped} pairs of addresses one way bears VLAN tags and the other does not: something takes the tags of one direction out before \
             the capture (ethtool -K INTERFACE rxvlan off, or the mirror's own settings)."
        );
        verdicts.push(wrong("vlan_stripped", text));
    }
    if glance.steps > 0 {
        let text = format!(
            "The clock of the capture was set back {} times, by up to {:.1} s: durations and jitter around it are wrong. Have it slewed instead of stepped.",
            glance.steps,
            glance.largest_step.as_secs_f64(),
        );
        verdicts.push(wrong("clock_steps", text));
    }
    let lost = report.sip.stream_losses.get("gaps").copied().unwrap_or(0);
    if lost > 0 {
        let text = format!(
            "TCP connections have {lost} holes that nothing filled: messages of SIP over TCP are missing."
        );
        verdicts.push(note("tcp_gaps", text));
    }
    verdicts
}

//! The text output as a person sees it, at the widths people have.

use super::*;
use crate::cli::args::Section;
use crate::cli::sort::SortKey;
use crate::cli::testing::{self, plain, snapshot, written};
use crate::cli::view::Selection;
use crate::record::{ConversationRecord, Evidence, EvidenceKind, LegRecord, Report};

fn page(width: usize) -> Page {
    Page {
        width,
        zone: Zone::UTC,
        hints: true,
    }
}

fn part(report: &Report, only: Section, width: usize) -> String {
    let media = Media::new(report);
    let selection = Selection {
        only: vec![only],
        sort: SortKey::Start,
        limit: None,
    };
    let view = View::new(report, &media, &selection);
    plain(|out| write(&view, &media, &page(width), out))
}

fn detail(report: &Report, call_id: &str, width: usize) -> String {
    let media = Media::new(report);
    let view = View::of_call(report, &media, call_id);
    plain(|out| write_call(&view, &media, &page(width), out))
}

/// Every line must fit, and the whole is compared with a file.
fn check(name: &str, width: usize, text: &str) {
    for line in text.lines() {
        assert!(width::width(line) <= width, "wider than {width}: {line:?}");
    }
    snapshot(&format!("{name}-{width}"), text);
}

#[test]
fn every_part_fits_every_terminal() {
    let report = testing::report();
    for width in [80, 100, 120, 200] {
        check("summary", width, &part(&report, Section::Summary, width));
        check("calls", width, &part(&report, Section::Calls, width));
        check("streams", width, &part(&report, Section::Streams, width));
        check(
            "registrations",
            width,
            &part(&report, Section::Registrations, width),
        );
        check("security", width, &part(&report, Section::Security, width));
    }
}

#[test]
fn one_call_in_detail() {
    let report = testing::report();
    for width in [80, 120] {
        check("detail", width, &detail(&report, "good@example.com", width));
    }
    check(
        "detail-failed",
        80,
        &detail(&report, "failed@example.com", 80),
    );
}

#[test]
fn a_ladder_without_room_becomes_a_list() {
    let text = plain(|out| ladder::write(&ladder::of_call(&testing::ladder()), &page(70), out));
    check("ladder", 70, &text);
}

#[test]
fn an_empty_report_says_so() {
    let report = Report {
        calls: Vec::new(),
        streams: Vec::new(),
        registrations: Vec::new(),
        ..testing::report()
    };
    assert_eq!(
        part(&report, Section::Streams, 80).lines().next(),
        Some("Streams (0)")
    );
}

#[test]
fn colour_adds_nothing_that_plain_text_lacks() {
    let report = testing::report();
    let media = Media::new(&report);
    let view = View::of_call(&report, &media, "good@example.com");
    let colour = written(|out| write_call(&view, &media, &page(120), out));
    assert!(colour.contains("\x1b["));
    let plain = detail(&report, "good@example.com", 120);
    assert!(plain.contains("2.87!") && !plain.contains('\x1b'));
}

/// The first call and the failed one as legs of one conversation, with the proxy between them.
fn joined(mut report: Report) -> Report {
    let behind = testing::addr("10.0.0.9:5061");
    let (mut near, mut far) = (testing::ladder(), testing::ladder());
    near.retain(|hop| [1, 2, 4, 10].contains(&hop.frame));
    far.retain(|hop| [3, 9].contains(&hop.frame));
    far[0].src = behind;
    far[1].dst = behind;
    let mut legs = Vec::new();
    for (call_id, ladder) in [("good@example.com", near), ("failed@example.com", far)] {
        let mut calls = report.calls.iter_mut();
        let call = calls.find(|call| &*call.call_id == call_id).unwrap();
        call.ladder = ladder;
        legs.push(LegRecord {
            call_id: call.call_id.clone(),
            src: call.src,
            dst: call.dst,
            start: call.start,
            outcome: call.outcome,
            made_of: None,
            invite_delay_ms: None,
            ringing_delay_ms: None,
            answer_delay_ms: None,
        });
    }
    report.conversations.push(ConversationRecord {
        id: "1".into(),
        start: legs[0].start,
        end: None,
        confidence: 90,
        evidence: vec![Evidence {
            kind: EvidenceKind::Sdp,
            value: String::new(),
            confidence: 90,
            legs: [legs[0].call_id.clone(), legs[1].call_id.clone()],
        }],
        legs,
    });
    report
}

#[test]
fn the_legs_of_a_conversation_have_one_ladder() {
    let report = joined(testing::report());
    for width in [80, 120] {
        check("legs", width, &detail(&report, "good@example.com", width));
    }
}

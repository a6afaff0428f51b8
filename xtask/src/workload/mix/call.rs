//! One call of the mix: its kind is drawn, its messages are written, and what is true of it is noted as they are.

use super::super::Options;
use super::super::sink::{Moment, ms};
use super::figures::{Attempt, Farewell};
use super::scene::{Frame, Scene, Transaction};

/// When an unanswered INVITE is sent again: timer A doubles from T1 (RFC 3261, 17.1.1.2).
const TIMER_A: [Moment; 6] = [
    ms(500),
    ms(1500),
    ms(3500),
    ms(7500),
    ms(15_500),
    ms(31_500),
];
/// When an unanswered BYE is: timer E grows up to T2 (RFC 3261, 17.1.2.2).
const TIMER_E: [Moment; 10] = [
    ms(500),
    ms(1500),
    ms(3500),
    ms(7500),
    ms(11_500),
    ms(15_500),
    ms(19_500),
    ms(23_500),
    ms(27_500),
    ms(31_500),
];

/// Final failures: how many of a thousand calls, status, reason, outcome, whether it rings before.
const FAILURES: [(u64, u16, &str, &str, bool); 15] = [
    (40, 486, "Busy Here", "busy", true),
    (5, 600, "Busy Everywhere", "busy", false),
    (20, 480, "Temporarily Unavailable", "no_answer", true),
    (8, 408, "Request Timeout", "no_answer", true),
    (7, 408, "Request Timeout", "timeout", false),
    (25, 404, "Not Found", "rejected", false),
    (10, 603, "Decline", "rejected", true),
    (3, 607, "Unwanted", "rejected", true),
    (7, 403, "Forbidden", "rejected", false),
    (3, 488, "Not Acceptable Here", "rejected", false),
    (4, 500, "Server Internal Error", "failed", false),
    (9, 503, "Service Unavailable", "failed", false),
    (4, 504, "Server Time-out", "failed", false),
    (3, 502, "Bad Gateway", "failed", true),
    (2, 302, "Moved Temporarily", "redirected", false),
];
/// Calls of a thousand that the caller gives up, that nobody answers at all, that get a 100 and no more, whose credentials
/// are refused. With the failures they make two hundred.
const CANCELLED: u64 = 28;
const UNANSWERED: u64 = 12;
const TRIED_ONLY: u64 = 3;
const UNWELCOME: u64 = 7;

/// What a call left behind.
pub(super) struct Played {
    pub(super) frames: Vec<Frame>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) repeats: u64,
}

/// Plays a call.
pub(super) fn play(options: &Options, call: u64, begins: Moment) -> Played {
    let mut scene = Scene::new(options, call, begins);
    let mut attempts = Vec::new();
    let mut cseq = 1;
    let mut drawn = scene.rng.below(1000);
    if scene.rng.per_mille(5) {
        // Redirected, and tried again at the new place: an attempt of its own.
        let mut attempt = Attempt::new(&scene);
        ring(&mut scene, &mut attempt, cseq, false);
        fail(
            &mut scene,
            &mut attempt,
            cseq,
            (302, "Moved Temporarily", "redirected"),
        );
        attempts.push(attempt);
        scene.wait(20, 200);
        cseq += 1;
        drawn = 999;
    }
    let mut attempt = Attempt::new(&scene);
    let welcome = drawn >= UNWELCOME;
    if !welcome || scene.rng.per_mille(150) {
        challenge(&mut scene, &mut attempt, cseq);
        cseq += 1;
    }
    finish(&mut scene, &mut attempt, cseq, drawn);
    attempt.repeats = scene.repeats
        - attempts
            .iter()
            .map(|one: &Attempt| one.repeats)
            .sum::<u64>();
    attempts.push(attempt);
    Played {
        frames: scene.frames,
        attempts,
        repeats: scene.repeats,
    }
}

fn finish(scene: &mut Scene, attempt: &mut Attempt, cseq: u32, drawn: u64) {
    let mut bound = UNWELCOME;
    if drawn < bound {
        attempt.bids += 1;
        scene.request(invite(cseq), None);
        scene.wait(5, 40);
        return fail(scene, attempt, cseq, (401, "Unauthorized", "rejected"));
    }
    attempt.bid(scene);
    bound += UNANSWERED;
    if drawn < bound {
        scene.request(invite(cseq), None);
        scene.repeat_last(&TIMER_A);
        attempt.outcome = "timeout";
        return;
    }
    bound += TRIED_ONLY;
    if drawn < bound {
        scene.request(invite(cseq), None);
        scene.wait(1, 20);
        scene.answer(100, "Trying", invite(cseq), None);
        (attempt.outcome, attempt.status) = ("timeout", 100);
        return;
    }
    bound += CANCELLED;
    if drawn < bound {
        ring(scene, attempt, cseq, true);
        return cancel(scene, attempt, cseq);
    }
    for (n, status, reason, outcome, rings) in FAILURES {
        bound += n;
        if drawn < bound {
            ring(scene, attempt, cseq, rings);
            return fail(scene, attempt, cseq, (status, reason, outcome));
        }
    }
    let rings = !scene.rng.per_mille(50);
    ring(scene, attempt, cseq, rings);
    let tag = pick_up(scene, attempt, cseq);
    talk(scene, attempt, cseq, &tag);
}

fn invite(cseq: u32) -> Transaction {
    Transaction {
        method: "INVITE",
        cseq,
        by_caller: true,
    }
}

fn tag_of(branch: u64) -> String {
    format!("b{branch}")
}

/// An INVITE that is challenged.
fn challenge(scene: &mut Scene, attempt: &mut Attempt, cseq: u32) {
    attempt.bids += 1;
    attempt.challenged = true;
    scene.request(invite(cseq), None);
    scene.wait(5, 40);
    scene.answer(
        407,
        "Proxy Authentication Required",
        invite(cseq),
        Some("p"),
    );
    scene.perhaps_repeat(20);
    acknowledge(scene, cseq, "p");
    scene.wait(1, 30);
}

/// The INVITE, and what comes before its final answer: 100, then one to three phones that ring or play early media.
fn ring(scene: &mut Scene, attempt: &mut Attempt, cseq: u32, rings: bool) {
    if attempt.bids == 0 {
        attempt.bid(scene);
    }
    scene.request(invite(cseq), None);
    scene.perhaps_repeat(50);
    scene.wait(1, 20);
    scene.answer(100, "Trying", invite(cseq), None);
    scene.wait(80, 1500);
    if !rings {
        return;
    }
    let n_phones = if scene.rng.per_mille(100) { 3 } else { 1 };
    for phone in 0..n_phones {
        attempt.respond(scene.at);
        attempt.ringing.get_or_insert(scene.at);
        match scene.rng.per_mille(200) {
            true => scene.answer(183, "Session Progress", invite(cseq), Some(&tag_of(phone))),
            false => scene.answer(180, "Ringing", invite(cseq), Some(&tag_of(phone))),
        }
        scene.perhaps_repeat(30);
        attempt.phones = phone + 1;
        scene.wait(50, 900);
    }
    scene.wait(200, 6000);
}

fn fail(scene: &mut Scene, attempt: &mut Attempt, cseq: u32, why: (u16, &str, &'static str)) {
    let (status, reason, outcome) = why;
    if status != 401 {
        attempt.respond(scene.at);
    }
    scene.answer(status, reason, invite(cseq), Some(&tag_of(0)));
    scene.perhaps_repeat(30);
    (attempt.outcome, attempt.status) = (outcome, status);
    acknowledge(scene, cseq, &tag_of(0));
}

fn acknowledge(scene: &mut Scene, cseq: u32, tag: &str) {
    scene.wait(1, 20);
    let transaction = Transaction {
        method: "ACK of failure",
        ..invite(cseq)
    };
    scene.request(transaction, Some(tag));
}

fn cancel(scene: &mut Scene, attempt: &mut Attempt, cseq: u32) {
    let cancel = Transaction {
        method: "CANCEL",
        ..invite(cseq)
    };
    scene.request(cancel, None);
    scene.perhaps_repeat(30);
    scene.wait(1, 20);
    scene.answer(200, "OK", cancel, Some(&tag_of(0)));
    fail(
        scene,
        attempt,
        cseq,
        (487, "Request Terminated", "cancelled"),
    );
}

/// One of the phones answers, now and then two; the caller lets the second go. Gives the tag of the one that stays.
fn pick_up(scene: &mut Scene, attempt: &mut Attempt, cseq: u32) -> String {
    let winner = scene.rng.below(attempt.phones.max(1));
    attempt.respond(scene.at);
    attempt.answer = Some(scene.at);
    (attempt.outcome, attempt.status) = ("answered", 200);
    scene.answer(200, "OK", invite(cseq), Some(&tag_of(winner)));
    scene.perhaps_repeat(30);
    let ack = Transaction {
        method: "ACK",
        ..invite(cseq)
    };
    scene.wait(1, 30);
    scene.request(ack, Some(&tag_of(winner)));
    scene.perhaps_repeat(30);
    tag_of(winner)
}

fn talk(scene: &mut Scene, attempt: &mut Attempt, cseq: u32, tag: &str) {
    let mut next = cseq + 1;
    for _ in 0..scene.rng.below(12).saturating_sub(9) {
        scene.wait(2000, 8000);
        reinvite(scene, attempt, next, tag);
        next += 1;
    }
    scene.wait(1000, 240_000);
    let by_caller = scene.rng.per_mille(600);
    let bye = Transaction {
        method: "BYE",
        cseq: if by_caller { next } else { 1 },
        by_caller,
    };
    attempt.bye = Some(scene.at);
    scene.request(bye, Some(tag));
    if scene.rng.per_mille(6) {
        scene.repeat_last(&TIMER_E);
        attempt.farewell = Farewell::Unanswered;
        return;
    }
    scene.perhaps_repeat(30);
    scene.wait(2, 400);
    if scene.rng.per_mille(4) {
        scene.answer(481, "Call/Transaction Does Not Exist", bye, Some(tag));
        attempt.farewell = Farewell::Given;
        return;
    }
    let mut last = bye;
    if scene.rng.per_mille(4) {
        scene.answer(503, "Service Unavailable", bye, Some(tag));
        scene.wait(500, 2000);
        last.cseq += 1;
        scene.request(last, Some(tag));
        scene.wait(2, 400);
    }
    scene.answer(200, "OK", last, Some(tag));
    attempt.farewell = Farewell::Confirmed(scene.at);
}

fn reinvite(scene: &mut Scene, attempt: &mut Attempt, cseq: u32, tag: &str) {
    attempt.reinvites += 1;
    scene.request(invite(cseq), Some(tag));
    scene.perhaps_repeat(50);
    scene.wait(10, 300);
    if scene.rng.per_mille(200) {
        scene.answer(488, "Not Acceptable Here", invite(cseq), Some(tag));
        return acknowledge(scene, cseq, tag);
    }
    scene.answer(200, "OK", invite(cseq), Some(tag));
    scene.wait(1, 20);
    let ack = Transaction {
        method: "ACK",
        ..invite(cseq)
    };
    scene.request(ack, Some(tag));
}

//! Findings that compare what was agreed on media with what passed the tap.
//!
//! A side that is on hold, or that agreed only to listen, is not missed. Comfort noise counts as media.

use std::net::SocketAddr;

use super::{Bench, seconds};
use crate::record::{CallState, Finding, Outcome, Side};
use crate::time::{Span, Timestamp};
use crate::track::call::media::Heard;
use crate::track::call::negotiation::bit;
use crate::track::call::state::Call;

/// Streams of a call that are compared one by one with what was agreed.
const MAX_JUDGED: usize = 64;

/// Fewer packets than that say nothing about a codec or a path.
const ENOUGH: u64 = 10;

/// Fewer packets than that say nothing about a packet duration.
const ENOUGH_FOR_PTIME: u64 = 50;

/// Payload types of comfort noise, old and new (RFC 3389; RFC 3551, 6): many send it unasked, and nobody minds.
const COMFORT_NOISE: u128 = 1 << 13 | 1 << 19;

/// The media of a call at one moment.
struct Scene<'c> {
    call: &'c Call,
    streams: Vec<Heard>,
    bench: Bench<'c>,
    at: Timestamp,
}

impl Call {
    pub(super) fn media_findings(&self, at: Timestamp, bench: Bench<'_>) -> Vec<Finding> {
        let streams = self.media.heard(at);
        let scene = Scene {
            call: self,
            streams,
            bench,
            at,
        };
        let mut findings: Vec<Finding> = scene.silence().into_iter().collect();
        findings.extend(scene.fell_silent());
        findings.extend(scene.early_media());
        findings.extend(self.same_source(at));
        findings.extend(self.fax_loss());
        for stream in scene.streams.iter().take(MAX_JUDGED) {
            findings.extend(scene.elsewhere(stream));
            findings.extend(scene.codec(stream));
            findings.extend(scene.ptime(stream));
            findings.extend(scene.slow(stream));
            findings.extend(scene.bunched(stream));
        }
        let two_way = scene.two_way();
        findings.extend(self.private_media(two_way));
        findings
    }

    /// Fax that neither arrived nor was made up for: the receiver asks again for what it misses, or the page has gaps.
    fn fax_loss(&self) -> Option<Finding> {
        let fax = self.fax.records();
        let worst = fax.iter().max_by_key(|one| one.lost_for_good())?;
        let gone = worst.lost_for_good().filter(|gone| *gone > 0)?;
        let (src, dst, expected) = (worst.src, worst.dst, worst.expected);
        let text = format!(
            "Of {expected} packets of fax from {src} to {dst}, {gone} were lost and no later packet repeated them: lines are \
             missing, or the fax is broken off."
        );
        let finding = Finding::new("fax_loss", text).at(worst.start);
        Some(finding.with("lost", &gone).with("expected", &expected))
    }

    fn same_source(&self, at: Timestamp) -> Option<Finding> {
        let same = self.media.same_source(at)?;
        let ssrc = format!("{:#010x}", same.ssrc);
        let finding = if same.echoes {
            let text = format!(
                "What is sent with the SSRC {ssrc} comes back with the same SSRC and numbers: an echo service answered, or media \
                 runs in a loop."
            );
            Finding::new("media_loop", text)
        } else {
            let text = format!(
                "Both sides send with the SSRC {ssrc}: one must choose another, and until then RTCP about the two cannot be told \
                 apart."
            );
            Finding::new("ssrc_collision", text)
        };
        Some(finding.with("ssrc", &ssrc))
    }

    /// A private address in SDP; where the tap is inside the private network it is told only if media suffers, for
    /// most servers answer to the address that they hear from.
    fn private_media(&self, two_way: bool) -> Option<Finding> {
        use crate::track::call::nat::Field;
        let mut found = self.private_addresses.iter();
        let found = found.find(|found| found.field == Field::Sdp && (found.outside || !two_way))?;
        let (src, dst, at) = found.event;
        let text = format!(
            "The {}'s SDP says {}, a private address, in a message from {src} to {dst}: the other side cannot send there \
             unless it answers to the address it hears from.",
            found.side.name(),
            found.announced,
        );
        let finding = Finding::new("private_address_in_sdp", text).at(at);
        Some(
            finding
                .with("announced", &found.announced)
                .with("src", &src)
                .with("dst", &dst),
        )
    }
}

impl Scene<'_> {
    /// No media, or media one way, where both sides had agreed to more.
    fn silence(&self) -> Option<Finding> {
        let (from, to) = self.call.talk(self.at)?;
        let missing = [Side::Caller, Side::Callee].map(|side| self.is_missing(side, from, to));
        let talked = seconds(to.since(from));
        let any = !self.streams.is_empty();
        let finding = match (missing, any) {
            ([false, false], _) => return None,
            (_, _) if self.call.negotiation.has_fax() => return None,
            // They may have gone to the other leg, whose addresses are the same.
            (_, false) if self.call.shares_media => return None,
            (_, false) if !self.bench.had_media => Finding::new(
                "no_media_in_capture",
                "No RTP of any call had passed the tap by the end of this one: the capture shows signalling only, and says \
                 nothing about the sound.",
            ),
            (_, false) => Finding::new(
                "no_rtp",
                format!(
                    "No RTP passed the tap in {talked} after the answer, though RTP of other calls did: neither side sent \
                     any, or it takes another way."
                ),
            ),
            ([true, true], true) if !self.heard_after(from) => Finding::new(
                "silent_after_answer",
                format!(
                    "RTP passed before the answer and none in the {talked} after it: the sound ended where the talk should \
                     have begun."
                ),
            ),
            ([true, true], true) => return None,
            ([caller, _], true) if self.is_clear() && self.heard_after(from) => {
                let deaf = if caller { Side::Caller } else { Side::Callee };
                self.one_way(deaf, &talked)
            }
            _ => return None,
        };
        Some(finding.at(from).with("talk", &talked))
    }

    fn one_way(&self, deaf: Side, talked: &str) -> Finding {
        let speaker = deaf.other().name();
        let deaf = deaf.name();
        Finding::new(
            "one_way_audio",
            format!(
                "Audio went one way only: none passed the tap from the {speaker} to the {deaf} in {talked} after the \
                 answer, so the {deaf} most likely heard nothing."
            ),
        )
        .with("missing_to", &deaf)
    }

    /// Whether audio was agreed to reach `side` for long enough and none did.
    fn is_missing(&self, side: Side, from: Timestamp, to: Timestamp) -> bool {
        let tag = self.call.to.tag.as_deref();
        let wanted = self.call.negotiation.audio_time(tag, side, (from, to));
        let reaches =
            |stream: &&Heard| self.receiver(stream) == Some(side) && is_after(stream, from);
        wanted >= self.bench.thresholds.no_media && !self.streams.iter().any(|s| reaches(&s))
    }

    fn heard_after(&self, from: Timestamp) -> bool {
        self.streams.iter().any(|stream| is_after(stream, from))
    }

    /// Whether it is known of every stream which way it runs, and no relay that nobody announced stands in between.
    fn is_clear(&self) -> bool {
        let known = |stream: &Heard| {
            self.receiver(stream).is_some() && !self.is_unannounced_relay(stream.id.dst)
        };
        self.streams.iter().all(known)
    }

    /// Whether an address that no SDP names both takes RTP and sends some: media passes through it, or it is the outside
    /// of a NAT.
    fn is_unannounced_relay(&self, address: SocketAddr) -> bool {
        let known = self.call.negotiation.places.get(address).is_some();
        !known && self.streams.iter().any(|stream| stream.id.src == address)
    }

    fn two_way(&self) -> bool {
        let reaches = |side| {
            self.streams
                .iter()
                .any(|stream| self.receiver(stream) == Some(side))
        };
        reaches(Side::Caller) && reaches(Side::Callee)
    }

    fn receiver(&self, stream: &Heard) -> Option<Side> {
        self.call
            .negotiation
            .places
            .receiver(stream.id.src, stream.id.dst)
    }

    /// Both sides spoke, then neither did until one hung up.
    fn fell_silent(&self) -> Option<Finding> {
        let (from, to) = self.call.talk(self.at)?;
        let ended = self.call.state == CallState::Ended && self.call.bye;
        if self.call.negotiation.has_fax() {
            return None;
        }
        let last = self.streams.iter().map(|stream| stream.end).max()??;
        let all_over = self.streams.iter().all(|stream| stream.end.is_some());
        if !ended || !all_over || last < from || to.since(last) < self.bench.thresholds.fell_silent
        {
            return None;
        }
        let tag = self.call.to.tag.as_deref();
        let wanted = [Side::Caller, Side::Callee]
            .map(|side| self.call.negotiation.audio_time(tag, side, (last, to)))
            .into_iter()
            .max()?;
        let quiet = seconds(to.since(last));
        (wanted >= self.bench.thresholds.fell_silent).then(|| {
            Finding::new(
                "fell_silent",
                format!("All RTP of the call stopped {quiet} before it was hung up: the sound was lost and the call was not."),
            )
            .at(last)
            .with("silence", &quiet)
        })
    }

    fn early_media(&self) -> Option<Finding> {
        if matches!(self.call.outcome, Outcome::Answered | Outcome::InProgress) {
            return None;
        }
        let end = self.call.end?;
        let length = |stream: &Heard| {
            stream
                .end
                .map_or(end, |last| last.min(end))
                .since(stream.start)
        };
        let to_caller = |stream: &&Heard| self.receiver(stream) == Some(Side::Caller);
        let early = self
            .streams
            .iter()
            .filter(to_caller)
            .max_by_key(|stream| length(stream))?;
        let heard = length(early);
        (heard >= self.bench.thresholds.early_media).then(|| {
            Finding::new(
                "early_media_unanswered",
                format!(
                    "The caller was sent {} of sound and the call was never answered: an announcement or a queue in front \
                     of the answer, which nobody is charged for.",
                    seconds(heard)
                ),
            )
            .at(early.start)
            .with("stream", &early.id)
            .with("heard", &seconds(heard))
        })
    }

    /// RTP to an address that nobody announced, from which nothing comes back either. ICE may choose any address.
    fn elsewhere(&self, stream: &Heard) -> Option<Finding> {
        let places = &self.call.negotiation.places;
        let (src, dst) = (stream.id.src, stream.id.dst);
        let unknown = places.get(dst).is_none() && !places.may_move();
        if !unknown || stream.traits.packets < ENOUGH || self.is_unannounced_relay(dst) {
            return None;
        }
        let side = self.receiver(stream)?;
        let said = places.of(side).next()?;
        let text = format!(
            "RTP from {src} goes to {dst}, and the {}'s SDP says {said}: it may never arrive.",
            side.name()
        );
        let finding = Finding::new("rtp_elsewhere", text).at(stream.start);
        Some(finding.with("stream", &stream.id).with("announced", &said))
    }

    /// Payload types that were not agreed for the address they are sent to.
    fn codec(&self, stream: &Heard) -> Option<Finding> {
        let place = self.call.negotiation.places.get(stream.id.dst)?;
        let agreed = self.call.negotiation.agreed_types(stream.id.dst);
        let early = self
            .call
            .answer
            .get()
            .is_none_or(|answer| stream.start < answer);
        let listed = if early { place.takes } else { 0 };
        let taken = agreed.unwrap_or(place.takes) | listed | COMFORT_NOISE;
        let wrong = stream.traits.media_types & !taken;
        if wrong == 0 || place.takes == 0 {
            return None;
        }
        let (wrong, taken) = (types(wrong), types(taken & !COMFORT_NOISE));
        let text = format!(
            "{} is sent payload type {wrong}, and agreed to take {taken}: what it cannot decode it will not play.",
            stream.id.dst
        );
        let finding = Finding::new("codec_mismatch", text).at(stream.start);
        let finding = finding.with("stream", &stream.id).with("sent", &wrong);
        Some(finding.with("agreed", &taken))
    }

    fn ptime(&self, stream: &Heard) -> Option<Finding> {
        let asked = self
            .call
            .negotiation
            .places
            .get(stream.id.dst)?
            .ptime_ms()?;
        let sent = stream.traits.packet_ms?;
        let differs = asked.abs_diff(sent) > self.bench.thresholds.ptime_ms;
        if !differs || !stream.traits.audio || stream.traits.packets < ENOUGH_FOR_PTIME {
            return None;
        }
        let text = format!(
            "{} asked for packets of {asked} ms and is sent {sent} ms: phones with a fixed frame size stutter or fall \
             silent.",
            stream.id.dst
        );
        let finding = Finding::new("ptime_mismatch", text).at(stream.start);
        let finding = finding.with("stream", &stream.id);
        Some(finding.with("asked_ms", &asked).with("sent_ms", &sent))
    }

    /// A sender whose time stamps advance less than the time: it sends too little sound.
    fn slow(&self, stream: &Heard) -> Option<Finding> {
        let (took_ms, sent_ms) = stream.traits.pace_ms.filter(|_| stream.traits.audio)?;
        let least_ms =
            u64::from(took_ms) * u64::from(100 - self.bench.thresholds.slow_percent.min(100));
        if u64::from(sent_ms) * 100 >= least_ms {
            return None;
        }
        let [took, sent] = [took_ms, sent_ms].map(|ms| format!("{:.1} s", f64::from(ms) / 1e3));
        let share = 100.0 * f64::from(sent_ms) / f64::from(took_ms);
        let text = format!(
            "The time stamps from {} to {} advance {sent} in {took}, {share:.0} % of what they should: the sender does not \
             keep time, or a queue before the tap grows and grows, and the listener hears gaps.",
            stream.id.src, stream.id.dst
        );
        let finding = Finding::new("slow_sender", text).at(stream.start);
        let finding = finding.with("stream", &stream.id);
        Some(finding.with("sent", &sent).with("took", &took))
    }

    /// Packets that come together after a stall: late for every jitter buffer, though none is lost.
    fn bunched(&self, stream: &Heard) -> Option<Finding> {
        let bunch = stream.traits.bunch.filter(|_| stream.traits.audio)?;
        if bunch.late < self.bench.thresholds.bunched {
            return None;
        }
        let (packets, late) = (bunch.packets, seconds(bunch.late));
        let text = format!(
            "{packets} packets from {} to {} came together, the first of them {late} late: the sender or the network stood \
             still, and what no jitter buffer can hold so long is lost to the listener.",
            stream.id.src, stream.id.dst
        );
        let finding = Finding::new("bunched_media", text).at(bunch.at);
        let finding = finding.with("stream", &stream.id);
        Some(finding.with("packets", &packets).with("late", &late))
    }
}

/// Whether packets of a stream passed later than `from`; one that still ran certainly did.
fn is_after(stream: &Heard, from: Timestamp) -> bool {
    stream
        .end
        .is_none_or(|end| end > from + Span::from_millis(200))
}

/// The numbers of a set of payload types, at most eight of them.
fn types(set: u128) -> String {
    let numbers: Vec<String> = (0..128_u8)
        .filter(|pt| set & bit(*pt) != 0)
        .take(8)
        .map(|pt| pt.to_string())
        .collect();
    numbers.join(", ")
}

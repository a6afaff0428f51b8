//! The streams of a call, as their worker reports them, and when the last of them is over.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::record::{Mos, StreamId};
use crate::time::{Span, Timestamp};
use crate::track::mail::{Mail, StreamNews, StreamTraits};
use crate::track::media_index::Peer;
use crate::track::stream::SliceScores;

/// How long the record of an ended call waits for streams that go on regardless.
const PATIENCE: Span = Span::from_secs(60);

/// Streams noted for one call at most; a flood of sources at one address must not fill the memory of its call.
const MAX_STREAMS: usize = 1024;

/// Sequence numbers of two sources that are nearer than that are no accident; they begin at random (RFC 3550, 5.1).
const ECHO: u16 = 250;

/// One SSRC in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SameSource {
    pub(super) ssrc: u32,
    pub(super) echoes: bool,
}

/// The streams that joined a call.
///
/// News may come from several workers in any order, so nothing here depends on the order of arrival: every piece
/// carries its time, and questions are asked about a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    streams: Vec<Attached>,
}

/// What a call knows of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) id: StreamId,
    pub(super) start: Timestamp,
    pub(super) end: Option<Timestamp>,
    pub(super) traits: StreamTraits,
}

#[derive(Clone, Debug)]
struct Attached {
    id: StreamId,
    joined: Timestamp,
    start: Timestamp,
    over: Option<Timestamp>,
    last_packet: Option<Timestamp>,
    /// The same on the clock.
    silent_since: Option<Timestamp>,
    mos: Option<f64>,
    intervals: SliceScores,
    rtt_ms: Option<f64>,
    left: bool,
    traits: StreamTraits,
    /// The node that sees it, where that is not this one.
    peer: Option<Arc<Peer>>,
}

impl Media {
    /// Takes in what a stream says.
    pub(super) fn on_mail(&mut self, mail: &Mail) {
        match mail.news {
            StreamNews::Joined { .. } if self.streams.len() >= MAX_STREAMS => {}
            StreamNews::Joined { .. } if mail.peer.is_some() && self.sees(mail.stream) => {}
            StreamNews::Joined { start } => self.attach(mail, start),
            StreamNews::Left => self.end(mail, |stream| stream.left = true),
            StreamNews::Closed {
                mos,
                intervals,
                rtt_ms,
                end,
                silent_since,
                traits,
            } => self.end(mail, |stream| {
                stream.silent_since = Some(silent_since);
                stream.mos = mos;
                stream.intervals = intervals;
                stream.rtt_ms = rtt_ms;
                stream.last_packet = Some(end);
                stream.traits = traits;
            }),
        }
    }

    /// Whether a node follows this stream already: what a second tap sees of it is not told twice.
    fn sees(&self, id: StreamId) -> bool {
        self.streams.iter().any(|s| s.id == id && s.over.is_none())
    }

    /// What this node sees itself takes the place of what another one does.
    fn attach(&mut self, mail: &Mail, start: Timestamp) {
        let of_other = |s: &&mut Attached| s.id == mail.stream && s.over.is_none();
        let others = self.streams.iter_mut().filter(of_other);
        for stream in others.filter(|s| s.peer.is_some()) {
            stream.over = Some(mail.at);
            stream.left = true;
        }
        self.streams.push(Attached {
            id: mail.stream,
            joined: mail.at,
            start,
            over: None,
            last_packet: None,
            silent_since: None,
            mos: None,
            intervals: SliceScores::default(),
            rtt_ms: None,
            left: false,
            traits: StreamTraits::default(),
            peer: mail.peer.clone(),
        });
    }

    fn end(&mut self, mail: &Mail, note: impl FnOnce(&mut Attached)) {
        if let Some(stream) = self
            .streams
            .iter_mut()
            .find(|s| s.id == mail.stream && s.over.is_none() && s.peer == mail.peer)
        {
            stream.over = Some(mail.at);
            note(stream);
        }
    }

    /// Whether the stream that sends this joined and is not over.
    pub(super) fn has_running(&self, mail: &Mail) -> bool {
        let is_it = |s: &Attached| s.id == mail.stream && s.peer == mail.peer;
        self.streams.iter().any(|s| is_it(s) && s.over.is_none())
    }

    /// The first moment from `from` on at which no stream was running, if that is known and not after `by`;
    /// at the latest a minute after `from`.
    pub(super) fn silent_from(&self, from: Timestamp, by: Timestamp) -> Option<Timestamp> {
        let latest = from + PATIENCE;
        let mut spans: Vec<(Timestamp, Timestamp)> = self
            .streams
            .iter()
            .map(|s| (s.joined, s.over.unwrap_or(Timestamp::MAX)))
            .collect();
        spans.sort_unstable();
        let mut silent = from;
        for (joined, over) in spans {
            if joined <= silent && over > silent {
                silent = over;
            }
        }
        Some(silent.min(latest)).filter(|&at| at <= by)
    }

    /// Since when its streams have been silent, all of them, where it had any; but not before `not_before`. What joins after
    /// `patience` of silence comes too late.
    pub(super) fn silent_since(&self, not_before: Timestamp, patience: Span) -> Option<Timestamp> {
        let lasts = |stream: &Attached| (stream.joined, stream.silent_since);
        let mut spans: Vec<_> = self.streams.iter().filter(|s| !s.left).map(lasts).collect();
        spans.sort_unstable();
        let mut since = None;
        for (joined, last) in spans {
            if since.is_some_and(|since| joined > since + patience) {
                break;
            }
            since = Some(last?.max(not_before).max(since.unwrap_or(not_before)));
        }
        since
    }

    /// The last packet of the streams that were over by `at`.
    pub(super) fn last_packet(&self, at: Timestamp) -> Option<Timestamp> {
        let over = |stream: &&Attached| stream.over.is_some_and(|over| over <= at);
        self.members(at)
            .filter(over)
            .filter_map(|stream| stream.last_packet)
            .max()
    }

    /// The streams that had joined by `at`, by start.
    pub(super) fn ids(&self, at: Timestamp) -> Vec<StreamId> {
        let mut streams: Vec<&Attached> = self.members(at).collect();
        streams.sort_by_key(|stream| (stream.start, stream.id));
        streams.into_iter().map(|stream| stream.id).collect()
    }

    /// The streams that had joined by `at`, by start, with their first and last packet; one that still ran then has no
    /// last one.
    pub(super) fn heard(&self, at: Timestamp) -> Vec<Heard> {
        let mut streams: Vec<Heard> = self
            .members(at)
            .map(|stream| {
                let closed = stream.over.is_some_and(|over| over <= at);
                Heard {
                    id: stream.id,
                    start: stream.start,
                    end: stream.last_packet.filter(|_| closed),
                    traits: if closed {
                        stream.traits
                    } else {
                        StreamTraits::default()
                    },
                }
            })
            .collect();
        streams.sort_by_key(|stream| (stream.start, stream.id));
        streams
    }

    /// Lowest and time-weighted mean score over the intervals of the streams that had joined by `at`; where no
    /// interval had packets enough for a score, over the streams that have one.
    pub(super) fn mos(&self, at: Timestamp) -> Option<Mos> {
        let over = |stream: &&Attached| stream.over.is_some_and(|over| over <= at);
        let mut streams: Vec<&Attached> = self.members(at).filter(over).collect();
        // Sums of floats depend on the order, and news may come in any.
        streams.sort_by_key(|stream| (stream.start, stream.id));
        let mut all = SliceScores::default();
        for stream in &streams {
            all.merge(&stream.intervals);
        }
        let whole: Vec<f64> = streams.iter().filter_map(|stream| stream.mos).collect();
        all.mos().or_else(|| {
            Some(Mos {
                min: whole.iter().copied().min_by(f64::total_cmp)?,
                mean: whole.iter().sum::<f64>() / whole.len() as f64,
            })
        })
    }

    /// Round trip from end to end: the sum of those between the tap and each end, over two streams that run between the
    /// same two addresses. The largest where several pairs have one, since what passed the tap twice is part of a whole.
    pub(super) fn round_trip_ms(&self, at: Timestamp) -> Option<f64> {
        let over = |stream: &&Attached| stream.over.is_some_and(|over| over <= at);
        let mut to_receiver: BTreeMap<(SocketAddr, SocketAddr), f64> = BTreeMap::new();
        for stream in self.members(at).filter(over) {
            if let Some(ms) = stream.rtt_ms {
                let longest = to_receiver
                    .entry((stream.id.src, stream.id.dst))
                    .or_insert(ms);
                *longest = longest.max(ms);
            }
        }
        let both_ways = |(&(src, dst), there): (&(SocketAddr, SocketAddr), &f64)| {
            to_receiver.get(&(dst, src)).map(|back| there + back)
        };
        to_receiver.iter().filter_map(both_ways).reduce(f64::max)
    }

    /// How often a source began between two addresses where another had ended. Sources side by side are no change.
    pub(super) fn ssrc_changes(&self, at: Timestamp) -> u32 {
        let mut streams: Vec<&Attached> = self.members(at).collect();
        streams.sort_unstable_by_key(|stream| (stream.id.src, stream.id.dst, stream.start));
        let mut first_end = None;
        let mut way = None;
        let mut changes = 0;
        for stream in streams {
            if way.replace((stream.id.src, stream.id.dst)) != Some((stream.id.src, stream.id.dst)) {
                first_end = None;
            }
            changes += u32::from(first_end.is_some_and(|end| end <= stream.start));
            first_end = [first_end, stream.last_packet].into_iter().flatten().min();
        }
        changes
    }

    /// Two that send to each other with one SSRC (RFC 3550, 8.2), where there are such: the SSRC, and whether their numbers
    /// show that the one sends back what it gets.
    pub(super) fn same_source(&self, at: Timestamp) -> Option<SameSource> {
        let mut streams: Vec<&Attached> = self.members(at).collect();
        streams.sort_unstable_by_key(|stream| (stream.id, stream.start));
        let turned = |stream: &Attached| {
            let StreamId { ssrc, src, dst } = stream.id;
            let back = StreamId {
                ssrc,
                src: dst,
                dst: src,
            };
            let place = streams.binary_search_by_key(&back, |other| other.id).ok()?;
            streams.get(place).filter(|_| src != dst)
        };
        streams.iter().find_map(|stream| {
            let back = turned(stream)?;
            let (there, back) = (stream.traits.highest_seq, back.traits.highest_seq);
            let apart = there.wrapping_sub(back).min(back.wrapping_sub(there));
            Some(SameSource {
                ssrc: stream.id.ssrc,
                echoes: apart < ECHO,
            })
        })
    }

    fn members(&self, at: Timestamp) -> impl Iterator<Item = &Attached> {
        self.streams
            .iter()
            .filter(move |stream| stream.joined <= at && !stream.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs_nanos(secs, 0)
    }

    fn mail(secs: i64, ssrc: u32, news: StreamNews) -> Mail {
        let address = ([192, 0, 2, 1], 4000).into();
        Mail {
            call_id: "one".into(),
            at: at(secs),
            stream: StreamId {
                ssrc,
                src: address,
                dst: ([192, 0, 2, 2], 5000).into(),
            },
            news,
            peer: None,
        }
    }

    fn joined(secs: i64, ssrc: u32) -> Mail {
        mail(secs, ssrc, StreamNews::Joined { start: at(secs) })
    }

    fn closed(secs: i64, ssrc: u32, mos: f64) -> Mail {
        mail(
            secs,
            ssrc,
            StreamNews::Closed {
                mos: Some(mos),
                intervals: SliceScores::default(),
                rtt_ms: None,
                end: at(secs - 10),
                silent_since: at(secs - 10),
                traits: StreamTraits::default(),
            },
        )
    }

    fn media(mails: &[Mail]) -> Media {
        let mut media = Media::default();
        mails.iter().for_each(|mail| media.on_mail(mail));
        media
    }

    #[test]
    fn waits_for_the_last_stream_but_not_for_ever() {
        let both = media(&[joined(1, 1), joined(1, 2), closed(40, 1, 4.0)]);
        assert_eq!(both.silent_from(at(30), at(50)), None);
        assert_eq!(both.silent_from(at(30), at(90)), Some(at(90)));
        let both = media(&[
            joined(1, 1),
            joined(1, 2),
            closed(45, 2, 4.4),
            closed(40, 1, 4.0),
        ]);
        assert_eq!(both.silent_from(at(30), at(44)), None);
        assert_eq!(both.silent_from(at(30), at(50)), Some(at(45)));
        assert_eq!(media(&[]).silent_from(at(30), at(30)), Some(at(30)));
    }

    #[test]
    fn a_stream_that_left_is_not_counted() {
        let media = media(&[
            joined(1, 1),
            joined(1, 2),
            mail(2, 1, StreamNews::Left),
            closed(20, 2, 4.2),
        ]);
        assert_eq!(media.ids(at(30)).len(), 1);
        assert_eq!(
            media.mos(at(30)),
            Some(Mos {
                min: 4.2,
                mean: 4.2
            })
        );
    }

    #[test]
    fn the_order_of_the_news_does_not_matter() {
        let a = media(&[
            joined(1, 1),
            joined(2, 2),
            closed(40, 1, 4.0),
            closed(41, 2, 3.0),
        ]);
        let b = media(&[
            joined(2, 2),
            closed(41, 2, 3.0),
            joined(1, 1),
            closed(40, 1, 4.0),
        ]);
        assert_eq!(a.ids(at(50)), b.ids(at(50)));
        assert_eq!(a.mos(at(50)), b.mos(at(50)));
        assert_eq!(a.silent_from(at(30), at(50)), b.silent_from(at(30), at(50)));
    }

    #[test]
    fn a_stream_that_two_nodes_see_is_one() {
        let elsewhere = |name: &str, mail: Mail| {
            let peer = Some(Arc::new(Peer { name: name.into() }));
            Mail { peer, ..mail }
        };
        let check = |mails: &[Mail], mos: f64| {
            let media = media(mails);
            assert_eq!(media.ids(at(60)).len(), 1);
            assert_eq!(media.mos(at(60)).map(|mos| mos.mean), Some(mos));
        };
        let far = |mos| elsewhere("b", closed(50, 1, mos));
        // The node's own word counts, whichever comes first; of two others the first.
        check(
            &[
                joined(1, 1),
                elsewhere("b", joined(2, 1)),
                closed(40, 1, 4.0),
                far(3.0),
            ],
            4.0,
        );
        check(
            &[
                elsewhere("b", joined(1, 1)),
                joined(2, 1),
                closed(40, 1, 4.0),
                far(3.0),
            ],
            4.0,
        );
        let third = |mail| elsewhere("c", mail);
        let mails = [
            elsewhere("b", joined(1, 1)),
            third(joined(2, 1)),
            third(closed(40, 1, 4.0)),
            far(3.0),
        ];
        check(&mails, 3.0);
        // A mail that was sent again changes nothing.
        let again = [
            elsewhere("b", joined(1, 1)),
            elsewhere("b", joined(1, 1)),
            far(3.0),
            far(3.0),
        ];
        check(&again, 3.0);
    }

    #[test]
    fn a_source_behind_another_is_a_change() {
        let changes = |start| {
            let mails = [joined(1, 1), joined(start, 2), closed(13, 1, 4.0)];
            media(&mails).ssrc_changes(at(50))
        };
        // The first one sends until 3.
        assert_eq!((changes(2), changes(3), changes(5)), (0, 1, 1));
    }

    #[test]
    fn one_ssrc_both_ways_is_a_collision_or_an_echo() {
        let same = |numbers: [u16; 2]| {
            let (mut there, mut back) = (joined(1, 2), joined(4, 2));
            there.stream.src = ([192, 0, 2, 1], 4000).into();
            (back.stream.src, back.stream.dst) = (there.stream.dst, there.stream.src);
            let [mut there_over, mut back_over] = [closed(30, 2, 4.0), closed(30, 2, 4.0)];
            (there_over.stream, back_over.stream) = (there.stream, back.stream);
            for (mail, seq) in [&mut there_over, &mut back_over].into_iter().zip(numbers) {
                if let StreamNews::Closed { traits, .. } = &mut mail.news {
                    traits.highest_seq = seq;
                }
            }
            let found = media(&[joined(2, 1), there, back, there_over, back_over]);
            found
                .same_source(at(50))
                .map(|same| (same.ssrc, same.echoes))
        };
        assert_eq!(same([1000, 30_000]), Some((2, false)));
        assert_eq!(same([65_535, 10]), Some((2, true)));
        assert_eq!(
            media(&[joined(1, 1), joined(2, 2)]).same_source(at(50)),
            None
        );
    }

    #[test]
    fn the_round_trip_needs_both_sides() {
        let closed = |ssrc, rtt_ms| {
            let end = at(30);
            let mos = None;
            mail(
                40,
                ssrc,
                StreamNews::Closed {
                    mos,
                    intervals: SliceScores::default(),
                    rtt_ms,
                    end,
                    silent_since: end,
                    traits: StreamTraits::default(),
                },
            )
        };
        let turned = |mail: Mail| {
            let StreamId { ssrc, src, dst } = mail.stream;
            let stream = StreamId {
                ssrc,
                src: dst,
                dst: src,
            };
            Mail { stream, ..mail }
        };
        let there = [joined(1, 1), closed(1, Some(80.0))];
        let back = [turned(joined(1, 2)), turned(closed(2, Some(30.0)))];
        assert_eq!(media(&there).round_trip_ms(at(50)), None);
        let both = media(&[there, back].concat());
        assert_eq!(both.round_trip_ms(at(50)), Some(110.0));
    }
}

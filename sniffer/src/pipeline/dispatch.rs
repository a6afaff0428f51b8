//! The front of the pipeline: every frame is decoded, and handed on as events to the workers it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::Batch;
use super::peers::PeerNews;
use super::replay::ReplayOptions;
use super::signalling::Signalling;
use super::slices::Slicer;
use super::sorter::{Intake, Sorter};
use super::worker::Exchange;
use crate::decode::{
    self, Decoded, Decoder, Frame, GivenUp, KeyLog, SipFraming, StreamLimits, Streams,
};
use crate::record::books::Books;
use crate::record::{Record, SipSummary};
use crate::time::{Span, Timestamp};
use crate::track::event::Stamp;
use crate::track::mail::Mail;
use crate::track::media_index::{MediaChange, MediaIndex};
use crate::track::round_trips::RoundTrips;
use crate::track::security::Watch;

/// Decodes frames in their order and sorts what they carry by worker.
pub(super) struct Dispatcher {
    decoder: Decoder,
    streams: Streams<SipFraming>,
    /// When to look again at what waits for more in the decoder and in the streams.
    next_look: Timestamp,
    sorter: Sorter,
}

/// How much packet time passes between looks at what waits for more.
const LOOK_EVERY: Span = Span::from_millis(1);

/// All that is counted in front of the workers.
pub(super) struct FrontCounts {
    pub(super) intake: Intake,
    pub(super) sip: SipSummary,
    /// Responses by the method they answer and their code.
    pub(super) responses: BTreeMap<(&'static str, u16), u64>,
    /// Attacks that seem to be going on, by kind.
    pub(super) attacks: BTreeMap<&'static str, u64>,
}

impl Dispatcher {
    pub(super) fn new(
        n_workers: usize,
        options: &ReplayOptions,
        index: Arc<MediaIndex>,
        exchange: Arc<Exchange>,
    ) -> Self {
        let decoder = Decoder::new(decode::Limits::default());
        let keys = options.keys.first();
        Dispatcher {
            decoder: if options.dedup {
                decoder.without_copies()
            } else {
                decoder
            },
            streams: Streams::with_keys(SipFraming, StreamLimits::default(), keys),
            next_look: Timestamp::MIN,
            sorter: Sorter {
                stamp: Stamp {
                    frame: 0,
                    clock: Timestamp::MIN,
                },
                signalling: Signalling::new(Arc::clone(&index), exchange.peers.is_some()),
                watch: Watch::new(&options.settings.security, options.settings.limits.sources),
                round_trips: RoundTrips::new(options.settings.limits.round_trips),
                index,
                exchange,
                batches: (0..n_workers).map(|_| Batch::new()).collect(),
                intake: Intake::default(),
                feeds: options.feeds.clone(),
                slicer: options
                    .slices
                    .clone()
                    .map(|feed| Box::new(Slicer::new(feed))),
            },
        }
    }

    /// Takes in one frame.
    #[inline(always)]
    pub(super) fn on_frame(&mut self, frame: &Frame<'_>) {
        let stamp = self.sorter.note(frame);
        if stamp.clock >= self.next_look {
            self.look_at_what_waits();
        }
        match self.decoder.decode_plain(frame) {
            Some(Ok(plain)) => return self.sorter.on_plain(stamp, frame.at, &plain),
            Some(Err(reason)) => return self.sorter.intake.books.drop(reason, 1),
            None => {}
        }
        match self.decoder.decode_any(frame) {
            Decoded::Packet(packet) => self.sorter.on_packet(&packet, &mut self.streams),
            Decoded::Fragment => {}
            Decoded::Dropped(reason) => self.sorter.intake.books.drop(reason, 1),
        }
        self.sorter.count_wrappings(self.decoder.passed());
    }

    /// Lets time pass without a frame: none will come from before `at`.
    pub(super) fn advance(&mut self, at: Timestamp) {
        let clock = &mut self.sorter.stamp.clock;
        *clock = at.max(*clock);
        self.look_at_what_waits();
    }

    fn look_at_what_waits(&mut self) {
        let clock = self.sorter.stamp.clock;
        self.next_look = clock + LOOK_EVERY;
        write_down(&self.decoder.expired(clock), &mut self.sorter.intake.books);
        let Dispatcher {
            streams, sorter, ..
        } = self;
        streams.advance(clock, &mut |message| {
            sorter.on_stream_message(&message, None);
        });
    }

    /// Frames taken in since the last [`Dispatcher::take_batches`] are at least this much work.
    pub(super) fn has_a_batch(&self) -> bool {
        self.sorter.batches.iter().any(Batch::is_full)
    }

    /// What every worker is to do next; also those without events get a batch, so that their time goes on.
    pub(super) fn take_batches(&mut self) -> impl Iterator<Item = (usize, Batch)> + '_ {
        let clock = self.sorter.stamp.clock;
        let exchange = &self.sorter.exchange;
        self.sorter
            .batches
            .iter_mut()
            .enumerate()
            .map(move |(number, batch)| {
                let mut full = std::mem::replace(batch, exchange.empty_batch());
                full.clock = clock;
                (number, full)
            })
    }

    /// Has changes of media addresses noted from now on, for a packet filter.
    pub(super) fn follow_media(&mut self) {
        self.sorter.signalling.follow_media();
    }

    /// The changes of media addresses since the last call.
    #[inline]
    pub(super) fn take_media_changes(&mut self) -> Vec<MediaChange> {
        self.sorter.signalling.take_media_changes()
    }

    /// Tells other nodes what is new, and takes in what they tell.
    pub(super) fn talk_to_peers(&mut self) {
        let Sorter {
            exchange,
            signalling,
            stamp,
            ..
        } = &mut self.sorter;
        let Some(peers) = &exchange.peers else {
            return;
        };
        for news in peers.news() {
            match news {
                PeerNews::Claims(address, peer, claims) => {
                    signalling.on_peer(*stamp, address, &peer, &claims);
                }
                // It counts from the moment at which it is there: no worker has passed that.
                PeerNews::Mail(mail) => exchange.deliver(Mail {
                    at: stamp.clock,
                    ..*mail
                }),
            }
        }
        peers.tell(signalling.take_told());
    }

    /// Forgets what no worker can ask for any more.
    pub(super) fn prune(&mut self, passed: Timestamp) {
        self.sorter.signalling.prune(passed);
    }

    /// Hands on what still waits behind missing TCP segments: nothing more will come.
    pub(super) fn drain(&mut self) {
        let Dispatcher {
            streams, sorter, ..
        } = self;
        streams.finish(&mut |message| sorter.on_stream_message(&message, None));
    }

    /// What looked like an attack and is over.
    pub(super) fn take_events(&mut self) -> Vec<(Timestamp, Record)> {
        self.sorter.watch.take(self.sorter.stamp.clock)
    }

    /// As [`Dispatcher::take_events`], when nothing more will come.
    pub(super) fn finish_events(&mut self) -> Vec<(Timestamp, Record)> {
        self.sorter.watch.finish(self.sorter.stamp.clock);
        self.take_events()
    }

    /// What keeps the packets of calls, if anything does.
    pub(super) fn slicer(&mut self) -> Option<&mut Slicer> {
        self.sorter.slicer.as_deref_mut()
    }

    /// The secrets of TLS sessions, to add to.
    pub(super) fn keys_mut(&mut self) -> &mut KeyLog {
        self.streams.keys_mut()
    }

    /// The latest packet time.
    pub(super) fn clock(&self) -> Timestamp {
        self.sorter.stamp.clock
    }

    /// Closes the books of the front.
    pub(super) fn finish(mut self) -> FrontCounts {
        write_down(&self.decoder.finish(), &mut self.sorter.intake.books);
        self.so_far()
    }

    /// The books of the front as they stand.
    pub(super) fn so_far(&self) -> FrontCounts {
        let mut sip = SipSummary {
            tls: self.streams.tls().clone(),
            ..self.sorter.signalling.summary()
        };
        let streams = self.streams.stats();
        let tables = [
            ("connections", streams.evicted),
            ("connection_buffers", streams.given_up),
            ("security_sources", self.sorter.watch.evicted()),
        ];
        let losses = [
            ("gaps", streams.gaps),
            ("oversized", streams.oversized),
            ("websocket", streams.websocket_lost),
        ];
        let occurred = |(_, n): &(&str, u64)| *n > 0;
        sip.over_capacity
            .extend(tables.into_iter().filter(occurred));
        sip.stream_losses = losses.into_iter().filter(occurred).collect();
        FrontCounts {
            intake: self.sorter.intake.clone(),
            responses: self.sorter.signalling.responses().clone(),
            attacks: self.sorter.watch.attacks(self.sorter.stamp.clock),
            sip,
        }
    }
}

/// Writes fragments that were given up into the books; the frames themselves were counted when they came in.
fn write_down(given_up: &GivenUp, books: &mut Books) {
    given_up
        .iter()
        .for_each(|(reason, frames)| books.drop(reason, frames));
}

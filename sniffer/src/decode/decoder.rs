//! The decoder: one frame in, one answer out, and the fragments that wait in between.

use super::defrag::{Defrag, GivenUp, Limits, Outcome};
use super::duplicates::{Duplicates, REMEMBERED, is_sent_once, is_sip};
use super::encapsulation::Encapsulations;
use super::frame::Frame;
use super::layer::{End, Trail, walk};
use super::packet::{Packet, Payload};
use super::plain::Plain;
use super::window::Window;
use super::{ip, link};
use crate::record::books::Reason;
use crate::time::Timestamp;

/// How many datagrams one frame may complete within each other: a fragmented tunnel packet whose content is the last fragment
/// of another. One more is [`Reason::TooDeep`].
const MAX_NESTED_DATAGRAMS: usize = 4;

/// Turns frames into packets. It keeps nothing of a frame but fragments, and a number for each where copies are to be told.
///
/// Every frame that goes in is accounted for once, at the latest by [`Decoder::finish`]: the frames of all packets, the frames
/// [`Decoded::Dropped`] and the frames of [`GivenUp`] together are the frames that went in.
#[derive(Debug)]
pub struct Decoder {
    fragments: Defrag,
    /// Packets of the last moments, where copies are to be told.
    duplicates: Option<Duplicates>,
    /// Payloads of completed datagrams, innermost last: what a packet borrows.
    completed: [Vec<u8>; MAX_NESTED_DATAGRAMS],
    passed: Encapsulations,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// It carried a packet, or completed one.
    Packet(Packet<'a>),
    /// It waits for the rest of its datagram, and will be counted by that packet or by [`GivenUp`].
    Fragment,
    /// It carried nothing that is read here.
    Dropped(Reason),
}

impl Decoder {
    /// A decoder whose fragment table stays within `limits`.
    pub fn new(limits: Limits) -> Self {
        Decoder {
            fragments: Defrag::new(limits),
            duplicates: None,
            completed: Default::default(),
            passed: Encapsulations::default(),
        }
    }

    /// The same decoder, but one that drops the copies a tap makes as [`Reason::Duplicate`]. They are told before fragments
    /// are put together.
    #[must_use]
    pub fn without_copies(mut self) -> Self {
        self.duplicates = Some(Duplicates::new(REMEMBERED));
        self
    }

    /// Decodes one frame. The answer borrows the frame, or the decoder where a datagram was put together.
    pub fn decode<'a>(&'a mut self, frame: &Frame<'a>) -> Decoded<'a> {
        match self.decode_plain(frame) {
            None => self.decode_any(frame),
            Some(Err(why)) => Decoded::Dropped(why),
            Some(Ok(plain)) => {
                self.passed = plain.passed();
                Decoded::Packet(Packet {
                    at: frame.at,
                    payload: Payload::Udp(plain.datagram()),
                    frames: 1,
                    encapsulation: &self.passed,
                })
            }
        }
    }

    /// Decodes a frame that holds a whole UDP datagram and wraps it in nothing, as nearly all of them do; `None` is any
    /// other frame, which [`Decoder::decode_any`] takes.
    #[inline(always)]
    pub(crate) fn decode_plain<'a>(
        &mut self,
        frame: &Frame<'a>,
    ) -> Option<Result<Plain<'a>, Reason>> {
        let plain = Plain::read(frame)?;
        let bytes = plain.payload.bytes();
        if let Some(duplicates) = &mut self.duplicates
            && duplicates.is_plain_copy(frame, plain.ip, move || is_sip(bytes))
        {
            return Some(Err(Reason::Duplicate));
        }
        Some(Ok(plain))
    }

    /// Decodes a frame header by header.
    pub(crate) fn decode_any<'a>(&'a mut self, frame: &Frame<'a>) -> Decoded<'a> {
        let mut walk = Walk {
            frames: 1,
            trail: Trail::default(),
        };
        let Decoder {
            fragments,
            duplicates,
            completed,
            passed,
        } = self;
        let followed = follow(fragments, duplicates, completed, frame, &mut walk);
        let frames = walk.frames;
        *passed = walk.trail.passed;
        match followed {
            Ok(None) => Decoded::Fragment,
            Ok(Some(payload)) => Decoded::Packet(Packet {
                at: frame.at,
                payload,
                frames,
                encapsulation: passed,
            }),
            Err(why) => {
                // This frame is dropped. Those that completed a datagram with it were told to wait, so they are given up.
                self.fragments.given_up.add(why, frames.saturating_sub(1));
                Decoded::Dropped(why)
            }
        }
    }

    /// What the last frame was wrapped in, as far as it could be followed: also where no packet came of it.
    pub fn passed(&self) -> &Encapsulations {
        &self.passed
    }

    /// Gives up fragments that have waited [`super::TIMEOUT`] at `now`, and says what was given up since the last call, by
    /// `decode` too. Packets do not depend on when or whether this is called, only the moment of the telling does.
    pub fn expired(&mut self, now: Timestamp) -> GivenUp {
        self.fragments.expire(now);
        std::mem::take(&mut self.fragments.given_up)
    }

    /// Gives up all fragments that still wait, and says what was given up since the last call.
    pub fn finish(&mut self) -> GivenUp {
        self.fragments.finish();
        std::mem::take(&mut self.fragments.given_up)
    }
}

/// How far a frame was followed.
struct Walk<'a> {
    /// The number of frames that what was followed last came in.
    frames: u32,
    trail: Trail<'a>,
}

/// Follows a frame to its transport, through each datagram it completes; `None` where it ends as a fragment that
/// waits.
fn follow<'a>(
    fragments: &mut Defrag,
    duplicates: &mut Option<Duplicates>,
    completed: &'a mut [Vec<u8>],
    frame: &Frame<'a>,
    Walk { frames, trail }: &mut Walk<'a>,
) -> Result<Option<Payload<'a>>, Reason> {
    let mut layer = link::first_layer(frame.link).ok_or(Reason::LinkUnsupported)?;
    let wire_len = usize::try_from(frame.original_len).unwrap_or(usize::MAX);
    let mut window = Window::new(frame.bytes, wire_len);
    let mut completed = completed.iter_mut();
    loop {
        let end = walk(layer, window, trail)?;
        if let Some(duplicates) = duplicates
            && duplicates.is_copy(frame, trail, || is_sent_once(&end))
        {
            return Err(Reason::Duplicate);
        }
        let fragment = match end {
            End::Payload(payload) => return Ok(Some(payload)),
            End::Fragment(fragment) => fragment,
        };
        let buffer = completed.next().ok_or(Reason::TooDeep)?;
        match fragments.add(frame.at, &fragment, *frames, buffer) {
            Outcome::Waits => return Ok(None),
            Outcome::Refused(why) => return Err(why),
            Outcome::Complete(whole) => {
                *frames = whole.frames;
                layer = ip::next_layer(whole.ends, whole.protocol);
                window = Window::new(buffer, whole.wire_len);
                trail.inner = None;
            }
        }
    }
}

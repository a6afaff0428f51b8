//! From the figures of a stream to its scores, or to the reason why it has none.

use super::counts::Counts;
use super::header::Role;
use super::payloads::{Entry, Payloads};
use crate::quality::codec::{self, CodecModel, Score};
use crate::record::{Delay, ModelFigures, MosMissing, Scale};
use crate::rtp::payload::MediaKind;

/// Fewer packets of media than this are too few to score: one lost packet would be a tenth of the call.
pub(super) const ENOUGH_PACKETS: u32 = 10;

/// The scores of a stream or an interval: of the network alone, and behind each jitter buffer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scores {
    pub(super) scale: Option<Scale>,
    pub(super) network: Option<Score>,
    pub(super) buffers: [Option<Score>; 3],
    /// As `network`, with the delay counted.
    pub(super) conversation: Option<Score>,
    /// The figures of the codec that they rest on.
    pub(super) model: Option<ModelFigures>,
    pub(super) missing: Option<MosMissing>,
}

impl Scores {
    /// The scores of what `counts` says, of the codec that is the main one of `payloads`, in these modes where its packets
    /// tell them; `delay` is what is known
    /// of the delay from mouth to ear.
    pub(super) fn of(
        payloads: &Payloads,
        modes: &[((&'static str, f64), u32)],
        counts: &Counts,
        delay: Option<Delay>,
    ) -> Scores {
        match model_of(payloads, modes, counts) {
            Ok(model) => Scores::with(&model, counts, delay),
            Err(missing) => Scores {
                missing: Some(missing),
                ..Scores::default()
            },
        }
    }

    fn with(model: &CodecModel, counts: &Counts, delay: Option<Delay>) -> Scores {
        let expected = counts.expected;
        let ppl = |late: u32| {
            let missed = f64::from(counts.lost) + f64::from(late);
            (100.0 * missed / f64::from(expected.max(1))).min(100.0)
        };
        let burst_r = counts.loss.burst_ratio(expected.into()).unwrap_or(1.0);
        let buffers = counts.buffers.map(|buffer| {
            let burst_r = buffer.burst_ratio(counts.lost, expected).unwrap_or(1.0);
            Some(model.listening(ppl(buffer.late), burst_r))
        });
        Scores {
            scale: Some(model.scale),
            network: Some(model.listening(ppl(0), burst_r)),
            buffers,
            conversation: delay.map(|delay| model.conversing(ppl(0), burst_r, delay.ms)),
            model: Some(ModelFigures {
                ie: model.ie.value,
                bpl: model.bpl.value,
                status: model.status().name(),
            }),
            missing: None,
        }
    }
}

fn model_of(
    payloads: &Payloads,
    modes: &[((&'static str, f64), u32)],
    counts: &Counts,
) -> Result<CodecModel, MosMissing> {
    let main = payloads.main().ok_or(MosMissing::TooFewPackets)?;
    let measured = codec_of(main);
    let format = main.format().filter(|_| main.has_modes());
    let model = match format.and_then(|format| codec::mixed(&format, modes)) {
        Some(mixed) => mixed,
        None => *measured?,
    };
    if counts.media_packets < ENOUGH_PACKETS || counts.expected == 0 {
        return Err(MosMissing::TooFewPackets);
    }
    Ok(model)
}

fn codec_of(main: &Entry) -> Result<&'static CodecModel, MosMissing> {
    match main.role() {
        Role::Unknown => Err(MosMissing::UnknownCodec),
        Role::Media {
            clock_hz,
            kind: MediaKind::Audio,
            ..
        } => main
            .format()
            .and_then(|format| codec::model(&format, main.rate_kbit_s(clock_hz)))
            .ok_or(MosMissing::NoCodecModel),
        Role::Event | Role::ComfortNoise | Role::Media { .. } => Err(MosMissing::NotVoice),
    }
}

//! From the figures of a stream to its scores, or to the reason why it has none.

use super::header::Role;
use super::media::Media;
use super::payloads::{Entry, Payloads};
use crate::quality::codec::{self, CodecModel, Score};
use crate::quality::sequence::Sequence;
use crate::record::{MosMissing, Scale};
use crate::rtp::payload::MediaKind;

/// Fewer packets of media than this are too few to score: one lost packet would be a tenth of the call.
pub(super) const ENOUGH_PACKETS: u64 = 10;

/// The scores of a stream: of the network alone, and behind each jitter buffer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scores {
    pub(super) scale: Option<Scale>,
    pub(super) network: Option<Score>,
    pub(super) fixed_1: Option<Score>,
    pub(super) fixed_2: Option<Score>,
    pub(super) adaptive: Option<Score>,
    pub(super) missing: Option<MosMissing>,
}

impl Scores {
    pub(super) fn of(payloads: &Payloads, sequence: Option<&Sequence>, media: &Media) -> Scores {
        match model_of(payloads)
            .and_then(|model| Ok((model, sequence.ok_or(MosMissing::TooFewPackets)?)))
        {
            Ok((model, sequence)) => Scores::with(model, sequence, media),
            Err(missing) => Scores {
                missing: Some(missing),
                ..Scores::default()
            },
        }
    }

    fn with(model: &CodecModel, sequence: &Sequence, media: &Media) -> Scores {
        let expected = sequence.expected();
        let behind = |late: u64, burst_r: Option<f64>| {
            let missed = (sequence.lost() + late) as f64;
            let ppl = (100.0 * missed / expected as f64).min(100.0);
            Some(model.listening(ppl, burst_r.unwrap_or(1.0)))
        };
        let [fixed_1, fixed_2, adaptive] = &media.heard;
        Scores {
            scale: Some(model.scale),
            network: behind(0, sequence.burst_ratio()),
            fixed_1: behind(media.fixed_1.late(), fixed_1.burst_ratio(expected)),
            fixed_2: behind(media.fixed_2.late(), fixed_2.burst_ratio(expected)),
            adaptive: behind(media.adaptive.late(), adaptive.burst_ratio(expected)),
            missing: None,
        }
    }
}

fn model_of(payloads: &Payloads) -> Result<&'static CodecModel, MosMissing> {
    let main = payloads.main().ok_or(MosMissing::TooFewPackets)?;
    let model = codec_of(main)?;
    if payloads.media_packets() < ENOUGH_PACKETS {
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
        } => main
            .format()
            .and_then(|format| codec::model(&format, main.rate_kbit_s(clock_hz)))
            .ok_or(MosMissing::NoCodecModel),
        Role::Event | Role::ComfortNoise | Role::Media { .. } => Err(MosMissing::NotVoice),
    }
}

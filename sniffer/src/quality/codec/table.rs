//! The codec table. `tests` pins it as text: a changed figure is a changed score of every call of that codec.
//!
//! Where a robustness factor is not published the row takes 4.3, that of G.711 without any concealment and the least
//! robust there is: such a score errs towards complaint, and says so by its status.

use super::Status::{Derived, Provisional, Standard};
use super::{CodecModel, Figure, Status};
use crate::record::Scale;

const WORST_BPL: (f64, Status) = (4.3, Provisional);

const UNPUBLISHED_BPL: &str = "Ie: G.113 Appendix I; Bpl unpublished, the worst taken";
const AMR: &str =
    "Ie derived per mode from subjective tests; Bpl of GSM-EFR, whose concealment it shares";
const AMR_WB: &str = "Ie,wb: G.113 Table IV.1, one ear; Bpl,wb unpublished, the worst taken";
const AMR_WB_BPL: &str = "Ie,wb: G.113 Table IV.1, one ear; Bpl,wb: Table IV.4, both ears";
const EVS: &str = "G.113, fullband values of EVS in super-wideband mode";
const EVS_AS_AMR: &str =
    "no published row; held equal to AMR at the nearest rate, which it was made to replace";
const EVS_AS_AMR_WB: &str =
    "no published row; held equal to AMR-WB at the nearest rate, which it was made to replace";
const AS_EVS: &str = "no published row; held equal to EVS at 16.4 kbit/s";
const AS_AMR_WB: &str = "no published row; held equal to AMR-WB at 12.65 kbit/s, Bpl,wb the worst";
const AS_G729A: &str =
    "no published row; held equal to G.729A + VAD, which it was designed to match";
const OPUS_NARROW: &str =
    "no published row; held equal to G.729A + VAD, as other narrowband codecs without one";
const LINEAR: &str = "uncoded samples, the reference of the scale; no concealment assumed";

const fn row(
    encoding: &'static str,
    clock_hz: u32,
    scale: Scale,
    ie: (f64, Status),
    bpl: (f64, Status),
    source: &'static str,
) -> CodecModel {
    CodecModel {
        encoding,
        clock_hz,
        fmtp: None,
        rate_kbit_s: None,
        scale,
        ie: Figure {
            value: ie.0,
            status: ie.1,
        },
        bpl: Figure {
            value: bpl.0,
            status: bpl.1,
        },
        source,
    }
}

const fn nb(
    encoding: &'static str,
    ie: (f64, Status),
    bpl: (f64, Status),
    source: &'static str,
) -> CodecModel {
    row(encoding, 8000, Scale::Nb, ie, bpl, source)
}

const fn amr(rate: f64, ie: f64) -> CodecModel {
    at(rate, nb("AMR", (ie, Derived), (10.0, Derived), AMR))
}

const fn amr_wb(rate: f64, ie: f64) -> CodecModel {
    at(
        rate,
        row(
            "AMR-WB",
            16_000,
            Scale::Wb,
            (ie, Standard),
            WORST_BPL,
            AMR_WB,
        ),
    )
}

const fn amr_wb_robust(rate: f64, ie: f64, bpl: f64) -> CodecModel {
    at(
        rate,
        row(
            "AMR-WB",
            16_000,
            Scale::Wb,
            (ie, Standard),
            (bpl, Derived),
            AMR_WB_BPL,
        ),
    )
}

const fn evs(rate: f64, ie: f64, bpl: f64) -> CodecModel {
    at(
        rate,
        row(
            "EVS",
            16_000,
            Scale::Fb,
            (ie, Standard),
            (bpl, Standard),
            EVS,
        ),
    )
}

/// EVS held to narrowband or wideband by `bw` of its parameters.
const fn evs_narrow(rate: f64, ie: f64) -> CodecModel {
    let figures = ((ie, Provisional), (10.0, Provisional));
    let row = row("EVS", 16_000, Scale::Nb, figures.0, figures.1, EVS_AS_AMR);
    with("bw=nb", at(rate, row))
}

const fn evs_wide(rate: f64, ie: f64) -> CodecModel {
    let row = row(
        "EVS",
        16_000,
        Scale::Wb,
        (ie, Provisional),
        WORST_BPL,
        EVS_AS_AMR_WB,
    );
    with("bw=wb", at(rate, row))
}

/// Opus on the wideband scale.
const fn opus() -> CodecModel {
    row(
        "opus",
        48_000,
        Scale::Wb,
        (13.0, Provisional),
        WORST_BPL,
        AS_AMR_WB,
    )
}

/// Opus in narrowband.
const fn opus_narrow() -> CodecModel {
    row(
        "opus",
        48_000,
        Scale::Nb,
        (11.0, Provisional),
        (19.0, Provisional),
        OPUS_NARROW,
    )
}

const fn at(rate: f64, row: CodecModel) -> CodecModel {
    CodecModel {
        rate_kbit_s: Some(rate),
        ..row
    }
}

const fn with(fmtp: &'static str, row: CodecModel) -> CodecModel {
    CodecModel {
        fmtp: Some(fmtp),
        ..row
    }
}

/// Every codec that has a model.
pub static TABLE: &[CodecModel] = &[
    // Endpoints conceal lost G.711 packets, so the row is that with the concealment of G.711 Appendix I.
    nb(
        "PCMU",
        (0.0, Standard),
        (25.1, Standard),
        "G.113 Appendix I, G.711 with packet loss concealment",
    ),
    nb(
        "PCMA",
        (0.0, Standard),
        (25.1, Standard),
        "G.113 Appendix I, G.711 with packet loss concealment",
    ),
    // RFC 4856: Annex B (silence suppression) holds unless refused.
    nb(
        "G729",
        (11.0, Standard),
        (19.0, Standard),
        "G.113 Appendix I, G.729A + VAD",
    ),
    with(
        "annexb=no",
        nb(
            "G729",
            (10.0, Standard),
            (19.0, Derived),
            "Ie: G.113 Appendix I, G.729; Bpl of G.729A",
        ),
    ),
    at(
        6.3,
        nb(
            "G723",
            (15.0, Standard),
            (16.1, Standard),
            "G.113 Appendix I, G.723.1 + VAD",
        ),
    ),
    at(
        5.3,
        nb(
            "G723",
            (19.0, Standard),
            (16.1, Derived),
            "Ie: G.113 Appendix I; Bpl of the 6.3 kbit/s mode",
        ),
    ),
    nb("G726-40", (2.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("G726-32", (7.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("G726-24", (25.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("G726-16", (50.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("AAL2-G726-40", (2.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("AAL2-G726-32", (7.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("AAL2-G726-24", (25.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("AAL2-G726-16", (50.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    at(
        16.0,
        nb("G728", (7.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    ),
    at(
        12.8,
        nb("G728", (20.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    ),
    nb("GSM", (20.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb("GSM-HR-08", (23.0, Standard), WORST_BPL, UNPUBLISHED_BPL),
    nb(
        "GSM-EFR",
        (5.0, Standard),
        (10.0, Standard),
        "G.113 Appendix I, GSM-EFR",
    ),
    amr(4.75, 21.0),
    amr(5.15, 19.6),
    amr(5.9, 16.6),
    amr(6.7, 14.0),
    amr(7.4, 11.7),
    amr(7.95, 10.0),
    amr(10.2, 6.0),
    amr(12.2, 5.0),
    amr_wb(6.6, 41.0),
    amr_wb(8.85, 26.0),
    amr_wb_robust(12.65, 13.0, 4.3),
    amr_wb(14.25, 10.0),
    amr_wb(15.85, 7.0),
    amr_wb(18.25, 5.0),
    amr_wb(19.85, 3.0),
    amr_wb_robust(23.05, 1.0, 4.6),
    amr_wb_robust(23.85, 8.0, 4.9),
    row(
        "G722",
        8000,
        Scale::Wb,
        (13.0, Standard),
        (7.1, Provisional),
        "Ie,wb: G.113 Appendix IV at 64 kbit/s; Bpl,wb unconfirmed",
    ),
    evs(9.6, 22.7, 13.0),
    evs(13.2, 17.1, 11.7),
    evs(16.4, 10.8, 10.3),
    evs(24.4, 7.2, 11.4),
    evs(32.0, 8.7, 9.3),
    evs(48.0, 10.2, 9.6),
    evs_narrow(7.2, 11.7),
    evs_narrow(8.0, 10.0),
    evs_narrow(9.6, 6.0),
    evs_narrow(13.2, 5.0),
    evs_narrow(16.4, 5.0),
    evs_narrow(24.4, 5.0),
    evs_wide(7.2, 41.0),
    evs_wide(8.0, 26.0),
    evs_wide(9.6, 26.0),
    evs_wide(13.2, 13.0),
    evs_wide(16.4, 7.0),
    evs_wide(24.4, 1.0),
    evs_wide(32.0, 1.0),
    evs_wide(48.0, 1.0),
    nb("iLBC", (11.0, Provisional), (19.0, Provisional), AS_G729A),
    nb("speex", (11.0, Provisional), (19.0, Provisional), AS_G729A),
    row(
        "speex",
        16_000,
        Scale::Wb,
        (13.0, Provisional),
        WORST_BPL,
        AS_AMR_WB,
    ),
    row(
        "speex",
        32_000,
        Scale::Wb,
        (13.0, Provisional),
        WORST_BPL,
        AS_AMR_WB,
    ),
    // What the receiver asks for: its bandwidth first, then the rate (RFC 7587, 3.1.1 and 6.1). The first one that holds
    // counts.
    with("maxplaybackrate<=8000", opus_narrow()),
    with("maxaveragebitrate<=12000", opus_narrow()),
    with("maxplaybackrate<=16000", opus()),
    with(
        "maxaveragebitrate>=28000",
        row(
            "opus",
            48_000,
            Scale::Fb,
            (10.8, Provisional),
            (10.3, Provisional),
            AS_EVS,
        ),
    ),
    opus(),
    nb("L16", (0.0, Provisional), WORST_BPL, LINEAR),
    row(
        "L16",
        16_000,
        Scale::Wb,
        (0.0, Provisional),
        WORST_BPL,
        LINEAR,
    ),
];

//! A rating with everything on the way to it, the same shape for all three scales.

use serde::Serialize;

use super::args::{MosArgs, ScaleName, Telephony};
use crate::cli::Error;
use crate::quality::codec::CodecModel;
use crate::quality::emodel::{fullband, mos_unclamped, narrowband, wideband};

/// What the E-model says about one set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Rating {
    /// Which E-model: `nb`, `wb` or `fb`.
    pub(super) scale: &'static str,
    /// Transmission rating factor.
    pub(super) r: f64,
    /// Mean opinion score, within \[1, 4.5\].
    pub(super) mos: f64,
    /// Equation B-4 as written: it dips below 1 where R is from 0 to 6.5.
    pub(super) mos_unclamped: f64,
    /// Basic signal-to-noise ratio.
    pub(super) ro: f64,
    /// Simultaneous impairment.
    pub(super) is: f64,
    /// Impairment by talker echo.
    pub(super) idte: f64,
    /// Impairment by listener echo.
    pub(super) idle: f64,
    /// Impairment by absolute delay.
    pub(super) idd: f64,
    /// Delay impairment, the sum of the three.
    pub(super) id: f64,
    /// Effective equipment impairment: codec and loss.
    pub(super) ie_eff: f64,
    /// Advantage factor.
    pub(super) a: f64,
    /// Equipment impairment factor that was taken.
    pub(super) ie: f64,
    /// Packet-loss robustness factor that was taken.
    pub(super) bpl: f64,
    /// Inputs outside of the range that the Recommendation permits, by its names.
    pub(super) out_of_range: Vec<&'static str>,
}

/// The rating of what was asked; `model` is that of the codec, where one was named.
///
/// # Errors
/// Where an input does not exist on the scale.
pub(super) fn rate(
    args: &MosArgs,
    scale: ScaleName,
    model: Option<&CodecModel>,
) -> Result<Rating, Error> {
    let ie = model.map_or(args.ie.unwrap_or(0.0), |model| model.ie.value);
    let bpl = model.map_or(args.bpl.unwrap_or(4.3), |model| model.bpl.value);
    let ppl = args.loss.unwrap_or(0.0);
    let ta = args.delay.or(args.ta).unwrap_or(0.0);
    match scale {
        ScaleName::Nb => Ok(narrowband(&narrowband_inputs(args, ie, bpl))),
        ScaleName::Wb => {
            refuse_narrowband(args, "wideband")?;
            let rating = wideband::Inputs { ie, bpl, ppl, ta }.rate();
            let of_scale = OfScale {
                name: "wb",
                ro: wideband::RO,
                stretch: 1.29,
            };
            Ok(of_scale.rating((ie, bpl), rating.r, rating.idd, rating.ie_eff))
        }
        ScaleName::Fb => {
            refuse_narrowband(args, "fullband")?;
            let rating = fullband::Inputs { ie, bpl, ppl, ta }.rate();
            let of_scale = OfScale {
                name: "fb",
                ro: fullband::RO,
                stretch: 1.48,
            };
            Ok(of_scale.rating((ie, bpl), rating.r, rating.idd, rating.ie_eff))
        }
    }
}

fn narrowband_inputs(args: &MosArgs, ie: f64, bpl: f64) -> narrowband::Inputs {
    let given = &args.telephony;
    let default = narrowband::Inputs::default();
    let stmr = given.stmr.unwrap_or(default.stmr);
    narrowband::Inputs {
        slr: given.slr.unwrap_or(default.slr),
        rlr: given.rlr.unwrap_or(default.rlr),
        stmr,
        lstr: given.lstr.unwrap_or(stmr + given.dr.unwrap_or(3.0)),
        ds: given.ds.unwrap_or(default.ds),
        telr: given.telr.unwrap_or(default.telr),
        wepl: given.wepl.unwrap_or(default.wepl),
        t: args.delay.or(args.t).unwrap_or(default.t),
        tr: args
            .delay
            .map(|delay| 2.0 * delay)
            .or(args.tr)
            .unwrap_or(default.tr),
        ta: args.delay.or(args.ta).unwrap_or(default.ta),
        qdu: given.qdu.unwrap_or(default.qdu),
        ie,
        bpl,
        ppl: args.loss.unwrap_or(default.ppl),
        burst_r: args.burst_r.unwrap_or(default.burst_r),
        nc: given.nc.unwrap_or(default.nc),
        nfor: given.nfor.unwrap_or(default.nfor),
        ps: given.ps.unwrap_or(default.ps),
        pr: given.pr.unwrap_or(default.pr),
        advantage: given.advantage.unwrap_or(default.advantage),
        st: given.st.unwrap_or(default.st),
        mt: given.mt.unwrap_or(default.mt),
    }
}

fn narrowband(inputs: &narrowband::Inputs) -> Rating {
    let rating = inputs.rate();
    Rating {
        scale: "nb",
        r: rating.r,
        mos: rating.mos(),
        mos_unclamped: mos_unclamped(rating.r),
        ro: rating.ro,
        is: rating.is,
        idte: rating.idte,
        idle: rating.idle,
        idd: rating.idd,
        id: rating.id,
        ie_eff: rating.ie_eff,
        a: inputs.advantage,
        ie: inputs.ie,
        bpl: inputs.bpl,
        out_of_range: inputs.out_of_range().collect(),
    }
}

/// What the echo-free scales share.
struct OfScale {
    name: &'static str,
    ro: f64,
    stretch: f64,
}

impl OfScale {
    fn rating(&self, (ie, bpl): (f64, f64), r: f64, idd: f64, ie_eff: f64) -> Rating {
        let unclamped = mos_unclamped(r / self.stretch);
        Rating {
            scale: self.name,
            r,
            mos: unclamped.clamp(1.0, 4.5),
            mos_unclamped: unclamped,
            ro: self.ro,
            is: 0.0,
            idte: 0.0,
            idle: 0.0,
            idd,
            id: idd,
            ie_eff,
            a: 0.0,
            ie,
            bpl,
            out_of_range: Vec::new(),
        }
    }
}

/// The echo-free models have no burst ratio, no echo and no telephones; what changes nothing is let through.
fn refuse_narrowband(args: &MosArgs, scale: &str) -> Result<(), Error> {
    let advantage = args.telephony.advantage.filter(|a| *a != 0.0);
    let telephony = Telephony {
        advantage,
        ..args.telephony
    };
    let echo = [args.t, args.tr]
        .into_iter()
        .flatten()
        .any(|time| time != 0.0);
    let bursts = args.burst_r.is_some_and(|ratio| ratio != 1.0);
    if telephony == Telephony::default() && !echo && !bursts {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "mos: the {scale} E-model takes --ie, --bpl (or --codec), --loss and --delay (or --ta) only; \
         the other inputs belong to --scale nb"
    )))
}

//! The table as text, the choice of a row, and that more impairment never sounds better.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::quality::emodel;
use crate::rtp::payload::MediaKind;

fn format(encoding: &str, clock_hz: u32, fmtp: &str) -> PayloadFormat {
    PayloadFormat {
        encoding: encoding.into(),
        clock_hz,
        channels: 1,
        fmtp: (!fmtp.is_empty()).then(|| Arc::from(fmtp)),
        kind: MediaKind::Audio,
    }
}

/// The Ie of the row chosen.
fn check(encoding: &str, clock_hz: u32, fmtp: &str, rate: Option<f64>, expected: Option<f64>) {
    let row = model(&format(encoding, clock_hz, fmtp), rate);
    assert_eq!(row.map(|row| row.ie.value), expected, "{encoding} {rate:?}");
}

#[test]
fn the_table_is_what_it_was() {
    let mut text = String::new();
    for row in TABLE {
        let mode = row
            .rate_kbit_s
            .map(|rate| format!(" {rate}"))
            .unwrap_or_default();
        let fmtp = row.fmtp.map(|fmtp| format!(" {fmtp}")).unwrap_or_default();
        let (ie, bpl) = (row.ie, row.bpl);
        let name = format!("{}/{}{mode}{fmtp}", row.encoding, row.clock_hz);
        let letter = |status| match status {
            Status::Standard => 's',
            Status::Derived => 'd',
            Status::Provisional => 'p',
        };
        writeln!(
            text,
            "{name} {:?} {}{} {}{}",
            row.scale,
            ie.value,
            letter(ie.status),
            bpl.value,
            letter(bpl.status)
        )
        .unwrap();
    }
    assert_eq!(text, include_str!("table.txt"));
}

#[test]
fn names_ignore_case_and_clocks_do_not() {
    check("pcmu", 8000, "", None, Some(0.0));
    check("PCMU", 16_000, "", None, None);
    check("Speex", 16_000, "", None, Some(13.0));
    check("OPUS", 48_000, "", None, Some(13.0));
    check("SILK", 8000, "", None, None);
    check("G7221", 16_000, "", None, None);
}

#[test]
fn parameters_choose_the_row() {
    check("G729", 8000, "", None, Some(11.0));
    check("G729", 8000, "annexb=yes", None, Some(11.0));
    check("G729", 8000, "foo=1; annexb=NO", None, Some(10.0));
    check("G723", 8000, "bitrate=5.3;annexa=no", Some(6.4), Some(19.0));
}

#[test]
fn a_receiver_of_opus_says_how_much_it_takes() {
    let scale = |fmtp: &str, expected| {
        let row = model(&format("opus", 48_000, fmtp), Some(24.0));
        assert_eq!(row.map(|row| row.scale), Some(expected), "{fmtp}");
    };
    scale("", Scale::Wb);
    scale("minptime=10; useinbandfec=1", Scale::Wb);
    scale("maxplaybackrate=8000; maxaveragebitrate=64000", Scale::Nb);
    scale("maxplaybackrate=48000; maxaveragebitrate=12000", Scale::Nb);
    scale("maxaveragebitrate=20000", Scale::Wb);
    scale("maxplaybackrate=16000; maxaveragebitrate=40000", Scale::Wb);
    scale("maxaveragebitrate=40000", Scale::Fb);
    scale("maxaveragebitrate=much", Scale::Wb);
}

#[test]
fn the_modes_that_are_agreed_are_the_only_ones() {
    check("AMR", 8000, "mode-set=7", None, Some(5.0));
    check("AMR", 8000, "mode-set=0,2,4", Some(13.0), Some(11.7));
    check("AMR", 8000, "mode-set=0,x", Some(13.0), Some(5.0));
    check("AMR-WB", 16_000, "mode-set=0, 2", Some(24.0), Some(13.0));
    check("EVS", 16_000, "br=13.2", None, Some(17.1));
    check(
        "EVS",
        16_000,
        "br=5.9-24.4; bw=nb-swb",
        Some(50.0),
        Some(7.2),
    );
    check("EVS", 16_000, "br-recv=9.6;br=5.9-24.4", None, Some(22.7));
}

#[test]
fn evs_is_rated_by_the_bandwidth_it_may_take() {
    check("EVS", 16_000, "bw=nb-wb; br=13.2", None, Some(13.0));
    check("EVS", 16_000, "bw=WB", Some(8.4), Some(26.0));
    check("EVS", 16_000, "bw=nb", Some(13.6), Some(5.0));
    check("EVS", 16_000, "bw=nb-fb", Some(13.6), Some(17.1));
    let narrow = format("EVS", 16_000, "bw=nb-wb");
    let mixed = mixed(&narrow, &[(("EVS", 13.2), 9), (("EVS", 2.8), 1)]).unwrap();
    assert_eq!((mixed.scale, mixed.ie.value), (Scale::Wb, 13.0));
}

#[test]
fn the_measured_rate_chooses_the_mode() {
    check("G723", 8000, "", Some(24.0 * 8.0 / 30.0), Some(15.0));
    check("G723", 8000, "", Some(20.0 * 8.0 / 30.0), Some(19.0));
    check("AMR", 8000, "", None, None);
    check("EVS", 16_000, "", Some(8.0), None);
    check("EVS", 16_000, "", Some(13.6), Some(17.1));
    check("EVS", 16_000, "", Some(128.0), Some(10.2));
}

/// Octets of a 20 ms packet of each mode, bandwidth-efficient and octet-aligned (RFC 4867, 4.3.5 and 4.4.5).
#[test]
fn every_amr_mode_is_told_from_its_packet_size() {
    let narrow = [
        (14, 14),
        (15, 15),
        (16, 17),
        (18, 19),
        (20, 21),
        (22, 22),
        (27, 28),
        (32, 33),
    ];
    let wide = [
        (18, 19),
        (24, 25),
        (33, 34),
        (37, 38),
        (41, 42),
        (47, 48),
        (51, 52),
        (59, 60),
        (61, 62),
    ];
    for (encoding, clock_hz, sizes) in [("AMR", 8000, &narrow[..]), ("AMR-WB", 16_000, &wide[..])] {
        let modes = TABLE.iter().filter(|row| row.encoding == encoding);
        for (mode, &(efficient, aligned)) in modes.zip(sizes) {
            for octets in [efficient, aligned] {
                let rate = f64::from(octets) * 8.0 / 20.0;
                check(encoding, clock_hz, "", Some(rate), Some(mode.ie.value));
            }
        }
    }
}

#[test]
fn each_scale_uses_its_own_formula() {
    let r = |encoding, clock_hz| {
        let score = model(&format(encoding, clock_hz, ""), Some(13.6))
            .unwrap()
            .listening(0.0, 1.0);
        (score.r * 1e3).round() / 1e3
    };
    assert_eq!(r("PCMA", 8000), 93.206);
    assert_eq!(r("G722", 8000), 116.0);
    assert_eq!(r("EVS", 16_000), 130.9);
}

proptest! {
    #[test]
    fn more_loss_never_sounds_better(row in 0..TABLE.len(), ppl in 0.0..99.0_f64, more in 0.0..1.0_f64, burst_r in 1.0..8.0_f64) {
        let row = &TABLE[row];
        let (less, more) = (row.listening(ppl, burst_r), row.listening(ppl + more, burst_r));
        prop_assert!(more.r <= less.r && more.mos <= less.mos);
    }

    #[test]
    fn longer_bursts_never_sound_better(row in 0..TABLE.len(), ppl in 0.0..100.0_f64, burst_r in 1.0..8.0_f64, more in 0.0..4.0_f64) {
        let row = &TABLE[row];
        let (less, more) = (row.listening(ppl, burst_r), row.listening(ppl, burst_r + more));
        prop_assert!(more.r <= less.r && more.mos <= less.mos);
    }

    /// Echo starts above 3 ms: up to there talker echo is slightly negative (ITU-T G.107, 7-19).
    #[test]
    fn longer_delay_never_sounds_better(row in 0..TABLE.len(), delay in 3.0..400.0_f64, more in 0.0..100.0_f64) {
        let row = &TABLE[row];
        let (ie, bpl) = (row.ie.value, row.bpl.value);
        let mos = |ta: f64| match row.scale {
            Scale::Nb => {
                let inputs = emodel::narrowband::Inputs { ie, bpl, t: ta, tr: 2.0 * ta, ta, ..Default::default() };
                inputs.rate().mos()
            }
            Scale::Wb => emodel::wideband::Inputs { ie, bpl, ppl: 0.0, ta }.rate().mos(),
            Scale::Fb => emodel::fullband::Inputs { ie, bpl, ppl: 0.0, ta }.rate().mos(),
        };
        prop_assert!(mos(delay + more) <= mos(delay));
    }
}

proptest::proptest! {
    /// More loss, longer bursts and more delay never sound better. Delays begin at 5 ms: between 1 and 3 ms the talker
    /// echo of G.107 (7-19) is slightly negative.
    #[test]
    fn scores_only_fall(
        loss in 0.0..100.0_f64,
        more_loss in 0.0..50.0_f64,
        burst_r in 1.0..8.0_f64,
        more_bursts in 0.0..8.0_f64,
        delay in 5.0..500.0_f64,
        more_delay in 0.0..500.0_f64,
    ) {
        for row in TABLE {
            let at = |loss: f64, burst_r, delay| row.conversing(loss.min(100.0), burst_r, delay);
            let score = at(loss, burst_r, delay);
            for worse in [
                at(loss + more_loss, burst_r, delay),
                at(loss, burst_r + more_bursts, delay),
                at(loss, burst_r, delay + more_delay),
            ] {
                proptest::prop_assert!(worse.r <= score.r + 1e-9, "{row:?}: {worse:?} {score:?}");
                proptest::prop_assert!(worse.mos <= score.mos + 1e-9, "{row:?}: {worse:?} {score:?}");
            }
        }
    }
}

//! The calculator, asked as on a command line: against the gold tables, and where it refuses.

use clap::Parser;
use serde_json::Value;

use super::*;

/// What `sipvane mos` prints for these words, or says is wrong.
fn ask(words: &str) -> Result<String, String> {
    let words = std::iter::once("mos").chain(words.split_whitespace());
    let args = MosArgs::try_parse_from(words).map_err(|error| error.to_string())?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        width: None,
        unicode: true,
    };
    run(&args, &mut console).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).expect("text is UTF-8"))
}

fn json(words: &str) -> Value {
    let text = ask(&format!("{words} --format json")).expect("the inputs are right");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Compares columns of a gold table with what is printed for each of its rows.
fn check(table: &str, flags: &[(&str, &str)], scale: &str, expected: &[(&str, &str)]) {
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<_> = lines.next().expect("a title row").split('\t').collect();
    let mut n_rows = 0;
    for line in lines {
        let cells: Vec<_> = line.split('\t').collect();
        let cell = |name: &str| {
            let at = names
                .iter()
                .position(|other| *other == name)
                .expect("the column is there");
            cells[at]
        };
        let given = flags.iter().filter(|(_, column)| cell(column) != "-");
        let words: String = given
            .map(|(flag, column)| format!("{flag} {} ", cell(column)))
            .collect();
        let found = json(&format!("--scale {scale} {words}"));
        for (field, column) in expected {
            let (got, want) = (
                found[field].as_f64().unwrap(),
                cell(column).parse::<f64>().unwrap(),
            );
            assert!(
                (got - want).abs() < 1e-4,
                "{} {field}: {got} for {want}",
                cell("id")
            );
        }
        n_rows += 1;
    }
    assert!(n_rows > 10, "the table is short");
}

#[test]
fn narrowband_table() {
    let flags = [
        ("--ie", "Ie"),
        ("--bpl", "Bpl"),
        ("--loss", "Ppl"),
        ("--burst-r", "BurstR"),
        ("--t", "T"),
        ("--tr", "Tr"),
        ("--ta", "Ta"),
        ("--advantage", "A"),
    ];
    let table = include_str!("../../quality/emodel/gold-nb.tsv");
    check(
        table,
        &flags,
        "nb",
        &[("r", "R"), ("mos_unclamped", "MOS_B4")],
    );
}

#[test]
fn wideband_table() {
    let table = include_str!("../../quality/emodel/gold-wb.tsv");
    let path = [("--ie", "Ie_wb"), ("--bpl", "Bpl_wb"), ("--loss", "Ppl")];
    check(table, &path, "wb", &[("r", "R_noId"), ("mos", "MOS_noId")]);
    check(table, &[("--delay", "Ta")], "wb", &[("idd", "Idd")]);
}

#[test]
fn fullband_table() {
    let flags = [
        ("--ie", "Ie_fb"),
        ("--bpl", "Bpl_fb"),
        ("--loss", "Ppl"),
        ("--delay", "Ta"),
    ];
    let table = include_str!("../../quality/emodel/gold-fb.tsv");
    check(table, &flags, "fb", &[("r", "R_fb"), ("mos", "MOS")]);
}

#[test]
fn delay_sets_its_three_parameters() {
    assert_eq!(json("--delay 150"), json("--t 150 --ta 150 --tr 300"));
    assert_eq!(json("--delay 150ms --loss 3%"), json("--delay 150 --ppl 3"));
}

#[test]
fn a_codec_brings_its_values_and_scale() {
    let g729 = json("--codec G729 --loss 2");
    assert_eq!(
        (&g729["ie"], &g729["bpl"], &g729["scale"]),
        (&11.0.into(), &19.0.into(), &"nb".into())
    );
    assert_eq!(json("--codec G722")["scale"], "wb");
    assert_eq!(json("--codec EVS@13.2")["r"], 130.9);
}

#[test]
fn the_other_inputs_count() {
    assert_eq!(json("--stmr 18 --dr 5"), json("--stmr 18 --lstr 23"));
    for flag in [
        "--slr 10",
        "--rlr 5",
        "--ds 0",
        "--qdu 4",
        "--nc -50",
        "--nfor -50",
        "--ps 60",
        "--pr 60",
        "--telr 40 --t 50",
        "--wepl 20 --tr 200",
        "--advantage 5",
    ] {
        assert_ne!(json(flag)["r"], json("")["r"], "{flag}");
    }
    assert_ne!(json("--delay 300 --st 0.5")["r"], json("--delay 300")["r"]);
    assert_ne!(json("--delay 300 --mt 150")["r"], json("--delay 300")["r"]);
}

#[test]
fn what_a_scale_has_not_is_refused() {
    for words in [
        "--scale wb --burst-r 2",
        "--scale fb --telr 50",
        "--codec G722 --t 20",
    ] {
        let sentence = ask(words).expect_err(words);
        assert!(
            sentence.contains("belong to --scale nb"),
            "{words}: {sentence}"
        );
    }
    assert!(ask("--scale wb --burst-r 1 --advantage 0").is_ok());
    assert!(ask("--loss 101").is_err_and(|text| text.contains("from 0 to 100")));
    assert!(ask("--codec PCMU --ie 3").is_err_and(|text| text.contains("cannot be used with")));
}

#[test]
fn people_read_the_parts() {
    let text = ask("--codec PCMU --loss 30").expect("the inputs are right");
    assert!(text.starts_with("MOS "), "{text}");
    assert!(
        text.contains("Outside of what the Recommendation permits: Ppl"),
        "{text}"
    );
    assert!(text.contains("G.113 Appendix I"), "{text}");
    assert!(ask("--codecs").is_ok_and(|list| list.contains("AMR-WB@23.85")));
}

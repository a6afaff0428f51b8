//! Scenarios: what passes a tap, in text, and the records that must come of it.
//!
//! Each file in `scenarios` holds blocks headed by a time and a hop, then `==`, then the expected records as `show`
//! writes them. `scenario` reads the blocks, `message` fills in the header fields nobody wants to write, `run` takes the
//! events through one tracker and through several that are out of step. All runs must give the same records.

mod floods;
mod hosts;
mod message;
mod run;
mod scenario;
mod show;

use scenario::Scenario;

/// Runs a scenario with one tracker and with several, and compares the records with the expected ones.
#[track_caller]
fn check(text: &str) {
    let scenario = Scenario::parse(text);
    let alone = run::alone(&scenario);
    let shown = show::run(&alone, scenario.shows_kpi);
    assert_eq!(
        shown, scenario.expected,
        "\n--- found:\n{shown}--- expected:\n{}",
        scenario.expected
    );
    for shards in run::shards() {
        let sharded = run::sharded(&scenario, shards);
        assert_eq!(
            show::run(&sharded, scenario.shows_kpi),
            shown,
            "with {shards:?}"
        );
        assert_eq!(show::json(&sharded), show::json(&alone), "with {shards:?}");
    }
}

macro_rules! scenarios {
    ($($folder:ident { $($name:ident)* })*) => {
        $(mod $folder {
            $(#[test]
            fn $name() {
                super::check(include_str!(concat!(
                    "scenarios/", stringify!($folder), "/", stringify!($name), ".txt"
                )));
            })*
        })*
    };
}

scenarios! {
    calls {
        basic
    }
}

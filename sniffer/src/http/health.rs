//! `/health`, `/ready` and `/live`: whether capturing works, has begun, and is not stuck.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use serde::Serialize;

use super::{State, query};
use crate::capture::{TapCounts, steady};
use crate::pipeline::Pulse;

/// The capture gives a sign of life every second; after so long without one it is stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `capture`, or the name of an interface.
    pub name: String,
    /// Whether it is so.
    pub ok: bool,
    /// What is the matter, or that nothing is.
    pub text: String,
}

/// The answer to a probe.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
}

/// All that must be so, as it was at the capture's last sign of life, seen from `now`.
pub fn health(pulse: &Pulse, now: Instant) -> Vec<Check> {
    let mut checks = vec![alive(pulse, now)];
    checks.extend(pulse.taps.iter().map(flowing));
    checks
}

fn alive(pulse: &Pulse, now: Instant) -> Check {
    let text = match pulse.at {
        None => "not begun yet".to_owned(),
        Some(at) if now - at > PATIENCE => format!("stuck for {} s", (now - at).as_secs()),
        Some(_) => "running".to_owned(),
    };
    Check {
        name: "capture".to_owned(),
        ok: text == "running",
        text,
    }
}

fn flowing(tap: &TapCounts) -> Check {
    let (ok, text) = match (tap.up, tap.stalled) {
        (false, _) => (false, "down or gone"),
        (true, true) => (false, "packets pass it, and none of them come to us"),
        (true, false) => (true, "up"),
    };
    Check {
        name: tap.name.clone(),
        ok,
        text: text.to_owned(),
    }
}

/// Whether capturing works; with `detailed=true`, what of it does and does not.
pub(super) async fn page(
    Shared(state): Shared<State>,
    RawQuery(asked): RawQuery,
) -> (StatusCode, Json<Answer>) {
    let detailed = query::values(asked.as_deref(), "detailed") == ["true"];
    answer(health(&state.remote.pulse(), steady()), detailed)
}

/// Whether the sockets are open and frames are being read.
pub(super) async fn ready(Shared(state): Shared<State>) -> (StatusCode, Json<Answer>) {
    answer(vec![alive(&state.remote.pulse(), steady())], false)
}

/// Whether the process is worth keeping: one that has not begun yet is.
pub(super) async fn live(Shared(state): Shared<State>) -> (StatusCode, Json<Answer>) {
    let pulse = state.remote.pulse();
    let checks = match pulse.at {
        None => Vec::new(),
        Some(_) => vec![alive(&pulse, steady())],
    };
    answer(checks, false)
}

fn answer(checks: Vec<Check>, detailed: bool) -> (StatusCode, Json<Answer>) {
    let ok = checks.iter().all(|check| check.ok);
    let (code, status) = match ok {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "failing"),
    };
    let checks = if detailed { checks } else { Vec::new() };
    (code, Json(Answer { status, checks }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(age_s: Option<u64>, taps: &[(bool, bool)], expected: &[(&str, bool)]) {
        let now = steady() + Duration::from_secs(3600);
        let tap = |(up, stalled): &(bool, bool)| TapCounts {
            name: "eth0".to_owned(),
            up: *up,
            stalled: *stalled,
            ..TapCounts::default()
        };
        let pulse = Pulse {
            at: age_s.map(|age| now - Duration::from_secs(age)),
            taps: taps.iter().map(tap).collect(),
            filter: None,
        };
        let checks = health(&pulse, now);
        let found: Vec<_> = checks
            .iter()
            .map(|check| (&*check.text, check.ok))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn it_tells_what_is_the_matter() {
        check(None, &[], &[("not begun yet", false)]);
        check(
            Some(1),
            &[(true, false)],
            &[("running", true), ("up", true)],
        );
        check(Some(11), &[], &[("stuck for 11 s", false)]);
        check(
            Some(1),
            &[(false, false), (true, true)],
            &[
                ("running", true),
                ("down or gone", false),
                ("packets pass it, and none of them come to us", false),
            ],
        );
    }
}

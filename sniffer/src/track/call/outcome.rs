//! What a final failure says of a call.

use crate::record::{HangupBy, Outcome};

/// What a final failure means (RFC 3261, 21): `rang` and `cancelled` tell whose doing a 408 or a 487 is.
pub(super) fn outcome_of(code: u16, rang: bool, cancelled: bool) -> Outcome {
    match code {
        300..=399 => Outcome::Redirected,
        486 | 600 => Outcome::Busy,
        487 => Outcome::Cancelled,
        _ if cancelled && code == 408 => Outcome::Cancelled,
        408 if !rang => Outcome::Timeout,
        408 | 480 => Outcome::NoAnswer,
        500..=599 => Outcome::Failed,
        _ => Outcome::Rejected,
    }
}

/// Whose doing a call without answer is.
pub(super) fn hangup_of(outcome: Outcome) -> HangupBy {
    match outcome {
        Outcome::Cancelled => HangupBy::Caller,
        Outcome::Failed | Outcome::Timeout => HangupBy::Network,
        _ => HangupBy::Callee,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_failures_have_the_outcome_their_status_means() {
        let cases = [
            (302, false, false, Outcome::Redirected),
            (404, false, false, Outcome::Rejected),
            (408, false, false, Outcome::Timeout),
            (408, true, false, Outcome::NoAnswer),
            (408, true, true, Outcome::Cancelled),
            (480, false, false, Outcome::NoAnswer),
            (486, true, false, Outcome::Busy),
            (487, true, true, Outcome::Cancelled),
            (503, false, false, Outcome::Failed),
            (600, true, false, Outcome::Busy),
            (603, true, false, Outcome::Rejected),
        ];
        for (code, rang, cancelled, expected) in cases {
            assert_eq!(
                outcome_of(code, rang, cancelled),
                expected,
                "{code} rang {rang} cancelled {cancelled}"
            );
        }
    }
}

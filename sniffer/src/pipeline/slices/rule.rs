//! Of which calls packets are wanted.

use std::str::FromStr;

use crate::record::{CallRecord, Finding, Outcome};

/// A rule; it looks at the record of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceRule {
    /// Every call.
    Any,
    /// Those whose score was less than so many thousandths in some interval.
    MosBelow(u16),
    /// Those that ended so.
    Outcome(Outcome),
    /// Those with this finding, by its code.
    Finding(&'static str),
    /// Those with this Call-ID.
    CallId(Box<str>),
}

impl SliceRule {
    /// Whether it holds for a call.
    pub fn holds(&self, call: &CallRecord) -> bool {
        match self {
            SliceRule::Any => true,
            SliceRule::MosBelow(bound) => {
                let bound = f64::from(*bound);
                call.mos.is_some_and(|mos| mos.min * 1e3 < bound)
            }
            SliceRule::Outcome(outcome) => call.outcome == *outcome,
            SliceRule::Finding(code) => call.findings.iter().any(|found| found.code == *code),
            SliceRule::CallId(call_id) => *call.call_id == **call_id,
        }
    }
}

impl FromStr for SliceRule {
    type Err = String;

    /// Reads `any`, `mos < 3`, `outcome = failed`, `finding = fell_silent` or `call_id = a84b4c76e66710@pc33.example.com`.
    fn from_str(text: &str) -> Result<SliceRule, String> {
        let refuse = || {
            format!(
                "{text:?} is no rule; accepted are any, mos < NUMBER, outcome = NAME, finding = CODE and call_id = ID"
            )
        };
        if text.trim() == "any" {
            return Ok(SliceRule::Any);
        }
        let (at, sign) = text
            .char_indices()
            .find(|(_, c)| matches!(c, '<' | '='))
            .ok_or_else(refuse)?;
        let name = text.get(..at).unwrap_or_default().trim();
        let value = text.get(at + 1..).unwrap_or_default().trim();
        let rule = match (name, sign) {
            ("mos", '<') => thousandths(value).map(SliceRule::MosBelow),
            ("outcome", '=') => Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.name() == value)
                .map(SliceRule::Outcome),
            ("finding", '=') => Finding::CODES
                .into_iter()
                .find(|code| *code == value)
                .map(SliceRule::Finding),
            ("call_id", '=') => Some(SliceRule::CallId(value.into())).filter(|_| !value.is_empty()),
            _ => None,
        };
        rule.ok_or_else(refuse)
    }
}

/// Scores reach from 1 to 5 (ITU-T P.800).
fn thousandths(score: &str) -> Option<u16> {
    let score: f64 = score.parse().ok()?;
    (1.0..=5.0)
        .contains(&score)
        .then_some((score * 1e3).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&SliceRule>) {
        let rule: Option<SliceRule> = text.parse().ok();
        assert_eq!(rule.as_ref(), expected, "{text}");
    }

    #[test]
    fn rules_are_read() {
        check("any", Some(&SliceRule::Any));
        check("mos < 3", Some(&SliceRule::MosBelow(3_000)));
        check("mos<3.5", Some(&SliceRule::MosBelow(3_500)));
        check(
            "outcome = failed",
            Some(&SliceRule::Outcome(Outcome::Failed)),
        );
        check(
            "finding=fell_silent",
            Some(&SliceRule::Finding("fell_silent")),
        );
        check(
            "call_id = 1<a=b@example.com",
            Some(&SliceRule::CallId("1<a=b@example.com".into())),
        );
        check("call_id =", None);
        check("mos = 3", None);
        check("mos < bad", None);
        check("mos < 30", None);
        check("outcome = good", None);
        check("", None);
    }
}

//! Label values: all from small sets, whatever comes from the wire.

/// Codecs told apart, spelled as IANA registers them.
const CODECS: &[&str] = &[
    "AMR",
    "AMR-WB",
    "CN",
    "EVS",
    "G722",
    "G7221",
    "G723",
    "G726-16",
    "G726-24",
    "G726-32",
    "G726-40",
    "G728",
    "G729",
    "GSM",
    "GSM-EFR",
    "GSM-HR-08",
    "H263",
    "H264",
    "H265",
    "iLBC",
    "iSAC",
    "L16",
    "opus",
    "PCMA",
    "PCMU",
    "red",
    "SILK",
    "speex",
    "telephone-event",
    "VP8",
    "VP9",
];

/// Tables that may have no room, as docs/report.md lists them under `sip.over_capacity`.
pub(super) const TABLES: [&str; 8] = [
    "calls",
    "connection_buffers",
    "connections",
    "conversation_legs",
    "media_announcements",
    "registrations",
    "security_sources",
    "transactions",
];

/// What TCP connections may lack, as docs/report.md lists it under `sip.stream_losses`.
pub(super) const STREAM_LOSSES: [&str; 3] = ["gaps", "oversized", "websocket"];

/// What becomes of voice quality reports of endpoints, as docs/report.md lists it under `sip.endpoint_reports`.
pub(super) const QUALITY_REPORTS: [&str; 4] = ["joined", "repeated", "unreadable", "without_call"];

/// What registrars commonly refuse with; other codes are there once they were seen.
pub(super) const REGISTRATION_FAILURES: [&str; 6] =
    ["403", "404", "423", "500", "503", "no_answer"];

/// A codec as a label.
pub(super) fn codec(name: Option<&str>) -> &'static str {
    let Some(name) = name else {
        return "unknown";
    };
    let known = CODECS.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.copied().unwrap_or("other")
}

/// Label values that are taken in as they come, until their budget is spent; then `other`.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    known: std::collections::BTreeSet<Box<str>>,
    size: usize,
}

impl Budget {
    pub(super) fn new(size: usize) -> Budget {
        Budget {
            known: std::collections::BTreeSet::new(),
            size,
        }
    }

    /// The label of `value`, the same as ever.
    pub(super) fn label<'v>(&mut self, value: &'v str) -> &'v str {
        if self.known.contains(value) {
            return value;
        }
        if self.known.len() >= self.size {
            return "other";
        }
        self.known.insert(value.into());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_from_a_small_set() {
        let found = [Some("pcmu"), Some("OPUS"), Some("x-mine"), None].map(codec);
        assert_eq!(found, ["PCMU", "opus", "other", "unknown"]);
    }

    #[test]
    fn a_budget_keeps_who_came_first() {
        let mut budget = Budget::new(2);
        let found = ["a", "b", "c", "a"].map(|value| budget.label(value));
        assert_eq!(found, ["a", "b", "other", "a"]);
    }
}

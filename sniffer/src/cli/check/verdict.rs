//! What a gate says about each thing it looked at.

/// What one gate found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The gate as its flag is spelled.
    pub(super) gate: &'static str,
    /// The limit as it was given; empty for gates that are plain switches.
    pub(super) limit: String,
    /// Each thing judged, in the order of the report.
    pub(super) subjects: Vec<(String, Judgement)>,
}

/// What a gate says about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is as it should be.
    Held,
    /// It is not; what it is instead.
    Violated(String),
    /// There is no evidence; why.
    NotJudged(&'static str),
}

impl Judgement {
    /// Held if `held`, else violated with the value `value` gives.
    pub(super) fn of(held: bool, value: impl FnOnce() -> String) -> Self {
        if held {
            Judgement::Held
        } else {
            Judgement::Violated(value())
        }
    }
}

impl Verdict {
    /// The gate and its limit, as typed.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.gate, self.limit)
            .trim_end()
            .to_owned()
    }
}

/// How many subjects held, were violated, or could not be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Subjects that are as they should be.
    pub(super) held: usize,
    /// Subjects that are not.
    pub(super) violated: usize,
    /// Subjects without evidence.
    pub(super) unjudged: usize,
}

impl Tally {
    /// Over all subjects of all verdicts.
    pub(super) fn of(verdicts: &[Verdict]) -> Self {
        let mut tally = Tally::default();
        for (_, judgement) in verdicts.iter().flat_map(|verdict| &verdict.subjects) {
            match judgement {
                Judgement::Held => tally.held += 1,
                Judgement::Violated(_) => tally.violated += 1,
                Judgement::NotJudged(_) => tally.unjudged += 1,
            }
        }
        tally
    }
}

//! Verdicts as JUnit XML: a suite a gate, a test case a subject. What was not judged is skipped, or a
//! failure where a judgement is required; a damaged capture is an error.

use std::io;
use std::path::Path;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::verdict::{Judgement, Verdict};
use crate::cli::{Error, clean};
use crate::record::Report;

/// Writes the verdicts to the file at `path`.
pub(super) fn save(
    verdicts: &[Verdict],
    report: &Report,
    require_judged: bool,
    path: &Path,
) -> Result<(), Error> {
    let failed = |source| Error::Junit {
        path: path.to_owned(),
        source,
    };
    let xml = document(verdicts, report, require_judged)
        .to_string()
        .map_err(|error| failed(io::Error::other(error)))?;
    std::fs::write(path, xml).map_err(failed)
}

/// The verdicts as a JUnit document.
pub(super) fn document(verdicts: &[Verdict], report: &Report, require_judged: bool) -> Junit {
    let mut junit = Junit::new("sipvane check");
    junit.add_test_suite(capture(report));
    for verdict in verdicts {
        let mut suite = TestSuite::new(verdict.title());
        suite.add_test_cases(verdict.subjects.iter().map(|(subject, judgement)| {
            let mut case = TestCase::new(&*clean(subject), status(judgement, require_judged));
            case.set_classname(format!("sipvane.{}", verdict.gate.trim_start_matches('-')));
            case
        }));
        junit.add_test_suite(suite);
    }
    junit
}

fn status(judgement: &Judgement, require_judged: bool) -> TestCaseStatus {
    match judgement {
        Judgement::Held => TestCaseStatus::success(),
        Judgement::Violated(value) => with_message(NonSuccessKind::Failure, &clean(value)),
        Judgement::NotJudged(why) if require_judged => {
            with_message(NonSuccessKind::Failure, &format!("not judged: {why}"))
        }
        Judgement::NotJudged(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("not judged: {why}"));
            status
        }
    }
}

/// One case that says whether the captures could be read to their ends.
fn capture(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("capture");
    let damage = report.capture.damage.join("\n");
    let status = match damage.is_empty() {
        true => TestCaseStatus::success(),
        false => with_message(NonSuccessKind::Error, &clean(&damage)),
    };
    let mut case = TestCase::new("captures are whole", status);
    case.set_classname("sipvane.capture");
    suite.add_test_case(case);
    suite
}

fn with_message(kind: NonSuccessKind, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    status
}

//! JSON for programs: the report as one object, or one object a line.
//!
//! Names and order are those the records declare; parts not asked for are absent.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::args::Section;
use super::view::{Listing, View};
use crate::record::{
    CallRecord, CaptureSummary, ConversationRecord, IntervalRecord, Record, RegistrationEvent,
    RegistrationRecord, Report, RtcpCounts, SecurityRecord, SipSummary, StreamRecord,
};

/// Writes the view as one indented object.
pub(super) fn write_object(view: &View<'_>, mut out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, view)?;
    writeln!(out)
}

/// Writes the view as one object a line: calls, registrations, attacks, streams, and the summary last.
pub(super) fn write_lines(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_each(view.calls.as_ref(), Line::Call, out)?;
    write_each(view.conversations.as_ref(), Line::Conversation, out)?;
    write_each(view.registrations.as_ref(), Line::Registration, out)?;
    write_each(view.security.as_ref(), Line::Security, out)?;
    write_each(view.streams.as_ref(), Line::Stream, out)?;
    if view.summary {
        write_line(&Line::Summary(Summary::of(view.report)), out)?;
    }
    Ok(())
}

/// How long it rests where no record waits.
const REST: Duration = Duration::from_millis(1);

/// Writes records as they come, one object a line, and the summary last.
pub(super) struct Lines<'a> {
    out: &'a mut (dyn Write + Send),
    only: &'a [Section],
    /// What went wrong; nothing more is written then.
    result: io::Result<()>,
}

impl<'a> Lines<'a> {
    /// Writes the parts in `only`, or all of them where that is empty.
    pub(super) fn new(out: &'a mut (dyn Write + Send), only: &'a [Section]) -> Self {
        Lines {
            out,
            only,
            result: Ok(()),
        }
    }

    /// Writes records until no more come or no more can be written. Where none waits they are passed on, for a reader may be
    /// waiting for them, and it rests.
    #[expect(
        clippy::disallowed_methods,
        reason = "a thread that waits on the channel is woken for each record, at the expense of the one that reads the capture"
    )]
    pub(super) fn write_all(&mut self, records: &Receiver<Record>) {
        while self.result.is_ok() {
            match records.try_recv() {
                Ok(record) => self.put(&record),
                Err(TryRecvError::Empty) => {
                    self.pass_on();
                    thread::sleep(REST);
                }
                Err(TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Writes a record and passes it on at once. Says whether more can be written.
    pub(super) fn write(&mut self, record: &Record) -> bool {
        self.put(record);
        self.pass_on();
        self.result.is_ok()
    }

    /// Writes a record, if its part was asked for.
    fn put(&mut self, record: &Record) {
        let (section, line) = match record {
            Record::Call(call) => (Section::Calls, Line::Call(call)),
            Record::Conversation(conversation) => {
                (Section::Conversations, Line::Conversation(conversation))
            }
            Record::Registration(registration) => {
                (Section::Registrations, Line::Registration(registration))
            }
            Record::Interval(interval) => (Section::Streams, Line::Interval(interval)),
            Record::Security(event) => (Section::Security, Line::Security(event)),
            Record::RegistrationEvent(event) => {
                (Section::Registrations, Line::RegistrationEvent(event))
            }
            Record::Stream(stream) => (Section::Streams, Line::Stream(stream)),
            Record::Progress(_) => return,
        };
        if self.result.is_ok() && self.wants(section) {
            self.result = write_line(&line, self.out);
        }
    }

    fn pass_on(&mut self) {
        if self.result.is_ok() {
            self.result = self.out.flush();
        }
    }

    /// Writes the summary, and says whether everything could be written.
    pub(super) fn finish(self, report: &Report) -> io::Result<()> {
        let wants_summary = self.wants(Section::Summary);
        self.result?;
        if wants_summary {
            write_line(&Line::Summary(Summary::of(report)), self.out)?;
        }
        Ok(())
    }

    fn wants(&self, section: Section) -> bool {
        self.only.is_empty() || self.only.contains(&section)
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.report;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", report.version)?;
        if self.summary {
            map.serialize_entry("capture", &report.capture)?;
            map.serialize_entry("sip", &report.sip)?;
        }
        if let Some(calls) = &self.calls {
            map.serialize_entry("calls", &calls.records)?;
        }
        if let Some(conversations) = &self.conversations {
            map.serialize_entry("conversations", &conversations.records)?;
        }
        if let Some(registrations) = &self.registrations {
            map.serialize_entry("registrations", &registrations.records)?;
        }
        if let Some(security) = &self.security {
            map.serialize_entry("security", &security.records)?;
        }
        if let Some(streams) = &self.streams {
            map.serialize_entry("streams", &streams.records)?;
        }
        if self.summary {
            map.serialize_entry("rtcp", &report.rtcp)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Call(&'a CallRecord),
    Conversation(&'a ConversationRecord),
    Registration(&'a RegistrationRecord),
    Interval(&'a IntervalRecord),
    RegistrationEvent(&'a RegistrationEvent),
    Security(&'a SecurityRecord),
    Stream(&'a StreamRecord),
    Summary(Summary<'a>),
}

#[derive(Serialize)]
struct Summary<'a> {
    version: &'static str,
    capture: &'a CaptureSummary,
    sip: &'a SipSummary,
    rtcp: &'a RtcpCounts,
}

impl<'a> Summary<'a> {
    fn of(report: &'a Report) -> Self {
        Summary {
            version: report.version,
            capture: &report.capture,
            sip: &report.sip,
            rtcp: &report.rtcp,
        }
    }
}

fn write_each<'a, T>(
    listing: Option<&Listing<'a, T>>,
    line: fn(&'a T) -> Line<'a>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for record in listing.into_iter().flat_map(|listing| &listing.records) {
        write_line(&line(record), out)?;
    }
    Ok(())
}

/// Writes a line in one piece: it is made of some hundred.
fn write_line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Section;
    use crate::cli::media::Media;
    use crate::cli::sort::SortKey;
    use crate::cli::testing::{self, written};
    use crate::cli::view::Selection;
    use crate::record::Report;

    fn view<'a>(report: &'a Report, only: &[Section]) -> View<'a> {
        let selection = Selection {
            only: only.to_vec(),
            sort: SortKey::Start,
            limit: None,
        };
        View::new(report, &Media::new(report), &selection)
    }

    /// The top-level names and the `type` of each line.
    fn check(only: &[Section], names: &[&str], types: &[&str]) {
        let report = testing::report();
        let view = view(&report, only);
        let object = written(|out| write_object(&view, out));
        let object: serde_json::Value = serde_json::from_str(&object).unwrap();
        let mut expected = names.to_vec();
        expected.sort_unstable();
        let mut actual: Vec<_> = object.as_object().unwrap().keys().collect();
        actual.sort_unstable();
        assert_eq!(actual, expected);
        let lines = written(|out| write_lines(&view, out));
        let kinds = lines.lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["type"].as_str().unwrap().to_owned()
        });
        assert_eq!(kinds.collect::<Vec<_>>(), types);
    }

    #[test]
    fn the_whole_view_is_the_report() {
        let report = testing::report();
        let expected = serde_json::to_string_pretty(&report).unwrap() + "\n";
        assert_eq!(
            written(|out| write_object(&view(&report, &[]), out)),
            expected
        );
    }

    #[test]
    fn parts_are_left_out_when_not_asked_for() {
        check(&[Section::Calls], &["version", "calls"], &["call"; 4]);
        check(
            &[Section::Registrations, Section::Summary],
            &["version", "capture", "sip", "registrations", "rtcp"],
            &["registration", "registration", "registration", "summary"],
        );
        check(&[Section::Streams], &["version", "streams"], &["stream"; 4]);
    }

    #[test]
    fn a_line_has_its_type_before_the_fields_of_the_record() {
        let report = testing::report();
        let lines = written(|out| write_lines(&view(&report, &[Section::Streams]), out));
        let start = r#"{"type":"stream","ssrc":"0x000000a1","src":"10.0.0.1:4000""#;
        assert!(lines.starts_with(start), "{lines}");
    }
}

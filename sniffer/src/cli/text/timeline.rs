//! Loss, jitter and MOS over time as sparklines: a character an interval, the two directions below each other.

use std::io::{self, Write};

use super::Page;
use super::directions::{Directed, Exchange};
use super::format::{decimals, time_of_day};
use super::width::pad;
use crate::record::Interval;
use crate::time::{Span, Timestamp};

/// From the bottom to the top of the scale.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns left of a sparkline.
const INDENT: usize = 13;

/// A figure that is drawn.
struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Interval) -> Option<f64>,
    /// Where the scale begins and what its top is at least, so that trifles draw no mountains.
    scale: (f64, f64),
    /// The worse of two values.
    worse: fn(f64, f64) -> f64,
}

const FIGURES: [Figure; 3] = [
    Figure {
        name: "Loss",
        unit: " %",
        of: |interval| {
            let sent = interval.expected;
            (sent > 0).then(|| (100.0 * interval.lost as f64 / sent as f64).min(100.0))
        },
        scale: (0.0, 1.0),
        worse: f64::max,
    },
    Figure {
        name: "Jitter",
        unit: " ms",
        of: |interval| interval.jitter_ms.map(|jitter| jitter.mean),
        scale: (0.0, 10.0),
        worse: f64::max,
    },
    Figure {
        name: "MOS",
        unit: "",
        of: |interval| interval.scores.mos,
        scale: (1.0, 4.5),
        worse: f64::min,
    },
];

/// Writes the sparklines of `exchange`; nothing where it is too short to have a course.
pub(super) fn write(exchange: &Exchange<'_>, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let Some(axis) = Axis::of(exchange, page.width.saturating_sub(INDENT).max(1)) else {
        return Ok(());
    };
    let bold = anstyle::Style::new().bold();
    let step = decimals(axis.step.as_secs_f64(), 3);
    let from = time_of_day(&page.zone, axis.from);
    writeln!(
        out,
        "\n{bold}Timeline{bold:#}, {step} s a character, from {from}"
    )?;
    for figure in &FIGURES {
        draw(figure, exchange, &axis, out)?;
    }
    Ok(())
}

/// The slots of time that the characters stand for.
struct Axis {
    from: Timestamp,
    step: Span,
    slots: usize,
}

impl Axis {
    /// Slots as long as an interval, or a multiple of that where there are more than `room`.
    fn of(exchange: &Exchange<'_>, room: usize) -> Option<Axis> {
        let intervals = || {
            exchange
                .streams
                .iter()
                .flat_map(|directed| &directed.stream.intervals)
        };
        let from = intervals().map(|interval| interval.start).min()?;
        let until = intervals().map(|interval| interval.end).max()?;
        let lists = exchange
            .streams
            .iter()
            .map(|directed| &directed.stream.intervals);
        // The last interval of a stream may be shorter, the first one longer.
        let usual = lists.filter_map(|list| {
            let whole = list.split_last()?.1;
            whole
                .iter()
                .map(|interval| interval.end.since(interval.start))
                .min()
        });
        let step = usual.max().filter(|step| step.as_nanos() > 0)?;
        let slots = until.since(from).as_nanos() / step.as_nanos() + 1;
        let times = slots / i64::try_from(room).unwrap_or(i64::MAX) + 1;
        let step = Span::from_nanos(step.as_nanos().checked_mul(times)?);
        let slots = usize::try_from(slots / times + 1).ok()?.min(room);
        Some(Axis { from, step, slots })
    }

    /// The slots that `interval` lies in, at least one.
    fn slots_of(&self, interval: &Interval) -> std::ops::Range<usize> {
        let slot = |at: Timestamp| {
            let slot = at.since(self.from).as_nanos() / self.step.as_nanos();
            usize::try_from(slot).unwrap_or(0).min(self.slots)
        };
        let first = slot(interval.start);
        // An interval may begin in the middle of a slot; it is as many slots long as it lasts.
        let length = interval.end.since(interval.start).as_nanos() + self.step.as_nanos() / 2;
        let length = usize::try_from(length / self.step.as_nanos())
            .unwrap_or(0)
            .max(1);
        first..(first + length).min(self.slots)
    }
}

fn draw(
    figure: &Figure,
    exchange: &Exchange<'_>,
    axis: &Axis,
    out: &mut dyn Write,
) -> io::Result<()> {
    let courses: Vec<(&Directed<'_>, Vec<Option<f64>>)> = exchange
        .streams
        .iter()
        .map(|directed| (directed, course(figure, &directed.stream.intervals, axis)))
        .collect();
    let values = courses.iter().flat_map(|(_, course)| course).flatten();
    let (bottom, least_top) = figure.scale;
    let Some(top) = values.copied().reduce(f64::max) else {
        return Ok(());
    };
    let top = top.max(least_top);
    let (low, high) = (decimals(bottom, 1), decimals(top, 1));
    let [first, .., last] = LEVELS;
    let unit = figure.unit;
    writeln!(out, "{}, {first} {low} to {last} {high}{unit}", figure.name)?;
    for (directed, course) in &courses {
        let line: String = course
            .iter()
            .map(|value| value.map_or(' ', |value| level(value, bottom, top)))
            .collect();
        let name = pad(&format!("  {}", directed.short_title()), INDENT, false);
        writeln!(out, "{}", format!("{name}{line}").trim_end())?;
    }
    Ok(())
}

/// The worst value in each slot; none where nothing came.
fn course(figure: &Figure, intervals: &[Interval], axis: &Axis) -> Vec<Option<f64>> {
    let mut course = vec![None; axis.slots];
    for interval in intervals {
        let Some(value) = (figure.of)(interval) else {
            continue;
        };
        for slot in course
            .get_mut(axis.slots_of(interval))
            .into_iter()
            .flatten()
        {
            let worse = slot.map_or(value, |known| (figure.worse)(known, value));
            *slot = Some(worse);
        }
    }
    course
}

/// Whatever is above the bottom shows as such.
fn level(value: f64, bottom: f64, top: f64) -> char {
    let share = (value - bottom) / (top - bottom);
    let highest = (LEVELS.len() - 1) as f64;
    let level = (share * highest).round().clamp(0.0, highest);
    let level = if value > bottom { level.max(1.0) } else { 0.0 };
    LEVELS.get(level as usize).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::{self, plain, stream};
    use crate::cli::zone::Zone;
    use crate::record::{Side, StreamRecord};

    fn check(width: usize, streams: &[StreamRecord], expected: &str) {
        let sides = [Side::Callee, Side::Caller];
        let exchange = Exchange {
            streams: streams
                .iter()
                .zip(sides)
                .map(|(stream, side)| Directed {
                    stream,
                    to: Some(side),
                })
                .collect(),
        };
        let page = Page {
            width,
            zone: Zone::UTC,
            hints: false,
        };
        let text = plain(|out| write(&exchange, &page, out));
        assert_eq!(text.trim_start(), expected);
    }

    /// A stream whose intervals of 5 s have these shares lost, in per cent; nothing came in those without.
    fn lossy(from_ms: i64, lost: &[Option<u64>]) -> StreamRecord {
        let mut stream = stream(1, "10.0.0.1:4000", "10.0.0.2:5000");
        let intervals = (0..)
            .zip(lost)
            .filter_map(|(n, lost)| Some(testing::interval(from_ms + 5000 * n, 5000, (*lost)?)));
        stream.intervals = intervals.collect();
        stream
    }

    #[test]
    fn each_character_is_an_interval() {
        let one = lossy(0, &[Some(0), Some(1), None, Some(8), Some(0)]);
        let other = lossy(3_100, &[Some(0), Some(0), Some(0), Some(4)]);
        check(
            80,
            &[one, other],
            "Timeline, 5 s a character, from 22:13:20.000\n\
             Loss, ▁ 0 to █ 8 %\n  \
               to callee  ▁▂ █▁\n  \
               to caller  ▁▁▁▅\n\
             Jitter, ▁ 0 to █ 10 ms\n  \
               to callee  ▂▂ ▂▂\n  \
               to caller  ▂▂▂▂\n\
             MOS, ▁ 1 to █ 4.5\n  \
               to callee  ██ ▆█\n  \
               to caller  ███▇\n",
        );
    }

    #[test]
    fn where_room_is_short_the_worst_of_several_shows() {
        let mut lost = vec![Some(0); 40];
        lost[13] = Some(100);
        let long = lossy(0, &lost);
        check(
            INDENT + 21,
            &[long],
            "Timeline, 10 s a character, from 22:13:20.000\n\
             Loss, ▁ 0 to █ 100 %\n  \
               to callee  ▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁\n\
             Jitter, ▁ 0 to █ 10 ms\n  \
               to callee  ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂\n\
             MOS, ▁ 1 to █ 4.5\n  \
               to callee  ██████▁█████████████\n",
        );
    }

    #[test]
    fn a_single_interval_has_no_course() {
        check(80, &[lossy(0, &[Some(3)])], "");
    }
}

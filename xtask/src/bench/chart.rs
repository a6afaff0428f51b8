//! Draws how costs grow.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::growth::Point;
use crate::command::Outcome;

/// A line of a chart: its name, its colour, and which points are on it.
type Line = (&'static str, RGBColor, fn(&Point) -> bool);

/// More calls of the same length, and longer talk of as many calls.
const LINES: [Line; 2] = [
    ("1,000 to 100,000 calls at once, 5 s each", BLUE, |point| {
        point.seconds == 5
    }),
    ("1,000 calls at once, ever longer", RED, |point| {
        point.calls_at_once == 1_000
    }),
];

/// Draws CPU time a packet and memory over the number of packets.
pub(super) fn draw(points: &[Point], file: &Path) -> Outcome {
    let area = SVGBackend::new(file, (1100, 420)).into_drawing_area();
    let drawn = area.fill(&WHITE).map_err(|e| e.to_string()).and_then(|()| {
        let (left, right) = area.split_horizontally(550);
        chart(&left, "CPU time a packet, ns", points, |point| {
            point.cpu_ns_per_packet
        })?;
        chart(&right, "Anonymous memory, MB", points, |point| {
            point.peak_anonymous_mb
        })
    });
    drawn
        .and_then(|()| area.present().map_err(|e| e.to_string()))
        .map_err(|e| format!("cannot draw {}: {e}", file.display()))
}

fn chart(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    caption: &str,
    points: &[Point],
    of: fn(&Point) -> f64,
) -> Result<(), String> {
    let top = points.iter().map(of).fold(0.0, f64::max) * 1.15;
    let said = |e: DrawingAreaErrorKind<_>| e.to_string();
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d((2e5..1e8_f64).log_scale(), 0.0..top)
        .map_err(said)?;
    chart
        .configure_mesh()
        .x_desc("packets")
        .x_label_formatter(&|packets| format!("{:.1} M", packets / 1e6))
        .draw()
        .map_err(said)?;
    for (name, colour, is_on) in LINES {
        let mut line: Vec<(f64, f64)> = points
            .iter()
            .filter(|point| is_on(point))
            .map(|point| (point.packets, of(point)))
            .collect();
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)).point_size(4))
            .map_err(said)?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()
        .map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_are_drawn() {
        let point = |calls_at_once, seconds, packets| Point {
            calls_at_once,
            seconds,
            packets,
            cpu_ns_per_packet: 300.0,
            wall_s: 1.0,
            tcpdump_wall_s: 1.0,
            peak_anonymous_mb: 10.0,
        };
        let points = [
            point(1_000, 5, 5e5),
            point(10_000, 5, 5e6),
            point(1_000, 98, 1e7),
        ];
        let file = tempfile::NamedTempFile::new().unwrap();
        draw(&points, file.path()).unwrap();
        let drawing = std::fs::read_to_string(file.path()).unwrap();
        for (name, colour, _) in LINES {
            assert_eq!(drawing.matches(name).count(), 2, "in both charts: {name}");
            let RGBColor(r, g, b) = colour;
            let stroke = format!("stroke=\"#{r:02X}{g:02X}{b:02X}\"");
            let lines = drawing.lines().filter(|line| line.contains("<polyline"));
            assert!(lines.filter(|line| line.contains(&stroke)).count() >= 2);
        }
    }
}

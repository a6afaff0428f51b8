//! `sipvane doctor`: what is wrong with a tap, in sentences. The engine is that of a replay or a live capture; a glance at single frames
//! stands beside it.

pub(crate) mod args;
mod diagnosis;
mod glance;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use self::args::DoctorArgs;
use self::diagnosis::{Verdict, diagnose};
use self::glance::Glance;
use super::{Console, Error, Exit, clean};
use crate::decode::Frame;
use crate::pipeline::{Keys, Observer, ReplayOptions, replay};
use crate::record::{Record, Report};
use crate::track::Settings;

/// Runs `sipvane doctor`.
pub(super) fn run(args: &DoctorArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    #[cfg(target_os = "linux")]
    if args.files.is_empty() {
        return live::run(args, console);
    }
    let mut patient = Patient(Glance::new(None));
    let report = replay(&args.files, &options(), &mut patient)?;
    let drops = report.capture.kernel_drops.unwrap_or(0);
    let verdicts = diagnose(&report, &patient.0, drops);
    let names: Vec<String> = args
        .files
        .iter()
        .map(|file: &PathBuf| file.display().to_string())
        .collect();
    write(&names.join(", "), &report, &verdicts, console.out)
}

/// One worker is enough to look, and all frames are looked at.
fn options() -> ReplayOptions {
    ReplayOptions {
        workers: 1,
        dedup: true,
        ladders_for: Vec::new(),
        settings: Settings::default(),
        keys: Keys::default(),
        #[cfg(target_os = "linux")]
        feeds: Vec::new(),
        slices: None,
    }
}

/// Who is looked at: every frame, and all records.
struct Patient(Glance);

impl Observer for Patient {
    fn looks_at_frames(&self) -> bool {
        true
    }

    fn on_frame(&mut self, frame: &Frame<'_>) {
        self.0.look(frame);
    }

    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        ControlFlow::Continue(Some(record))
    }
}

fn write(
    name: &str,
    report: &Report,
    verdicts: &[Verdict],
    out: &mut dyn Write,
) -> Result<Exit, Error> {
    writeln!(
        out,
        "{}: {} frames, {} SIP messages, {} calls, {} RTP streams",
        clean(name),
        report.capture.packets,
        report.sip.messages,
        report.calls.len(),
        report.streams.len(),
    )?;
    for verdict in verdicts {
        let weight = if verdict.wrong { "wrong" } else { "note" };
        writeln!(out, "{weight}: {}: {}", verdict.code, clean(&verdict.text))?;
    }
    if verdicts.iter().any(|verdict| verdict.wrong) {
        return Ok(Exit::Failed);
    }
    writeln!(out, "Nothing is wrong with this tap.")?;
    Ok(Exit::Fine)
}

#[cfg(target_os = "linux")]
mod live {
    //! The same on interfaces, for some seconds.

    use std::io;
    use std::thread;
    use std::time::Duration;

    use crossbeam_channel::after;

    use super::args::DoctorArgs;
    use super::{Console, Error, Exit, Glance, Patient, Verdict, diagnose, options, write};
    use crate::capture::{FilterSettings, Live, LiveSettings, TapCounts, Timestamps, interfaces};
    use crate::cli::live::{Obey, start_control};
    use crate::pipeline::{Control, Remote, live};

    /// Memory of each ring.
    const RING: usize = 64 << 20;

    pub(super) fn run(args: &DoctorArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
        let mut taps = Live::open(&LiveSettings {
            interfaces: args.interfaces.clone(),
            hep: None,
            promiscuous: true,
            ring_bytes: RING,
            threads: 1,
            split_merged: true,
            timestamps: Timestamps::Kernel,
            filter: FilterSettings::default(),
        })?;
        let (control, remote) = Control::new();
        start_control(Early(remote.clone()), None)?;
        end_after(Duration::from_secs(args.seconds.into()), remote)?;
        let mut patient = Patient(Glance::new(mtu(&args.interfaces)));
        let (report, _) = live(&mut taps, &options(), &control, &mut patient)?;
        let taps = taps.counts();
        let drops = taps.iter().map(|tap| tap.dropped).sum();
        let mut verdicts: Vec<Verdict> = taps.iter().filter_map(of_tap).collect();
        verdicts.extend(taps.iter().filter_map(of_merged));
        verdicts.extend(diagnose(&report, &patient.0, drops));
        let name = format!("{}, {} s", args.interfaces.join(", "), args.seconds);
        write(&name, &report, &verdicts, console.out)
    }

    /// A signal ends the watch early.
    struct Early(Remote);

    impl Obey for Early {
        fn end(&mut self) {
            self.0.end();
        }

        fn reload(&mut self) {}
    }

    fn end_after(time: Duration, remote: Remote) -> io::Result<()> {
        let wait = move || {
            // The channel gives one message, when it is time.
            let _ = after(time).recv();
            remote.end();
        };
        thread::Builder::new()
            .name("timer".to_owned())
            .spawn(wait)?;
        Ok(())
    }

    /// Largest packet of the interfaces watched.
    fn mtu(names: &[String]) -> Option<u32> {
        let known = interfaces().ok()?;
        let any = names.iter().any(|name| name == "any");
        let all = known.iter().filter(|interface| match any {
            // The loopback device takes packets of any length.
            true => interface.mtu <= u32::from(u16::MAX),
            false => names.contains(&interface.name),
        });
        all.map(|interface| interface.mtu).max()
    }

    /// What the host merged and was taken apart again.
    fn of_merged(tap: &TapCounts) -> Option<Verdict> {
        (tap.split > 0).then(|| Verdict {
            code: "split",
            wrong: false,
            text: format!(
                "{}: the host had merged {} UDP datagrams to {} packets. They are read one by one; those of one packet bear one time, so that \
                 jitter is not what it was on the wire (ethtool -K {} rx-udp-gro-forwarding off rx-gro-list off).",
                tap.name, tap.split_into, tap.split, tap.name,
            ),
        })
    }

    fn of_tap(tap: &TapCounts) -> Option<Verdict> {
        let (code, text) = match (tap.up, tap.stalled) {
            (false, _) => ("interface_down", "is down or gone."),
            (true, true) => (
                "stalled",
                "counts packets, and none of them come to us: another program has taken it over.",
            ),
            (true, false) => return None,
        };
        Some(Verdict {
            code,
            wrong: true,
            text: format!("{} {text}", tap.name),
        })
    }
}

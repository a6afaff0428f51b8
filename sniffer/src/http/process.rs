//! What the kernel says of this process (proc(5)).

use std::fs;
use std::path::Path;

use crate::metrics::Process;

/// Ticks of a second in which the kernel tells times to processes, on every architecture (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The figures of the moment; `None` where they cannot be had.
pub(super) fn read() -> Option<Process> {
    let stat = Stat::read(Path::new("/proc/self/stat"))?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Process {
        cpu_s: stat.cpu_s,
        threads: threads(),
        memory: memory()?,
        descriptors: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        started_s: boot.trim().parse::<f64>().ok()? + stat.started_s,
    })
}

/// Time at work by the name of the thread; threads of one name are taken together.
fn threads() -> Vec<(String, f64)> {
    let mut threads = std::collections::BTreeMap::<String, f64>::new();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    for task in tasks.flatten() {
        if let Some(stat) = Stat::read(&task.path().join("stat")) {
            *threads.entry(stat.name).or_default() += stat.cpu_s;
        }
    }
    threads.into_iter().collect()
}

fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// A line of `stat`: the name in parentheses, then numbers.
#[derive(Debug, PartialEq)]
struct Stat {
    name: String,
    cpu_s: f64,
    started_s: f64,
}

impl Stat {
    fn read(path: &Path) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(path).ok()?)
    }

    fn parse(line: &str) -> Option<Stat> {
        let (before, behind) = line.rsplit_once(") ")?;
        let (_, name) = before.split_once('(')?;
        let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
        // The first of these is field 3 of the page.
        let seconds = |field: usize| Some(fields.get(field - 3)?.parse::<f64>().ok()? / TICKS);
        Some(Stat {
            name: name.to_owned(),
            cpu_s: seconds(14)? + seconds(15)?,
            started_s: seconds(22)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let line = "7 (a) (b) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0 1234 0 0";
        let stat = Stat::parse(line).expect("it is whole");
        assert_eq!(
            (stat.name.as_str(), stat.cpu_s, stat.started_s),
            ("a) (b", 3.0, 12.34)
        );
        assert_eq!(Stat::parse("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_is_at_work() {
        let process = read().expect("there is a proc(5)");
        assert!(process.memory > 0 && process.descriptors > 0);
        assert!(process.started_s > 1.7e9 && !process.threads.is_empty());
    }
}

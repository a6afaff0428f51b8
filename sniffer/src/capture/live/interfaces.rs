//! The network interfaces there are, from `/proc/self/net/dev` of this process's network namespace.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use crate::capture::sys::device;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Largest packet it sends, in bytes.
    pub mtu: u32,
    /// Packets it has received and sent.
    pub packets: u64,
}

/// All interfaces, by name.
///
/// # Errors
/// Where the list cannot be read.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let counted = packets()?;
    let described = counted.into_iter().filter_map(|(name, packets)| {
        let device = device(&name).ok()?;
        Some(Interface {
            up: device.up,
            mtu: device.mtu,
            name,
            packets,
        })
    });
    Ok(described.collect())
}

/// The names of all interfaces, for a message.
pub(super) fn known_names() -> String {
    let names = packets().unwrap_or_default().into_keys();
    names
        .chain(["any".to_owned()])
        .collect::<Vec<_>>()
        .join(", ")
}

/// Packets that an interface has received and sent.
pub(super) fn packets_of(name: &str) -> Option<u64> {
    packets().ok()?.get(name).copied()
}

/// Packets received and sent, by interface.
fn packets() -> io::Result<BTreeMap<String, u64>> {
    Ok(parse(&fs::read_to_string("/proc/self/net/dev")?))
}

/// Behind two lines of headings each interface has a line: its name, eight numbers on what it received and eight on what it
/// sent, of which the second are packets.
fn parse(text: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (name, numbers) = line.split_once(':')?;
        let numbers: Vec<u64> = numbers
            .split_ascii_whitespace()
            .map_while(|number| number.parse().ok())
            .collect();
        let packets = numbers.get(1)?.wrapping_add(*numbers.get(9)?);
        Some((name.trim().to_owned(), packets))
    };
    text.lines().skip(2).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_both_directions_are_read() {
        let text = "Inter-|   Receive\n face |bytes    packets errs\n    lo: 10 2 0 0 0 0 0 0 10 3 0 0 0 0 0 0\n\
                    eth0.5: 1 40 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n  odd\n";
        let found: Vec<_> = parse(text).into_iter().collect();
        assert_eq!(found, [("eth0.5".to_owned(), 42), ("lo".to_owned(), 5)]);
    }

    #[test]
    fn this_machine_has_a_loopback_interface() {
        let found = interfaces().expect("the list can be read");
        assert!(found.iter().any(|interface| interface.name == "lo"));
        assert!(known_names().ends_with(", any"));
    }
}

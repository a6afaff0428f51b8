//! What was passed on the way from a frame to its packet: kinds of wrapping, and the addresses outside of a tunnel.

use crate::record::{Encapsulation, Outer};

/// Kinds of one frame that are told apart; no network nests more.
const MOST_KINDS: usize = 8;

/// The wrappings of one packet. Small and copied along; empty for nearly all packets of nearly all captures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encapsulations {
    kinds: [Option<Encapsulation>; MOST_KINDS],
    outer: Option<Outer>,
    dscp: Option<u8>,
}

impl Encapsulations {
    /// No wrapping.
    pub const NONE: Encapsulations = Encapsulations {
        kinds: [None; MOST_KINDS],
        outer: None,
        dscp: None,
    };

    /// Each kind once, outermost first; the first eight where there are more.
    pub fn kinds(&self) -> impl Iterator<Item = Encapsulation> + '_ {
        self.kinds.iter().map_while(|kind| *kind)
    }

    /// Whether it was not wrapped in anything.
    pub fn is_empty(&self) -> bool {
        matches!(self.kinds, [None, ..])
    }

    /// The addresses of the outermost IP header, if a tunnel lies between it and the packet.
    pub fn outer(&self) -> Option<&Outer> {
        self.outer.as_ref()
    }

    /// Differentiated services code point of the innermost IP header (RFC 2474, 3).
    pub fn dscp(&self) -> Option<u8> {
        self.dscp
    }

    /// Notes an IP header.
    pub fn ip(&mut self, dscp: Option<u8>) {
        self.dscp = dscp;
    }

    /// Notes a wrapping that has no addresses of its own.
    pub fn pass(&mut self, kind: Encapsulation) {
        for slot in &mut self.kinds {
            match slot {
                Some(known) if *known == kind => return,
                Some(_) => {}
                None => {
                    *slot = Some(kind);
                    return;
                }
            }
        }
    }

    /// Notes a tunnel between two addresses.
    pub fn enter(&mut self, kind: Encapsulation, between: Outer) {
        self.pass(kind);
        self.outer.get_or_insert(between);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(last: u8) -> Outer {
        Outer {
            src: [192, 0, 2, last].into(),
            dst: [192, 0, 2, 100 + last].into(),
        }
    }

    #[test]
    fn the_outermost_addresses_stay_and_each_kind_counts_once() {
        let mut passed = Encapsulations::default();
        assert!(passed.is_empty() && passed.outer().is_none());
        passed.pass(Encapsulation::Vlan);
        passed.pass(Encapsulation::Vlan);
        passed.enter(Encapsulation::GtpU, ends(1));
        passed.enter(Encapsulation::Gre, ends(2));
        passed.enter(Encapsulation::GtpU, ends(3));
        let kinds = [Encapsulation::Vlan, Encapsulation::GtpU, Encapsulation::Gre];
        assert!(passed.kinds().eq(kinds));
        assert_eq!(passed.outer(), Some(&ends(1)));
    }

    #[test]
    fn more_kinds_than_fit_are_left() {
        let mut passed = Encapsulations::default();
        Encapsulation::ALL
            .iter()
            .for_each(|&kind| passed.pass(kind));
        assert!(
            passed
                .kinds()
                .eq(Encapsulation::ALL[..MOST_KINDS].iter().copied())
        );
    }
}

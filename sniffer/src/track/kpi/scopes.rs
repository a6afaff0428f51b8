//! By what the key figures are told apart: trunks, domains and directions, as the operator named them.

use std::net::IpAddr;

use ipnet::IpNet;
use smallvec::SmallVec;

use crate::record::Party;

/// Trunks that one call is counted under.
const MAX_TRUNKS_OF_CALL: usize = 8;

/// What is none of those named.
const OTHER: &str = "other";

/// The directions, in the order of their groups.
const DIRECTIONS: [&str; 5] = ["inbound", "outbound", "internal", "transit", OTHER];

/// What the operator named. Nothing from the wire ever becomes a group: what is none of these is `other`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// Trunks: an address belongs to the first that has it.
    pub trunks: Vec<Trunk>,
    /// Domains, in small letters; each stands for its subdomains too.
    pub domains: Vec<Box<str>>,
    /// The operator's own networks, from which directions are told.
    pub inside: Vec<IpNet>,
}

/// A trunk: the networks of a carrier, a customer or a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name, as reports show it.
    pub name: Box<str>,
    /// Its networks.
    pub networks: Vec<IpNet>,
}

/// Where the INVITEs of a call passed.
#[derive(Clone, Debug, Default)]
pub(in crate::track) struct Passage {
    trunks: SmallVec<[u16; 2]>,
    enters: bool,
    leaves: bool,
    stays: bool,
}

impl Passage {
    /// Notes an INVITE from `src` to `dst`.
    pub(in crate::track) fn note(&mut self, scopes: &Scopes, src: IpAddr, dst: IpAddr) {
        let (src, dst) = (src.to_canonical(), dst.to_canonical());
        for address in [src, dst] {
            if let Some(trunk) = scopes.trunk_of(address)
                && !self.trunks.contains(&trunk)
                && self.trunks.len() < MAX_TRUNKS_OF_CALL
            {
                self.trunks.push(trunk);
            }
        }
        match (scopes.is_inside(src), scopes.is_inside(dst)) {
            (false, true) => self.enters = true,
            (true, false) => self.leaves = true,
            (true, true) => self.stays = true,
            (false, false) => {}
        }
    }

    /// Moves the trunks to the places that they have in `after`; those that are not there any more are forgotten.
    pub(in crate::track) fn move_to(&mut self, before: &Scopes, after: &Scopes) {
        let place = |old: u16| {
            let name = &before.trunks.get(usize::from(old))?.name;
            let place = after.trunks.iter().position(|trunk| trunk.name == *name)?;
            u16::try_from(place).ok()
        };
        self.trunks = self.trunks.iter().copied().filter_map(place).collect();
    }

    /// Place in `DIRECTIONS`.
    fn direction(&self) -> usize {
        match (self.enters, self.leaves, self.stays) {
            (true, false, _) => 0,
            (false, true, _) => 1,
            (false, false, true) => 2,
            (true, true, _) => 3,
            (false, false, false) => 4,
        }
    }
}

impl Scopes {
    /// Whether anything is told apart by address.
    pub(in crate::track) fn has_networks(&self) -> bool {
        !self.trunks.is_empty() || !self.inside.is_empty()
    }

    /// The direction of what goes from `src` to `dst`; unknown where no networks are named.
    pub fn direction_of(&self, src: IpAddr, dst: IpAddr) -> Option<&'static str> {
        if self.inside.is_empty() {
            return None;
        }
        let mut passage = Passage::default();
        passage.note(self, src, dst);
        DIRECTIONS.get(passage.direction()).copied()
    }

    /// What each group is of, and its name.
    pub(super) fn groups(&self) -> Vec<(&'static str, &str)> {
        let mut groups = Vec::new();
        groups.extend(self.trunks.iter().map(|trunk| ("trunk", &*trunk.name)));
        groups.extend((!self.trunks.is_empty()).then_some(("trunk", OTHER)));
        groups.extend(self.domains.iter().map(|domain| ("domain", &**domain)));
        groups.extend((!self.domains.is_empty()).then_some(("domain", OTHER)));
        if !self.inside.is_empty() {
            groups.extend(DIRECTIONS.map(|name| ("direction", name)));
        }
        groups
    }

    /// The groups of a call between these two, by their places in [`Scopes::groups`].
    pub(in crate::track) fn places(
        &self,
        passage: &Passage,
        from: &Party,
        to: &Party,
    ) -> SmallVec<[usize; 4]> {
        let mut places = SmallVec::new();
        let mut base = 0;
        if !self.trunks.is_empty() {
            places.extend(passage.trunks.iter().map(|trunk| usize::from(*trunk)));
            if places.is_empty() {
                places.push(self.trunks.len());
            }
            base += self.trunks.len() + 1;
        }
        if !self.domains.is_empty() {
            let mut of_domains: SmallVec<[usize; 2]> = [from, to]
                .into_iter()
                .filter_map(|party| self.domain_of(party.host.as_deref()?))
                .collect();
            of_domains.dedup();
            if of_domains.is_empty() {
                of_domains.push(self.domains.len());
            }
            places.extend(of_domains.iter().map(|domain| base + domain));
            base += self.domains.len() + 1;
        }
        if !self.inside.is_empty() {
            places.push(base + passage.direction());
        }
        places
    }

    fn trunk_of(&self, address: IpAddr) -> Option<u16> {
        let has = |trunk: &Trunk| trunk.networks.iter().any(|net| net.contains(&address));
        let place = self.trunks.iter().position(has)?;
        u16::try_from(place).ok()
    }

    fn is_inside(&self, address: IpAddr) -> bool {
        self.inside.iter().any(|net| net.contains(&address))
    }

    /// The domain itself or one above it (RFC 3261, 19.1.4: hosts are compared without regard to case).
    fn domain_of(&self, host: &str) -> Option<usize> {
        let is_it = |domain: &str| {
            let cut = host.len().checked_sub(domain.len())?;
            let (before, tail) = host.split_at_checked(cut)?;
            let whole_labels = before.is_empty() || before.ends_with('.');
            Some(whole_labels && tail.eq_ignore_ascii_case(domain))
        };
        self.domains
            .iter()
            .position(|domain| is_it(domain) == Some(true))
    }
}

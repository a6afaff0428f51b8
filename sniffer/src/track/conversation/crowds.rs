//! Which calls a host received and has not seen answered, by their numbers.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::print::Print;
use super::sighting::Numbers;

/// Calls in set-up by who received them. Where there are several of one kind it knows only how many: then none of them
/// can be told from the others, and nobody asks which they are.
///
/// A kind is who received a leg (anyone where no host is named), the called, and the caller unless any will do.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    by_kind: HashMap<Print, Crowd, RandomState>,
}

/// How many legs, and the exclusive or of their numbers: that of the one leg where there is one.
#[derive(Clone, Copy, Debug, Default)]
struct Crowd {
    n: usize,
    mixed: usize,
}

impl Crowds {
    /// A leg that waits for an answer of `hosts`.
    pub(super) fn enter_all(&mut self, hosts: &[IpAddr], numbers: &Numbers, leg: usize) {
        for (i, host) in hosts.iter().enumerate() {
            self.enter(*host, numbers, leg, i == 0);
        }
    }

    /// A leg that `host` received, as the `first` one or after others.
    pub(super) fn enter(&mut self, host: IpAddr, numbers: &Numbers, leg: usize, first: bool) {
        let anywhere = first.then_some(None);
        for place in [Some(Some(host)), anywhere].into_iter().flatten() {
            self.each(place, numbers, |crowd| {
                crowd.n += 1;
                crowd.mixed ^= leg;
            });
        }
    }

    /// The same leg once it was answered or refused, or is over.
    pub(super) fn leave(&mut self, hosts: &[IpAddr], numbers: &Numbers, leg: usize) {
        let anywhere = (!hosts.is_empty()).then_some(None);
        for place in hosts.iter().map(|host| Some(*host)).chain(anywhere) {
            self.each(place, numbers, |crowd| {
                crowd.n = crowd.n.saturating_sub(1);
                crowd.mixed ^= leg;
            });
        }
    }

    /// The only leg with these two numbers that `host` received, or anyone where none is named.
    pub(super) fn only(&self, host: Option<IpAddr>, caller: &str, called: &str) -> Option<usize> {
        self.by_kind.get(&both(host, caller, called))?.only()
    }

    /// The only leg to this number, likewise.
    pub(super) fn only_to(&self, host: Option<IpAddr>, called: &str) -> Option<usize> {
        self.by_kind.get(&to(host, called))?.only()
    }

    fn each(&mut self, host: Option<IpAddr>, numbers: &Numbers, change: impl Fn(&mut Crowd)) {
        let Some(called) = &numbers.called else {
            return;
        };
        self.change(to(host, called), &change);
        if let Some(caller) = &numbers.caller {
            self.change(both(host, caller, called), &change);
        }
    }

    /// Changes an entry; an empty one is none.
    fn change(&mut self, kind: Print, change: &impl Fn(&mut Crowd)) {
        let crowd = self.by_kind.entry(kind).or_default();
        change(crowd);
        if crowd.n == 0 {
            self.by_kind.remove(&kind);
        }
    }
}

impl Crowd {
    fn only(&self) -> Option<usize> {
        (self.n == 1).then_some(self.mixed)
    }
}

fn both(host: Option<IpAddr>, caller: &str, called: &str) -> Print {
    Print::of(&(host, called, Some(caller)))
}

fn to(host: Option<IpAddr>, called: &str) -> Print {
    Print::of(&(host, called, None::<&str>))
}

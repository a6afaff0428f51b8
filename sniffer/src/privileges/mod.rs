//! What the process gives up once its sockets are open: the user it was started as, capabilities, and system calls.
//!
//! It is done before there are further threads, which inherit it. Nothing given up can be had back.

mod account;
mod calls;

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

pub use account::{Account, AccountError};

/// Kernels from this on let the maps of a loaded program be filled without `CAP_BPF`.
const MAPS_WITHOUT_RIGHTS: (u32, u32) = (5, 19);

/// Why something could not be given up. Each displays as one line.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// There is no such user, or we may not become one.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The system refuses.
    #[error("cannot give up {what}: {source}")]
    Refused {
        /// What was to be given up.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Gives up everything but what capturing takes from now on: becomes `account`, if one is named; keeps `CAP_NET_RAW` alone, with
/// which interfaces that come back are opened (and `CAP_BPF` for `ebpf` where the kernel wants it for filling maps); forbids to
/// gain rights by running programs, and allows only the system calls that are used.
///
/// # Errors
/// Where the system refuses one of these.
pub fn give_up(account: Option<&Account>, ebpf: bool) -> Result<(), PrivilegeError> {
    if let Some(account) = account {
        account.become_it()?;
    }
    let kept = keep_capabilities(ebpf).map_err(refused("capabilities"))?;
    let new_rights = thread::set_no_new_privs(true).map_err(io::Error::from);
    new_rights.map_err(refused("new rights"))?;
    calls::allow_only_used().map_err(refused("system calls"))?;
    let root = rustix::process::geteuid().is_root();
    tracing::info!(capabilities = ?kept, root, "gave up what is not needed");
    Ok(())
}

fn refused(what: &'static str) -> impl FnOnce(io::Error) -> PrivilegeError {
    move |source| PrivilegeError::Refused { what, source }
}

fn keep_capabilities(ebpf: bool) -> io::Result<CapabilitySet> {
    let mut wanted = CapabilitySet::NET_RAW;
    if ebpf && kernel().is_none_or(|kernel| kernel < MAPS_WITHOUT_RIGHTS) {
        wanted |= CapabilitySet::BPF;
    }
    let kept = wanted & thread::capabilities(None)?.permitted;
    // Kernels that know no ambient capabilities have none to clear.
    let _ = thread::clear_ambient_capability_set();
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: CapabilitySet::empty(),
    };
    thread::set_capabilities(None, sets)?;
    Ok(kept)
}

/// After a change of the user the kernel hides the process's own files in `/proc` from it, which its metrics are read from.
fn stay_visible() {
    // Without it, a few metrics of the process are missing.
    let _ = set_dumpable_behavior(DumpableBehavior::Dumpable);
}

fn kernel() -> Option<(u32, u32)> {
    version(&std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?)
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next()?.parse().ok();
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_tell_their_version_first() {
        assert_eq!(version("6.18.44-fc-v669\n"), Some((6, 18)));
        assert_eq!(version("5.4-rc1"), Some((5, 4)));
        assert_eq!(version("unknown"), None);
    }
}

//! The store that flags and configuration name: which database, which name for this sensor, where files are kept.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::LiveArgs;
use super::error::Error;
use crate::config::{self, Config, Place};
use crate::export::store::{Address, Store, StoreError, StoreSettings};

/// The file of a live capture that was not told otherwise.
const FILE: &str = "calls.db";

/// The store of a live capture; none where it was told so.
pub(super) fn of_live(args: &LiveArgs, config: &Config) -> Result<Option<Store>, Error> {
    let node = node(config);
    let config = &config.store;
    let folder = state_folder(args, config);
    let address = match args.store.as_ref().or(config.place.as_ref()) {
        Some(Place::None) => return Ok(None),
        Some(Place::At(address)) => address.clone(),
        None => Address::of_file(&folder.join(FILE)),
    };
    let spool = (!address.is_file()).then(|| folder.join("spool"));
    if spool.is_some() || address == Address::of_file(&folder.join(FILE)) {
        make(&folder)?;
    }
    let settings = StoreSettings {
        address,
        node,
        spool,
        spool_bytes: config.spool_bytes,
        keep: config.keep.clone(),
    };
    Ok(Some(Store::open(&settings)?))
}

/// The store of a replay, which waits for its database and keeps all that was ever written.
pub(super) fn of_replay(address: &Address, config: &Config) -> Result<Store, Error> {
    let settings = StoreSettings {
        address: address.clone(),
        node: config.node.clone().unwrap_or_default(),
        spool: None,
        spool_bytes: 0,
        keep: Vec::new(),
    };
    Ok(Store::open(&settings)?)
}

/// Where a live capture keeps files unless told otherwise; `variable` reads the environment.
pub(super) fn usual_state_folder(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    // systemd names several with colons between them.
    let of_service = variable("STATE_DIRECTORY")
        .and_then(|folders| folders.split(':').next().map(PathBuf::from))
        .filter(|folder| !folder.as_os_str().is_empty());
    let of_system = || Path::new("/var/lib/sipvane").to_owned();
    let of_user = || {
        let home = variable("HOME").filter(|home| home != "/root")?;
        let state = variable("XDG_STATE_HOME").map(PathBuf::from);
        let state = state.unwrap_or_else(|| Path::new(&home).join(".local/state"));
        Some(state.join("sipvane"))
    };
    of_service.or_else(of_user).unwrap_or_else(of_system)
}

/// The database of a live capture that was not told otherwise.
pub(super) fn usual_address(told: Option<&Path>) -> Address {
    let usual = || usual_state_folder(|name| std::env::var(name).ok());
    Address::of_file(&told.map_or_else(usual, Path::to_owned).join(FILE))
}

fn state_folder(args: &LiveArgs, config: &config::Store) -> PathBuf {
    let told = args.state_dir.clone().or_else(|| config.state_dir.clone());
    told.unwrap_or_else(|| usual_state_folder(|name| std::env::var(name).ok()))
}

fn make(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::StateFolder {
        path: folder.to_owned(),
        source,
    })
}

/// The name of this sensor: as configured, or that of the host as the kernel has it.
pub(super) fn node(config: &Config) -> String {
    let of_host = || {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        name.trim().to_owned()
    };
    config.node.clone().unwrap_or_else(of_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], folder: &str) {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(usual_state_folder(variable), Path::new(folder));
    }

    #[test]
    fn files_are_kept_where_the_system_has_them() {
        check(&[], "/var/lib/sipvane");
        check(&[("HOME", "/root")], "/var/lib/sipvane");
        check(&[("HOME", "/home/a")], "/home/a/.local/state/sipvane");
        check(
            &[("HOME", "/home/a"), ("XDG_STATE_HOME", "/s")],
            "/s/sipvane",
        );
        check(
            &[
                ("STATE_DIRECTORY", "/var/lib/x:/var/lib/y"),
                ("HOME", "/home/a"),
            ],
            "/var/lib/x",
        );
    }
}

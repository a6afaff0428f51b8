//! The store that flags and configuration name: which database, which name for this sensor, where files are kept.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::LiveArgs;
use super::error::Error;
use crate::config::{self, Config, Place};
use crate::export::store::{Address, Store, StoreError, StoreSettings};
use crate::privileges::Account;
use crate::track::ProgressSettings;

/// The file of a live capture that was not told otherwise.
const FILE: &str = "calls.db";

/// The store of a live capture; none where it was told so.
pub(super) fn of_live(args: &LiveArgs, config: &Config) -> Result<Option<Store>, Error> {
    let node = node(config);
    let config = &config.store;
    let folder = state_folder(args, config);
    let Some(address) = address(args, config, &folder) else {
        return Ok(None);
    };
    let spool = (!address.is_file()).then(|| folder.join("spool"));
    if is_needed(&folder, &address) {
        make(&folder)?;
    }
    let settings = StoreSettings {
        address,
        node,
        live: true,
        spool,
        spool_bytes: config.spool_bytes,
        keep: config.keep.clone(),
        keep_bytes: config.keep_bytes,
    };
    Ok(Some(Store::open(&settings)?))
}

/// What the store of a live capture wants to be told of calls that go on.
pub(super) fn progress_of_live(args: &LiveArgs, config: &config::Store) -> ProgressSettings {
    match args.store.as_ref().or(config.place.as_ref()) {
        Some(Place::None) => ProgressSettings::default(),
        _ => ProgressSettings {
            dialogs: true,
            ..progress_of_replay(config)
        },
    }
}

/// What that of a replay wants: it writes calls when they are over.
pub(super) fn progress_of_replay(config: &config::Store) -> ProgressSettings {
    ProgressSettings {
        dialogs: false,
        messages: config.messages,
        message_bytes: config.message_bytes,
    }
}

/// Has the folder that a live capture keeps files in, where it needs one, belong to the user that it is about to become. One that is there stays
/// as it is.
pub(super) fn hand_over(
    args: &LiveArgs,
    config: &config::Store,
    account: Account,
) -> Result<(), StoreError> {
    let folder = state_folder(args, config);
    let address = address(args, config, &folder);
    if !address.is_some_and(|address| is_needed(&folder, &address)) {
        return Ok(());
    }
    let refused = |path: &Path| {
        let path = path.to_owned();
        |source| StoreError::StateFolder { path, source }
    };
    if !folder.exists() {
        make(&folder)?;
        return account.own(&folder).map_err(refused(&folder));
    }
    let kept = ["", FILE, "spool"].map(|name| folder.join(name));
    for path in kept.iter().filter(|path| path.exists()) {
        if !account.may_write(path).map_err(refused(path))? {
            return Err(StoreError::NotOwned {
                path: path.clone(),
                folder,
                uid: account.uid(),
            });
        }
    }
    Ok(())
}

/// The database of a live capture; `None` where it was told to keep nothing.
fn address(args: &LiveArgs, config: &config::Store, folder: &Path) -> Option<Address> {
    match args.store.as_ref().or(config.place.as_ref()) {
        Some(Place::None) => None,
        Some(Place::At(address)) => Some(address.clone()),
        None => Some(Address::of_file(&folder.join(FILE))),
    }
}

/// Whether the folder is used: for the database itself, or for what waits for it.
fn is_needed(folder: &Path, address: &Address) -> bool {
    !address.is_file() || *address == Address::of_file(&folder.join(FILE))
}

/// The store of a replay, which waits for its database and keeps all that was ever written.
pub(super) fn of_replay(address: &Address, config: &Config) -> Result<Store, Error> {
    let settings = StoreSettings {
        address: address.clone(),
        node: config.node.clone().unwrap_or_default(),
        live: false,
        spool: None,
        spool_bytes: 0,
        keep: Vec::new(),
        keep_bytes: None,
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

/// The name of this sensor: as configured, or that of the host.
pub(super) fn node(config: &Config) -> String {
    config.node.clone().unwrap_or_else(host_name)
}

/// The name of this host, as the kernel has it.
pub(super) fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
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

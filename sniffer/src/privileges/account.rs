//! The user to become when started as root.

use std::fs;
use std::io;

use rustix::process::{Gid, Uid};
use rustix::thread;

/// Where users are listed (passwd(5)). Users of directory services are named by their numbers.
const PASSWD: &str = "/etc/passwd";

/// A user and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    uid: u32,
    gid: u32,
}

/// Why a user cannot be taken. Each displays as one line.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Nobody is called so.
    #[error(
        "{name}: no such user in {PASSWD}; accepted: a name from it, or numbers such as 65534 or 65534:65534"
    )]
    Unknown {
        /// As given.
        name: String,
    },
    /// The list of users cannot be read.
    #[error("{PASSWD}: {0}")]
    Unreadable(io::Error),
    /// The system refuses.
    #[error("cannot become user {uid}: {source}; it takes root, or leave the user out")]
    Refused {
        /// The user.
        uid: u32,
        /// What the system says.
        source: io::Error,
    },
}

impl Account {
    /// The user of this name, or of these numbers.
    ///
    /// # Errors
    /// Where there is none.
    pub fn of(name: &str) -> Result<Account, AccountError> {
        if let Some(account) = numbers(name) {
            return Ok(account);
        }
        let list = fs::read_to_string(PASSWD).map_err(AccountError::Unreadable)?;
        listed(&list, name).ok_or_else(|| AccountError::Unknown {
            name: name.to_owned(),
        })
    }

    /// Becomes that user, for good; capabilities stay as they are.
    pub(super) fn become_it(self) -> Result<(), AccountError> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let change = || -> rustix::io::Result<()> {
            thread::set_keep_capabilities(true)?;
            thread::set_thread_groups(&[gid])?;
            thread::set_thread_res_gid(gid, gid, gid)?;
            thread::set_thread_res_uid(uid, uid, uid)?;
            thread::set_keep_capabilities(false)
        };
        change().map_err(|source| AccountError::Refused {
            uid: self.uid,
            source: source.into(),
        })?;
        super::stay_visible();
        Ok(())
    }
}

/// A user's number, and a group's behind a colon; the group has the same number if it is left out.
fn numbers(text: &str) -> Option<Account> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    // The largest number means no user at all (setuid(2)).
    let number = |text: &str| text.parse().ok().filter(|number| *number != u32::MAX);
    Some(Account {
        uid: number(uid)?,
        gid: number(gid)?,
    })
}

fn listed(list: &str, name: &str) -> Option<Account> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next() == Some(name);
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        found.then_some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_by_number() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbroken\nvoip:x:998:997::/:/bin/false\n";
        assert_eq!(listed(list, "voip"), Some(Account { uid: 998, gid: 997 }));
        assert_eq!(listed(list, "broken"), None);
        assert_eq!(
            numbers("65534"),
            Some(Account {
                uid: 65_534,
                gid: 65_534
            })
        );
        assert_eq!(numbers("7:8"), Some(Account { uid: 7, gid: 8 }));
        assert_eq!(numbers("voip"), None);
        assert_eq!(numbers("4294967295"), None);
        let error = Account::of("no such user").expect_err("nobody is called so");
        assert!(
            error
                .to_string()
                .starts_with("no such user: no such user in /etc/passwd; accepted:")
        );
    }
}

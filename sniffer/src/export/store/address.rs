//! Where a database is: the URL an operator gives.

use std::fmt;
use std::str::FromStr;

/// The databases that can be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

/// The URL of a database. It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) dialect: Dialect,
    /// As the driver takes it.
    pub(super) url: String,
}

/// What is accepted.
const ACCEPTED: &str = "accepted: sqlite:FILE, postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://USER:PASSWORD@HOST:PORT/DATABASE";

impl Address {
    /// An SQLite file.
    pub fn of_file(path: &std::path::Path) -> Address {
        Address::of_sqlite(&path.display().to_string())
    }

    /// The driver unescapes the path, and takes what follows a question mark for options.
    fn of_sqlite(path: &str) -> Address {
        let escaped = |c: char| match c {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            c => c.to_string(),
        };
        let path: String = path.chars().map(escaped).collect();
        Address {
            dialect: Dialect::Sqlite,
            url: format!("sqlite:{path}?mode=rwc"),
        }
    }

    /// Whether it is a file rather than a server.
    pub fn is_file(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// The same without leave to create a file.
    pub(super) fn for_reading(&self) -> String {
        self.url.replace("?mode=rwc", "?mode=ro")
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let (scheme, rest) = text
            .split_once(':')
            .ok_or_else(|| format!("no kind of database is named; {ACCEPTED}"))?;
        let dialect = match scheme {
            "sqlite" if !rest.is_empty() && rest != "//" => {
                return Ok(Address::of_sqlite(rest.strip_prefix("//").unwrap_or(rest)));
            }
            "postgres" | "postgresql" if rest.starts_with("//") => Dialect::Postgres,
            "mysql" | "mariadb" if rest.starts_with("//") => Dialect::Mysql,
            _ => return Err(format!("no such database; {ACCEPTED}")),
        };
        Ok(Address {
            dialect,
            url: text.to_owned(),
        })
    }
}

impl fmt::Display for Address {
    /// The password is left out: this goes to logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.strip_suffix("?mode=rwc").unwrap_or(&self.url);
        let Some((scheme, rest)) = url.split_once("//") else {
            return f.write_str(url);
        };
        let place = rest.split_once('?').map_or(rest, |(place, _)| place);
        match place.rsplit_once('@') {
            Some((login, host)) => {
                let user = login.split_once(':').map_or(login, |(user, _)| user);
                write!(f, "{scheme}//{user}@{host}")
            }
            None => write!(f, "{scheme}//{place}"),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let address: Result<Address, String> = text.parse();
        match address {
            Ok(address) => assert_eq!(address.to_string(), shown),
            Err(wrong) => assert!(wrong.starts_with(shown), "{wrong}"),
        }
    }

    #[test]
    fn urls_are_read_and_shown_without_passwords() {
        check("sqlite:calls.db", "sqlite:calls.db");
        check("sqlite:///var/lib/calls.db", "sqlite:/var/lib/calls.db");
        check(
            "postgres://a:b%40@h:1/d?sslmode=require",
            "postgres://a@h:1/d",
        );
        check(
            "mysql://root@localhost/sipvane",
            "mysql://root@localhost/sipvane",
        );
        check("postgres://h/d", "postgres://h/d");
        check("oracle://h/d", "no such database; accepted: sqlite:FILE");
        check("calls.db", "no kind of database is named; accepted: ");
        check("sqlite:", "no such database");
    }
}

//! The section `security`: what is taken for an attack.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

use super::error::Fault;
use crate::track::security::SecuritySettings;

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Security {
    scanner_user_agents: Option<Vec<String>>,
    trusted: Vec<String>,
    toll_fraud_prefixes: Vec<String>,
    password_failures: Option<u32>,
    accounts_failed: Option<u32>,
    guesses: Option<u32>,
    destinations: Option<u32>,
    invites_per_second: Option<u32>,
    options_per_second: Option<u32>,
    short_calls: Option<u32>,
    short_call_s: Option<u32>,
}

impl Security {
    /// The settings, with the defaults of what is left out.
    pub(super) fn check(self) -> Result<SecuritySettings, Fault> {
        let default = SecuritySettings::default();
        let names = self.scanner_user_agents;
        Ok(SecuritySettings {
            scanner_user_agents: names.map_or(Ok(default.scanner_user_agents), scanner_names)?,
            trusted: each("trusted", self.trusted, network)?,
            toll_fraud_prefixes: each("toll_fraud_prefixes", self.toll_fraud_prefixes, prefix)?,
            password_failures: positive(
                "password_failures",
                self.password_failures,
                default.password_failures,
            )?,
            accounts_failed: positive(
                "accounts_failed",
                self.accounts_failed,
                default.accounts_failed,
            )?,
            guesses: positive("guesses", self.guesses, default.guesses)?,
            destinations: positive("destinations", self.destinations, default.destinations)?,
            invites_per_second: positive(
                "invites_per_second",
                self.invites_per_second,
                default.invites_per_second,
            )?,
            options_per_second: positive(
                "options_per_second",
                self.options_per_second,
                default.options_per_second,
            )?,
            short_calls: positive("short_calls", self.short_calls, default.short_calls)?,
            short_call_s: positive("short_call_s", self.short_call_s, default.short_call_s)?,
        })
    }
}

type Wrong = (String, &'static str);

fn each<T>(
    key: &str,
    values: Vec<String>,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<Vec<T>, Fault> {
    let values = values.into_iter().map(|value| read(&value));
    values
        .collect::<Result<_, _>>()
        .map_err(|(wrong, accepted)| Fault {
            key: format!("security.{key}"),
            wrong,
            accepted,
        })
}

fn scanner_names(names: Vec<String>) -> Result<Vec<Box<str>>, Fault> {
    each("scanner_user_agents", names, |name| match name.trim() {
        "" => Err((
            "an empty name is part of every name".to_owned(),
            "part of a User-Agent, such as sipcli",
        )),
        name => Ok(name.to_ascii_lowercase().into()),
    })
}

fn network(text: &str) -> Result<IpNet, Wrong> {
    let host = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| host()).map_err(|_| {
        let wrong = format!("{text:?} is no address and no network");
        (wrong, "192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
    })
}

/// The digits of a prefix, without what dials out of a country.
fn prefix(text: &str) -> Result<Box<str>, Wrong> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(digits.into()),
        false => Err((
            format!("{text:?} is no beginning of a number"),
            "digits with the country code, such as +88213",
        )),
    }
}

fn positive(key: &str, value: Option<u32>, default: u32) -> Result<u32, Fault> {
    match value.unwrap_or(default) {
        0 => Err(Fault {
            key: format!("security.{key}"),
            wrong: "0 would suspect everybody".to_owned(),
            accepted: "a number from 1 on",
        }),
        n => Ok(n),
    }
}

//! From where on something is taken for an attack. `docs/security.md` gives the reason of each default.

use std::net::IpAddr;

use ipnet::IpNet;

/// What tools that look for SIP servers call themselves, in small letters: part of the name is enough.
pub const SCANNER_USER_AGENTS: [&str; 13] = [
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sundayddr",
    "sip-scan",
    "sipscan",
    "sipcli",
    "siparmyknife",
    "sivus",
    "iwar",
    "pplsip",
    "vaxasip",
    "vaxsipuseragent",
];

/// What the operator chose about attacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecuritySettings {
    /// Parts of the User-Agent of tools of attack, in small letters.
    pub scanner_user_agents: Vec<Box<str>>,
    /// Sources that are never suspected.
    pub trusted: Vec<IpNet>,
    /// Beginnings of numbers that fraud calls: digits only, with the country code.
    pub toll_fraud_prefixes: Vec<Box<str>>,
    /// Wrong passwords for one account within a minute.
    pub password_failures: u32,
    /// Accounts with wrong passwords from one source within a minute.
    pub accounts_failed: u32,
    /// Users guessed by one source within a minute.
    pub guesses: u32,
    /// Silent addresses asked by one source within a minute.
    pub destinations: u32,
    /// INVITEs a second from one source, over ten seconds.
    pub invites_per_second: u32,
    /// OPTIONS a second from one source, over ten seconds.
    pub options_per_second: u32,
    /// Calls to one address that are over as soon as they are answered.
    pub short_calls: u32,
    /// How long such a call lasts at most, in seconds.
    pub short_call_s: u32,
}

impl Default for SecuritySettings {
    fn default() -> Self {
        SecuritySettings {
            scanner_user_agents: SCANNER_USER_AGENTS.map(Into::into).into(),
            trusted: Vec::new(),
            toll_fraud_prefixes: Vec::new(),
            password_failures: 20,
            accounts_failed: 30,
            guesses: 20,
            destinations: 20,
            invites_per_second: 50,
            options_per_second: 50,
            short_calls: 10,
            short_call_s: 6,
        }
    }
}

impl SecuritySettings {
    /// Whether the source is never suspected.
    pub(super) fn trusts(&self, source: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.contains(&source))
    }

    /// Whether the name is that of a tool of attack.
    pub(super) fn is_scanner(&self, user_agent: &str) -> bool {
        let name = user_agent.to_ascii_lowercase();
        self.scanner_user_agents
            .iter()
            .any(|part| name.contains(&**part))
    }

    /// Whether fraud calls such numbers. What dials out of a country (`+`, `00`, `011`) may stand before the number,
    /// and one digit for an outside line before that.
    pub(super) fn is_toll_fraud(&self, number: &str) -> bool {
        if self.toll_fraud_prefixes.is_empty() {
            return false;
        }
        let number: String = number
            .chars()
            .filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' '))
            .collect();
        let outside = number.get(1..).unwrap_or_default();
        let starts = [
            number.strip_prefix('+'),
            number.strip_prefix("00"),
            number.strip_prefix("011"),
            outside.strip_prefix("00"),
            outside.strip_prefix("011"),
            Some(number.as_str()),
        ];
        let begins = |rest: &str| {
            self.toll_fraud_prefixes
                .iter()
                .any(|prefix| rest.starts_with(&**prefix))
        };
        starts.into_iter().flatten().any(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_fraud_are_found_however_they_are_dialled() {
        let settings = SecuritySettings {
            toll_fraud_prefixes: vec!["88213".into()],
            ..SecuritySettings::default()
        };
        for number in [
            "+8821312345",
            "008821312345",
            "90118821312345",
            "8821-3123",
            "011882131",
        ] {
            assert!(settings.is_toll_fraud(number), "{number}");
        }
        for number in ["", "+49882131", "8821", "1008821"] {
            assert!(!settings.is_toll_fraud(number), "{number}");
        }
        assert!(!SecuritySettings::default().is_toll_fraud("+8821312345"));
    }

    #[test]
    fn tools_are_known_by_part_of_their_name() {
        let settings = SecuritySettings::default();
        assert!(settings.is_scanner("Friendly-Scanner"));
        assert!(settings.is_scanner("sipcli/v1.8"));
        assert!(!settings.is_scanner("Asterisk PBX 18"));
    }
}

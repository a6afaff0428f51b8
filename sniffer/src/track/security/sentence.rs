//! What an event says to people: who, what, how much, and no more than was seen.

use crate::record::{SecurityCode, SecurityRecord};

/// The sentence of an event.
pub(super) fn of(record: &SecurityRecord) -> String {
    let who = record
        .source
        .or(record.target)
        .map_or_else(|| "Somebody".to_owned(), |ip| ip.to_string());
    let n = record.count;
    let users = distinct(record.users, "user", "users");
    let places = distinct(record.destinations, "address", "addresses");
    let rate = record.per_second.unwrap_or(0.0);
    match record.code {
        SecurityCode::ScannerUserAgent => {
            let name = record
                .user_agents
                .first()
                .map_or("a known tool", |name| name);
            let requests = counted(n, "request", "requests");
            format!(
                "{who} calls itself {name}, as tools do that look for SIP servers: {requests} to {places}."
            )
        }
        SecurityCode::ScannerBehaviour => format!(
            "{who} asked {places}, and hardly any answered: suspected search for SIP servers."
        ),
        SecurityCode::ExtensionGuessing => format!(
            "{who} tried {users} that were refused, or left when asked for a password: suspected search for accounts."
        ),
        SecurityCode::RegistrationBruteForce => {
            let end = match record.succeeded {
                0 => "None was accepted",
                _ => "AT LAST ONE WAS ACCEPTED: change that password",
            };
            format!(
                "{who} sent {n} wrong passwords for {users}: suspected guessing of passwords. {end}."
            )
        }
        SecurityCode::InviteFlood => {
            format!("{who} sent INVITEs at up to {rate:.0} a second, {n} in all: suspected flood.")
        }
        SecurityCode::OptionsFlood => {
            format!("{who} sent OPTIONS at up to {rate:.0} a second, {n} in all: suspected flood.")
        }
        SecurityCode::DigestLeak => {
            let sent = match record.succeeded {
                0 => "No credentials were seen to be sent".to_owned(),
                n => format!("CREDENTIALS WERE SENT {}", counted(n, "time", "times")),
            };
            format!(
                "{who} called and then asked the called phone for credentials, {}: suspected digest leak. {sent}.",
                counted(n, "time", "times")
            )
        }
        SecurityCode::TollFraud => format!(
            "{who} placed {} to numbers configured as those of fraud, {} answered.",
            counted(n, "call", "calls"),
            record.succeeded
        ),
        SecurityCode::FalseAnswer => format!(
            "{} to {who} were answered and over within seconds: suspected false answer supervision.",
            counted(n, "call", "calls")
        ),
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// As [`counted`], of things that are told apart up to a bound.
fn distinct(n: u64, one: &str, many: &str) -> String {
    match n {
        256.. => format!("{n} or more {many}"),
        n => counted(n, one, many),
    }
}

//! Registrations in numbers (RFC 6076, 4.1 and 4.2).

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Distribution, six_decimals_opt};

/// Registrations in numbers. Repeats and answers to challenges are no attempts of their own.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RegistrationSummary {
    /// Attempts to bind or remove contacts.
    pub attempts: u64,
    /// Those that a 2xx answered.
    pub succeeded: u64,
    /// Those that were refused for good or not answered; challenges are no failures.
    pub failed: u64,
    /// What was refused by status, and `no_answer`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<String, u64>,
    /// Attempts left at a challenge: no credentials came, or none that would do.
    pub abandoned: u64,
    /// REGISTERs that only ask what is bound.
    pub fetches: u64,
    /// 401 and 407 to REGISTERs.
    pub challenges: u64,
    /// Those to credentials whose nonce was stale (RFC 3261, 22.4): the password may be right.
    pub stale_nonces: u64,
    /// Those to credentials with a nonce that was not.
    pub wrong_credentials: u64,
    /// Ineffective registration attempts (RFC 6076, 4.2): failed by attempts, %.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub ira: Option<f64>,
    /// Registration request delay of the successes (RFC 6076, 4.1), challenges included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rrd: Option<Distribution>,
    /// The registrar's share of it: a REGISTER to its own 2xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registrar: Option<Distribution>,
    /// What happened to bindings, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<&'static str, u64>,
}

//! The record of one security event: who does what, and on what evidence.

use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::six_decimals_opt;
use crate::time::Timestamp;

/// One thing that looks like an attack, from its first sign to its last. It is what the signalling shows: a suspicion
/// with its evidence, not a verdict.
#[derive(Clone, Debug, Serialize)]
pub struct SecurityRecord {
    /// What it looks like, for programs.
    pub code: SecurityCode,
    /// The same with its figures, for people.
    pub text: String,
    /// Whom it comes from, as the tap saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Whom calls went to that were answered falsely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<IpAddr>,
    /// First sign.
    pub start: Timestamp,
    /// Last sign.
    pub end: Timestamp,
    /// How many signs there were; what one is depends on the code.
    pub count: u64,
    /// How many of them got what they were after.
    pub succeeded: u64,
    /// Distinct users or numbers they were about; a lower bound above 256.
    pub users: u64,
    /// The first few of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Box<str>>,
    /// Distinct addresses they went to; a lower bound above 256.
    pub destinations: u64,
    /// Highest rate within ten seconds.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub per_second: Option<f64>,
    /// What the source called itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user_agents: Vec<Box<str>>,
}

super::books::named! {
    /// What an attack looks like. `docs/security.md` explains each.
    SecurityCode {
        /// A tool that looks for SIP servers, by its own name.
        ScannerUserAgent = "scanner_user_agent",
        /// One source asks many addresses, and hardly any answers.
        ScannerBehaviour = "scanner_behaviour",
        /// One source tries many users that are not there or not its own.
        ExtensionGuessing = "extension_guessing",
        /// Wrong passwords again and again.
        RegistrationBruteForce = "registration_brute_force",
        /// More INVITEs than anybody dials.
        InviteFlood = "invite_flood",
        /// More OPTIONS than anybody needs.
        OptionsFlood = "options_flood",
        /// A caller that asks the callee's phone for credentials.
        DigestLeak = "digest_leak",
        /// Calls to numbers that the operator has named as those of fraud.
        TollFraud = "toll_fraud",
        /// Calls that are answered at once, and are over as soon.
        FalseAnswer = "false_answer",
    }
}

impl Serialize for SecurityCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

//! Transactions in numbers: what became of the requests of one method, and how long the answers took.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Distribution;

/// The transactions of one method (RFC 3261, section 17). A request that passes two hops is a transaction on each.
///
/// Each request is counted once more: by class in `completed`, as `no_response` or `no_final` in `timeouts`, or as
/// `unfinished`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TransactionSummary {
    /// Transactions that began; repeats left out.
    pub requests: u64,
    /// Requests that repeat an earlier one.
    pub repeated_requests: u64,
    /// Responses that repeat an earlier one.
    pub repeated_responses: u64,
    /// ACKs that repeat an earlier one; only INVITEs can have them.
    pub repeated_acks: u64,
    /// Transactions with a final response in time, by its class.
    pub completed: BTreeMap<&'static str, u64>,
    /// Transactions that waited in vain.
    pub timeouts: TransactionTimeouts,
    /// Final responses that came after the time-out.
    pub late_responses: u64,
    /// Responses without a request, repeats left out.
    pub unmatched_responses: u64,
    /// Transactions without a final response when the capture ended or their table was full.
    pub unfinished: u64,
    /// From the first request to the first response, provisional or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_response: Option<Distribution>,
    /// From the first request to the final response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_response: Option<Distribution>,
}

/// Transactions that waited in vain, by what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TransactionTimeouts {
    /// Any response within 64*T1: timer B of an INVITE, timer F of another request.
    pub no_response: u64,
    /// A final response after provisional ones: timer F, for an INVITE timer C, or 64*T1 after a CANCEL.
    pub no_final: u64,
    /// The ACK within 64*T1 after the final response to an INVITE: timer H, after a 2xx RFC 3261, 13.3.1.4.
    pub no_ack: u64,
}

//! How a quantity was distributed: what a histogram leaves in a record.

use serde::Serialize;

use super::six_decimals;

/// Delays of one kind, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// How many there were.
    pub count: u64,
    /// Arithmetic mean.
    #[serde(serialize_with = "six_decimals")]
    pub mean_ms: f64,
    /// Median.
    #[serde(serialize_with = "six_decimals")]
    pub p50_ms: f64,
    /// What 95 of 100 do not exceed.
    #[serde(serialize_with = "six_decimals")]
    pub p95_ms: f64,
    /// What 99 of 100 do not exceed.
    #[serde(serialize_with = "six_decimals")]
    pub p99_ms: f64,
    /// The longest.
    #[serde(serialize_with = "six_decimals")]
    pub max_ms: f64,
}

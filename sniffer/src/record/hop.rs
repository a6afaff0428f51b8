//! Where the messages of a call passed, and how long they were kept on the way.

use std::net::SocketAddr;

use serde::Serialize;

use super::six_decimals;
use crate::time::Timestamp;

/// Two addresses between which messages of a call passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HopRecord {
    /// The end nearer to the caller.
    pub src: SocketAddr,
    /// The end nearer to the callee.
    pub dst: SocketAddr,
    /// What carried its first message.
    pub transport: &'static str,
    /// Its first message.
    pub first: Timestamp,
    /// Its messages both ways, repeats left out.
    pub messages: u64,
    /// From the previous hop to this one, for messages that came this way from there, in either direction.
    pub added_ms: AddedDelays,
}

/// How long messages took from a hop to the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AddedDelays {
    /// Of requests; absent where none was seen before it came here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<MinMeanMax>,
    /// Of responses other than 100; absent where none was seen before it came here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responses: Option<MinMeanMax>,
}

/// Least, mean and largest of some figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MinMeanMax {
    /// How many there were.
    pub count: u64,
    /// The least.
    #[serde(serialize_with = "six_decimals")]
    pub min: f64,
    /// Arithmetic mean.
    #[serde(serialize_with = "six_decimals")]
    pub mean: f64,
    /// The largest.
    #[serde(serialize_with = "six_decimals")]
    pub max: f64,
}

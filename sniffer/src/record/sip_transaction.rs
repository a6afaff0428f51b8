//! One SIP transaction of a call, for sinks that tell of each: not part of the report, which has them in numbers.

use std::net::SocketAddr;

use super::Side;
use crate::time::Timestamp;

/// A request of a call and its final answer (RFC 3261, section 17), on one hop: a proxy that sends it on begins another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipTransaction {
    /// The method; `other` where it is none that is known.
    pub method: &'static str,
    /// CSeq number.
    pub cseq: u32,
    /// Who sent the request.
    pub by: Side,
    /// The Request-URI.
    pub uri: Box<str>,
    /// Its host.
    pub host: Option<Box<str>>,
    /// Where the request came from.
    pub src: SocketAddr,
    /// Where it went.
    pub dst: SocketAddr,
    /// What carried it, as in the record of the call.
    pub transport: &'static str,
    /// User-Agent of the request.
    pub user_agent: Option<Box<str>>,
    /// The request.
    pub start: Timestamp,
    /// The final answer; absent while there is none.
    pub end: Option<Timestamp>,
    /// Its status, or that of the last provisional answer while there is none.
    pub status: Option<u16>,
    /// The reason phrase of that answer.
    pub reason: Option<Box<str>>,
}

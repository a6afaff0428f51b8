//! What a generated capture holds, written down by the code that made it: the JSON beside each capture.
//!
//! Names are those of the report where the report has the thing. Absent means that the capture does not show it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The truth about one capture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// Frames in the file that can be read whole.
    pub(crate) packets: u64,
    /// SIP requests by method, retransmissions included.
    pub(crate) requests: BTreeMap<String, u64>,
    /// SIP responses by status, retransmissions included.
    pub(crate) responses: BTreeMap<String, u64>,
    pub(crate) call_ids: u64,
    pub(crate) calls: Vec<CallTruth>,
    pub(crate) registrations: Vec<RegistrationTruth>,
    pub(crate) streams: Vec<StreamTruth>,
    /// RTCP packets by type.
    pub(crate) rtcp: BTreeMap<String, u64>,
}

/// One call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CallTruth {
    pub(crate) call_id: String,
    pub(crate) outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hangup_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pdd_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) setup_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_s: Option<f64>,
    pub(crate) retransmissions: u64,
    pub(crate) challenges: u32,
    pub(crate) reinvites: u32,
}

/// One registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RegistrationTruth {
    pub(crate) aor: String,
    pub(crate) state: String,
    pub(crate) status: u16,
}

/// One RTP stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StreamTruth {
    pub(crate) ssrc: String,
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) payload_types: Vec<u8>,
    pub(crate) codec: String,
    /// Packets in the capture.
    pub(crate) packets: u64,
    /// Packets sent that are not in the capture.
    pub(crate) lost: u64,
    /// Round trip between the tap and the receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rtt_ms: Option<f64>,
}

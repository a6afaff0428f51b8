//! SIP messages with header fields and sizes as phones and proxies of today send them.

use std::net::SocketAddr;

use super::Speech;

/// The two ends of a call and what names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties {
    /// Number of the call, from which all its names follow.
    pub(super) call: u64,
    pub(super) caller: SocketAddr,
    pub(super) callee: SocketAddr,
    pub(super) transport: &'static str,
}

/// A message of a dialog that the caller began.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Invite,
    Response(u16, &'static str),
    /// To a 2xx, or to another final answer.
    Ack(bool),
    Bye,
    ByeDone,
}

impl Step {
    /// Whether the caller sends it.
    pub(super) fn is_callers(self) -> bool {
        matches!(self, Step::Invite | Step::Ack(_) | Step::Bye)
    }

    /// Method or status, for the truth.
    pub(super) fn name(self) -> String {
        match self {
            Step::Invite => "INVITE".to_owned(),
            Step::Ack(_) => "ACK".to_owned(),
            Step::Bye => "BYE".to_owned(),
            Step::Response(code, _) => code.to_string(),
            Step::ByeDone => "200".to_owned(),
        }
    }
}

impl Parties {
    /// The message; `body` is the sender's SDP or empty.
    pub(super) fn message(&self, step: Step, body: &str) -> String {
        let Parties {
            call,
            caller,
            callee,
            transport,
        } = *self;
        let from = 10_000_000_000 + call % 1_000_000_000;
        let to = 20_000_000_000 + call * 7 % 1_000_000_000;
        let start = match step {
            Step::Invite => format!("INVITE sip:+{to}@{callee};user=phone SIP/2.0"),
            Step::Ack(_) => format!("ACK sip:+{to}@{callee} SIP/2.0"),
            Step::Bye => format!("BYE sip:+{to}@{callee} SIP/2.0"),
            Step::Response(code, reason) => format!("SIP/2.0 {code} {reason}"),
            Step::ByeDone => "SIP/2.0 200 OK".to_owned(),
        };
        let (branch, method) = match step {
            Step::Invite | Step::Response(..) | Step::Ack(false) => (0, "INVITE"),
            Step::Ack(true) => (1, "INVITE"),
            Step::Bye | Step::ByeDone => (2, "BYE"),
        };
        let cseq = match step {
            Step::Ack(_) => "1 ACK".to_owned(),
            _ => format!("{} {method}", 1 + branch / 2),
        };
        let to_tag = match step {
            Step::Invite | Step::Response(100, _) => String::new(),
            _ => format!(";tag=as{:08x}", mix(call, 3) as u32),
        };
        let mut text = format!(
            "{start}\r\n\
             Via: SIP/2.0/{transport} {caller};branch=z9hG4bK{:016x};rport\r\n\
             From: \"Subscriber {}\" <sip:+{from}@sip.example.com>;tag={:012x}\r\n\
             To: <sip:+{to}@sip.example.org>{to_tag}\r\n\
             Call-ID: {:016x}-{:08x}@{}\r\n\
             CSeq: {cseq}\r\n",
            mix(call, 10 + branch),
            call % 10_000,
            mix(call, 1) >> 16,
            mix(call, 2),
            mix(call, 4) as u32,
            caller.ip(),
        );
        text += &match step {
            Step::Invite => format!(
                "Contact: <sip:+{from}@{caller};transport={transport}>\r\nMax-Forwards: 69\r\n\
                 Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK, INFO\r\n\
                 Supported: 100rel, timer, replaces\r\nSession-Expires: 1800\r\n\
                 User-Agent: Example Softswitch 4.2.1-17\r\nContent-Type: application/sdp\r\n"
            ),
            Step::Ack(_) | Step::Bye => {
                "Max-Forwards: 69\r\nUser-Agent: Example Softswitch 4.2.1-17\r\n".to_owned()
            }
            Step::Response(100, _) | Step::ByeDone => "Server: Example Gateway 2.9\r\n".to_owned(),
            Step::Response(..) => {
                let kind = if body.is_empty() {
                    ""
                } else {
                    "Content-Type: application/sdp\r\n"
                };
                format!(
                    "Contact: <sip:+{to}@{callee};transport={transport}>\r\n\
                     Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK, INFO\r\n\
                     Server: Example Gateway 2.9\r\n{kind}"
                )
            }
        };
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        text
    }
}

/// A session description with one line of audio.
pub(super) fn sdp(media: SocketAddr, speech: Speech, call: u64) -> String {
    let family = if media.is_ipv4() { "IP4" } else { "IP6" };
    let ip = media.ip();
    let formats = match speech {
        Speech::Amr => "97 101\r\na=rtpmap:97 AMR/8000\r\na=fmtp:97 octet-align=1; mode-set=7",
        Speech::Opus => "111 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1",
        Speech::Pcmu | Speech::Mix => "0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000",
    };
    format!(
        "v=0\r\no=- {call} {call} IN {family} {ip}\r\ns=session\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=audio {} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
         a=ptime:20\r\na=sendrecv\r\n",
        media.port()
    )
}

/// Bits that look random and follow from two numbers (the finisher of SplitMix64).
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(b.wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

//! SIP messages of two agents that speak to each other without a proxy between them.

use std::fmt::Write;
use std::net::SocketAddr;

use super::rng::Rng;

/// A user agent and the user behind it.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) name: &'static str,
    pub(crate) user: &'static str,
    pub(crate) domain: &'static str,
    pub(crate) product: &'static str,
    /// Where it signals.
    pub(crate) addr: SocketAddr,
}

impl Agent {
    /// The address of record.
    pub(crate) fn aor(&self) -> String {
        format!("sip:{}@{}", self.user, self.domain)
    }

    /// The Contact URI.
    pub(crate) fn contact(&self) -> String {
        format!("sip:{}@{}", self.user, self.addr)
    }
}

/// The two ends of a dialog.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Callee,
}

impl Side {
    /// The side as `hangup_by` spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Caller => "caller",
            Side::Callee => "callee",
        }
    }
}

/// A request and the answers to it (RFC 3261, section 17).
#[derive(Clone)]
pub(crate) struct Transaction {
    pub(crate) by: Side,
    method: String,
    branch: String,
    cseq: u32,
}

impl Transaction {
    /// The same transaction under another method: the CANCEL or the ACK to a failure (RFC 3261, 9.1 and 17.1.1.3).
    pub(crate) fn turned(&self, method: &str) -> Transaction {
        Transaction {
            method: method.to_owned(),
            ..self.clone()
        }
    }
}

/// What a message carries beyond what its dialog gives it.
#[derive(Default)]
pub(crate) struct Extra<'a> {
    /// Header fields, each without its line end.
    pub(crate) headers: &'a [String],
    /// An SDP body.
    pub(crate) sdp: Option<&'a str>,
}

impl<'a> Extra<'a> {
    /// Nothing more.
    pub(crate) const NONE: Extra<'static> = Extra {
        headers: &[],
        sdp: None,
    };

    /// An SDP body.
    pub(crate) fn sdp(sdp: &'a str) -> Self {
        Extra {
            headers: &[],
            sdp: Some(sdp),
        }
    }

    /// Header fields.
    pub(crate) fn headers(headers: &'a [String]) -> Self {
        Extra { headers, sdp: None }
    }
}

/// A Call-ID with its two tags (RFC 3261, section 12), or the start of one.
pub(crate) struct Dialog {
    pub(crate) caller: Agent,
    pub(crate) callee: Agent,
    pub(crate) call_id: String,
    /// `UDP` or `TCP`, as Via spells it.
    pub(crate) transport: &'static str,
    pub(crate) to_tag: String,
    /// Whether the dialog is there, so that its requests name both tags.
    pub(crate) established: bool,
    from_tag: String,
    cseq: [u32; 2],
}

impl Dialog {
    pub(crate) fn new(rng: &mut Rng, caller: &Agent, callee: &Agent) -> Self {
        Dialog {
            caller: caller.clone(),
            callee: callee.clone(),
            call_id: format!("{}@{}", rng.token(), caller.domain),
            transport: "UDP",
            to_tag: rng.token(),
            established: false,
            from_tag: rng.token(),
            cseq: [101, 7],
        }
    }

    /// Begins a transaction. The ACK to a 2xx has the number of its INVITE and a branch of its own.
    pub(crate) fn begin(&mut self, rng: &mut Rng, by: Side, method: &str) -> Transaction {
        let number = &mut self.cseq[usize::from(by == Side::Callee)];
        if method != "ACK" {
            *number += 1;
        }
        Transaction {
            by,
            method: method.to_owned(),
            branch: format!("z9hG4bK-{}", rng.token()),
            cseq: *number,
        }
    }

    /// The agent of a side.
    pub(crate) fn agent(&self, side: Side) -> &Agent {
        match side {
            Side::Caller => &self.caller,
            Side::Callee => &self.callee,
        }
    }

    /// The agent a side speaks to.
    pub(crate) fn peer(&self, side: Side) -> &Agent {
        match side {
            Side::Caller => &self.callee,
            Side::Callee => &self.caller,
        }
    }

    /// The request of a transaction.
    pub(crate) fn request(&self, of: &Transaction, extra: &Extra<'_>) -> String {
        let (sender, target) = (self.agent(of.by), self.peer(of.by));
        let uri = match of.method.as_str() {
            "REGISTER" => format!("sip:{}", target.domain),
            _ if self.established => target.contact(),
            _ => target.aor(),
        };
        let mut text = format!("{} {uri} SIP/2.0\r\n", of.method);
        let with_tag = self.established || of.method == "ACK";
        self.common(&mut text, of, with_tag);
        let _ = write!(
            text,
            "Max-Forwards: 70\r\nUser-Agent: {}\r\n",
            sender.product
        );
        if !matches!(of.method.as_str(), "ACK" | "BYE" | "CANCEL" | "REGISTER") {
            let _ = write!(text, "Contact: <{}>\r\n", sender.contact());
        }
        finish(text, extra)
    }

    /// A response of a transaction, `status` being code and phrase. Only 100 has no To tag (RFC 3261, 8.2.6.2).
    pub(crate) fn response(&self, of: &Transaction, status: &str, extra: &Extra<'_>) -> String {
        let answering = self.peer(of.by);
        let mut text = format!("SIP/2.0 {status}\r\n");
        self.common(&mut text, of, !status.starts_with("100"));
        let _ = write!(text, "Server: {}\r\n", answering.product);
        if of.method == "INVITE" && (status.starts_with("18") || status.starts_with('2')) {
            let _ = write!(text, "Contact: <{}>\r\n", answering.contact());
        }
        finish(text, extra)
    }

    /// Via, From, To, Call-ID and CSeq.
    fn common(&self, text: &mut String, of: &Transaction, with_tag: bool) {
        let mut ends = [
            (self.end(&self.caller), Some(&self.from_tag)),
            (
                self.end(if of.method == "REGISTER" {
                    &self.caller
                } else {
                    &self.callee
                }),
                with_tag.then_some(&self.to_tag),
            ),
        ];
        if of.by == Side::Callee {
            ends.reverse();
        }
        let addr = self.agent(of.by).addr;
        let _ = write!(
            text,
            "Via: SIP/2.0/{} {addr};branch={};rport\r\n",
            self.transport, of.branch
        );
        for (header, (end, tag)) in ["From", "To"].into_iter().zip(ends) {
            let tag = tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
            let _ = write!(text, "{header}: {end}{tag}\r\n");
        }
        let _ = write!(
            text,
            "Call-ID: {}\r\nCSeq: {} {}\r\n",
            self.call_id, of.cseq, of.method
        );
    }

    fn end(&self, agent: &Agent) -> String {
        format!("\"{}\" <{}>", agent.name, agent.aor())
    }
}

fn finish(mut text: String, extra: &Extra<'_>) -> String {
    for header in extra.headers {
        let _ = write!(text, "{header}\r\n");
    }
    let body = extra.sdp.unwrap_or_default();
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    text
}

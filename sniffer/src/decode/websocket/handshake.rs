//! The opening handshake of a WebSocket connection (RFC 6455, 4): whether HTTP turns into frames, and of which kind.
//!
//! Reads the few headers that matter; it is no HTTP parser.

/// What a head of HTTP/1.1 (start line and headers, through the blank line) leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// A request to switch to WebSocket.
    Request,
    /// An answer that switches.
    Accepted(Negotiated),
    /// An answer that does not switch; the client may try again with credentials.
    Refused,
    /// HTTP for another purpose.
    Other,
}

/// What the answer settles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// The subprotocol is named, and it is not SIP (RFC 7118, 4.1).
    pub(crate) foreign: bool,
    /// Each message from the client is compressed by itself (RFC 7692, 7.1.1.2).
    pub(crate) client_resets: bool,
    /// Each message from the server is compressed by itself (RFC 7692, 7.1.1.1).
    pub(crate) server_resets: bool,
}

/// Whether `bytes` begin as a handshake does; `None` while they are too few to tell.
pub(crate) fn begins(bytes: &[u8]) -> Option<bool> {
    let mut open = false;
    for start in [&b"GET "[..], b"HTTP/1.1 "] {
        let n = start.len().min(bytes.len());
        let same = bytes.get(..n) == start.get(..n);
        if same && n == start.len() {
            return Some(true);
        }
        open |= same;
    }
    if open { None } else { Some(false) }
}

/// Reads a head of HTTP/1.1.
pub(crate) fn parse(head: &[u8]) -> Handshake {
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
    let start = lines.next().unwrap_or_default();
    let status = start.strip_prefix(b"HTTP/1.1 ");
    if status.is_none() && !(start.starts_with(b"GET ") && start.ends_with(b" HTTP/1.1")) {
        return Handshake::Other;
    }
    let mut upgrades = false;
    let mut negotiated = Negotiated::default();
    for line in lines {
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"upgrade") {
            upgrades |= tokens(value, b',').any(|token| token.eq_ignore_ascii_case(b"websocket"));
        } else if name.eq_ignore_ascii_case(b"sec-websocket-protocol") {
            negotiated.foreign = !value.eq_ignore_ascii_case(b"sip");
        } else if name.eq_ignore_ascii_case(b"sec-websocket-extensions") {
            negotiated.read_extensions(value);
        }
    }
    match status {
        None if upgrades => Handshake::Request,
        None => Handshake::Other,
        Some(code) if code.starts_with(b"101") && upgrades => Handshake::Accepted(negotiated),
        Some(_) => Handshake::Refused,
    }
}

impl Negotiated {
    fn read_extensions(&mut self, value: &[u8]) {
        for parameter in value
            .split(|&b| b == b',')
            .flat_map(|one| tokens(one, b';'))
        {
            self.client_resets |= parameter.eq_ignore_ascii_case(b"client_no_context_takeover");
            self.server_resets |= parameter.eq_ignore_ascii_case(b"server_no_context_takeover");
        }
    }
}

fn tokens(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    value
        .split(move |&b| b == separator)
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Handshake) {
        assert_eq!(parse(head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn tells_the_handshake_from_other_http() {
        check(
            "GET / HTTP/1.1\r\nHost: a\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n",
            Handshake::Request,
        );
        check(
            "GET / HTTP/1.1\nUpgrade: h2c, websocket\n\n",
            Handshake::Request,
        );
        check(
            "GET / HTTP/1.1\r\nHost: websocket\r\n\r\n",
            Handshake::Other,
        );
        check(
            "GET / HTTP/1.0\r\nUpgrade: websocket\r\n\r\n",
            Handshake::Other,
        );
        check(
            "POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            Handshake::Other,
        );
        check(
            "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n\r\n",
            Handshake::Refused,
        );
        check("HTTP/1.1 401 No\r\n\r\n", Handshake::Refused);
        check("", Handshake::Other);
    }

    #[test]
    fn reads_what_is_settled() {
        let accepted = |headers: &str, expected| {
            let head = format!("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n{headers}\r\n\r\n");
            check(&head, Handshake::Accepted(expected));
        };
        accepted("Sec-WebSocket-Protocol: SIP", Negotiated::default());
        accepted(
            "Sec-WebSocket-Protocol: msrp",
            Negotiated {
                foreign: true,
                ..Negotiated::default()
            },
        );
        accepted(
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover;server_max_window_bits=10",
            Negotiated {
                client_resets: true,
                ..Negotiated::default()
            },
        );
    }

    #[test]
    fn knows_its_beginning() {
        assert_eq!(begins(b"GET /"), Some(true));
        assert_eq!(begins(b"HTTP/1.1 101"), Some(true));
        assert_eq!(begins(b"GE"), None);
        assert_eq!(begins(b"HTTP/1.0"), Some(false));
        assert_eq!(begins(b"INVITE"), Some(false));
    }
}

//! Why bytes are not shown as a SIP message.

labels! {
    /// Why [`Message::parse`](super::Message::parse) gave no message.
    pub enum ParseError {
        /// Nothing but CRLF or NUL bytes: a keep-alive (RFC 5626, 3.5.1; NULs as some NAT helpers send them).
        KeepAlive = "keep_alive",
        /// The first line is neither a Request-Line nor a Status-Line (RFC 3261, 7.1 and 7.2).
        NotSip = "not_sip",
        /// The bytes end within what may be a first line.
        Truncated = "truncated_start_line",
        /// The status is not a number of at most three digits (RFC 3261, 7.2).
        StatusCode = "unreadable_status_code",
        /// A first line, and not one header field behind it.
        NoHeaders = "no_headers",
        /// The header section goes on past [`MAX_HEADER_SECTION`](super::framing::MAX_HEADER_SECTION).
        HeadersTooLong = "headers_too_long",
    }
}

impl std::error::Error for ParseError {}

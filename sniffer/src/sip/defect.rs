//! The rules of RFC 3261 that [`Message::check`](super::Message::check) looks at.

labels! {
    /// A rule that a message breaks although it can be read. Clauses are those of RFC 3261 unless another is named.
    ///
    /// In the order in which they are looked for. What the field commonly does and every stack takes is no defect: bare
    /// LF, a missing empty line at the very end, a missing branch, From tag, Max-Forwards or Content-Length (RFC 2543).
    pub enum Defect {
        /// The version is not SIP/2.0 (7.1).
        UnsupportedVersion = "unsupported_version",
        /// The parts of the first line are not parted by single spaces, or spaces follow the version (7.1, 7.2).
        StartLineSpacing = "start_line_spacing",
        /// The status is not in 100 to 699 (7.2).
        StatusCodeRange = "status_code_range",
        /// The Request-URI breaks the grammar, or is enclosed in `<>` (7.1, 25.1).
        MalformedRequestUri = "malformed_request_uri",
        /// The Request-URI carries header fields (19.1.1, table 1).
        RequestUriHeaders = "request_uri_headers",
        /// The message ends within a header line: cut by the sender or by the capture (7).
        Truncated = "truncated",
        /// A header line without a colon or whose name is no token (7.3.1).
        MalformedHeaderLine = "malformed_header_line",
        /// No Via (8.1.1).
        MissingVia = "missing_via",
        /// No From (8.1.1).
        MissingFrom = "missing_from",
        /// No To (8.1.1).
        MissingTo = "missing_to",
        /// No Call-ID, or an empty one (8.1.1).
        MissingCallId = "missing_call_id",
        /// No CSeq (8.1.1).
        MissingCSeq = "missing_cseq",
        /// A header field that may stand only once stands twice or more (7.3.1).
        RepeatedHeader = "repeated_header",
        /// A Via value that breaks the grammar (20.42, 25.1).
        MalformedVia = "malformed_via",
        /// A From that breaks the grammar (20.20, 25.1).
        MalformedFrom = "malformed_from",
        /// A To that breaks the grammar (20.39, 25.1).
        MalformedTo = "malformed_to",
        /// A Contact value that breaks the grammar (20.10, 25.1).
        MalformedContact = "malformed_contact",
        /// A Call-ID with blanks in it (20.8, 25.1).
        MalformedCallId = "malformed_call_id",
        /// A CSeq that is not a number below 2^31 and a method (8.1.1.5).
        MalformedCSeq = "malformed_cseq",
        /// The method of the CSeq is not that of the request (8.1.1.5).
        CSeqMethodMismatch = "cseq_method_mismatch",
        /// A Content-Length that is not a number (20.14).
        MalformedContentLength = "malformed_content_length",
        /// A Max-Forwards that is not a number up to 255 (20.22).
        MalformedMaxForwards = "malformed_max_forwards",
        /// An Expires that is not a number below 2^32 (20.19).
        MalformedExpires = "malformed_expires",
        /// A Date that is not in GMT (20.17).
        MalformedDate = "malformed_date",
        /// A body, and no Content-Type that says what it is (20.15).
        MissingContentType = "missing_content_type",
        /// A Content-Length larger than what is there (18.3). Lengths that count every bare LF as a CRLF are let pass:
        /// such messages had their line ends converted after the length was set.
        BodyTooShort = "body_too_short",
    }
}

//! What can be relied on in a SIP message of which the capture kept only the beginning.

/// The message without the value that the capture cut in two: half a Call-ID is another call's, half a port another
/// stream's. `wire_len` is the length it had.
///
/// Of a header line the name stays, without a value, so that the message still shows that it was cut; a line of a body
/// goes. The start line stays as it is.
pub(super) fn legible(bytes: &[u8], wire_len: usize) -> &[u8] {
    if bytes.len() >= wire_len {
        return bytes;
    }
    let Some(line_feed) = bytes.iter().rposition(|&byte| byte == b'\n') else {
        return bytes;
    };
    let line = bytes.get(line_feed + 1..).unwrap_or_default();
    let kept = match line.iter().position(|byte| matches!(byte, b':' | b'=')) {
        Some(at) if line.get(at) == Some(&b':') => at + 1,
        Some(_) => 0,
        None => return bytes,
    };
    bytes.get(..line_feed + 1 + kept).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wire_len: usize, expected: &str) {
        let kept = legible(text.as_bytes(), wire_len);
        assert_eq!(std::str::from_utf8(kept), Ok(expected));
    }

    #[test]
    fn a_cut_value_is_left_out() {
        let cut = "BYE sip:a SIP/2.0\r\nCall-ID: 8521@19";
        check(cut, 500, "BYE sip:a SIP/2.0\r\nCall-ID:");
        check(cut, cut.len(), cut);
        check("BYE sip:a SIP/2.0\r\nCal", 500, "BYE sip:a SIP/2.0\r\nCal");
        check("BYE sip:a SIP/2.0\r\n", 500, "BYE sip:a SIP/2.0\r\n");
        check("BYE sip:a@exam", 500, "BYE sip:a@exam");
    }

    #[test]
    fn a_cut_line_of_a_body_is_left_out() {
        check("v=0\r\nm=audio 40", 500, "v=0\r\n");
        check("v=0\r\na=rtpmap:96 op", 500, "v=0\r\n");
    }
}

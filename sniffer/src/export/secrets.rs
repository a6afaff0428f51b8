//! What in SIP would let somebody else in: answers to challenges and keys of media. It is struck out, byte for byte, so that lengths stay.

use std::borrow::Cow;

/// Fields whose value answers a challenge (RFC 3261, 20.7 and 20.28).
const CREDENTIALS: [&[u8]; 2] = [b"authorization", b"proxy-authorization"];

/// Attributes of SDP that hold keys of media (RFC 4568, 9.1; RFC 4567, 3), and the field `k` (RFC 8866, 5.12).
const KEYS: [&[u8]; 3] = [b"a=crypto:", b"a=key-mgmt:", b"k="];

/// The parameter that a password could be guessed by (RFC 7616, 3.4).
const RESPONSE: &[u8] = b"response=";

/// The message without its secrets; borrowed where it has none.
pub(crate) fn strike(message: &[u8]) -> Cow<'_, [u8]> {
    let mut struck = Cow::Borrowed(message);
    let mut start = 0;
    let mut in_credentials = false;
    for line in message.split_inclusive(|&b| b == b'\n') {
        let folded = line.first().is_some_and(|&b| b == b' ' || b == b'\t');
        in_credentials =
            CREDENTIALS.iter().any(|name| names(line, name)) || in_credentials && folded;
        let secret = if in_credentials {
            credentials(line)
        } else {
            KEYS.iter()
                .find(|name| begins(line, name))
                .map(|name| (name.len(), line.len()))
        };
        if let Some((from, to)) = secret.filter(|(from, to)| from < to)
            && let Some(bytes) = struck.to_mut().get_mut(start + from..start + to)
        {
            let kept = |b: &u8| matches!(b, b'\r' | b'\n');
            bytes
                .iter_mut()
                .filter(|b| !kept(b))
                .for_each(|b| *b = b'x');
        }
        start += line.len();
    }
    struck
}

fn begins(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Whether the line is the field of this name; there may be blanks before the colon (RFC 3261, 7.3.1).
fn names(line: &[u8], name: &[u8]) -> bool {
    let behind = line.get(name.len()..).unwrap_or_default();
    begins(line, name) && behind.trim_ascii_start().first() == Some(&b':')
}

/// Where in a line of credentials the secret stands: of a digest its response, of any other scheme all of it.
fn credentials(line: &[u8]) -> Option<(usize, usize)> {
    let find = |name: &[u8]| {
        let mut parts = line.windows(name.len());
        parts.position(|part| part.eq_ignore_ascii_case(name))
    };
    if let Some(at) = find(RESPONSE).map(|at| at + RESPONSE.len()) {
        let value = line.get(at..)?;
        return Some(match value.first() {
            Some(b'"') => {
                let len = value.iter().skip(1).position(|&b| b == b'"');
                (at + 1, len.map_or(line.len(), |len| at + 1 + len))
            }
            _ => {
                let len = value
                    .iter()
                    .position(|&b| matches!(b, b',' | b'\r' | b'\n'));
                (at, len.map_or(line.len(), |len| at + len))
            }
        });
    }
    let scheme = [&b"basic "[..], b"bearer "];
    let at = scheme
        .iter()
        .find_map(|name| Some(find(name)? + name.len()))?;
    Some((at, line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let struck = strike(message.as_bytes());
        assert_eq!(String::from_utf8_lossy(&struck), expected);
        assert_eq!(matches!(struck, Cow::Borrowed(_)), message == expected);
    }

    #[test]
    fn secrets_are_struck_out_and_nothing_else() {
        check(
            "REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"bob\", response=\"6629fae4\", nc=1\r\n\r\n",
            "REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"bob\", response=\"xxxxxxxx\", nc=1\r\n\r\n",
        );
        check(
            "proxy-authorization: Digest username=\"bob\",\r\n response=6629\r\nTo: a\r\n",
            "proxy-authorization: Digest username=\"bob\",\r\n response=xxxx\r\nTo: a\r\n",
        );
        check(
            "Authorization : Basic Ym9i\n",
            "Authorization : Basic xxxx\n",
        );
        check(
            "v=0\r\na=crypto:1 AES inline:abc\r\nm=audio\r\n",
            "v=0\r\na=crypto:xxxxxxxxxxxxxxxx\r\nm=audio\r\n",
        );
        check(
            "Subject: response=\"1\"\r\nk=",
            "Subject: response=\"1\"\r\nk=",
        );
        check("", "");
    }
}

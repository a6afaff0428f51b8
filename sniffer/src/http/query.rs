//! The query of a request: names and values.

/// The values of the parameter called `name`, decoded.
pub(super) fn values(query: Option<&str>, name: &str) -> Vec<String> {
    let pairs = query.unwrap_or_default().split('&');
    pairs
        .filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key) == name).then(|| decoded(value))
        })
        .collect()
}

/// Undoes the encoding of forms: `+` is a space, `%5B` is `[`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = behind;
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[&str]) {
        assert_eq!(values(Some(query), "collect[]"), expected, "{query}");
    }

    #[test]
    fn repeated_and_encoded_parameters_are_read() {
        check("collect[]=sip_&collect%5B%5D=rtp_mos", &["sip_", "rtp_mos"]);
        check("other=1&collect[]=a+b%2", &["a b%2"]);
        check("collect[]", &[""]);
        check("", &[]);
        assert!(values(None, "collect[]").is_empty());
    }
}

//! The address of record: what bindings are filed under.

use crate::sip::{Message, Uri};
use crate::track::party::shown;

/// The address of record of a REGISTER: the To URI without password, parameters and headers, its user without escapes,
/// scheme and host in small letters (RFC 3261, 10.3, step 5, and 19.1.4). So two spellings of one account meet.
pub(in crate::track) fn address_of_record(message: &Message<'_>) -> Option<Box<str>> {
    let written = message.to()?.uri;
    let Some(uri) = Uri::parse(written) else {
        return Some(shown(written));
    };
    let scheme = shown(uri.scheme).to_ascii_lowercase();
    let user = uri.user_unescaped().map(|user| shown(&user));
    let Some(host) = uri.host else {
        let whole = user.unwrap_or_else(|| shown(uri.rest));
        return Some(format!("{scheme}:{whole}").into());
    };
    let at = user.map_or_else(String::new, |user| format!("{user}@"));
    let port = uri.port.map_or_else(String::new, |port| format!(":{port}"));
    let host = shown(host).to_ascii_lowercase();
    Some(format!("{scheme}:{at}{host}{port}").into())
}

/// User and domain of an address of record.
pub(super) fn user_and_domain(aor: &str) -> (Option<Box<str>>, Option<Box<str>>) {
    let rest = aor.split_once(':').map_or(aor, |(_, rest)| rest);
    match rest.rsplit_once('@') {
        Some((user, domain)) => (Some(user.into()), Some(domain.into())),
        None if aor.starts_with("tel:") => (Some(rest.into()), None),
        None => (None, Some(rest.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(to: &str, expected: &str) {
        let text = format!("REGISTER sip:example.com SIP/2.0\r\nTo: {to}\r\n\r\n");
        let message = Message::parse(text.as_bytes()).expect("it is a message");
        assert_eq!(address_of_record(&message).as_deref(), Some(expected));
    }

    #[test]
    fn spellings_of_one_account_meet() {
        let account = "sip:alice@example.com";
        check("<sip:alice@example.com>;tag=1", account);
        check("<SIP:alice:secret@EXAMPLE.com;user=phone?a=b>", account);
        check("\"A\" <sip:%61lice@Example.Com>", account);
        check("<sip:Alice@example.com>", "sip:Alice@example.com");
        check(
            "<sip:alice@[2001:DB8::1]:5070>",
            "sip:alice@[2001:db8::1]:5070",
        );
        check("<sip:a;day=tue@example.com>", "sip:a;day=tue@example.com");
        check("<tel:+15555550101;ext=1>", "tel:+15555550101");
        check("<sip:example.com>", "sip:example.com");
    }

    #[test]
    fn an_account_has_user_and_domain() {
        let parts = |aor| {
            let (user, domain) = user_and_domain(aor);
            format!(
                "{}|{}",
                user.as_deref().unwrap_or("-"),
                domain.as_deref().unwrap_or("-")
            )
        };
        assert_eq!(parts("sip:a@b@example.com:5070"), "a@b|example.com:5070");
        assert_eq!(parts("sip:example.com"), "-|example.com");
        assert_eq!(parts("tel:+1555"), "+1555|-");
    }
}

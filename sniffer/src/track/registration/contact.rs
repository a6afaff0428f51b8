//! The contacts that a REGISTER asks to bind, and that its answer lists.

use std::net::IpAddr;

use crate::sip::{Contact, Message, NameAddr, Uri};
use crate::track::party::{shown, shown_uri};

/// Contacts taken from one message.
const MAX_CONTACTS: usize = 16;

/// One contact as a REGISTER or its answer names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// The contact's URI without the parameters of the header field.
    pub(super) uri: Box<str>,
    /// What two spellings of it have in common.
    pub(super) key: Box<str>,
    /// Seconds it is to last.
    pub(super) expires: Option<u32>,
    /// Its preference (RFC 3261, 20.10).
    pub(super) q: Option<f32>,
    /// The device (RFC 5626, 4.1).
    pub(super) instance: Option<Box<str>>,
    /// The flow of the device (RFC 5626, 4.2).
    pub(super) reg_id: Option<u32>,
    /// Its host, where that is an address.
    pub(super) host: Option<IpAddr>,
}

/// The contacts of a message; one without `expires` of its own has the one of the header field (RFC 3261, 10.2.1.1).
pub(super) fn contacts(message: &Message<'_>) -> Vec<Asked> {
    let default = message.expires();
    let named = |contact: Contact<'_>| match contact {
        Contact::Wildcard => None,
        Contact::Address(address) => Some(Asked::new(&address, default)),
    };
    message
        .contacts()
        .filter_map(named)
        .take(MAX_CONTACTS)
        .collect()
}

impl Asked {
    fn new(address: &NameAddr<'_>, default: Option<u32>) -> Asked {
        let param = |name| address.params.get(name)?.unquoted();
        let reg_id = param("reg-id");
        Asked {
            uri: shown_uri(address.uri),
            key: key(address.uri),
            expires: address.expires().or(default),
            q: address.q(),
            instance: param("+sip.instance").map(|instance| shown(&instance)),
            reg_id: reg_id.and_then(|id| std::str::from_utf8(&id).ok()?.parse().ok()),
            host: address.parsed_uri().and_then(|uri| uri.host_ip()),
        }
    }

    /// Which of the contacts of an answer is this one: registrars may add or drop parameters, so that where no other
    /// is nearer, user, host and port decide.
    pub(super) fn find_in<'a>(&self, listed: &'a [Asked]) -> Option<&'a Asked> {
        let bare = |key: &str| key.split(';').next().unwrap_or(key).to_owned();
        let same_but_parameters = |other: &&Asked| bare(&other.key) == bare(&self.key);
        listed
            .iter()
            .find(|other| other.key == self.key)
            .or_else(|| listed.iter().find(same_but_parameters))
    }
}

/// The URI as RFC 3261, 19.1.4 compares it: scheme, host and parameters ignore case, the order of parameters is nothing.
fn key(written: &[u8]) -> Box<str> {
    let Some(uri) = Uri::parse(written) else {
        return shown(written);
    };
    let Some(host) = uri.host else {
        return shown(written);
    };
    let user = uri.user_unescaped().map(|user| shown(&user));
    let mut params: Vec<String> = uri
        .params
        .iter()
        .map(|param| {
            let value = param.value.map(shown).unwrap_or_default();
            format!(";{}={value}", shown(param.name)).to_ascii_lowercase()
        })
        .collect();
    params.sort_unstable();
    format!(
        "{}:{}@{}:{}{}",
        shown(uri.scheme).to_ascii_lowercase(),
        user.unwrap_or_default(),
        shown(host).to_ascii_lowercase(),
        uri.port.unwrap_or(0),
        params.concat()
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, same: bool) {
        assert_eq!(key(a.as_bytes()) == key(b.as_bytes()), same, "{a} {b}");
    }

    #[test]
    fn spellings_of_one_contact_meet() {
        check("sip:a@Host.example", "SIP:%61@host.example", true);
        check("sip:a@h;transport=UDP;ob", "sip:a@h;ob;transport=udp", true);
        check("sip:a@h", "sip:A@h", false);
        check("sip:a@h", "sip:a@h:5060", false);
        check("sip:a@h;rinstance=1", "sip:a@h;rinstance=2", false);
    }
}

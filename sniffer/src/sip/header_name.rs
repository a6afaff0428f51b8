//! Names of header fields, recognised once.

/// Longest name known; longer ones need not be looked at.
const LONGEST: usize = 24;

macro_rules! header_names {
    ($($(#[$doc:meta])* $Variant:ident = $name:literal $(, $compact:literal)?;)*) => {
        /// The name of a header field. Names ignore case, and compact forms are the same name (RFC 3261, 7.3.1 and 7.3.3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum HeaderName {
            $($(#[$doc])* $Variant,)*
            /// Any other name: all header fields that this program has no word for.
            Other,
        }

        impl HeaderName {
            /// The names known, in alphabetical order.
            pub const KNOWN: &'static [HeaderName] = &[$(HeaderName::$Variant,)*];

            /// The name as the standards write it; `other` for [`HeaderName::Other`].
            pub const fn name(self) -> &'static str {
                match self {
                    $(HeaderName::$Variant => $name,)*
                    HeaderName::Other => "other",
                }
            }

            /// The compact form, where one is registered.
            pub const fn compact(self) -> Option<u8> {
                match self {
                    $($(HeaderName::$Variant => Some($compact),)?)*
                    _ => None,
                }
            }

            fn from_compact(letter: u8) -> HeaderName {
                match letter {
                    $($($compact => HeaderName::$Variant,)?)*
                    _ => HeaderName::Other,
                }
            }

            /// The name that is written as the standards write it, as nearly all are.
            fn as_written(name: &[u8]) -> HeaderName {
                #![allow(non_upper_case_globals, reason = "constants named after the variants they recognise")]
                $(const $Variant: &[u8] = $name.as_bytes();)*
                match name {
                    $($Variant => HeaderName::$Variant,)*
                    _ => HeaderName::Other,
                }
            }

            fn from_lower_case(name: &[u8]) -> HeaderName {
                #![allow(non_upper_case_globals, reason = "constants named after the variants they recognise")]
                $(const $Variant: &[u8] = &lower_case::<{ $name.len() }>($name);)*
                match name {
                    $($Variant => HeaderName::$Variant,)*
                    _ => HeaderName::Other,
                }
            }
        }
    };
}

const fn lower_case<const N: usize>(name: &str) -> [u8; N] {
    let mut lower = [0; N];
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    lower
}

header_names! {
    /// RFC 3261, 20.1.
    Accept = "Accept";
    /// RFC 3841, 9.2.
    AcceptContact = "Accept-Contact", b'a';
    /// RFC 3261, 20.2.
    AcceptEncoding = "Accept-Encoding";
    /// RFC 3261, 20.3.
    AcceptLanguage = "Accept-Language";
    /// RFC 3261, 20.4.
    AlertInfo = "Alert-Info";
    /// RFC 3261, 20.5.
    Allow = "Allow";
    /// RFC 6665, 8.2.2.
    AllowEvents = "Allow-Events", b'u';
    /// RFC 3261, 20.6.
    AuthenticationInfo = "Authentication-Info";
    /// RFC 3261, 20.7.
    Authorization = "Authorization";
    /// RFC 3261, 20.8.
    CallId = "Call-ID", b'i';
    /// RFC 3261, 20.9.
    CallInfo = "Call-Info";
    /// RFC 3261, 20.10.
    Contact = "Contact", b'm';
    /// RFC 3261, 20.11.
    ContentDisposition = "Content-Disposition";
    /// RFC 3261, 20.12.
    ContentEncoding = "Content-Encoding", b'e';
    /// RFC 3261, 20.13.
    ContentLanguage = "Content-Language";
    /// RFC 3261, 20.14.
    ContentLength = "Content-Length", b'l';
    /// RFC 3261, 20.15.
    ContentType = "Content-Type", b'c';
    /// RFC 3261, 20.16.
    CSeq = "CSeq";
    /// RFC 3261, 20.17.
    Date = "Date";
    /// RFC 5806.
    Diversion = "Diversion";
    /// RFC 3261, 20.18.
    ErrorInfo = "Error-Info";
    /// RFC 6665, 8.2.1.
    Event = "Event", b'o';
    /// RFC 3261, 20.19.
    Expires = "Expires";
    /// RFC 3261, 20.20.
    From = "From", b'f';
    /// RFC 7044.
    HistoryInfo = "History-Info";
    /// RFC 8224.
    Identity = "Identity", b'y';
    /// RFC 4474, 9.
    IdentityInfo = "Identity-Info", b'n';
    /// RFC 3261, 20.21.
    InReplyTo = "In-Reply-To";
    /// RFC 3911.
    Join = "Join";
    /// RFC 3261, 20.22.
    MaxForwards = "Max-Forwards";
    /// RFC 3261, 20.24.
    MimeVersion = "MIME-Version";
    /// RFC 3261, 20.23.
    MinExpires = "Min-Expires";
    /// RFC 4028, 5.
    MinSe = "Min-SE";
    /// RFC 3261, 20.25.
    Organization = "Organization";
    /// RFC 7315, 5.4.
    PAccessNetworkInfo = "P-Access-Network-Info";
    /// RFC 3325, 9.1.
    PAssertedIdentity = "P-Asserted-Identity";
    /// RFC 7315, 5.2.
    PCalledPartyId = "P-Called-Party-ID";
    /// RFC 7315, 5.6.
    PChargingVector = "P-Charging-Vector";
    /// RFC 3325, 9.2.
    PPreferredIdentity = "P-Preferred-Identity";
    /// RFC 3327.
    Path = "Path";
    /// RFC 3261, 20.26.
    Priority = "Priority";
    /// RFC 3323, 4.2.
    Privacy = "Privacy";
    /// RFC 3261, 20.27.
    ProxyAuthenticate = "Proxy-Authenticate";
    /// RFC 3261, 20.28.
    ProxyAuthorization = "Proxy-Authorization";
    /// RFC 3261, 20.29.
    ProxyRequire = "Proxy-Require";
    /// RFC 3262, 7.2.
    RAck = "RAck";
    /// RFC 3326, 2.
    Reason = "Reason";
    /// RFC 3261, 20.30.
    RecordRoute = "Record-Route";
    /// RFC 3515, 2.1.
    ReferTo = "Refer-To", b'r';
    /// RFC 3892, 3.
    ReferredBy = "Referred-By", b'b';
    /// RFC 3841, 9.3.
    RejectContact = "Reject-Contact", b'j';
    /// draft-ietf-sip-privacy-04.
    RemotePartyId = "Remote-Party-ID";
    /// RFC 3891, 6.1.
    Replaces = "Replaces";
    /// RFC 3261, 20.31.
    ReplyTo = "Reply-To";
    /// RFC 3841, 9.1.
    RequestDisposition = "Request-Disposition", b'd';
    /// RFC 3261, 20.32.
    Require = "Require";
    /// RFC 3261, 20.33.
    RetryAfter = "Retry-After";
    /// RFC 3261, 20.34.
    Route = "Route";
    /// RFC 3262, 7.1.
    RSeq = "RSeq";
    /// RFC 3261, 20.35.
    Server = "Server";
    /// RFC 3608.
    ServiceRoute = "Service-Route";
    /// RFC 4028, 4.
    SessionExpires = "Session-Expires", b'x';
    /// RFC 7989.
    SessionId = "Session-ID";
    /// RFC 3903, 11.3.1.
    SipETag = "SIP-ETag";
    /// RFC 3903, 11.3.2.
    SipIfMatch = "SIP-If-Match";
    /// RFC 3261, 20.36.
    Subject = "Subject", b's';
    /// RFC 6665, 8.2.3.
    SubscriptionState = "Subscription-State";
    /// RFC 3261, 20.37.
    Supported = "Supported", b'k';
    /// RFC 4538.
    TargetDialog = "Target-Dialog";
    /// RFC 3261, 20.38.
    Timestamp = "Timestamp";
    /// RFC 3261, 20.39.
    To = "To", b't';
    /// RFC 3261, 20.40.
    Unsupported = "Unsupported";
    /// RFC 3261, 20.41.
    UserAgent = "User-Agent";
    /// RFC 7433.
    UserToUser = "User-to-User";
    /// RFC 3261, 20.42.
    Via = "Via", b'v';
    /// RFC 3261, 20.43.
    Warning = "Warning";
    /// RFC 3261, 20.44.
    WwwAuthenticate = "WWW-Authenticate";
}

// Sets of names are kept in the bits of a u128.
const _: () = assert!((HeaderName::Other as u8) < 128);

impl HeaderName {
    /// The name these bytes stand for, in full or compact form; blanks around it are not part of it.
    pub fn from_bytes(name: &[u8]) -> HeaderName {
        if let [letter] = name {
            return HeaderName::from_compact(letter.to_ascii_lowercase());
        }
        match HeaderName::as_written(name) {
            HeaderName::Other => HeaderName::in_any_case(name),
            known => known,
        }
    }

    fn in_any_case(name: &[u8]) -> HeaderName {
        let mut lower = [0; LONGEST];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return HeaderName::Other;
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        HeaderName::from_lower_case(lower)
    }

    /// Whether commas part the values of this header field (RFC 3261, 7.3.1): not where they may stand inside of one.
    pub const fn is_list(self) -> bool {
        use HeaderName as H;
        !matches!(
            self,
            H::Authorization
                | H::ProxyAuthorization
                | H::WwwAuthenticate
                | H::ProxyAuthenticate
                | H::AuthenticationInfo
                | H::CallId
                | H::ContentType
                | H::CSeq
                | H::Date
                | H::From
                | H::Identity
                | H::Organization
                | H::ReferredBy
                | H::ReferTo
                | H::ReplyTo
                | H::RetryAfter
                | H::Server
                | H::Subject
                | H::To
                | H::UserAgent
                | H::Other
        )
    }

    /// Whether a message may carry it only once (RFC 3261, 7.3.1; the extensions' own grammars).
    pub const fn is_single(self) -> bool {
        use HeaderName as H;
        matches!(
            self,
            H::CallId
                | H::ContentDisposition
                | H::ContentLength
                | H::ContentType
                | H::CSeq
                | H::Date
                | H::Event
                | H::Expires
                | H::From
                | H::MaxForwards
                | H::MimeVersion
                | H::MinExpires
                | H::MinSe
                | H::RAck
                | H::ReferTo
                | H::Replaces
                | H::RSeq
                | H::SessionExpires
                | H::SipETag
                | H::SipIfMatch
                | H::SubscriptionState
                | H::To
        )
    }
}

impl std::fmt::Display for HeaderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for &name in HeaderName::KNOWN {
            let written = name.name();
            for form in [
                written.to_owned(),
                written.to_lowercase(),
                written.to_uppercase(),
            ] {
                assert_eq!(HeaderName::from_bytes(form.as_bytes()), name);
            }
            if let Some(letter) = name.compact() {
                assert_eq!(HeaderName::from_bytes(&[letter]), name);
                assert_eq!(HeaderName::from_bytes(&[letter.to_ascii_uppercase()]), name);
            }
        }
    }

    #[test]
    fn the_registered_compact_forms_are_all_known() {
        let known = |letter: &u8| HeaderName::from_bytes(&[*letter]) != HeaderName::Other;
        let letters: Vec<u8> = (b'a'..=b'z').filter(known).collect();
        assert_eq!(letters, b"abcdefijklmnorstuvxy");
    }

    #[test]
    fn what_is_not_known_is_other() {
        for name in [
            "",
            "X-Custom",
            "Vi",
            "Vias",
            "q",
            "Unknown-Header-With-A-Long-Name",
        ] {
            assert_eq!(HeaderName::from_bytes(name.as_bytes()), HeaderName::Other);
        }
    }
}

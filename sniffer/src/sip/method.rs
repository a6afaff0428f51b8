//! Request methods.

macro_rules! methods {
    ($($(#[$doc:meta])* $Variant:ident = $name:literal,)*) => {
        /// A request method. Methods are compared with regard to case (RFC 3261, 7.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Method<'a> {
            $($(#[$doc])* $Variant,)*
            /// Any other token, as written.
            Other(&'a [u8]),
        }

        impl<'a> Method<'a> {
            /// The methods known by name.
            pub const KNOWN: &'static [Method<'static>] = &[$(Method::$Variant,)*];

            /// The method of this name.
            pub fn from_bytes(name: &'a [u8]) -> Method<'a> {
                #![allow(non_upper_case_globals, reason = "constants named after the variants they recognise")]
                $(const $Variant: &[u8] = $name.as_bytes();)*
                match name {
                    $($Variant => Method::$Variant,)*
                    other => Method::Other(other),
                }
            }

            /// The name as written.
            pub const fn as_bytes(&self) -> &'a [u8] {
                match self {
                    $(Method::$Variant => $name.as_bytes(),)*
                    Method::Other(name) => name,
                }
            }

            /// The name, or `other`: a label of a small set.
            pub const fn label(&self) -> &'static str {
                match self {
                    $(Method::$Variant => $name,)*
                    Method::Other(_) => "other",
                }
            }
        }
    };
}

methods! {
    /// RFC 3261, 13: starts or changes a session.
    Invite = "INVITE",
    /// RFC 3261, 13: confirms a final answer to an INVITE.
    Ack = "ACK",
    /// RFC 3261, 15: ends a session.
    Bye = "BYE",
    /// RFC 3261, 9: gives up a pending request.
    Cancel = "CANCEL",
    /// RFC 3261, 10: binds addresses.
    Register = "REGISTER",
    /// RFC 3261, 11: asks what the other side can do.
    Options = "OPTIONS",
    /// RFC 3262: confirms a reliable provisional answer.
    Prack = "PRACK",
    /// RFC 3311: changes a session before or after it is answered.
    Update = "UPDATE",
    /// RFC 6086: application data within a dialog.
    Info = "INFO",
    /// RFC 3428: an instant message.
    Message = "MESSAGE",
    /// RFC 6665: asks for notifications.
    Subscribe = "SUBSCRIBE",
    /// RFC 6665: tells of an event.
    Notify = "NOTIFY",
    /// RFC 3903: publishes event state.
    Publish = "PUBLISH",
    /// RFC 3515: asks to contact a third party.
    Refer = "REFER",
}

impl std::fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::text::display(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::Method;

    #[test]
    fn names_come_back() {
        for method in Method::KNOWN {
            assert_eq!(Method::from_bytes(method.as_bytes()), *method);
            assert_eq!(method.label().as_bytes(), method.as_bytes());
        }
    }

    #[test]
    fn case_matters_and_unknown_ones_stay() {
        let method = Method::from_bytes(b"invite");
        assert_eq!(method, Method::Other(b"invite"));
        assert_eq!(method.label(), "other");
        assert_eq!(method.to_string(), "invite");
    }
}

//! The session timer of a call (RFC 4028): how long it may go without a refresh.

use crate::sip::{HeaderName, Message, Method, Params};
use crate::time::{Span, Timestamp};

/// The least interval that can be asked for is 90 s (RFC 4028, 4); less is taken for that.
const LEAST: u32 = 90;

/// How long a refresh may be under way: 64*T1.
const GRACE: Span = Span::from_secs(32);

/// The timer as the last refresh set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionTimer {
    pub(super) interval_s: u32,
    /// When it was set, on the clock.
    since: Timestamp,
}

impl SessionTimer {
    /// What a 2xx to an INVITE or UPDATE sets; without Session-Expires there is no timer (RFC 4028, 7.2).
    pub(super) fn of(answer: &Message<'_>, clock: Timestamp) -> Option<SessionTimer> {
        let value = answer.header(HeaderName::SessionExpires)?;
        let seconds = value.split(|byte| *byte == b';').next()?;
        let seconds = std::str::from_utf8(seconds.trim_ascii()).ok()?;
        Some(SessionTimer {
            interval_s: seconds.parse::<u32>().ok()?.max(LEAST),
            since: clock,
        })
    }

    /// When the call is over unless a refresh comes.
    pub(super) fn expires(self) -> Timestamp {
        self.ran_out() + GRACE
    }

    /// When the interval since the last refresh was over.
    pub(super) fn ran_out(self) -> Timestamp {
        self.since + Span::from_secs(self.interval_s.into())
    }

    /// Who is to refresh: `uac` or `uas`, as the answer says.
    pub(super) fn refresher(answer: &Message<'_>) -> Option<bool> {
        let value = answer.header(HeaderName::SessionExpires)?;
        let params = value.iter().position(|byte| *byte == b';')?;
        let params = Params::new(value.get(params..)?);
        params
            .value("refresher")
            .map(|who| who.eq_ignore_ascii_case(b"uac"))
    }
}

/// Whether a message of this method refreshes a session when it is answered with 2xx.
pub(super) fn refreshes(method: Method<'_>) -> bool {
    matches!(method, Method::Invite | Method::Update)
}

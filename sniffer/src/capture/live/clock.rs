//! The clocks of a live capture. Frames bear the kernel's time; what is read here only says that time passes without them, and
//! when to look at an interface again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

/// The time on the clock that the kernel stamps packets by.
#[expect(
    clippy::disallowed_methods,
    reason = "an idle wire has no packets to tell the time"
)]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// A clock that never steps.
#[expect(
    clippy::disallowed_methods,
    reason = "an interface that is away has no packets to tell the time"
)]
pub(crate) fn steady() -> Instant {
    Instant::now()
}

/// Waits where waiting at sockets failed.
#[expect(
    clippy::disallowed_methods,
    reason = "without it the thread would turn in circles"
)]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}

//! How long a collector asks to be left alone: `Retry-After` of HTTP (RFC 9110, 10.2.3), `RetryInfo` in a status of gRPC (google.rpc).

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use prost::Message;

use crate::export::Failure;

/// No collector is heeded for longer at a time: records wait in a queue that has an end.
const LONGEST: Duration = Duration::from_secs(60);

/// A failure that may be tried again, when the time asked for has passed.
pub(super) fn failure(told: String, asked: Option<Duration>) -> Failure {
    match asked {
        Some(asked) if !asked.is_zero() => Failure::Busy {
            why: told,
            pause: asked.min(LONGEST),
        },
        _ => Failure::Retryable(told),
    }
}

/// What a value of `Retry-After` asks for: seconds, or a date, `now` being nanoseconds since 1970.
pub(super) fn of_header(value: &str, now: u64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTimeParser::new().parse_timestamp(value).ok()?;
    let left = at.as_nanosecond() - i128::from(now);
    Some(Duration::from_nanos(u64::try_from(left).unwrap_or(0)))
}

/// What the details of a status ask for (`grpc-status-details-bin`); `None` without a `RetryInfo`.
pub(super) fn of_details(details: &[u8]) -> Option<Duration> {
    let status = RpcStatus::decode(details).ok()?;
    let is_it = |detail: &&Detail| detail.type_url.ends_with("/google.rpc.RetryInfo");
    let info = status.details.iter().find(is_it)?;
    let delay = RetryInfo::decode(&*info.value).ok()?.delay;
    let delay = delay.unwrap_or_default();
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    let nanos = Duration::from_nanos(part(delay.nanos.into()));
    Some(Duration::from_secs(part(delay.seconds)).saturating_add(nanos))
}

/// `google.rpc.Status`, as far as it is looked at.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[cfg(test)]
mod tests {
    use super::super::tests::collector::retry_info;
    use super::*;

    fn check(asked: Option<Duration>, expected: Option<u64>) {
        assert_eq!(asked, expected.map(Duration::from_secs));
    }

    #[test]
    fn seconds_and_dates_are_read() {
        // 6 November 1994, 08:49:37.
        let now = 784_111_777_000_000_000;
        check(of_header("120", now), Some(120));
        check(of_header(" 0 ", now), Some(0));
        check(of_header("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(10));
        check(of_header("Sun, 06 Nov 1994 08:49:27 GMT", now), Some(0));
        check(of_header("soon", now), None);
        check(of_header("-1", now), None);
        check(of_header("", now), None);
    }

    #[test]
    fn details_of_a_status_are_read() {
        check(of_details(&retry_info(7)), Some(7));
        check(of_details(&retry_info(0)), Some(0));
        check(of_details(&[]), None);
        check(of_details(b"\x1a\x30\x0a"), None);
        // A detail of another type.
        check(of_details(b"\x1a\x05\x0a\x03a/b"), None);
        // A negative delay.
        let type_url = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0d";
        let delay = b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        let detail = [&type_url[..], delay].concat();
        let status = [&[0x1a, detail.len() as u8], &detail[..]].concat();
        check(of_details(&status), Some(0));
    }

    #[test]
    fn nobody_is_left_alone_for_long() {
        let pause = |asked| failure(String::new(), asked).pause();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(pause(seconds(7)), seconds(7));
        assert_eq!(pause(seconds(u64::MAX)), seconds(60));
        assert_eq!(pause(seconds(0)), None);
        assert_eq!(pause(None), None);
        assert!(failure(String::new(), None).is_retryable());
    }
}

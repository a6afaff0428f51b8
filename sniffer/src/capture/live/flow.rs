//! Whether capturing stands still: packets pass the interface, and none of them come to us.

use std::time::{Duration, Instant};

/// So long nothing must have come.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many packets must have passed: a few may be such as are not shown to anybody.
const LEAST: u64 = 20;

/// What the interface and we had counted when something last came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    since: Instant,
    passed: Option<u64>,
    received: u64,
}

impl Flow {
    pub(super) fn new(now: Instant) -> Flow {
        Flow {
            since: now,
            passed: None,
            received: 0,
        }
    }

    /// Takes note of both counts. An interface that starts to count anew is a new one.
    pub(super) fn is_stalled(&mut self, now: Instant, passed: u64, received: u64) -> bool {
        let more = self.passed.and_then(|before| passed.checked_sub(before));
        match more {
            Some(more) if received == self.received => {
                more >= LEAST && now - self.since >= PATIENCE
            }
            _ => {
                *self = Flow {
                    since: now,
                    passed: Some(passed),
                    received,
                };
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::live::clock::steady;

    fn check(steps: &[(u64, u64, u64)], expected: &[bool]) {
        let start = steady();
        let mut flow = Flow::new(start);
        let found: Vec<bool> = steps
            .iter()
            .map(|&(second, passed, received)| {
                flow.is_stalled(start + Duration::from_secs(second), passed, received)
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn packets_that_pass_and_do_not_come_are_a_stall() {
        check(
            &[(0, 100, 5), (4, 200, 5), (5, 200, 5), (6, 300, 6)],
            &[false, false, true, false],
        );
    }

    #[test]
    fn an_idle_interface_is_none() {
        check(&[(0, 100, 5), (60, 110, 5), (61, 10, 5)], &[false; 3]);
    }
}

//! The NTP time stamps that reports carry (RFC 3550, 4).

/// Seconds since 1900 as a fixed-point number, 32 bits before and 32 behind the point.
///
/// It is the sender's clock: nothing says that it agrees with packet time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// The middle 32 bits, which receivers quote as LSR and LRR: seconds and fraction, 16 bits each.
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Whole seconds since 1900, modulo 2^32.
    pub const fn seconds(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The fraction of a second in 1/2^32.
    pub const fn fraction(self) -> u32 {
        self.0 as u32
    }
}

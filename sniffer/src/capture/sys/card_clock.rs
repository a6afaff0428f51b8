//! The clock of a network card, by which it stamps what it receives (timestamping of the kernel's documentation): switched on, and
//! compared with the clock of the host.
//!
//! It runs free unless somebody disciplines it. Times that are not the host's within [`NEAR`] are none to go by.
#![allow(
    unsafe_code,
    reason = "cards are asked by ioctl(2), and their clocks by number"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::device;
use crate::time::Span;

/// So near the host's clock it must be.
const NEAR: Span = Span::from_millis(1);

/// Asks a driver what it stamps (`ETHTOOL_GET_TS_INFO`), through `SIOCETHTOOL`.
const GET_TS_INFO: u32 = 0x41;
const SIOCETHTOOL: libc::c_ulong = 0x8946;

/// What a driver stamps (`ethtool_ts_info`).
#[repr(C)]
#[derive(Default)]
struct Stamps {
    command: u32,
    so_timestamping: u32,
    clock: i32,
    tx_types: u32,
    tx_reserved: [u32; 3],
    rx_filters: u32,
    rx_reserved: [u32; 3],
}

/// What a card is told to stamp (`hwtstamp_config`).
#[repr(C)]
#[derive(Default)]
struct Stamping {
    flags: i32,
    tx_type: i32,
    rx_filter: i32,
}

/// Stamps everything received (`HWTSTAMP_FILTER_ALL`).
const ALL: u32 = 1;

/// Why times of a card cannot be used. Each displays as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub enum CardClockError {
    /// It has none.
    #[error("it does not stamp all packets that it receives (ethtool -T tells what it does)")]
    NoStamps,
    /// It would have to be told to.
    #[error(
        "it cannot be told to stamp packets: {0}; CAP_NET_ADMIN is needed for it, or hwstamp_ctl -r 1 beforehand"
    )]
    Refused(io::Error),
    /// Nobody may look at it.
    #[error("/dev/ptp{number}, its clock, cannot be read: {source}")]
    Unreadable {
        /// Number of the clock.
        number: u32,
        /// What the system says.
        source: io::Error,
    },
    /// It shows another time.
    #[error(
        "its clock is {:.3} s off that of the host: discipline it, as phc2sys -s CLOCK_REALTIME -O 0 does",
        .0.as_secs_f64()
    )]
    Off(Span),
}

/// The clock of a card that stamps all packets.
#[derive(Debug)]
pub(in crate::capture) struct CardClock {
    file: File,
    number: u32,
}

impl CardClock {
    /// Has the card called `name` stamp all it receives.
    ///
    /// # Errors
    /// Where it cannot, or where its times are not those of the host.
    pub(in crate::capture) fn of(name: &str) -> Result<CardClock, CardClockError> {
        let number = what_it_stamps(name)?;
        stamp_all(name).map_err(CardClockError::Refused)?;
        let file = File::open(format!("/dev/ptp{number}"));
        let file = file.map_err(|source| CardClockError::Unreadable { number, source })?;
        let clock = CardClock { file, number };
        clock.check().map(|()| clock)
    }

    /// Whether it still shows the time of the host.
    ///
    /// # Errors
    /// Where it does not.
    pub(in crate::capture) fn check(&self) -> Result<(), CardClockError> {
        let unreadable = |source| CardClockError::Unreadable {
            number: self.number,
            source,
        };
        // The clock of a character device (`FD_TO_CLOCKID` of the kernel's documentation).
        let id: libc::clockid_t = (!self.file.as_raw_fd() << 3) | 3;
        let before = read(libc::CLOCK_REALTIME).map_err(unreadable)?;
        let theirs = read(id).map_err(unreadable)?;
        let after = read(libc::CLOCK_REALTIME).map_err(unreadable)?;
        let off = Span::from_nanos((before - theirs).max(theirs - after).max(0));
        match off <= NEAR {
            true => Ok(()),
            false => Err(CardClockError::Off(off)),
        }
    }
}

/// The number of the clock of a card that stamps all it receives.
fn what_it_stamps(name: &str) -> Result<u32, CardClockError> {
    let mut stamps = Stamps {
        command: GET_TS_INFO,
        ..Stamps::default()
    };
    device::ask_with(name, SIOCETHTOOL, &mut stamps).map_err(|_| CardClockError::NoStamps)?;
    let raw = libc::SOF_TIMESTAMPING_RX_HARDWARE | libc::SOF_TIMESTAMPING_RAW_HARDWARE;
    let stamps_all = stamps.so_timestamping & raw == raw && stamps.rx_filters >> ALL & 1 == 1;
    match u32::try_from(stamps.clock) {
        Ok(number) if stamps_all => Ok(number),
        _ => Err(CardClockError::NoStamps),
    }
}

/// Tells the card, unless it has been told: what it stamps on the way out stays as it is.
fn stamp_all(name: &str) -> io::Result<()> {
    let mut stamping = Stamping::default();
    let told = device::ask_with(name, libc::SIOCGHWTSTAMP, &mut stamping);
    if told.is_ok() && stamping.rx_filter == ALL as i32 {
        return Ok(());
    }
    stamping.rx_filter = ALL as i32;
    device::ask_with(name, libc::SIOCSHWTSTAMP, &mut stamping)
}

/// The time of a clock in nanoseconds.
fn read(clock: libc::clockid_t) -> io::Result<i64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes one `timespec`, which lives and is borrowed mutably for the time of the call.
    match unsafe { libc::clock_gettime(clock, &raw mut time) } {
        0 => Ok(time.tv_sec * 1_000_000_000 + time.tv_nsec),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_device_stamps_nothing() {
        let error = CardClock::of("lo").expect_err("it has no clock");
        assert!(matches!(error, CardClockError::NoStamps), "{error}");
    }

    #[test]
    fn a_clock_that_is_off_is_told() {
        let text = CardClockError::Off(Span::from_millis(37_000)).to_string();
        assert!(
            text.starts_with("its clock is 37.000 s off that of the host"),
            "{text}"
        );
    }

    /// The structures are as long as the kernel has them (`linux/ethtool.h`, `linux/net_tstamp.h`).
    #[test]
    fn what_is_asked_with_has_the_length_of_the_kernel() {
        assert_eq!((size_of::<Stamps>(), size_of::<Stamping>()), (44, 12));
    }
}

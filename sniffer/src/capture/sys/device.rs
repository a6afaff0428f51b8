//! What the kernel says of a network device (netdevice(7)).
#![allow(unsafe_code, reason = "devices are asked about by ioctl(2)")]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A network device as it is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Device {
    /// Its number, which a device that is created again does not get back.
    pub(in crate::capture) index: i32,
    /// The type of its hardware (`ARPHRD_...`).
    pub(in crate::capture) hardware: u16,
    /// Whether it is up.
    pub(in crate::capture) up: bool,
    /// Largest packet it sends, in bytes, without the link header.
    pub(in crate::capture) mtu: u32,
}

/// Asks about the device called `name` in the network namespace of this thread.
///
/// # Errors
/// `ENODEV` where there is none.
pub(in crate::capture) fn device(name: &str) -> io::Result<Device> {
    let socket = socket()?;
    let mut request = request_for(name)?;
    ask(&socket, libc::SIOCGIFINDEX, &mut request)?;
    // SAFETY: the kernel filled in this field; every bit pattern is a number.
    let index = unsafe { request.ifr_ifru.ifru_ifindex };
    ask(&socket, libc::SIOCGIFHWADDR, &mut request)?;
    // SAFETY: as above, an address whose family is the type of the hardware.
    let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    ask(&socket, libc::SIOCGIFFLAGS, &mut request)?;
    // SAFETY: as above.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    ask(&socket, libc::SIOCGIFMTU, &mut request)?;
    // SAFETY: as above.
    let mtu = unsafe { request.ifr_ifru.ifru_mtu };
    Ok(Device {
        index,
        hardware,
        up: libc::c_int::from(flags) & libc::IFF_UP != 0,
        mtu: u32::try_from(mtu).unwrap_or(0),
    })
}

/// Asks the driver of the device called `name` with a structure of the kernel's interface, which it may fill in.
///
/// # Errors
/// `ENODEV` where there is no such device, `EOPNOTSUPP` where the driver does not know the question.
pub(super) fn ask_with<T>(name: &str, what: libc::c_ulong, with: &mut T) -> io::Result<()> {
    let mut request = request_for(name)?;
    // The kernel reads and writes `with` through this pointer; it is borrowed mutably until the call is over.
    request.ifr_ifru.ifru_data = std::ptr::from_mut(with).cast();
    ask(&socket()?, what, &mut request)
}

fn socket() -> io::Result<OwnedFd> {
    // SAFETY: no pointers are handed over; the result is checked before it is used as a descriptor.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is fresh, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A request that names the device; names too long for one are names of no device.
fn request_for(name: &str) -> io::Result<libc::ifreq> {
    let no_such = || io::Error::from_raw_os_error(libc::ENODEV);
    let name = CString::new(name).map_err(|_| no_such())?;
    // SAFETY: the structure consists of numbers and arrays of them, for which zeros are values.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    let bytes = name.as_bytes_with_nul();
    if bytes.len() > request.ifr_name.len() {
        return Err(no_such());
    }
    for (place, byte) in request.ifr_name.iter_mut().zip(bytes) {
        *place = byte.cast_signed() as libc::c_char;
    }
    Ok(request)
}

fn ask(socket: &OwnedFd, what: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: these requests read and write one `ifreq`, which lives and is borrowed mutably for the time of the call, and some of them the
    // structure that [`ask_with`] has it point to, which is of the type that the kernel expects and is borrowed as long.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), what as _, std::ptr::from_mut(request)) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_device_is_known() {
        let lo = device("lo").expect("every namespace has one");
        assert_eq!(lo.hardware, libc::ARPHRD_LOOPBACK);
        assert!(lo.index > 0);
    }

    #[test]
    fn there_is_no_device_of_such_a_name() {
        for name in ["", "no-such-dev", "a-name-that-is-much-too-long", "l\0o"] {
            let error = device(name).expect_err(name);
            assert_eq!(error.raw_os_error(), Some(libc::ENODEV), "{name}");
        }
    }
}

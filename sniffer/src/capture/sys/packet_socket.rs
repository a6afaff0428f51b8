//! A packet socket (packet(7)): opened, bound, filtered, and asked what it dropped.
#![allow(unsafe_code, reason = "packet sockets are set up by system calls")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Switches an option on.
pub(super) const ON: libc::c_int = 1;

/// Where frames are to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) enum Framing {
    /// With the link header.
    Link,
    /// Behind it, with its content told beside the frame.
    Cooked,
}

/// One instruction of a filter of the classic Berkeley packet filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Instruction {
    /// What to do.
    pub(in crate::capture) code: u16,
    /// Instructions to skip where a comparison holds.
    pub(in crate::capture) jt: u8,
    /// Instructions to skip where it does not.
    pub(in crate::capture) jf: u8,
    /// The operand.
    pub(in crate::capture) k: u32,
}

/// What the kernel asks about each packet.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) enum SocketFilter<'f> {
    /// A classic filter.
    Classic(&'f [Instruction]),
    /// A loaded eBPF program of the type of socket filters.
    Ebpf(BorrowedFd<'f>),
}

/// What became of the packets that reached a socket since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) struct Drops {
    /// Packets that passed the filter, those dropped included.
    pub(in crate::capture) packets: u64,
    /// Packets for which the ring had no room.
    pub(in crate::capture) dropped: u64,
}

/// A socket that no packet reaches before [`bind`].
pub(super) fn open(framing: Framing) -> io::Result<OwnedFd> {
    let kind = match framing {
        Framing::Link => libc::SOCK_RAW,
        Framing::Cooked => libc::SOCK_DGRAM,
    };
    // SAFETY: no pointers are handed over; the result is checked before it is used as a descriptor.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is fresh, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Lets the packets of the device with number `index` in; 0 is all devices.
pub(super) fn bind(socket: &OwnedFd, index: i32) -> io::Result<()> {
    // SAFETY: the structure consists of numbers and arrays of them, for which zeros are values.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as libc::c_ushort;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index;
    // SAFETY: the address is a whole `sockaddr_ll`, as the length says, and lives for the time of the call.
    let result = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    check(result)
}

/// Has the device pass what is addressed to others, as long as the socket is open.
pub(super) fn be_promiscuous(socket: &OwnedFd, index: i32) -> io::Result<()> {
    let membership = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as libc::c_ushort,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set(
        socket,
        libc::SOL_PACKET,
        libc::PACKET_ADD_MEMBERSHIP,
        &membership,
    )
}

/// Has the kernel tell of packets that were merged how: a header of virtio stands before each then. To be asked for before there is a ring.
///
/// # Errors
/// Where frames come without their link header.
pub(super) fn tell_merged(socket: &OwnedFd) -> io::Result<()> {
    set(socket, libc::SOL_PACKET, libc::PACKET_VNET_HDR, &ON)
}

/// Has packets bear the time of the network card that received them, where it stamped them, or that of the kernel again.
pub(super) fn stamp_by_card(socket: &OwnedFd, by_card: bool) -> io::Result<()> {
    let stamps = match by_card {
        true => libc::SOF_TIMESTAMPING_RAW_HARDWARE | libc::SOF_TIMESTAMPING_SOFTWARE,
        false => 0,
    };
    set(socket, libc::SOL_PACKET, libc::PACKET_TIMESTAMP, &stamps)
}

/// Shares the packets of the device among sockets: both directions of a flow come to one, and so do all fragments of a datagram
/// (Linux hashes the addresses in either order, and leaves out the ports of fragments). One that is full passes them on to the others.
/// Gives the number of the group, which `None` founds.
///
/// # Errors
/// Most of all `EINVAL`: kernels before 6.10 want the device to be up.
pub(super) fn share(socket: &OwnedFd, group: Option<u16>) -> io::Result<u16> {
    let founding = match group {
        Some(_) => 0,
        None => libc::PACKET_FANOUT_FLAG_UNIQUEID,
    };
    let how = libc::PACKET_FANOUT_HASH | libc::PACKET_FANOUT_FLAG_ROLLOVER | founding;
    let words = how << 16 | libc::c_uint::from(group.unwrap_or(0));
    set(socket, libc::SOL_PACKET, libc::PACKET_FANOUT, &words)?;
    let told = ask(socket, libc::SOL_PACKET, libc::PACKET_FANOUT)?;
    Ok((told & 0xffff) as u16)
}

/// Has the kernel leave what the filter does not pass.
pub(super) fn attach(socket: &OwnedFd, filter: SocketFilter<'_>) -> io::Result<()> {
    match filter {
        SocketFilter::Classic(program) => attach_classic(socket, program),
        SocketFilter::Ebpf(program) => {
            let program: libc::c_int = program.as_raw_fd();
            set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_BPF, &program)
        }
    }
}

fn attach_classic(socket: &OwnedFd, program: &[Instruction]) -> io::Result<()> {
    let mut filter: Vec<libc::sock_filter> = program
        .iter()
        .map(|&Instruction { code, jt, jf, k }| libc::sock_filter { code, jt, jf, k })
        .collect();
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        filter: filter.as_mut_ptr(),
    };
    // The kernel copies the instructions before it returns, and `filter` lives until then.
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

/// What became of packets since the last call.
pub(super) fn take_drops(socket: &OwnedFd) -> io::Result<Drops> {
    let mut stats = libc::tpacket_stats_v3 {
        tp_packets: 0,
        tp_drops: 0,
        tp_freeze_q_cnt: 0,
    };
    let mut len = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `stats`, which has that size and any of whose bit patterns are numbers.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut stats).cast(),
            &raw mut len,
        )
    };
    check(result)?;
    Ok(Drops {
        packets: stats.tp_packets.into(),
        dropped: stats.tp_drops.into(),
    })
}

/// Takes the error that waits at the socket, such as that its device went down.
pub(super) fn take_error(socket: &OwnedFd) -> io::Result<Option<io::Error>> {
    let code = ask(socket, libc::SOL_SOCKET, libc::SO_ERROR)?.cast_signed();
    Ok((code != 0).then(|| io::Error::from_raw_os_error(code)))
}

/// The value of an option that is a number.
fn ask(socket: &OwnedFd, level: i32, option: i32) -> io::Result<libc::c_uint> {
    let mut value: libc::c_uint = 0;
    let mut len = size_of::<libc::c_uint>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `value`, which has that size and any of whose bit patterns are numbers.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw mut value).cast(),
            &raw mut len,
        )
    };
    check(result).map(|()| value)
}

/// Sets an option whose value is a `T`.
pub(super) fn set<T>(socket: &OwnedFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    // SAFETY: the kernel reads `size_of::<T>()` bytes of a value that lives for the time of the call. Every `T` used here is
    // an integer or a structure of the kernel's interface without padding that it would look at.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
    };
    check(result)
}

/// Waits until one of the sockets has something to say, at most `timeout_ms`. A signal ends the wait early.
///
/// # Errors
/// Those of `poll(2)`, but for an interruption.
pub(in crate::capture) fn wait(sockets: &[BorrowedFd<'_>], timeout_ms: i32) -> io::Result<()> {
    let mut fds: Vec<libc::pollfd> = sockets
        .iter()
        .map(|socket| libc::pollfd {
            fd: socket.as_fd().as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    // SAFETY: the kernel reads and writes as many entries as the list has; the descriptors are borrowed for the call.
    let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout_ms) };
    match result {
        0.. => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

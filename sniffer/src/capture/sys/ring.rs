//! The receive ring of a packet socket, `TPACKET_V3`: blocks of memory that the kernel fills with packets and this process
//! hands back (packet(7), and packet_mmap in the kernel's documentation).
//!
//! Packets are lent out of the ring; the block they lie in goes back to the kernel once all of them have passed.
#![allow(unsafe_code, reason = "the ring is memory shared with the kernel")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use super::packet_socket::{self, Drops, Framing, ON, SocketFilter};
use crate::time::Timestamp;

/// Bytes of a block: the unit in which the kernel hands packets over. A packet that is longer is cut.
const BLOCK: usize = 256 * 1024;

/// What the kernel divides blocks by to check the request; packets of this version are as long as they are.
const FRAME: u32 = 2048;

/// After this time a block is handed over that is not full yet.
const RETIRE_MS: u32 = 8;

/// Length of the header of virtio before a packet (`virtio_net_hdr`), and the kind of merged packets that UDP datagrams are
/// (`VIRTIO_NET_HDR_GSO_UDP_L4`).
const VIRTIO: usize = 10;
const UDP_SEGMENTS: u8 = 5;

/// Set in that header where a checksum is left to be computed (`VIRTIO_NET_HDR_F_NEEDS_CSUM`).
const NEEDS_CHECKSUM: u8 = 1;

/// Where in a block its status stands, behind the version and an offset.
const STATUS_AT: usize = 8;

/// How to open a ring.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct RingSettings<'s> {
    /// Number of the device; 0 is all of them.
    pub(in crate::capture) index: i32,
    /// Where frames begin.
    pub(in crate::capture) framing: Framing,
    /// Whether to take what is addressed to others.
    pub(in crate::capture) promiscuous: bool,
    /// Memory of the ring in bytes.
    pub(in crate::capture) bytes: usize,
    /// What the kernel is to pass; `None` passes all.
    pub(in crate::capture) filter: Option<SocketFilter<'s>>,
    /// Whether to be told how packets were merged.
    pub(in crate::capture) tells_merged: bool,
    /// Whether packets are to bear the time of the network card.
    pub(in crate::capture) card_times: bool,
    /// The rings that it shares the packets of the device with; `None` shares with none.
    pub(in crate::capture) group: Option<RingGroup>,
}

/// Rings that share the packets of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) enum RingGroup {
    /// One that this ring is the first of.
    New,
    /// That of the ring which told this number.
    Of(u16),
}

/// A packet in the ring, and what the kernel says about it.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct RingPacket<'r> {
    /// When the kernel took it.
    pub(in crate::capture) at: Timestamp,
    /// What is there of it.
    pub(in crate::capture) bytes: &'r [u8],
    /// Its length on the wire, without what stands below.
    pub(in crate::capture) wire_len: u32,
    /// Type and content of the VLAN tag that the kernel took out.
    pub(in crate::capture) vlan: Option<(u16, u16)>,
    /// Type of what the link header carries.
    pub(in crate::capture) protocol: u16,
    /// Number of the device.
    pub(in crate::capture) index: u32,
    /// Type of the device's hardware.
    pub(in crate::capture) hardware: u16,
    /// Whether it was to this host, to another, or from it (`PACKET_...`).
    pub(in crate::capture) kind: u8,
    /// Address of the sender on the link, and its length.
    pub(in crate::capture) address: ([u8; 8], u8),
    /// How the host has merged UDP datagrams to this packet.
    pub(in crate::capture) merged: Option<Merged>,
}

/// UDP datagrams that were merged to one (`SKB_GSO_UDP_L4`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Merged {
    /// Bytes of the payload of each; the last may be shorter.
    pub(in crate::capture) each: u16,
    /// Where the header of the datagram stands, if the kernel tells.
    pub(in crate::capture) udp_at: Option<u16>,
}

/// An open ring.
#[derive(Debug)]
pub(in crate::capture) struct Ring {
    socket: OwnedFd,
    memory: Memory,
    group: Option<u16>,
    /// The block whose turn it is.
    block: usize,
    /// The packet whose turn it is, if the block is ours.
    place: Option<Place>,
}

/// A packet of the block in hand.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: usize,
    /// Packets from this one on.
    left: u32,
}

impl Ring {
    /// Opens a ring; packets flow from now on.
    ///
    /// # Errors
    /// Those of the system calls: most of all `EPERM` without `CAP_NET_RAW`, and `ENODEV`.
    pub(in crate::capture) fn open(settings: &RingSettings<'_>) -> io::Result<Ring> {
        let socket = packet_socket::open(settings.framing)?;
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        let n_blocks = (settings.bytes / BLOCK).max(2);
        let request = request(n_blocks)?;
        // Sockets whose frames begin behind the link header are refused this.
        let tells_merged = settings.tells_merged && packet_socket::tell_merged(&socket).is_ok();
        packet_socket::set(&socket, libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
        packet_socket::set(&socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let memory = Memory::new(&socket, n_blocks, tells_merged)?;
        // Without it packets bear the time at which they came to the ring; with it, that at which the kernel took them in.
        packet_socket::set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &ON)?;
        if settings.card_times {
            packet_socket::stamp_by_card(&socket, true)?;
        }
        if let Some(filter) = settings.filter {
            packet_socket::attach(&socket, filter)?;
        }
        packet_socket::bind(&socket, settings.index)?;
        if settings.promiscuous && settings.index != 0 {
            packet_socket::be_promiscuous(&socket, settings.index)?;
        }
        let group = match settings.group {
            None => None,
            Some(RingGroup::New) => Some(packet_socket::share(&socket, None)?),
            Some(RingGroup::Of(group)) => Some(packet_socket::share(&socket, Some(group))?),
        };
        Ok(Ring {
            socket,
            memory,
            group,
            block: 0,
            place: None,
        })
    }

    /// The next packet, if the kernel has handed one over.
    pub(in crate::capture) fn packet(&mut self) -> Option<RingPacket<'_>> {
        if self.place.is_none() {
            self.place = self.memory.first(self.block);
        }
        if self.memory.packet(self.block, self.place?).is_none() {
            // The kernel hands over no such block. Should it ever, the rest of it is passed.
            self.place = None;
            self.give_back();
        }
        self.memory.packet(self.block, self.place?)
    }

    /// Goes on behind the packet in hand.
    pub(in crate::capture) fn pass(&mut self) {
        let Some(place) = self.place else {
            return;
        };
        self.place = self.memory.next(self.block, place);
        if self.place.is_none() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        self.memory.give_back(self.block);
        self.block = (self.block + 1) % self.memory.n_blocks;
    }

    /// The group whose packets it shares.
    pub(in crate::capture) fn group(&self) -> Option<u16> {
        self.group
    }

    /// What can be asked about it from another thread.
    pub(in crate::capture) fn gauge(&self) -> io::Result<RingGauge> {
        Ok(RingGauge(self.socket.try_clone()?))
    }
}

/// The socket of a ring, to be asked what befell it.
#[derive(Debug)]
pub(in crate::capture) struct RingGauge(OwnedFd);

impl RingGauge {
    /// What became of packets since the last call.
    pub(in crate::capture) fn take_drops(&self) -> io::Result<Drops> {
        packet_socket::take_drops(&self.0)
    }

    /// From now on packets bear the time of the kernel.
    pub(in crate::capture) fn leave_card_times(&self) -> io::Result<()> {
        packet_socket::stamp_by_card(&self.0, false)
    }

    /// Takes the error that waits at the socket.
    pub(in crate::capture) fn take_error(&self) -> io::Result<Option<io::Error>> {
        packet_socket::take_error(&self.0)
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn request(n_blocks: usize) -> io::Result<libc::tpacket_req3> {
    let too_large = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let n_blocks = u32::try_from(n_blocks).map_err(too_large)?;
    let frames_of_block = BLOCK as u32 / FRAME;
    Ok(libc::tpacket_req3 {
        tp_block_size: BLOCK as u32,
        tp_block_nr: n_blocks,
        tp_frame_size: FRAME,
        tp_frame_nr: frames_of_block
            .checked_mul(n_blocks)
            .ok_or(io::ErrorKind::InvalidInput)?,
        tp_retire_blk_tov: RETIRE_MS,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    })
}

/// The memory of the ring.
#[derive(Debug)]
struct Memory {
    start: NonNull<u8>,
    n_blocks: usize,
    /// Whether a header of virtio stands before each packet.
    tells_merged: bool,
}

// SAFETY: the map is owned, is tied to no thread, and all access to it goes through `&self` and `&mut self`.
unsafe impl Send for Memory {}

impl Memory {
    fn new(socket: &OwnedFd, n_blocks: usize, tells_merged: bool) -> io::Result<Memory> {
        // SAFETY: a new map at an address of the kernel's choice touches no memory in use. Its length is that of the ring
        // which was just set up, so every byte of it is backed.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                n_blocks * BLOCK,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Memory {
            start,
            n_blocks,
            tells_merged,
        })
    }

    /// The word by which a block changes hands.
    fn status(&self, block: usize) -> &AtomicU32 {
        assert!(
            block < self.n_blocks,
            "blocks are counted modulo their number"
        );
        // SAFETY: the block lies within the map, and pages begin at multiples of 4, so the word is in bounds and aligned. It
        // is only ever accessed as an atomic here; the kernel writes it as one word.
        unsafe { AtomicU32::from_ptr(self.start.add(block * BLOCK + STATUS_AT).as_ptr().cast()) }
    }

    /// A block that the kernel has handed over; `None` while it is the kernel's.
    fn block(&self, block: usize) -> Option<&[u8]> {
        if self.status(block).load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return None;
        }
        // SAFETY: the block lies within the map. Since its status says so, the kernel has done writing and leaves it alone until
        // `give_back`, which takes `&mut self` and so cannot run while this borrow lives.
        Some(unsafe { std::slice::from_raw_parts(self.start.add(block * BLOCK).as_ptr(), BLOCK) })
    }

    fn give_back(&mut self, block: usize) {
        fence(Ordering::SeqCst);
        self.status(block)
            .store(libc::TP_STATUS_KERNEL, Ordering::Release);
    }

    /// The first packet of a block; no packet stands there if the block is empty.
    fn first(&self, block: usize) -> Option<Place> {
        let bytes = self.block(block)?;
        Some(Place {
            left: word(bytes, STATUS_AT + 4)?,
            offset: word(bytes, STATUS_AT + 8)? as usize,
        })
    }

    fn next(&self, block: usize, place: Place) -> Option<Place> {
        let left = place.left.checked_sub(1).filter(|left| *left > 0)?;
        let step = word(self.block(block)?, place.offset)? as usize;
        Some(Place {
            offset: place.offset + step,
            left,
        })
    }

    fn packet(&self, block: usize, place: Place) -> Option<RingPacket<'_>> {
        packet(self.block(block)?, place.offset, self.tells_merged)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: this is the map as it was made; nothing that borrowed from it is left.
        let _ = unsafe { libc::munmap(self.start.as_ptr().cast(), self.n_blocks * BLOCK) };
    }
}

/// The packet whose header (`tpacket3_hdr`, then `sockaddr_ll`) stands at `offset` of a block.
fn packet(block: &[u8], offset: usize, tells_merged: bool) -> Option<RingPacket<'_>> {
    let header = block.get(offset..)?;
    let [secs, nanos, kept, wire_len, status] = [4, 8, 12, 16, 20].map(|at| word(header, at));
    let status = status?;
    let start = usize::from(half(header, 24)?);
    let tci = word(header, 32)? as u16;
    let tpid = match status & libc::TP_STATUS_VLAN_TPID_VALID {
        0 => libc::ETH_P_8021Q as u16,
        _ => half(header, 36)?,
    };
    let from = header.get(size_of::<libc::tpacket3_hdr>()..)?;
    let (length, address) = from.get(11..)?.split_first()?;
    Some(RingPacket {
        at: Timestamp::from_secs_nanos(secs?.into(), nanos?.into()),
        bytes: header.get(start..)?.get(..kept? as usize)?,
        wire_len: wire_len?,
        vlan: (status & libc::TP_STATUS_VLAN_VALID != 0).then_some((tpid, tci)),
        protocol: u16::from_be(half(from, 2)?),
        index: word(from, 4)?,
        hardware: half(from, 8)?,
        kind: *from.get(10)?,
        address: (*address.first_chunk()?, *length),
        merged: match tells_merged {
            true => merged(header.get(start.checked_sub(VIRTIO)?..start)?),
            false => None,
        },
    })
}

/// What the header of virtio says of UDP datagrams.
fn merged(virtio: &[u8]) -> Option<Merged> {
    let [flags, UDP_SEGMENTS, ..] = *virtio else {
        return None;
    };
    Some(Merged {
        each: half(virtio, 4)?,
        udp_at: match flags & NEEDS_CHECKSUM {
            0 => None,
            _ => half(virtio, 6),
        },
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    /// The numbers by which headers are read are those of the kernel's structures.
    #[test]
    fn headers_are_laid_out_as_the_kernel_has_them() {
        use libc::{sockaddr_ll, tpacket_hdr_v1, tpacket_hdr_variant1, tpacket3_hdr};
        let hv1 = offset_of!(tpacket3_hdr, hv1);
        let expected = [
            (offset_of!(libc::tpacket_block_desc, hdr), STATUS_AT),
            (offset_of!(tpacket_hdr_v1, block_status), 0),
            (offset_of!(tpacket_hdr_v1, num_pkts), 4),
            (offset_of!(tpacket_hdr_v1, offset_to_first_pkt), 8),
            (offset_of!(tpacket3_hdr, tp_next_offset), 0),
            (offset_of!(tpacket3_hdr, tp_sec), 4),
            (offset_of!(tpacket3_hdr, tp_nsec), 8),
            (offset_of!(tpacket3_hdr, tp_snaplen), 12),
            (offset_of!(tpacket3_hdr, tp_len), 16),
            (offset_of!(tpacket3_hdr, tp_status), 20),
            (offset_of!(tpacket3_hdr, tp_mac), 24),
            (hv1 + offset_of!(tpacket_hdr_variant1, tp_vlan_tci), 32),
            (hv1 + offset_of!(tpacket_hdr_variant1, tp_vlan_tpid), 36),
            (offset_of!(sockaddr_ll, sll_protocol), 2),
            (offset_of!(sockaddr_ll, sll_ifindex), 4),
            (offset_of!(sockaddr_ll, sll_hatype), 8),
            (offset_of!(sockaddr_ll, sll_pkttype), 10),
            (offset_of!(sockaddr_ll, sll_halen), 11),
            (offset_of!(sockaddr_ll, sll_addr), 12),
            (size_of::<tpacket3_hdr>() % libc::TPACKET_ALIGNMENT, 0),
        ];
        for (theirs, ours) in expected {
            assert_eq!(theirs, ours);
        }
    }

    #[test]
    fn merged_datagrams_are_told_by_the_header_before_them() {
        let merged_of = |flags: u8, kind: u8| {
            let [e0, e1] = 172_u16.to_ne_bytes();
            let [s0, s1] = 34_u16.to_ne_bytes();
            merged(&[flags, kind, 0, 0, e0, e1, s0, s1, 6, 0])
        };
        let each = 172;
        let udp_at = Some(34);
        assert_eq!(merged_of(1, 5), Some(Merged { each, udp_at }));
        let udp_at = None;
        assert_eq!(merged_of(0, 5), Some(Merged { each, udp_at }));
        assert_eq!(merged_of(1, 1), None, "TCP is read as it comes");
    }

    #[test]
    fn a_header_that_points_outside_of_its_block_gives_no_packet() {
        let mut block = vec![0_u8; 256];
        block[12..16].copy_from_slice(&100_u32.to_ne_bytes());
        block[24..26].copy_from_slice(&82_u16.to_ne_bytes());
        assert_eq!(
            packet(&block, 0, false).map(|packet| packet.bytes.len()),
            Some(100)
        );
        block[24..26].copy_from_slice(&200_u16.to_ne_bytes());
        assert!(packet(&block, 0, false).is_none());
        assert!(packet(&block, 250, false).is_none());
        assert!(packet(&block, usize::MAX, false).is_none());
    }
}

//! The packet filter as it runs in the kernel: the maps behind `sniffer_ebpf::judge`, and its two entries. It is a socket filter
//! (`BPF_PROG_TYPE_SOCKET_FILTER`): what it returns is how much of the packet is copied for us, and nobody else's packets change.
#![no_std]
#![no_main]

use aya_ebpf::bindings::BPF_F_NO_PREALLOC;
use aya_ebpf::helpers::bpf_ktime_get_ns;
use aya_ebpf::macros::{map, socket_filter};
use aya_ebpf::maps::{Array, HashMap, LruHashMap, PerCpuArray};
use aya_ebpf::programs::SkBuffContext;
use sniffer_ebpf::{
    Class, DatagramId, EARLY_PACKETS, EARLY_PAUSE_NS, FRAGMENT_NS, MAX_EARLY, MAX_ENDPOINTS,
    MAX_LEFT_DATAGRAMS, MediaEndpoint, PORT_WORDS, Packet, Start, Tables, judge,
};

/// Where SDP says that media comes; filled from outside.
#[map]
static ENDPOINTS: HashMap<MediaEndpoint, u8> =
    HashMap::with_max_entries(MAX_ENDPOINTS, BPF_F_NO_PREALLOC);

/// The ports of SIP, one bit each; filled from outside.
#[map]
static SIP_PORTS: Array<u64> = Array::with_max_entries(PORT_WORDS, 0);

/// First and last port of the range in which media may be without SDP saying so; empty where the first is the larger one.
#[map]
static RTP_PORTS: Array<[u16; 2]> = Array::with_max_entries(1, 0);

/// Packets by class.
#[map]
static COUNTS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Class::ALL.len() as u32, 0);

/// Datagrams whose first fragment was left, and when.
#[map]
static LEFT: LruHashMap<DatagramId, u64> = LruHashMap::with_max_entries(MAX_LEFT_DATAGRAMS, 0);

/// What resembles RTP and is not announced: packets that passed, and when the last came.
#[map]
static EARLY: LruHashMap<MediaEndpoint, Seen> = LruHashMap::with_max_entries(MAX_EARLY, 0);

#[repr(C)]
struct Seen {
    last: u64,
    packets: u64,
}

/// Frames that begin with an Ethernet header.
#[socket_filter]
pub fn ethernet(context: SkBuffContext) -> i64 {
    decide(&context, Start::Ethernet)
}

/// Frames whose link header the kernel has taken off, or that have none.
#[socket_filter]
pub fn network(context: SkBuffContext) -> i64 {
    // SAFETY: the kernel hands over a valid context for the time of the call.
    let protocol = unsafe { (*context.skb.skb).protocol };
    decide(&context, Start::Ethertype(u16::from_be(protocol as u16)))
}

#[inline(always)]
fn decide(context: &SkBuffContext, start: Start) -> i64 {
    let verdict = judge(&Frame(context), &Maps, start);
    if let Some(count) = COUNTS.get_ptr_mut(verdict.class as u32) {
        // SAFETY: the place is this processor's own, and the program is not interrupted by itself.
        unsafe { *count += 1 };
    }
    // SAFETY: as above, a field of the context.
    let is_merged = unsafe { (*context.skb.skb).gso_size } != 0;
    match verdict.keep {
        0 => 0,
        // Of several packets in one, cutting would leave the first.
        _ if is_merged => i64::from(u32::MAX),
        keep => i64::from(keep),
    }
}

struct Frame<'f>(&'f SkBuffContext);

impl Packet for Frame<'_> {
    #[inline(always)]
    fn bytes<const N: usize>(&self, at: u32) -> Option<[u8; N]> {
        self.0.load(at as usize).ok()
    }
}

struct Maps;

impl Tables for Maps {
    #[inline(always)]
    fn is_sip_udp(&self, port: u16) -> bool {
        has_bit(u32::from(port))
    }

    #[inline(always)]
    fn is_sip_stream(&self, port: u16) -> bool {
        has_bit(u32::from(port) + 65_536)
    }

    #[inline(always)]
    fn is_rtp_port(&self, port: u16) -> bool {
        RTP_PORTS
            .get(0)
            .is_some_and(|[first, last]| *first <= port && port <= *last)
    }

    #[inline(always)]
    fn endpoint(&self, key: &MediaEndpoint) -> Option<u8> {
        // SAFETY: one byte cannot be read half written.
        unsafe { ENDPOINTS.get(key) }.copied()
    }

    #[inline(always)]
    fn is_early(&self, key: &MediaEndpoint) -> bool {
        // SAFETY: the helper takes no arguments.
        let now = unsafe { bpf_ktime_get_ns() };
        if let Some(seen) = EARLY.get_ptr_mut(key) {
            // SAFETY: the entry stays readable and writable while the program runs; counts that two processors write at once
            // may come out one too low, which lets one more packet pass.
            let seen = unsafe { &mut *seen };
            if now.wrapping_sub(seen.last) > EARLY_PAUSE_NS {
                seen.packets = 0;
            }
            seen.last = now;
            seen.packets += 1;
            return seen.packets <= u64::from(EARLY_PACKETS);
        }
        let first = Seen {
            last: now,
            packets: 1,
        };
        // A table that is full makes room by itself; should it fail, the packet passes.
        let _ = EARLY.insert(key, &first, 0);
        true
    }

    #[inline(always)]
    fn note_first_fragment(&self, datagram: &DatagramId, left: bool) {
        // SAFETY: the helper takes no arguments.
        let now = unsafe { bpf_ktime_get_ns() };
        let _ = match left {
            true => LEFT.insert(datagram, now, 0),
            false => LEFT.remove(datagram),
        };
    }

    #[inline(always)]
    fn was_left(&self, datagram: &DatagramId) -> bool {
        // SAFETY: a number of 64 bits is read as one.
        let at = unsafe { LEFT.get(datagram) }.copied();
        // SAFETY: the helper takes no arguments.
        at.is_some_and(|at| unsafe { bpf_ktime_get_ns() }.wrapping_sub(at) < FRAGMENT_NS)
    }
}

#[inline(always)]
fn has_bit(bit: u32) -> bool {
    SIP_PORTS
        .get(bit / 64)
        .is_some_and(|word| word >> (bit % 64) & 1 != 0)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

//! What cannot be had without `unsafe`: the map of a file, and of the interfaces of the kernel the ring of a packet socket.
//! All unsafe code of the crate stands here.

#[cfg(target_os = "linux")]
mod card_clock;
#[cfg(target_os = "linux")]
mod device;
mod map;
#[cfg(target_os = "linux")]
mod packet_socket;
#[cfg(target_os = "linux")]
mod ring;

#[cfg(target_os = "linux")]
pub(super) use card_clock::CardClock;
#[cfg(target_os = "linux")]
pub use card_clock::CardClockError;
#[cfg(target_os = "linux")]
pub(super) use device::{Device, device};
pub(super) use map::Map;
#[cfg(target_os = "linux")]
pub(super) use packet_socket::{Framing, Instruction, SocketFilter, wait};
#[cfg(target_os = "linux")]
pub(super) use ring::{Merged, Ring, RingGauge, RingGroup, RingPacket, RingSettings};

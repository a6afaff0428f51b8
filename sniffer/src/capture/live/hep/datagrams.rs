//! Frames that come by datagram, each a whole one.

use std::fs;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::thread;

use super::queue::{Arrival, Queue};
use crate::decode::hep;

/// Starts the thread that receives.
pub(super) fn start(socket: UdpSocket, queue: Arc<Queue>) -> io::Result<()> {
    let local = socket.local_addr()?;
    thread::Builder::new()
        .name("hep-datagrams".to_owned())
        .spawn(move || receive(&socket, local, &queue))?;
    Ok(())
}

/// Receives for as long as the process lives.
fn receive(socket: &UdpSocket, local: SocketAddr, queue: &Queue) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((n, from)) => take(buffer.get(..n).unwrap_or_default(), from, local, queue),
            // An answer of a host to something else, or a signal.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::error!(%error, "frames of capture agents cannot be received by datagram any more");
                return;
            }
        }
    }
}

/// What is no frame is left: whoever knocks at the port is no call.
fn take(bytes: &[u8], from: SocketAddr, local: SocketAddr, queue: &Queue) {
    let arrival = Arrival::now(from, local, bytes);
    if hep::parse(bytes, bytes.len(), arrival.at).is_none() {
        tracing::debug!(%from, "a datagram that is no HEP frame");
    } else if queue.offer(arrival).is_err() {
        queue.drop_one();
    }
}

/// What the kernel counts of a socket, found by its number.
#[derive(Debug)]
pub(super) struct KernelCount {
    table: &'static str,
    inode: String,
}

impl KernelCount {
    pub(super) fn of(socket: &UdpSocket) -> io::Result<KernelCount> {
        let link = format!("/proc/self/fd/{}", socket.as_raw_fd());
        Ok(KernelCount {
            table: match socket.local_addr()? {
                SocketAddr::V4(_) => "/proc/self/net/udp",
                SocketAddr::V6(_) => "/proc/self/net/udp6",
            },
            inode: fs::metadata(link)?.ino().to_string(),
        })
    }

    /// Datagrams that the socket had no room for.
    pub(super) fn read(&self) -> u64 {
        let table = fs::read_to_string(self.table).unwrap_or_default();
        drops(&table, &self.inode)
    }
}

/// The last column of the row whose tenth is the number of the socket.
fn drops(table: &str, inode: &str) -> u64 {
    let mut rows = table.lines().map(str::split_ascii_whitespace);
    rows.find_map(|mut row| {
        row.nth(9).filter(|found| *found == inode)?;
        row.last()?.parse().ok()
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_drops_stand_last() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n \
            96: 0100007F:2364 00000000:0000 07 00000000:00000000 00:00000000 00000000  0        0 4711 2 0000000000000000 12\n";
        assert_eq!(drops(table, "4711"), 12);
        assert_eq!(drops(table, "4712"), 0);
    }
}

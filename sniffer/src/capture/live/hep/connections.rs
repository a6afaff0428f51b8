//! Frames that come by connection, in the clear or within TLS.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::framing::{Foreign, Framing};
use super::queue::{Arrival, Queue};
use super::tls::HepTls;

/// Agents that may be connected at a time; further ones are turned away.
const MOST: usize = 256;

/// An agent that is silent for so long has gone.
const PATIENCE: Duration = Duration::from_secs(900);

/// How long a connection waits for room before it looks again: its agent is made to wait.
const PAUSE: Duration = Duration::from_millis(2);

/// What a thread of a connection may use of stack.
const STACK: usize = 256 << 10;

/// Bytes read at a time.
const PIECE: usize = 16 << 10;

/// First byte of a handshake of TLS (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// Starts the thread that accepts.
pub(super) fn start(
    listener: TcpListener,
    tls: Option<HepTls>,
    queue: Arc<Queue>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("hep-accept".to_owned())
        .spawn(move || accept(&listener, tls.as_ref(), &queue))?;
    Ok(())
}

/// Accepts for as long as the process lives.
fn accept(listener: &TcpListener, tls: Option<&HepTls>, queue: &Arc<Queue>) {
    let connected = Arc::new(AtomicUsize::new(0));
    loop {
        match listener.accept() {
            Ok((stream, from)) => welcome(stream, from, tls.cloned(), queue, &connected),
            Err(error) => {
                tracing::warn!(%error, "cannot accept the connection of a capture agent");
                thread::park_timeout(PAUSE);
            }
        }
    }
}

fn welcome(
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<HepTls>,
    queue: &Arc<Queue>,
    connected: &Arc<AtomicUsize>,
) {
    if connected.fetch_add(1, Ordering::Relaxed) >= MOST {
        connected.fetch_sub(1, Ordering::Relaxed);
        return tracing::warn!(%from, most = MOST, "turned a capture agent away: too many are connected");
    }
    let (queue, place) = (Arc::clone(queue), Arc::clone(connected));
    let serve = move || {
        tracing::info!(%from, "a capture agent has connected");
        match serve(stream, from, tls.as_ref(), &queue) {
            Ok(()) => tracing::info!(%from, "a capture agent has left"),
            Err(error) => tracing::warn!(%from, %error, "lost a capture agent"),
        }
        place.fetch_sub(1, Ordering::Relaxed);
    };
    let started = thread::Builder::new()
        .name("hep-agent".to_owned())
        .stack_size(STACK)
        .spawn(serve);
    if let Err(error) = started {
        connected.fetch_sub(1, Ordering::Relaxed);
        tracing::warn!(%from, %error, "turned a capture agent away");
    }
}

/// Reads one connection to its end.
fn serve(
    mut stream: TcpStream,
    from: SocketAddr,
    tls: Option<&HepTls>,
    queue: &Queue,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let to = stream.local_addr()?;
    let mut first = [0];
    let begins_with = stream.peek(&mut first)?;
    match tls {
        Some(tls) if begins_with == 1 && first == [HANDSHAKE] => {
            read(&mut tls.accept(stream)?, from, to, queue)
        }
        _ => read(&mut stream, from, to, queue),
    }
}

fn read(stream: &mut dyn Read, from: SocketAddr, to: SocketAddr, queue: &Queue) -> io::Result<()> {
    let mut framing = Framing::default();
    let mut buffer = vec![0; PIECE];
    loop {
        let n = match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            // The end of TLS without a farewell: many agents just leave.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..n).unwrap_or_default();
        let mut give = |frame: &[u8]| wait_for_room(Arrival::now(from, to, frame), queue);
        if let Err(Foreign) = framing.take(bytes, &mut give) {
            return Err(io::Error::other("what it sends is no HEP"));
        }
    }
}

fn wait_for_room(mut arrival: Arrival, queue: &Queue) {
    while let Err(refused) = queue.offer(arrival) {
        arrival = refused;
        thread::park_timeout(PAUSE);
    }
}

//! The way to a capture server: a socket, a connection, or a connection within TLS.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::target::{Target, Transport};

/// How long a connection, and each write to it, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open way.
pub(super) enum Link {
    Datagrams(UdpSocket),
    Connection(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Link {
    /// Opens the way to `target`; `trust` is for TLS.
    pub(super) fn open(target: &Target, trust: &Arc<ClientConfig>) -> io::Result<Link> {
        let mut places = (&*target.host, target.port).to_socket_addrs()?;
        let place = places.next().ok_or(io::ErrorKind::NotFound)?;
        match target.transport {
            Transport::Udp => datagrams(place).map(Link::Datagrams),
            Transport::Tcp => connection(place).map(Link::Connection),
            Transport::Tls => {
                let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
                let client = ClientConnection::new(Arc::clone(trust), name);
                let client = client.map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(client, connection(place)?);
                while stream.conn.is_handshaking() {
                    stream.conn.complete_io(&mut stream.sock)?;
                }
                Ok(Link::Tls(Box::new(stream)))
            }
        }
    }

    /// Whether each frame travels by itself.
    pub(super) fn is_datagrams(&self) -> bool {
        matches!(self, Link::Datagrams(_))
    }

    /// Sends one frame, or of a connection any number of them.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Link::Datagrams(socket) => socket.send(bytes).map(|_| ()),
            Link::Connection(stream) => {
                still_open(stream)?;
                stream.write_all(bytes)
            }
            Link::Tls(stream) => {
                still_open(&stream.sock)?;
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }

    /// Says farewell.
    pub(super) fn close(&mut self) {
        if let Link::Tls(stream) = self {
            stream.conn.send_close_notify();
            // Whoever does not hear it notices the end all the same.
            let _ = stream.flush();
        }
    }
}

fn datagrams(place: SocketAddr) -> io::Result<UdpSocket> {
    let ours: SocketAddr = match place {
        SocketAddr::V4(_) => ([0; 4], 0).into(),
        SocketAddr::V6(_) => ([0; 16], 0).into(),
    };
    let socket = UdpSocket::bind(ours)?;
    socket.connect(place)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn connection(place: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&place, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A server that has left is noticed before something is written in vain.
fn still_open(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match peeked {
        Ok(0) => Err(io::ErrorKind::ConnectionReset.into()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

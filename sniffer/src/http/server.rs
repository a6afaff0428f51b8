//! The port: so many connections at once, none of them for ever.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::{State, router};

/// Connections at once; further ones wait in the kernel.
const CONNECTIONS: usize = 64;

/// So long a client may take to ask.
const ASKING: Duration = Duration::from_secs(30);

/// So long a connection may last, however busy.
const LIFETIME: Duration = Duration::from_secs(600);

/// Before the next connection is taken where none could be had.
const RECOVERY: Duration = Duration::from_secs(1);

/// Opens the port, before anything else is begun.
///
/// # Errors
/// Where the address is in use, or not one of this host.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the runtime ends.
///
/// # Errors
/// Where the port cannot be waited at.
pub async fn serve(listener: TcpListener, state: State) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = TowerToHyperService::new(router(state));
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let talk = talk(stream, service.clone());
                tokio::spawn(async move {
                    // A client that breaks off, or is too slow, has no one to be told.
                    let _ = timeout(LIFETIME, talk).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                sleep(RECOVERY).await;
            }
        }
    }
    Ok(())
}

async fn talk(
    stream: TcpStream,
    service: TowerToHyperService<axum::Router>,
) -> Result<(), hyper::Error> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(ASKING)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

//! The thread beside a live capture: it takes signals and serves HTTP.

use std::io;
use std::net::TcpListener;
use std::thread;

use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use super::log_limit::WINDOW;
use crate::http;

/// What signals do.
pub(in crate::cli) trait Obey: Send + 'static {
    /// SIGINT or SIGTERM: comes to an end.
    fn end(&mut self);

    /// SIGHUP: reads the configuration again.
    fn reload(&mut self);

    /// Does what has to be done now and then.
    fn look_around(&mut self) {}
}

/// Starts the thread. It stays until the process ends, so that a capture that is ending can still be asked.
///
/// # Errors
/// Where the thread, or what it waits with, cannot be had.
pub(in crate::cli) fn start(
    mut obey: impl Obey,
    served: Option<(TcpListener, http::State)>,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let work = async move {
        if let Some((listener, state)) = served {
            tokio::spawn(async move {
                if let Err(error) = http::serve(listener, state).await {
                    tracing::error!(%error, "HTTP is not served any more");
                }
            });
        }
        loop {
            match signals.next().await {
                Told::End => obey.end(),
                Told::Reload => obey.reload(),
                Told::Nothing => obey.look_around(),
            }
        }
    };
    thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || runtime.block_on(work))?;
    Ok(())
}

enum Told {
    End,
    Reload,
    Nothing,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.interrupt.recv() => Told::End,
            _ = self.terminate.recv() => Told::End,
            _ = self.hang_up.recv() => Told::Reload,
            () = sleep(WINDOW) => Told::Nothing,
        }
    }
}

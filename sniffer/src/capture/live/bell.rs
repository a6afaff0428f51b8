//! By which threads that bring frames wake the one that takes them: it can be waited at with `poll`, beside sockets.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module.
#[derive(Debug)]
pub(super) struct Bell {
    /// Whether somebody waits, or is about to.
    is_awaited: AtomicBool,
    clapper: UnixDatagram,
    ear: UnixDatagram,
}

impl Bell {
    pub(super) fn new() -> io::Result<Bell> {
        let (clapper, ear) = UnixDatagram::pair()?;
        clapper.set_nonblocking(true)?;
        ear.set_nonblocking(true)?;
        Ok(Bell {
            is_awaited: AtomicBool::new(false),
            clapper,
            ear,
        })
    }

    /// Wakes who waits.
    pub(super) fn ring(&self) {
        if self.is_awaited.swap(false, Ordering::AcqRel) {
            // A bell that is full is heard as well.
            let _ = self.clapper.send(&[0]);
        }
    }

    /// From now on it rings. What came before this call has to be looked for once more.
    pub(super) fn listen(&self) {
        self.is_awaited.store(true, Ordering::SeqCst);
    }

    /// What becomes readable when it rings.
    pub(super) fn ear(&self) -> BorrowedFd<'_> {
        self.ear.as_fd()
    }

    /// Forgets that it has rung.
    pub(super) fn awake(&self) {
        self.is_awaited.store(false, Ordering::Release);
        while self.ear.recv(&mut [0; 1]).is_ok() {}
    }
}

//! Which connection a segment belongs to, and which end of it sent it.

use std::net::SocketAddr;

/// The two ends of a connection, in the order of their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: SocketAddr,
    high: SocketAddr,
}

/// Which end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Low,
    High,
}

impl Key {
    /// The connection between two ends, and which of them `src` is.
    pub(crate) fn new(src: SocketAddr, dst: SocketAddr) -> (Key, Side) {
        if src <= dst {
            (
                Key {
                    low: src,
                    high: dst,
                },
                Side::Low,
            )
        } else {
            (
                Key {
                    low: dst,
                    high: src,
                },
                Side::High,
            )
        }
    }

    /// From where to where `side` sends.
    pub(crate) fn route(self, side: Side) -> (SocketAddr, SocketAddr) {
        match side {
            Side::Low => (self.low, self.high),
            Side::High => (self.high, self.low),
        }
    }
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Low, Side::High];

    pub(crate) fn other(self) -> Side {
        match self {
            Side::Low => Side::High,
            Side::High => Side::Low,
        }
    }
}

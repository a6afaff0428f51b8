//! What a connection carries within TLS: the session, and a lane for the plaintext of each direction.

use super::Context;
use super::framer::Framer;
use super::key::Side;
use super::lane::Lane;
use crate::decode::tls::record::Header;
use crate::decode::tls::{self, Event, Record, Session};
use crate::record::books::Reason;
use crate::time::Timestamp;

/// A TLS session on a connection.
#[derive(Debug)]
pub(crate) struct Secure {
    session: Session,
    low: Lane,
    high: Lane,
}

impl Secure {
    fn new() -> Secure {
        Secure {
            session: Session::default(),
            low: Lane::secure(),
            high: Lane::secure(),
        }
    }

    /// Bytes of memory its buffers take.
    pub(super) fn held(&self) -> usize {
        self.session.held() + self.low.held() + self.high.held()
    }

    /// Whether what `side` sends may be read, now or later.
    pub(super) fn is_readable(&self, side: Side) -> bool {
        self.session.is_readable(side)
    }

    /// Frees the buffers; the messages they belong to are lost.
    pub(super) fn free(&mut self) {
        self.session.free();
        self.low.lose_plaintext();
        self.high.lose_plaintext();
    }

    /// Has the session do `work`, and takes what it tells to the lanes.
    fn run<F: Framer>(
        &mut self,
        cx: &mut Context<'_, F>,
        work: impl FnOnce(&mut Session, &mut dyn FnMut(Side, Timestamp, Event<'_>)),
    ) {
        let sender = cx.side;
        let Secure { session, low, high } = self;
        work(session, &mut |side, at, event| {
            let (lane, other) = match side {
                Side::Low => (&mut *low, &mut *high),
                Side::High => (&mut *high, &mut *low),
            };
            cx.side = side;
            tls::count(cx.tls_summary, &event);
            match event {
                Event::Data(bytes) => lane.take(at, bytes, cx),
                Event::Lost => lane.lose_plaintext(),
                Event::Asked { .. } | Event::Decrypted | Event::Stopped(_) => {}
            }
            if let Some(negotiated) = cx.seen.negotiated.take() {
                other.negotiated(negotiated.client_resets);
            }
        });
        cx.side = sender;
        if self.session.is_over() {
            cx.judge(Reason::Tls);
        }
    }
}

impl<F: Framer> Context<'_, F> {
    /// Takes note that a TLS record of `self.side` has begun.
    pub(super) fn meet_tls(&mut self, at: Timestamp) {
        let (keys, side) = (self.keys, self.side);
        self.with_tls(|secure, cx| {
            secure.run(cx, |session, tell| session.meet(side, at, keys, tell));
        });
    }

    /// Takes the next TLS record of `self.side`.
    pub(super) fn take_record(&mut self, at: Timestamp, header: Header, payload: &[u8]) {
        let (keys, side) = (self.keys, self.side);
        let record = Record {
            side,
            at,
            header,
            payload,
        };
        self.with_tls(|secure, cx| {
            secure.run(cx, |session, tell| session.take(record, keys, tell));
        });
    }

    /// Takes note of up to `n` records of `self.side` that will never come.
    pub(super) fn lose_records(&mut self, at: Timestamp, n: u32) {
        let side = self.side;
        self.with_tls(|secure, cx| {
            secure.run(cx, |session, tell| session.lose(side, at, n, tell));
        });
    }

    /// The session is out of the context meanwhile, so that its lanes can use the context.
    fn with_tls(&mut self, work: impl FnOnce(&mut Secure, &mut Self)) {
        let mut secure = self.tls.take().unwrap_or_else(|| {
            self.tls_summary.sessions += 1;
            Box::new(Secure::new())
        });
        work(&mut secure, self);
        self.tls = Some(secure);
    }
}

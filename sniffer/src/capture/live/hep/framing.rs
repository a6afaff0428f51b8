//! Where frames end in the bytes of a connection.

use super::carrier::LONGEST;
use crate::decode::hep::stream::{Next, next};
use crate::decode::{ProxyHeader, proxy_header};

/// So many bytes tell a header in front from anything else.
const ENOUGH: usize = 12;

/// The beginning of what has not come whole.
#[derive(Debug, Default)]
pub(super) struct Framing {
    pending: Vec<u8>,
    /// Whether the first frame has begun.
    begun: bool,
}

/// What follows is no frame: nothing that comes after it on this connection can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign;

impl Framing {
    /// Takes in what came, and gives each frame that is whole. A load balancer may put a header of the PROXY protocol in front.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        give: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Foreign> {
        self.pending.extend_from_slice(bytes);
        let mut done = 0;
        let result = loop {
            let rest = self.pending.get(done..).unwrap_or_default();
            if !self.begun {
                match proxy_header(rest) {
                    ProxyHeader::Header(n) => {
                        self.begun = true;
                        done += n;
                        continue;
                    }
                    ProxyHeader::Open => break Ok(()),
                    ProxyHeader::None => {}
                }
            }
            match next(rest) {
                Next::Frame(total) if total > LONGEST => break Err(Foreign),
                Next::Frame(total) => match rest.get(..total) {
                    Some(frame) => {
                        give(frame);
                        self.begun = true;
                        done += total;
                    }
                    None => break Ok(()),
                },
                Next::Open => break Ok(()),
                // What could still become a header in front.
                Next::Other if !self.begun && rest.len() < ENOUGH => break Ok(()),
                Next::Other => break Err(Foreign),
            }
        };
        self.pending.drain(..done);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"HEP3\x00\x0d\x00\x00\x00\x01\x00\x07\x02";

    /// The frames found, whatever the pieces the bytes come in.
    fn check(bytes: &[u8], frames: usize, expected: Result<(), Foreign>) {
        for size in [1, 5, bytes.len()] {
            let mut framing = Framing::default();
            let mut found = 0;
            let mut result = Ok(());
            for piece in bytes.chunks(size) {
                result = result.and_then(|()| {
                    framing.take(piece, &mut |frame| {
                        assert_eq!(frame, FRAME);
                        found += 1;
                    })
                });
            }
            assert_eq!((found, result), (frames, expected), "pieces of {size}");
        }
    }

    #[test]
    fn frames_follow_each_other() {
        check(&FRAME.repeat(3), 3, Ok(()));
        check(&FRAME.repeat(3)[..30], 2, Ok(()));
        check(
            &[b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 9060\r\n", FRAME].concat(),
            1,
            Ok(()),
        );
        check(&[FRAME, b"INVITE sip:a SIP/2.0"].concat(), 1, Err(Foreign));
        check(b"GET / HTTP/1.1\r\n\r\n", 0, Err(Foreign));
        check(b"HEP3\xff\xff\x00\x00\x00\x01\x00\x07\x02", 0, Err(Foreign));
    }
}

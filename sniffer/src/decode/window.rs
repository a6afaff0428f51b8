//! A stretch of the wire: the bytes captured of it, and how long it was.

/// The captured bytes of a header and all it wraps, and their length on the wire.
///
/// The snap length may have cut the end, so the wire length is what length fields and padding are judged by, and the bytes are
/// what can be read. There are never more bytes than wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    bytes: &'a [u8],
    wire: usize,
}

impl<'a> Window<'a> {
    /// `bytes`, of a stretch that was `wire` long. A shorter `wire` than `bytes` is a broken record and not believed.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8], wire: usize) -> Self {
        Window {
            bytes,
            wire: wire.max(bytes.len()),
        }
    }

    /// What was captured.
    #[inline(always)]
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// How long it was.
    #[inline(always)]
    pub(crate) fn wire_len(self) -> usize {
        self.wire
    }

    /// Whether the capture cut the end off.
    #[inline(always)]
    pub(crate) fn is_cut(self) -> bool {
        self.bytes.len() < self.wire
    }

    /// What follows the first `n` bytes; `None` unless those were captured.
    #[inline(always)]
    pub(crate) fn skip(self, n: usize) -> Option<Self> {
        let bytes = self.bytes.get(n..)?;
        Some(Window::new(bytes, self.wire - n))
    }

    /// The first `N` bytes and what follows them; `None` unless they were captured.
    #[inline(always)]
    pub(crate) fn split<const N: usize>(self) -> Option<(&'a [u8; N], Self)> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        Some((head, Window::new(rest, self.wire - N)))
    }

    /// The same stretch with the end where a length field puts it: padding behind it is left, and where the field
    /// reaches beyond what was captured it still tells the true length.
    #[inline(always)]
    pub(crate) fn end_at(self, n: usize) -> Self {
        Window {
            bytes: self.bytes.get(..n).unwrap_or(self.bytes),
            wire: n,
        }
    }
}

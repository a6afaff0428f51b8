//! Source description (RFC 3550, 6.5).

use super::Raw;
use crate::rtp::Ssrc;

/// Descriptions of up to 31 sources.
#[derive(Clone, Copy, Debug)]
pub struct Sdes<'a> {
    count: u8,
    body: &'a [u8],
}

impl<'a> Sdes<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Self {
        Sdes {
            count: raw.count,
            body: raw.body,
        }
    }

    /// The chunks that are there, one a source, at most as many as the packet says.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'a>> + 'a {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (chunk, behind) = Chunk::split(rest)?;
            rest = behind;
            Some(chunk)
        })
        .take(usize::from(self.count))
    }
}

/// What is said of one source.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The source.
    pub ssrc: Ssrc,
    items: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The items, up to the first that is cut short.
    pub fn items(&self) -> impl Iterator<Item = Item<'a>> + 'a {
        let mut rest = self.items;
        std::iter::from_fn(move || {
            let (item, behind) = Item::split(rest)?;
            rest = behind;
            Some(item)
        })
    }

    /// The canonical name, which every source must have (RFC 3550, 6.5.1).
    pub fn cname(&self) -> Option<&'a [u8]> {
        self.items()
            .find(|item| item.kind == SdesItem::Cname)
            .map(|item| item.text)
    }

    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&ssrc, body) = bytes.split_first_chunk::<4>()?;
        let mut rest = body;
        while let Some((_, behind)) = Item::split(rest) {
            rest = behind;
        }
        let len = body.len() - rest.len();
        let items = body.get(..len)?;
        // At least one null byte ends the list, then as many as reach the next word.
        let behind = body.get((len / 4 + 1) * 4..).unwrap_or(&[]);
        let ssrc = ssrc.into();
        Some((Chunk { ssrc, items }, behind))
    }
}

/// One property of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Which property.
    pub kind: SdesItem,
    /// Its value, which should be UTF-8; for `Priv`, prefix length, prefix and value.
    pub text: &'a [u8],
}

impl<'a> Item<'a> {
    /// `None` at the null byte that ends the list, and where the item is cut short.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[kind, len], rest) = bytes.split_first_chunk()?;
        let kind = SdesItem::from_type(kind)?;
        let (text, rest) = rest.split_at_checked(usize::from(len))?;
        Some((Item { kind, text }, rest))
    }
}

/// Which property of a source (RFC 3550, 6.5.1 to 6.5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SdesItem {
    /// Canonical end-point identifier.
    Cname,
    /// User name.
    Name,
    /// Electronic mail address.
    Email,
    /// Phone number.
    Phone,
    /// Geographic user location.
    Loc,
    /// Application or tool name.
    Tool,
    /// Notice or status.
    Note,
    /// Private extension.
    Priv,
    /// Another registered or unregistered type.
    Other(u8),
}

impl SdesItem {
    /// `None` for 0, which ends a list.
    fn from_type(number: u8) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => SdesItem::Cname,
            2 => SdesItem::Name,
            3 => SdesItem::Email,
            4 => SdesItem::Phone,
            5 => SdesItem::Loc,
            6 => SdesItem::Tool,
            7 => SdesItem::Note,
            8 => SdesItem::Priv,
            other => SdesItem::Other(other),
        })
    }
}

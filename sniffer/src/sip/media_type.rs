//! Content-Type: what a body or body part is (RFC 3261, 20.15; RFC 2045, 5.1).

use super::params::Params;
use super::scan::{split_at, split_once, trim};

/// A media type: `application/sdp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// What stands before the slash, as written.
    pub kind: &'a [u8],
    /// What stands behind the slash, as written.
    pub subtype: &'a [u8],
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Takes the value apart; `None` where there is no slash.
    pub fn parse(value: &'a [u8]) -> Option<MediaType<'a>> {
        let (names, params) = split_at(value, |b| b == b';');
        let (kind, subtype) = split_once(names, b'/')?;
        Some(MediaType {
            kind: trim(kind),
            subtype: trim(subtype),
            params: Params::new(params),
        })
    }

    /// Whether it is this type; types ignore case.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.is_kind(kind) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// Whether what stands before the slash is this.
    pub fn is_kind(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// What parts the parts of a multipart body (RFC 2046, 5.1.1).
    pub fn boundary(&self) -> Option<&'a [u8]> {
        let value = self.params.value("boundary")?;
        let inner = match value {
            [b'"', inner @ .., b'"'] => inner,
            _ => value,
        };
        Some(inner).filter(|inner| !inner.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::MediaType;

    #[test]
    fn types_and_boundaries() {
        let sdp = MediaType::parse(b"Application / SDP ; charset=utf-8").unwrap();
        assert!(sdp.is("application", "sdp"));
        assert_eq!(sdp.boundary(), None);
        let mixed = MediaType::parse(br#"multipart/mixed;boundary="a b;c""#).unwrap();
        assert!(mixed.is_kind("multipart"));
        assert_eq!(mixed.boundary(), Some(&b"a b;c"[..]));
        assert_eq!(MediaType::parse(b"sdp"), None);
    }
}

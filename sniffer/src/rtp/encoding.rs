//! Names of encodings, as `a=rtpmap` gives them (RFC 8866, 6.6).

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The names nearly all sessions use, as they are mostly written: these take no memory of their own.
const USUAL: [&str; 36] = [
    "PCMU",
    "PCMA",
    "telephone-event",
    "G729",
    "G722",
    "CN",
    "opus",
    "AMR",
    "AMR-WB",
    "EVS",
    "iLBC",
    "GSM",
    "speex",
    "G723",
    "G726-32",
    "G726-16",
    "G726-24",
    "G726-40",
    "SILK",
    "L16",
    "red",
    "ulpfec",
    "rtx",
    "H264",
    "H263",
    "H263-1998",
    "H261",
    "H265",
    "VP8",
    "VP9",
    "AV1",
    "DVI4",
    "G728",
    "LPC",
    "G7221",
    "opus-red",
];

/// The name of an encoding. Dereferences to the name as written; names ignore case (RFC 4855, 3).
#[derive(Clone)]
pub struct Encoding(Name);

#[derive(Clone)]
enum Name {
    Usual(u8),
    Other(Arc<str>),
}

impl From<&str> for Encoding {
    fn from(name: &str) -> Encoding {
        let place = USUAL.iter().position(|usual| *usual == name);
        let place = place.and_then(|place| u8::try_from(place).ok());
        Encoding(place.map_or_else(|| Name::Other(name.into()), Name::Usual))
    }
}

impl From<Encoding> for Arc<str> {
    fn from(encoding: Encoding) -> Arc<str> {
        match encoding.0 {
            Name::Other(name) => name,
            Name::Usual(_) => Arc::from(&*encoding),
        }
    }
}

impl Deref for Encoding {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Name::Usual(place) => USUAL.get(usize::from(*place)).copied().unwrap_or_default(),
            Name::Other(name) => name,
        }
    }
}

impl PartialEq for Encoding {
    fn eq(&self, other: &Encoding) -> bool {
        **self == **other
    }
}

impl Eq for Encoding {}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn names_stay_as_written() {
        for name in ["PCMU", "pcmu", "X-NEW", ""] {
            assert_eq!(&*Encoding::from(name), name);
        }
        assert_ne!(Encoding::from("PCMU"), Encoding::from("pcmu"));
        assert_eq!(size_of::<Encoding>(), 16);
    }
}

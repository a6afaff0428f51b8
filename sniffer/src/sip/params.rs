//! Parameters behind a value: `;name=value` (RFC 3261, 25.1, generic-param).

use std::borrow::Cow;

use super::scan::{Pieces, all, is_token_byte, split_once, trim};
use super::value::unquote;

/// The parameters behind a header value or in a URI, in their order; empty ones are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    bytes: &'a [u8],
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// The name as written; names ignore case.
    pub name: &'a [u8],
    /// What follows the `=`, quotes included; `None` where there is no `=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// The parameters in these bytes, with or without a semicolon at the start.
    pub fn new(bytes: &'a [u8]) -> Params<'a> {
        let bytes = trim(bytes);
        match bytes.strip_prefix(b";") {
            // A semicolon with nothing behind it stays: it is no parameter, and well-formed it is not.
            Some(behind) if !behind.is_empty() => Params {
                bytes: trim(behind),
            },
            _ => Params { bytes },
        }
    }

    /// The bytes they stand in, without the first semicolon.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// All of them in their order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        Pieces::new(self.bytes, b';')
            .filter(|piece| !piece.is_empty())
            .map(Param::new)
    }

    /// The first of this name.
    pub fn get(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.is_named(name))
    }

    /// The value of the first of this name, as written; `None` where it is missing or empty.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name)?.value.filter(|value| !value.is_empty())
    }

    /// Whether one of this name is there, with or without a value.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether none is empty, every name is there, and every `=` has a value behind it.
    pub(super) fn are_well_formed(&self) -> bool {
        let whole = |piece: &[u8]| {
            let param = Param::new(piece);
            !param.name.is_empty() && param.value.is_none_or(|value| !value.is_empty())
        };
        self.bytes.is_empty() || self.are_plain() || Pieces::new(self.bytes, b';').all(whole)
    }

    /// Whether they are nothing but tokens between single marks, as nearly all are: well-formed, without being taken apart.
    fn are_plain(&self) -> bool {
        let mut is_behind_a_mark = true;
        let plain = all(self.bytes, |byte| {
            let is_mark = matches!(byte, b';' | b'=');
            let before = std::mem::replace(&mut is_behind_a_mark, is_mark);
            if is_mark {
                !before
            } else {
                is_token_byte(byte)
            }
        });
        plain && !is_behind_a_mark
    }
}

impl<'a> Param<'a> {
    fn new(piece: &'a [u8]) -> Param<'a> {
        match split_once(piece, b'=') {
            Some((name, value)) => Param {
                name: trim(name),
                value: Some(trim(value)),
            },
            None => Param {
                name: piece,
                value: None,
            },
        }
    }

    /// Whether it has this name; names ignore case.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value without quotes, escapes and line folds.
    pub fn unquoted(&self) -> Option<Cow<'a, [u8]>> {
        self.value.map(unquote)
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[track_caller]
    fn check(input: &str, expected: &[(&str, Option<&str>)]) {
        let params = Params::new(input.as_bytes());
        let shown: Vec<_> = params
            .iter()
            .map(|p| (p.name.to_vec(), p.value.map(<[u8]>::to_vec)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| {
                (
                    name.as_bytes().to_vec(),
                    value.map(|v| v.as_bytes().to_vec()),
                )
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn parameters_come_in_their_order() {
        check(
            ";tag=1;lr;Q=0.5",
            &[("tag", Some("1")), ("lr", None), ("Q", Some("0.5"))],
        );
        check(" ; a = 1 ;\r\n b ", &[("a", Some("1")), ("b", None)]);
        check(r#"x="a;b=c";y"#, &[("x", Some(r#""a;b=c""#)), ("y", None)]);
        check("x=<a;b>;y=", &[("x", Some("<a;b>")), ("y", Some(""))]);
        check(";;a;;", &[("a", None)]);
        check("", &[]);
    }

    #[test]
    fn look_up_ignores_case() {
        let params = Params::new(br#";Expires=60;text="a \"b\"";empty="#);
        assert_eq!(params.value("expires"), Some(&b"60"[..]));
        assert_eq!(
            params.get("TEXT").unwrap().unquoted().unwrap(),
            &br#"a "b""#[..]
        );
        assert_eq!(params.value("empty"), None);
        assert!(params.contains("empty"));
        assert!(!params.contains("missing"));
    }

    #[test]
    fn empty_parameters_and_values_are_noticed() {
        for good in ["", ";a", "a=1;b", r#"a="""#] {
            assert!(Params::new(good.as_bytes()).are_well_formed(), "{good}");
        }
        for bad in [";;a", "a;", "a=", ";=1", ";"] {
            assert!(!Params::new(bad.as_bytes()).are_well_formed(), "{bad}");
        }
    }
}

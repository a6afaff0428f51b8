//! Rust source as the checks need it: the paths it names, the macros it calls and its bare words, by line.
//!
//! Comments, literals and test code are left out. This is not a parser: it knows `use` trees, aliases and paths, which is
//! what says whether a module reaches for something.

use std::collections::BTreeMap;

/// A name in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) line: usize,
    /// Its segments; aliases, `self` and `super` are resolved, and `core` and `alloc` read as `std`. An import of
    /// everything ends in `*`, a macro in `!`.
    pub(super) path: Vec<String>,
}

/// A word or a mark of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

/// Every name in `source`, which is the module `module` of its crate.
pub(super) fn names(source: &str, module: &[String]) -> Vec<Name> {
    let tokens = tokens(&without_tests(&scrub(source)));
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        module,
        aliases: BTreeMap::new(),
        names: Vec::new(),
    };
    reader.read();
    reader.names
}

/// The source with comments and the insides of literals blanked, line by line as long as before.
pub(super) fn scrub(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = blank_length(&bytes[at..], at.checked_sub(1).map(|before| bytes[before]));
        let span = at..(at + length.max(1)).min(bytes.len());
        for &byte in &bytes[span.clone()] {
            let kept = byte == b'\n' || (length == 0 && byte.is_ascii());
            out.push(if kept { char::from(byte) } else { ' ' });
        }
        at = span.end;
    }
    out
}

/// How long the comment or literal is that begins here; zero if none does.
fn blank_length(rest: &[u8], before: Option<u8>) -> usize {
    let in_word = before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'b' | b'c', b'"', ..] if !in_word => 1 + quoted(&rest[1..], b'"'),
        [b'r', b'"' | b'#', ..] if !in_word => raw_string(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !in_word => raw_string(rest, 2),
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// `r#"…"#` with any number of marks; zero for a raw identifier.
fn raw_string(rest: &[u8], prefix: usize) -> usize {
    let marks = rest[prefix..].iter().take_while(|&&b| b == b'#').count();
    let open = prefix + marks;
    if rest.get(open) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(marks)].concat();
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |end| open + 1 + end + close.len())
}

/// A character literal; a lifetime has no quote behind its first character.
fn character(rest: &[u8]) -> usize {
    let first = rest.get(1).copied().unwrap_or(b' ');
    let width = match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') {
        width + 2
    } else {
        0
    }
}

/// The scrubbed source with every item under `#[cfg(test)]` blanked.
fn without_tests(scrubbed: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = scrubbed.to_owned();
    let mut from = 0;
    while let Some(found) = out[from..].find(MARK) {
        let begin = from + found;
        let end = item_end(&out, begin + MARK.len());
        let blank: String = out[begin..end]
            .chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect();
        out.replace_range(begin..end, &blank);
        from = end;
    }
    out
}

/// Where the item that begins at `from` ends: at its semicolon, or at the brace that closes its first one.
fn item_end(text: &str, from: usize) -> usize {
    let mut depth = 0;
    for (offset, c) in text[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return from + offset + 1;
        }
    }
    text.len()
}

fn tokens(scrubbed: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(scrubbed.lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let length = if word > 0 {
                word
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(length);
            tokens.push(Token {
                line,
                text: token.to_owned(),
            });
            rest = after.trim_start();
        }
    }
    tokens
}

/// Walks the tokens and gathers names.
struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    module: &'a [String],
    /// What an imported name stands for.
    aliases: BTreeMap<String, Vec<String>>,
    names: Vec<Name>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            if token.text == "use" {
                self.at += 1;
                self.tree(&[]);
            } else if is_word(&token.text) {
                let line = token.line;
                let path = self.path();
                self.keep(line, path);
            } else {
                self.at += 1;
            }
        }
    }

    /// One branch of a `use` tree, up to the mark that ends it.
    fn tree(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut line = self.line();
        while let Some(token) = self.tokens.get(self.at) {
            match token.text.as_str() {
                "::" => {}
                "{" => return self.branches(&path),
                "as" => {
                    name = Some(self.text(1).to_owned());
                    self.at += 1;
                }
                word if word == "*" || is_word(word) => {
                    line = token.line;
                    path.push(word.to_owned());
                }
                _ => break,
            }
            self.at += 1;
        }
        self.import(line, &path, name);
    }

    /// The branches between braces, which are left behind.
    fn branches(&mut self, prefix: &[String]) {
        while matches!(self.text(0), "{" | ",") {
            self.at += 1;
            if self.text(0) != "}" {
                self.tree(prefix);
            }
        }
        self.at += 1;
    }

    /// Keeps an import and remembers the name it gives. `{self}` imports what is before it.
    fn import(&mut self, line: usize, path: &[String], name: Option<String>) {
        let path = match path {
            [before @ .., last] if last == "self" && !before.is_empty() => before,
            _ => path,
        };
        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
        let path = self.resolve(path.to_vec());
        self.aliases.insert(name, path.clone());
        self.names.push(Name { line, path });
    }

    fn path(&mut self) -> Vec<String> {
        let mut path = vec![self.text(0).to_owned()];
        while self.text(1) == "::" && is_word(self.text(2)) {
            path.push(self.text(2).to_owned());
            self.at += 2;
        }
        if self.text(1) == "!" && self.text(2) != "=" {
            path.push("!".to_owned());
        }
        self.at += 1;
        path
    }

    fn keep(&mut self, line: usize, path: Vec<String>) {
        let path = match self.aliases.get(&path[0]) {
            Some(full) if path[0] != "self" => [full, &path[1..]].concat(),
            _ => self.resolve(path),
        };
        self.names.push(Name { line, path });
    }

    /// From `self`, `super` and `crate` to a path that begins with `crate`.
    fn resolve(&self, path: Vec<String>) -> Vec<String> {
        let up = path
            .iter()
            .take_while(|segment| *segment == "super")
            .count();
        let relative = up > 0 || path.first().is_some_and(|first| first == "self");
        if !relative {
            let mut path = path;
            if let Some(first) = path
                .first_mut()
                .filter(|first| matches!(first.as_str(), "core" | "alloc" | "std"))
            {
                "std".clone_into(first);
            }
            return path;
        }
        let kept = self.module.len().saturating_sub(up);
        let rest = path.into_iter().skip(up.max(1));
        std::iter::once("crate".to_owned())
            .chain(self.module[..kept].iter().cloned())
            .chain(rest)
            .collect()
    }

    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| &token.text)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

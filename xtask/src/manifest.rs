//! The list of the captures in `pcaps/`: every file has a row that says whence it comes, and every row a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::command::Outcome;

const HEAD: &str = "file\tbytes\torigin\tlicence\tpurpose";
/// Licences under which a capture may be copied into the project.
const LICENCES: [&str; 6] = [
    "MIT OR Apache-2.0",
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Unlicense",
];
/// All captures together stay below this many bytes.
const MOST_BYTES: u64 = 2_000_000;

/// Compares `MANIFEST.tsv` in `dir` with the captures beside it.
pub(crate) fn check(dir: &Path) -> Outcome {
    let path = dir.join("MANIFEST.tsv");
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut files = BTreeMap::new();
    sizes(dir, dir, &mut files).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let wrong = disagreements(&text, &files);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("pcaps/MANIFEST.tsv:\n  {}", wrong.join("\n  ")))
    }
}

/// What is wrong with a manifest, given the captures and their sizes.
fn disagreements(text: &str, files: &BTreeMap<String, u64>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        wrong.push(format!("does not begin with the columns {HEAD:?}"));
    }
    let mut unlisted = files.clone();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[file, bytes, origin, licence, purpose] = cells.as_slice() else {
            wrong.push(format!("a row of {} cells: {line}", cells.len()));
            continue;
        };
        match unlisted.remove(file) {
            None => wrong.push(format!("{file}: no such file, or a second row")),
            Some(size) if size.to_string() != bytes => {
                wrong.push(format!("{file}: {size} bytes, not {bytes}"));
            }
            Some(_) => {}
        }
        if !LICENCES.contains(&licence) {
            wrong.push(format!("{file}: `{licence}` does not let it be copied"));
        }
        if origin.is_empty() || purpose.is_empty() {
            wrong.push(format!("{file}: no origin or no purpose"));
        }
    }
    wrong.extend(unlisted.keys().map(|file| format!("{file}: not listed")));
    let total: u64 = files.values().sum();
    if total > MOST_BYTES {
        wrong.push(format!("{total} bytes of captures, {MOST_BYTES} at most"));
    }
    wrong
}

/// The captures under `dir`, by path: everything but truth files and what is written about them.
fn sizes(dir: &Path, base: &Path, found: &mut BTreeMap<String, u64>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let about = path.extension().is_some_and(|ext| {
            ["json", "md", "tsv", "txt"]
                .iter()
                .any(|known| ext == *known)
        });
        if path.is_dir() {
            sizes(&path, base, found)?;
        } else if !about {
            let name = path
                .strip_prefix(base)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            found.insert(name, path.metadata()?.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(rows: &[&str]) -> Vec<String> {
        let files = BTreeMap::from([("a.pcap".to_owned(), 24)]);
        disagreements(&[&[HEAD], rows].concat().join("\n"), &files)
    }

    #[test]
    fn every_file_has_a_row_and_every_row_a_file() {
        assert_eq!(wrong(&["a.pcap\t24\tgenerated\tMIT\tone"]), [""; 0]);
        assert_eq!(wrong(&[]), ["a.pcap: not listed"]);
        assert_eq!(
            wrong(&["a.pcap\t24\tx\tMIT\tone", "b.pcap\t24\tx\tMIT\tone"]),
            ["b.pcap: no such file, or a second row"]
        );
    }

    #[test]
    fn size_and_licence_are_checked() {
        assert_eq!(
            wrong(&["a.pcap\t25\tx\tMIT\tone"]),
            ["a.pcap: 24 bytes, not 25"]
        );
        assert_eq!(
            wrong(&["a.pcap\t24\tx\tnone stated\tone"]),
            ["a.pcap: `none stated` does not let it be copied"]
        );
    }

    #[test]
    fn the_committed_captures_are_listed() {
        assert_eq!(check(&crate::generate::directory()), Ok(()));
    }
}

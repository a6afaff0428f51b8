//! The folder of slices: no more files, and no more bytes, than it may have; the oldest go.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What the names of slices end with. Others are never touched.
pub(super) const ENDING: &str = ".slice.pcapng";

/// A folder that slices are put in.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    most_files: usize,
    most_bytes: u64,
    /// The slices that are there with their sizes, the oldest first: their names begin with a time.
    files: VecDeque<(String, u64)>,
}

impl Folder {
    /// Opens it, and makes it if it is not there.
    pub(super) fn open(path: &Path, most_files: usize, most_bytes: u64) -> io::Result<Folder> {
        fs::create_dir_all(path)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && name.ends_with(ENDING)
            {
                files.push((name, entry.metadata()?.len()));
            }
        }
        files.sort();
        let mut folder = Folder {
            path: path.to_owned(),
            most_files,
            most_bytes,
            files: files.into(),
        };
        folder.make_room()?;
        Ok(folder)
    }

    /// Puts a file there, whole or not at all. One of the same name is replaced.
    pub(super) fn put(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let name = format!("{name}{ENDING}");
        let part = self.path.join("part");
        // It holds what people said and whom they called.
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let bytes = file.metadata()?.len();
        fs::rename(&part, self.path.join(&name))?;
        self.files.retain(|(known, _)| *known != name);
        self.files.push_back((name, bytes));
        self.make_room()
    }

    fn make_room(&mut self) -> io::Result<()> {
        let mut taken: u64 = self.files.iter().map(|(_, bytes)| bytes).sum();
        while self.files.len() > self.most_files || taken > self.most_bytes {
            let Some((name, bytes)) = self.files.pop_front() else {
                break;
            };
            taken = taken.saturating_sub(bytes);
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &mut Folder, name: &str, n: usize) {
        let written = folder.put(name, |out| out.write_all(&vec![0; n]));
        written.unwrap();
    }

    fn check(path: &Path, expected: &[&str]) {
        let names = fs::read_dir(path).unwrap().flatten();
        let mut names: Vec<String> = names
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_oldest_go_where_there_is_no_room() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("new");
        let mut folder = Folder::open(&path, 3, 100).unwrap();
        fs::write(path.join("0.pcapng"), [0; 1000]).unwrap();
        for name in ["1", "2", "3", "4"] {
            put(&mut folder, name, 10);
        }
        let three = ["2.slice.pcapng", "3.slice.pcapng", "4.slice.pcapng"];
        check(&path, &[&["0.pcapng"], &three[..]].concat());
        put(&mut folder, "3", 85);
        check(&path, &["0.pcapng", "3.slice.pcapng", "4.slice.pcapng"]);
        let mut folder = Folder::open(&path, 1, 100).unwrap();
        check(&path, &["0.pcapng", "4.slice.pcapng"]);
        put(&mut folder, "5", 101);
        check(&path, &["0.pcapng"]);
    }
}

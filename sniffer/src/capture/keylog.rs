//! The file of a TLS key log: read once, or followed while a TLS library appends to it.
//!
//! What its lines mean is the business of [`KeyLog`].

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::decode::KeyLog;

/// Bytes taken in at one look: whoever follows the file has other things to do.
const MOST_AT_ONCE: u64 = 1 << 20;

/// A key log that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot read the TLS key log: {source}; give a file as SSLKEYLOGFILE names one", path.display())]
pub struct KeyLogError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Reads a key log to its end.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn read_key_log(path: &Path) -> Result<KeyLog, KeyLogError> {
    let mut log = KeyLog::growing();
    let mut follower = KeyLogFollower::open(path)?;
    while follower.read_on(&mut log)? > 0 {}
    log.finish();
    Ok(log)
}

/// Follows the file of a key log.
#[derive(Debug)]
pub struct KeyLogFollower {
    path: PathBuf,
    file: File,
    position: u64,
}

impl KeyLogFollower {
    /// Opens the file and stands at its beginning.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<KeyLogFollower, KeyLogError> {
        match File::open(path) {
            Ok(file) => Ok(KeyLogFollower {
                path: path.to_owned(),
                file,
                position: 0,
            }),
            Err(source) => Err(KeyLogError {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Adds what was appended since the last look, a megabyte at most; how many bytes that was. A file that was
    /// replaced or cut is read from its beginning.
    ///
    /// # Errors
    /// When the file cannot be read. The next look goes on where this one ended.
    pub fn read_on(&mut self, log: &mut KeyLog) -> Result<usize, KeyLogError> {
        let appended = self.look(log);
        appended.map_err(|source| KeyLogError {
            path: self.path.clone(),
            source,
        })
    }

    fn look(&mut self, log: &mut KeyLog) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read(&mut bytes)?;
        if bytes.is_empty() && self.begins_anew()? {
            log.drop_partial_line();
            self.read(&mut bytes)?;
        }
        log.add_lines(&bytes);
        Ok(bytes.len())
    }

    fn read(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let n = (&self.file).take(MOST_AT_ONCE).read_to_end(bytes)?;
        self.position += n as u64;
        Ok(())
    }

    /// Whether there is another file under the name, or the file was cut; stands at its beginning then.
    fn begins_anew(&mut self) -> io::Result<bool> {
        let here = self.file.metadata()?;
        if let Ok(named) = std::fs::metadata(&self.path)
            && (named.dev(), named.ino()) != (here.dev(), here.ino())
        {
            self.file = File::open(&self.path)?;
        } else if here.is_file() && here.len() < self.position {
            self.file.seek(SeekFrom::Start(0))?;
        } else {
            return Ok(false);
        }
        self.position = 0;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    /// A file of this test's own.
    fn scratch(name: &str) -> PathBuf {
        let name = format!("sipvane-key-log-{}-{name}", std::process::id());
        std::env::temp_dir().join(name)
    }

    fn line(random: u8) -> String {
        let hex = |byte: u8, n| format!("{byte:02x}").repeat(n);
        format!("CLIENT_RANDOM {} {}\n", hex(random, 32), hex(1, 48))
    }

    #[track_caller]
    fn check(follower: &mut KeyLogFollower, log: &mut KeyLog, n_secrets: u64) {
        follower.read_on(log).unwrap();
        assert_eq!((log.n_secrets(), log.n_malformed()), (n_secrets, 0));
    }

    #[test]
    fn a_file_is_read_to_its_end() {
        let path = scratch("whole");
        fs::write(
            &path,
            format!("{}# comment\nwhat\n{}", line(1), line(2).trim_end()),
        )
        .unwrap();
        let log = read_key_log(&path).unwrap();
        assert_eq!((log.n_secrets(), log.n_malformed()), (2, 1));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_appended_is_followed() {
        let path = scratch("growing");
        let (first, second) = (line(1), line(2));
        fs::write(&path, &first).unwrap();
        let mut follower = KeyLogFollower::open(&path).unwrap();
        let mut log = KeyLog::growing();
        check(&mut follower, &mut log, 1);
        check(&mut follower, &mut log, 1);
        let mut file = File::options().append(true).open(&path).unwrap();
        let (half, rest) = second.split_at(40);
        file.write_all(half.as_bytes()).unwrap();
        check(&mut follower, &mut log, 1);
        file.write_all(rest.as_bytes()).unwrap();
        check(&mut follower, &mut log, 2);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_begins_anew_is_read_anew() {
        let path = scratch("anew");
        fs::write(&path, format!("{}{}CLIENT_", line(1), line(2))).unwrap();
        let mut follower = KeyLogFollower::open(&path).unwrap();
        let mut log = KeyLog::growing();
        check(&mut follower, &mut log, 2);
        fs::write(&path, line(3)).unwrap();
        check(&mut follower, &mut log, 3);
        fs::remove_file(&path).unwrap();
        check(&mut follower, &mut log, 3);
        fs::write(&path, line(4)).unwrap();
        check(&mut follower, &mut log, 4);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let missing = read_key_log(Path::new("/nowhere/keys.txt")).unwrap_err();
        let text = missing.to_string();
        assert!(
            text.starts_with("/nowhere/keys.txt: cannot read the TLS key log: "),
            "{text}"
        );
        assert!(
            text.ends_with("; give a file as SSLKEYLOGFILE names one"),
            "{text}"
        );
        assert!(read_key_log(&std::env::temp_dir()).is_err());
    }
}

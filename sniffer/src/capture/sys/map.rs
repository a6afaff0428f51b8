//! The memory map of a regular file.
//!
//! A file that changes while it is mapped shows through the map, see [`Map::new`].
#![allow(unsafe_code, reason = "a map of a file cannot be had without")]

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Advice, Mmap};

/// A whole file, mapped for reading.
pub(in crate::capture) struct Map(Mmap);

impl Map {
    /// Maps `file` as long as it is now; it may be closed afterwards.
    ///
    /// If another process cuts the file shorter while it is mapped, touching a page behind its new end raises `SIGBUS` and
    /// ends this process; what it had written stays. A capture that may be cut while it is read (rotation that copies
    /// and truncates) belongs through a pipe, which is never mapped. Bytes appended later are not seen.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, for example where the file system cannot map. The caller then reads the file as a stream.
    pub(in crate::capture) fn new(file: &File) -> io::Result<Map> {
        // SAFETY: the map is private and read-only, lives as long as `Map`, and every borrow of its bytes is bound to that, so
        // no pointer outlives it and no write goes through it. What cannot be ruled out is another process that changes the
        // file meanwhile. Shortened, it ends this process by `SIGBUS`, before any wrong byte is read. Overwritten in place, bytes
        // behind a `&[u8]` change: the readers take every length they act upon out of the map once, by value, and compare
        // it with the length of the slice, never with what the map says a second time; no `str`, `bool`, enum or reference is
        // made from mapped bytes without a check of the copy that is used. So changed bytes give wrong figures
        // or damage, and no access outside the map.
        let map = unsafe { Mmap::map(file)? };
        // Only a hint that lets the kernel read ahead: where it is refused, the map is as good.
        let _ = map.advise(Advice::Sequential);
        Ok(Map(map))
    }
}

impl Map {
    /// Has the kernel map `len` bytes from `from` on at once, which costs less than a page fault now and then.
    pub(in crate::capture) fn populate(&self, from: usize, len: usize) {
        let len = len.min(self.0.len().saturating_sub(from));
        // Only a hint: what is not mapped yet is when it is read.
        let _ = self.0.advise_range(Advice::PopulateRead, from, len);
    }
}

/// What a processor fetches at once.
const CACHE_LINE: usize = 64;

impl Map {
    /// Asks for `len` bytes from `from` on to be in the cache soon, and does not wait for them.
    #[inline]
    pub(in crate::capture) fn fetch(&self, from: usize, len: usize) {
        let rest = self.0.get(from..).unwrap_or_default();
        let stretch = rest.get(..len).unwrap_or(rest);
        stretch.iter().step_by(CACHE_LINE).for_each(fetch_line);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn fetch_line(byte: &u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: it is a hint, which reads nothing that a program can see, whatever the address; every x86-64 has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
}

/// Where there is no such hint, the byte is read.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn fetch_line(byte: &u8) {
    std::hint::black_box(*byte);
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

//! How far an input has been read.
//!
//! Counted in bytes as they lie on the disk, packed or not, so it costs nothing
//! and holds for every form of file; in a folder, in its entries. What is counted
//! may be a buffer ahead of the rows. The end of a stream is not known.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How far an input has been read.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    read: Arc<AtomicU64>,
    of: u64,
}

impl Reach {
    pub(super) fn of(all: u64) -> Self {
        Self { read: Arc::default(), of: all }
    }

    /// So much is still to be read.
    pub(super) fn leaves(&self, rest: u64) {
        self.read.store(self.of - rest, Relaxed);
    }

    /// How much has been read and how much there is; none when the end is not known.
    pub fn so_far(&self) -> Option<(u64, u64)> {
        (self.of > 0).then(|| (self.read.load(Relaxed).min(self.of), self.of))
    }
}

/// A file that counts what is read of it.
pub(super) struct Counted {
    file: File,
    reach: Reach,
}

impl Counted {
    pub(super) fn new(file: File) -> Self {
        // A pipe or a device has no length.
        let length = file.metadata().map_or(0, |file| if file.is_file() { file.len() } else { 0 });
        Self { file, reach: Reach::of(length) }
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach.clone()
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.reach.read.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

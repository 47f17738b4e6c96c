//! By what an output is known again: its bytes.
//!
//! Who copies a file, unpacks or touches it gives it another time and no other
//! bytes, so only their hash decides. Size and time are compared first, since a
//! file that has both as it was written need not be read.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// By what an output is known as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    changed: i64,
    sha256: String,
}

impl Stamp {
    /// The stamp of a file, which is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        Self::with(path, sha256(path)?)
    }

    fn with(path: &Path, sha256: String) -> io::Result<Self> {
        let (bytes, changed) = outside(path)?;
        Ok(Self { bytes, changed, sha256 })
    }

    /// The one of these that a file bears, if it has the bytes of one.
    pub(super) fn borne<'a>(stamps: &'a [Self], path: &Path) -> io::Result<Option<&'a Self>> {
        let (bytes, changed) = outside(path)?;
        let alike = || stamps.iter().filter(|stamp| stamp.bytes == bytes);
        if let Some(same) = alike().find(|stamp| stamp.changed == changed) {
            return Ok(Some(same));
        }
        if alike().next().is_none() {
            return Ok(None);
        }
        let sha256 = sha256(path)?;
        Ok(alike().find(|stamp| stamp.sha256 == sha256))
    }
}

/// Size and time of a file.
fn outside(path: &Path) -> io::Result<(u64, i64)> {
    let found = std::fs::metadata(path)?;
    let seconds = found.mtime().saturating_mul(1_000_000_000);
    Ok((found.len(), seconds.saturating_add(found.mtime_nsec())))
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut stamped = Stamped::new(io::sink());
    stamped.write_file(path)?;
    Ok(stamped.hash())
}

/// Writes on, and hashes what it writes.
#[derive(Debug)]
pub struct Stamped<W> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> Stamped<W> {
    /// Nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out, hasher: Sha256::new() }
    }

    /// Writes on what a file holds.
    ///
    /// # Errors
    /// When it cannot be read, or its bytes not be written.
    pub fn write_file(&mut self, path: &Path) -> io::Result<()> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
        io::copy(&mut file, self).map(drop)
    }

    /// The stamp of the file at `path`, which holds all that was written and nothing else.
    ///
    /// # Errors
    /// When it is not there.
    pub fn stamp(self, path: &Path) -> io::Result<Stamp> {
        Stamp::with(path, self.hash())
    }

    /// The SHA-256 of all that was written, in hexadecimal digits.
    pub fn hash(self) -> String {
        self.hasher.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }
}

impl<W: Write> Write for Stamped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

//! What can be read only once, as a file: a run that is kept reads its input more than once.
//!
//! Invariant: the file goes when the run ends; what a kill leaves of it, the
//! next command removes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::faults::{unread, unwritten};
use super::unless_stopped;
use crate::batch::Run;
use crate::failure::Failure;

/// A copy of the input.
#[derive(Debug)]
pub(super) struct Spool(PathBuf);

impl Spool {
    /// Whether an input has to be copied: standard input, a pipe with a name.
    pub(super) fn is_needed(input: &Path) -> bool {
        let once = |found: std::fs::Metadata| !found.is_file() && !found.is_dir();
        input == Path::new("-") || std::fs::metadata(input).is_ok_and(once)
    }

    /// Copies an input to `path`; none when the run is stopped before its end.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(super) fn fill(
        input: &Path,
        path: PathBuf,
        run: &Run,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Option<Self>, Failure> {
        let (from, to) = (input.to_owned(), path.clone());
        let spool = Self(path);
        let copied = unless_stopped(run, runtime, move || copy(&from, &to))?;
        Ok(copied.map(|()| spool))
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // The next command removes it otherwise.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn copy(input: &Path, path: &Path) -> Result<(), Failure> {
    let mut file = File::create(path).map_err(|error| unwritten(path, error))?;
    let mut source = open(input).map_err(|error| unread(input, error))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match source.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| unread(input, error))?,
        };
        if read == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..read]).map_err(|error| unwritten(path, error))?;
    }
}

fn open(input: &Path) -> io::Result<Box<dyn Read>> {
    if input == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(input)?))
}

//! What can be read only once, as a file: a run that is kept reads its input more than once.
//!
//! Invariant: the file goes when the run ends; what a kill leaves of it, the
//! next command removes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::batch::Control;

/// How often the copying is looked after.
const GLANCE: Duration = Duration::from_millis(50);

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
    pub(super) fn fill(input: &Path, path: PathBuf, control: &Control) -> io::Result<Option<Self>> {
        let (mut file, input) = (File::create(&path)?, input.to_owned());
        let (spool, (sender, copied)) = (Self(path), mpsc::channel());
        // Not joined: it may wait for input that never comes when the run is stopped.
        std::thread::spawn(move || {
            let copied = open(&input).and_then(|mut input| io::copy(&mut input, &mut file));
            // Nobody listens when the run was stopped.
            let _ = sender.send(copied);
        });
        loop {
            match copied.recv_timeout(GLANCE) {
                Ok(copied) => return copied.map(|_| Some(spool)),
                Err(RecvTimeoutError::Timeout) if control.is_stopped() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the input was not copied to its end"));
                }
            }
        }
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

fn open(input: &Path) -> io::Result<Box<dyn Read>> {
    if input == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(input)?))
}

//! A journal's folder in one command's hands, before anything of it is touched.
//!
//! Whoever has it may still find that the run cannot begin. Invariant: until
//! [`Hold::open`] nothing that an earlier command has left is changed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::drafts::DraftFile;
use super::manifest::{self, Manifest};
use super::{Journal, JournalError, append, remove, repair};

/// What a journal consists of, beside its lock.
const FILES: [&str; 6] =
    ["results.jsonl", "index", "table", "clean", "drafts.jsonl", "manifest.json"];

/// A journal's folder, locked against other processes.
#[derive(Debug)]
pub struct Hold {
    folder: PathBuf,
    lock: File,
    wanted: Manifest,
    fresh: bool,
}

impl Hold {
    /// Takes the folder, which is made if need be; `fresh` is to discard what is there.
    ///
    /// # Errors
    /// When it is in use, when what is there was made in another way, or when it cannot be read.
    pub fn take(folder: &Path, wanted: Manifest, fresh: bool) -> Result<Self, JournalError> {
        let io = |error| JournalError::Io { folder: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(io)?;
        let lock = append(&folder.join("lock")).map_err(io)?;
        lock.try_lock().map_err(|_| JournalError::Locked(folder.to_owned()))?;
        if !fresh {
            wanted.check(folder)?;
        }
        Ok(Self { folder: folder.to_owned(), lock, wanted, fresh })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens or begins the journal: the run can begin.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(self) -> Result<Journal, JournalError> {
        let Self { folder, lock, wanted, fresh } = self;
        let mut discarded = FILES.iter().filter(|_| fresh);
        let opened = discarded.try_for_each(|name| remove(&folder.join(name))).and_then(|()| {
            let generation = manifest::join(&folder, &wanted)?;
            let inner = repair::open(&folder, generation.wrapping_sub(1))?;
            let results = append(&folder.join("results.jsonl"))?;
            let drafts = Arc::new(DraftFile::open(&folder)?);
            Ok((generation, Mutex::new(inner), results, drafts))
        });
        match opened {
            Ok((generation, inner, results, drafts)) => {
                Ok(Journal { folder, results, inner, generation, drafts, _lock: lock })
            }
            Err(error) => Err(JournalError::Io { folder, error }),
        }
    }
}

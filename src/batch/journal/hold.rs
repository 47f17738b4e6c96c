//! A journal's folder in one command's hands, before anything of it is touched.
//!
//! Whoever has it may still find that the run cannot begin. Invariant: until
//! [`Hold::open`] nothing that an earlier command has graded is changed; what a
//! killed one has left half done is gone when the folder is taken.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::drafts::DraftFile;
use super::manifest::Manifest;
use super::{Journal, JournalError, append, remove, repair};

/// What a journal consists of, beside its lock.
const FILES: [&str; 6] =
    ["results.jsonl", "index", "table", "clean", "drafts.jsonl", "manifest.json"];
/// What is there only while a command works on it.
const PASSING: [&str; 4] = [INPUT, PARTIAL, "manifest.new", "table.new"];
const LOCK: &str = "lock";
/// A copy of what can be read only once.
const INPUT: &str = "input";
/// An output that is being put together.
const PARTIAL: &str = "partial";

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
    /// When it is no journal's, is in use, was made in another way, or cannot be read.
    pub fn take(folder: &Path, wanted: Manifest, fresh: bool) -> Result<Self, JournalError> {
        let io = |error| JournalError::io(folder, error);
        check(folder)?;
        std::fs::create_dir_all(folder).map_err(io)?;
        let lock = append(&folder.join(LOCK)).map_err(io)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Locked(folder.to_owned()),
            TryLockError::Error(error) => {
                JournalError::Unlockable { lock: folder.join(LOCK), error }
            }
        })?;
        if !fresh {
            wanted.check(folder)?;
        }
        PASSING.iter().try_for_each(|name| remove(&folder.join(name))).map_err(io)?;
        Ok(Self { folder: folder.to_owned(), lock, wanted, fresh })
    }

    /// Where a copy of the input may stand until the run ends.
    pub fn input(&self) -> PathBuf {
        self.folder.join(INPUT)
    }

    /// The manifest when it is there and damaged; it will be made anew.
    pub fn damaged(&self) -> Option<PathBuf> {
        match Manifest::load(&self.folder) {
            Err(JournalError::Damaged(manifest)) if !self.fresh => Some(manifest),
            _ => None,
        }
    }

    /// Opens or begins the journal: the run can begin.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(self) -> Result<Journal, JournalError> {
        let Self { folder, lock, wanted, fresh } = self;
        let io = |error| JournalError::io(&folder, error);
        let mut discarded = FILES.iter().filter(|_| fresh);
        discarded.try_for_each(|name| remove(&folder.join(name))).map_err(io)?;
        let manifest = Mutex::new(wanted.join(&folder)?);
        let inner = repair::open(&folder).map_err(io)?;
        let results = append(&folder.join("results.jsonl")).map_err(io)?;
        let drafts = Arc::new(DraftFile::open(&folder).map_err(io)?);
        let (begun, inner) = (inner.end, Mutex::new(inner));
        Ok(Journal { folder, results, inner, begun, drafts, manifest, _lock: lock })
    }
}

impl Journal {
    /// Where an output may be put together.
    pub fn partial(&self) -> PathBuf {
        self.folder.join(PARTIAL)
    }
}

/// Refuses what is no journal's folder.
pub(super) fn check(folder: &Path) -> Result<(), JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(JournalError::NoFolder(folder.to_owned()));
        }
        entries => entries.map_err(|error| JournalError::io(folder, error))?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    let names: Vec<_> =
        names.collect::<io::Result<_>>().map_err(|error| JournalError::io(folder, error))?;
    let is_ours = |name: &OsStr| {
        FILES.iter().chain(&PASSING).chain([&LOCK]).any(|ours| name == OsStr::new(ours))
    };
    let foreign = !names.is_empty() && !names.iter().any(|name| is_ours(name));
    if foreign { Err(JournalError::Foreign(folder.to_owned())) } else { Ok(()) }
}

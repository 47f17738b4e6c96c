//! What a run has graded so far, kept so that it can be killed at any moment.
//!
//! A folder beside the output holds `results.jsonl` (one line a result, only ever
//! appended), `index` (a fixed-width record a result), `table` (the index as a
//! hash table, rebuilt when in doubt), `manifest.json` and `lock`. A result is
//! written before its index record, so after a kill at most a torn last line and
//! some missing index records are found, and both are repaired on opening.
//!
//! What is written survives the process at once, since every append goes to the
//! operating system before anything else is done. It is synced to the disk once
//! a second and at the end: a power failure costs at most the last second's
//! results, which are then graded again.

mod entry;
mod manifest;
mod repair;
mod table;

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use manifest::{Finished, Manifest, Stamp};

pub(super) use entry::record;

use super::line::Outcome;
use super::pipeline::Output;
use super::resolve::Key;
use entry::{Entry, Status};
use table::Table;

/// How often results are synced to the disk.
const SYNC: Duration = Duration::from_secs(1);
/// Bytes of results that are collected before they are appended.
const BUFFER: usize = 1 << 16;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes to it.
    #[error("another process is writing to {}", .0.display())]
    Locked(PathBuf),
    /// It holds verdicts that were made in another way.
    #[error("{} holds verdicts made with another {what}", .folder.display())]
    Other {
        /// The journal.
        folder: PathBuf,
        /// What differs: grader, model, prompt or parameters.
        what: String,
    },
    /// It cannot be read or written.
    #[error("{}: {error}", .folder.display())]
    Io {
        /// The journal.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Whether an answer has to be graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It has, and it is the caller who does it.
    Yours,
    /// An equal one is being graded, or failed a moment ago.
    Another,
    /// There is a result.
    Done,
}

/// The journal of one output, locked against other processes.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    results: File,
    inner: Mutex<Inner>,
    generation: u8,
    /// Held, not read: it is locked as long as it is open.
    _lock: File,
}

#[derive(Debug)]
struct Inner {
    sidecar: File,
    /// Length of the results.
    end: u64,
    records: u64,
    table: Table,
    in_flight: HashSet<Key>,
    synced: Instant,
}

impl Journal {
    /// Opens or begins the journal in `folder`; `fresh` discards what is there.
    ///
    /// # Errors
    /// When it is in use, when it was made in another way, or when it cannot be read.
    pub fn open(folder: &Path, wanted: &Manifest, fresh: bool) -> Result<Self, JournalError> {
        let io = |error| JournalError::Io { folder: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(io)?;
        let lock = append(&folder.join("lock")).map_err(io)?;
        lock.try_lock().map_err(|_| JournalError::Locked(folder.to_owned()))?;
        if fresh {
            for name in ["results.jsonl", "index", "table", "clean", "manifest.json"] {
                remove(&folder.join(name)).map_err(io)?;
            }
        }
        let generation = manifest::join(folder, wanted)?;
        let (sidecar, end, records) = repair::repair(folder, generation).map_err(io)?;
        let table = repair::table(folder, &sidecar, records).map_err(io)?;
        let inner = Inner {
            sidecar,
            end,
            records,
            table,
            in_flight: HashSet::new(),
            synced: Instant::now(),
        };
        let results = append(&folder.join("results.jsonl")).map_err(io)?;
        Ok(Self {
            folder: folder.to_owned(),
            results,
            inner: Mutex::new(inner),
            generation,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many results it holds, those that were replaced among them.
    pub fn records(&self) -> u64 {
        self.inner().records
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an answer has its result.
    pub(super) fn has(&self, key: Key) -> bool {
        let found = self.inner().table.get(key);
        found.is_ok_and(|entry| entry.is_some_and(|entry| entry.status == Status::Graded))
    }

    /// Decides who grades an answer. Failed and ungraded ones are tried again, once a command.
    pub(super) fn claim(&self, key: Key) -> io::Result<Claim> {
        let mut inner = self.inner();
        if inner.in_flight.contains(&key) {
            return Ok(Claim::Another);
        }
        let known = inner.table.get(key)?.filter(|entry| entry.status != Status::Void);
        Ok(match known {
            Some(entry) if entry.status == Status::Graded => Claim::Done,
            Some(entry) if entry.generation == self.generation => Claim::Another,
            _ => {
                inner.in_flight.insert(key);
                Claim::Yours
            }
        })
    }

    /// What came of an answer; none when there is no result or a damaged one.
    pub(super) fn recall(&self, key: Key) -> io::Result<Option<Outcome>> {
        let entry = self.inner().table.get(key)?.filter(|entry| entry.status != Status::Void);
        let Some(entry) = entry else { return Ok(None) };
        let mut line = vec![0; usize::try_from(entry.length).unwrap_or(0)];
        let whole = self.results.read_exact_at(&mut line, entry.offset).is_ok()
            && entry::key_of(&line).is_some_and(|(found, _)| found == key);
        let outcome = if whole { entry::outcome_of(&line) } else { None };
        if outcome.is_none() {
            self.inner().place(key, Entry { status: Status::Void, ..entry })?;
        }
        Ok(outcome)
    }

    /// Appends results, then their index records.
    fn append(&self, lines: &[u8], keys: &[(Key, Status, u32)]) -> io::Result<()> {
        (&self.results).write_all(lines)?;
        let mut inner = self.inner();
        for (key, status, length) in keys {
            let (offset, generation) = (inner.end, self.generation);
            let entry = Entry { offset, length: *length, status: *status, generation };
            inner.place(*key, entry)?;
            inner.end += u64::from(*length);
            inner.in_flight.remove(key);
        }
        if inner.synced.elapsed() >= SYNC {
            self.results.sync_data()?;
            inner.sidecar.sync_data()?;
            inner.synced = Instant::now();
        }
        Ok(())
    }

    /// Leaves the table in such a state that the next command need not rebuild it.
    ///
    /// # Errors
    /// When something cannot be synced.
    pub fn close(&self) -> io::Result<()> {
        self.results.sync_data()?;
        let inner = self.inner();
        inner.sidecar.sync_data()?;
        inner.table.sync()?;
        std::fs::write(self.folder.join("clean"), inner.records.to_string())
    }
}

impl Inner {
    fn place(&mut self, key: Key, entry: Entry) -> io::Result<()> {
        self.sidecar.write_all(&entry.to_sidecar(key))?;
        self.records += 1;
        self.table.set(key, entry)
    }
}

/// Takes results as lines and appends them.
#[derive(Debug)]
pub struct Appender<'a> {
    journal: &'a Journal,
    lines: Vec<u8>,
    keys: Vec<(Key, Status, u32)>,
}

impl<'a> Appender<'a> {
    /// An appender to a journal.
    pub fn new(journal: &'a Journal) -> Self {
        Self { journal, lines: Vec::with_capacity(2 * BUFFER), keys: Vec::new() }
    }
}

impl Output for Appender<'_> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let (key, status) = entry::key_of(line).ok_or_else(|| io::Error::other("no result"))?;
        let length = u32::try_from(line.len()).map_err(io::Error::other)?;
        self.lines.extend_from_slice(line);
        self.keys.push((key, status, length));
        if self.lines.len() >= BUFFER { self.pause() } else { Ok(()) }
    }

    fn pause(&mut self) -> io::Result<()> {
        if !self.keys.is_empty() {
            self.journal.append(&self.lines, &self.keys)?;
            self.lines.clear();
            self.keys.clear();
        }
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

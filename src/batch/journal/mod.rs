//! What a run has graded so far, kept so that it can be killed at any moment.
//!
//! A folder beside the output holds `results.jsonl` (one line a result, only ever
//! appended), `index` (a fixed-width record a result), `table` (the index as a
//! hash table, rebuilt when in doubt), `drafts.jsonl` where points were drafted,
//! `manifest.json`, `lock`, and `clean` when the last command ended well; while
//! one works also a copy of standard input and the output that is put together.
//! A result is written before its index record, so after a kill at most a torn
//! last line and some missing index records are found, and both are repaired on
//! opening.
//!
//! What is written survives the process at once, since every append goes to the
//! operating system before anything else is done. It is synced to the disk a
//! second later at the latest, before [`UNSYNCED`] bytes have come together, and
//! before the run counts as done: a power failure costs at most what was appended
//! since, and that is graded again.

mod drafts;
mod entry;
mod hold;
mod index;
mod look;
mod manifest;
mod repair;
mod stamp;
mod table;

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use hold::Hold;
pub use look::Look;
pub use manifest::{Difference, Finished, Manifest};
pub use stamp::{Stamp, Stamped};

use super::pipeline::Output;
use super::resolve::Key;
pub(super) use drafts::DraftFile;
use entry::{Entry, Status};
pub(super) use entry::{Kept, record};
pub(super) use index::Index;
use table::Table;
pub(super) use table::{Value, number};

/// How long results may wait to be synced to the disk.
const SYNC: Duration = Duration::from_secs(1);
/// Most bytes of results that may not be synced yet.
const UNSYNCED: u64 = 32 << 20;
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
        /// What differs.
        what: Difference,
    },
    /// It cannot be kept from other processes.
    #[error("cannot lock {}: {error}", .lock.display())]
    Unlockable {
        /// What is locked.
        lock: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// What has its name is no folder.
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// The folder holds something else.
    #[error("{} is a folder that holds something else", .0.display())]
    Foreign(PathBuf),
    /// Its manifest cannot be read.
    #[error("{} is damaged", .0.display())]
    Damaged(PathBuf),
    /// It cannot be read or written.
    #[error("{}: {error}", .folder.display())]
    Io {
        /// The journal.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl JournalError {
    fn io(folder: &Path, error: io::Error) -> Self {
        Self::Io { folder: folder.to_owned(), error }
    }
}

/// The journal of one output, locked against other processes.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    results: File,
    inner: Mutex<Inner>,
    /// Where the results of this command begin.
    begun: u64,
    drafts: Arc<DraftFile>,
    manifest: Mutex<Manifest>,
    /// Held, not read: it is locked as long as it is open.
    _lock: File,
}

#[derive(Debug)]
struct Inner {
    sidecar: File,
    /// Length of the results.
    end: u64,
    records: u64,
    table: Table<Entry>,
    in_flight: HashSet<Key>,
    synced: Instant,
    /// Length of the results when they were synced.
    synced_end: u64,
    /// Whether anything was written since.
    is_synced: bool,
    /// Where it says that the table is in step with the index, while it is.
    clean: PathBuf,
    is_clean: bool,
}

impl Journal {
    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The points drafted in the run.
    pub(super) fn drafts(&self) -> &Arc<DraftFile> {
        &self.drafts
    }

    /// Whether an answer has to be graded, and it is the caller who does it: not when there is a
    /// result, when an equal one is being graded, or when it was tried by this command. Failed
    /// and ungraded ones are tried again, once a command.
    pub(super) fn claim(&self, key: Key) -> io::Result<bool> {
        let mut inner = self.inner();
        let known = inner.table.get(key)?.filter(|entry| entry.status != Status::Void);
        let settled =
            known.is_some_and(|entry| entry.status == Status::Graded || entry.offset >= self.begun);
        Ok(!settled && inner.in_flight.insert(key))
    }

    /// What came of an answer, when today's scores have this fingerprint; none when there is no
    /// result or a damaged one.
    pub(super) fn recall(&self, key: Key, fingerprint: &str) -> io::Result<Option<Kept>> {
        let entry = self.inner().table.get(key)?.filter(|entry| entry.status != Status::Void);
        let Some(entry) = entry else { return Ok(None) };
        let mut line = vec![0; usize::try_from(entry.length).unwrap_or(0)];
        let whole = self.results.read_exact_at(&mut line, entry.offset).is_ok()
            && entry::key_of(&line).is_some_and(|(found, _)| found == key);
        let kept = if whole { Kept::of_line(&line, fingerprint) } else { None };
        if kept.is_none() {
            let mut inner = self.inner();
            let nowhere = Entry { offset: inner.end, length: 0, status: Status::Void };
            inner.place(&[(key, nowhere)])?;
        }
        Ok(kept)
    }

    /// Appends results, then their index records.
    fn append(&self, lines: &[u8], keys: &[(Key, Status, u32)]) -> io::Result<()> {
        let mut inner = self.inner();
        inner.soil()?;
        (&self.results).write_all(lines)?;
        let entries = keys.iter().scan(inner.end, |end, (key, status, length)| {
            let offset = std::mem::replace(end, *end + u64::from(*length));
            Some((*key, Entry { offset, length: *length, status: *status }))
        });
        inner.place(&entries.collect::<Vec<_>>())?;
        inner.end += lines.len() as u64;
        let many = inner.end - inner.synced_end + BUFFER as u64 >= UNSYNCED;
        if many { self.sync(&mut inner) } else { Ok(()) }
    }

    /// Syncs what has waited long enough; to be called again and again.
    fn sync_in_time(&self) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.synced.elapsed() < SYNC { Ok(()) } else { self.sync(&mut inner) }
    }

    /// Syncs the drafts that results were made with, the results, then the index that points at
    /// them.
    fn sync(&self, inner: &mut Inner) -> io::Result<()> {
        self.drafts.sync()?;
        if !inner.is_synced {
            self.results.sync_data()?;
            inner.sidecar.sync_data()?;
        }
        (inner.synced, inner.synced_end, inner.is_synced) = (Instant::now(), inner.end, true);
        Ok(())
    }

    /// What it was made with, and its outputs.
    pub fn manifest(&self) -> Manifest {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the manifest.
    ///
    /// # Errors
    /// When it cannot be written; then it stays as it was.
    pub fn note(&self, change: impl FnOnce(&mut Manifest)) -> io::Result<()> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = manifest.clone();
        change(&mut changed);
        changed.save(&self.folder)?;
        *manifest = changed;
        Ok(())
    }

    /// Answers that have a score, of this command and of those before.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn graded(&self) -> io::Result<u64> {
        let mut graded = 0;
        let mut count = |entry: Entry| graded += u64::from(entry.status == Status::Graded);
        self.inner().table.each(&mut count)?;
        Ok(graded)
    }

    /// Syncs everything, and leaves it so that the next command need not rebuild the table.
    ///
    /// # Errors
    /// When something cannot be synced.
    pub fn close(&self) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.is_clean {
            return Ok(());
        }
        self.sync(&mut inner)?;
        inner.table.sync()?;
        std::fs::write(&inner.clean, clean(inner.records, inner.end))?;
        inner.is_clean = true;
        Ok(())
    }
}

/// What `clean` says of a journal with so many index records and bytes of results, and a table of
/// the form that is written today.
fn clean(records: u64, bytes: u64) -> String {
    format!("table 2, {records} records, {bytes} bytes\n")
}

impl Inner {
    fn new(
        folder: &Path,
        sidecar: File,
        end: u64,
        records: u64,
        table: Table<Entry>,
        is_clean: bool,
    ) -> Self {
        Self {
            sidecar,
            end,
            records,
            table,
            in_flight: HashSet::new(),
            synced: Instant::now(),
            synced_end: end,
            is_synced: true,
            clean: folder.join("clean"),
            is_clean,
        }
    }

    /// Appends index records, and enters them into the table.
    fn place(&mut self, entries: &[(Key, Entry)]) -> io::Result<()> {
        self.soil()?;
        let records: Vec<u8> = entries.iter().flat_map(|(key, e)| e.to_sidecar(*key)).collect();
        self.sidecar.write_all(&records)?;
        self.records += entries.len() as u64;
        self.is_synced = false;
        for (key, entry) in entries {
            self.table.set(*key, *entry)?;
            self.in_flight.remove(key);
        }
        Ok(())
    }

    /// From now on the table is not what it was when it was left.
    fn soil(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.is_clean) {
            return Ok(());
        }
        remove(&self.clean)?;
        // Not to come back after a power failure.
        self.clean.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
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
        self.journal.sync_in_time()
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

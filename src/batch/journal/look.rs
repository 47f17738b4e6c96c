//! A journal as somebody sees it who only looks: what it holds, and nothing of it changed.
//!
//! Takes no lock and makes no file in its folder, so it works beside a run that
//! goes on. What that run appends meanwhile is not seen.

use std::fs::File;
use std::io;
use std::path::Path;

use super::drafts::DraftFile;
use super::entry::{Entry, SIDECAR, Status};
use super::index::Index;
use super::{JournalError, Manifest, hold, repair};
use crate::batch::resolve::Key;

/// What a journal holds.
#[derive(Debug)]
pub struct Look {
    results: Index<Entry>,
    drafts: DraftFile,
}

impl Look {
    /// Looks into the journal in `folder`; `scratch` is a folder for what does not fit into
    /// memory.
    ///
    /// # Errors
    /// When it is no journal, was made in another way, or cannot be read.
    pub fn at(folder: &Path, wanted: &Manifest, scratch: &Path) -> Result<Self, JournalError> {
        hold::check(folder)?;
        wanted.check(folder)?;
        let io = |error| JournalError::io(folder, error);
        let results = results(folder, scratch).map_err(io)?;
        Ok(Self { results, drafts: DraftFile::look(folder, scratch).map_err(io)? })
    }

    /// Nothing, as before the first command.
    pub fn nothing(scratch: &Path) -> Self {
        Self { results: Index::new(scratch), drafts: DraftFile::nameless(scratch) }
    }

    /// Whether an answer has its result.
    pub(in crate::batch) fn has(&self, key: Key) -> io::Result<bool> {
        Ok(self.results.get(key)?.is_some_and(|entry| entry.status == Status::Graded))
    }

    /// The points drafted so far.
    pub(in crate::batch) fn drafts(&self) -> &DraftFile {
        &self.drafts
    }
}

/// Where each answer's last result is: by the index, and behind its end by the lines themselves.
fn results(folder: &Path, scratch: &Path) -> io::Result<Index<Entry>> {
    let mut found = Index::new(scratch);
    let (results, sidecar) =
        match (File::open(folder.join("results.jsonl")), File::open(folder.join("index"))) {
            (Ok(results), Ok(sidecar)) => (results, sidecar),
            (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(found);
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
    let records = sidecar.metadata()?.len() / SIDECAR as u64;
    let (records, end) = repair::trusted(&sidecar, records, results.metadata()?.len())?;
    let mut note = |key, entry| found.set(key, entry);
    repair::read(&sidecar, records, &mut note)?;
    repair::reread(&results, end, &mut note)?;
    Ok(found)
}

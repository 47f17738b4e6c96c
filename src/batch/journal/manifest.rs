//! What a journal's verdicts were made with, and whether its output is finished.
//!
//! Verdicts made with another model, prompt or parameters never join a journal.
//! Another endpoint for the same model may; it is noted.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::JournalError;
use crate::batch::tally::Tally;

/// The manifest of a journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Hash of what verdicts depend on beside question and answer.
    pub verdicts: String,
    /// Which grader.
    pub grader: String,
    /// The model, as it is asked for.
    pub model: String,
    /// Hash of the prompt files.
    pub prompt_hash: String,
    /// Addresses of the endpoints so far.
    pub endpoints: Vec<String>,
    /// Commands that have worked on it.
    pub commands: u64,
    /// Set when the output is complete.
    pub finished: Option<Finished>,
    /// Outputs that this journal has put in place or is about to.
    pub outputs: Vec<Stamp>,
}

/// By what an output is known to be as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    changed: u64,
}

impl Stamp {
    /// The stamp of what is there; none when nothing is.
    pub fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        let changed = found.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self { bytes: found.len(), changed: u64::try_from(changed.as_nanos()).ok()? })
    }
}

/// A complete output.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Hash of the input and of everything else that the output depends on.
    pub recipe: String,
    /// Bytes of the output.
    pub bytes: u64,
    /// Its counts.
    pub tally: Tally,
}

impl Manifest {
    /// The manifest in a folder, if there is one.
    pub fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).ok()?).ok()
    }

    /// Puts the manifest into a folder, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let (path, new) = (folder.join("manifest.json"), folder.join("manifest.new"));
        let file = std::fs::File::create(&new)?;
        serde_json::to_writer_pretty(&file, self)?;
        file.sync_data()?;
        std::fs::rename(new, path)
    }

    /// What the verdicts in `other` were made with that differs.
    fn difference(&self, other: &Self) -> Option<String> {
        if self.verdicts == other.verdicts {
            return None;
        }
        let parts = [
            ("grader", &self.grader, &other.grader),
            ("model", &self.model, &other.model),
            ("prompt", &self.prompt_hash, &other.prompt_hash),
        ];
        let differing = parts.iter().find(|(_, ours, theirs)| ours != theirs);
        Some(differing.map_or_else(
            || "set of parameters or rubric definitions".to_owned(),
            |(what, ours, theirs)| match (*what, theirs.is_empty()) {
                ("prompt", _) | (_, true) => (*what).to_owned(),
                _ => format!("{what} ({theirs}, now {ours})"),
            },
        ))
    }
}

/// Joins the journal in a folder, and returns the number of this command modulo 256.
pub(super) fn join(folder: &Path, wanted: &Manifest) -> Result<u8, JournalError> {
    let mut manifest = Manifest::load(folder).unwrap_or_else(|| wanted.clone());
    if let Some(what) = wanted.difference(&manifest) {
        return Err(JournalError::Other { folder: folder.to_owned(), what });
    }
    for endpoint in &wanted.endpoints {
        if !manifest.endpoints.contains(endpoint) {
            manifest.endpoints.push(endpoint.clone());
        }
    }
    manifest.commands += 1;
    let generation = u8::try_from(manifest.commands % 256).unwrap_or(0);
    let saved = manifest.save(folder);
    saved.map_err(|error| JournalError::Io { folder: folder.to_owned(), error })?;
    Ok(generation)
}

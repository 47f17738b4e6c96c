//! What a journal's verdicts were made with, and whether its output is finished.
//!
//! Verdicts made with another model, prompt or parameters never join a journal.
//! Another endpoint for the same model may; it is noted. A manifest that cannot
//! be read is made anew: a result is found by a key that depends on all that
//! the manifest says of verdicts, so no wrong one is taken for it.

use std::fmt;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{JournalError, Stamp};
use crate::batch::tally::Tally;

/// The manifest of a journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Set when the output is complete.
    pub finished: Option<Finished>,
    /// Outputs that this journal has put in place or is about to.
    pub outputs: Vec<Stamp>,
}

/// A complete output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Hash of the input and of everything else that the output depends on.
    pub recipe: String,
    /// The output.
    pub output: Stamp,
    /// Its counts.
    pub tally: Tally,
}

/// What verdicts were made with that is not what they would be made with now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The grader: then and now.
    Grader(String, String),
    /// The model: then and now.
    Model(String, String),
    /// The prompt files.
    Prompt,
    /// Parameters, or the definitions of the rubric.
    Parameters,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grader(then, now) => write!(f, "grader ({then}, now {now})"),
            Self::Model(then, now) => write!(f, "model ({then}, now {now})"),
            Self::Prompt => write!(f, "prompt"),
            Self::Parameters => write!(f, "set of parameters or rubric definitions"),
        }
    }
}

impl Difference {
    /// The same in Chinese.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Grader(then, now) => format!("评分器当时是 {then}，现在是 {now}"),
            Self::Model(then, now) => format!("模型当时是 {then}，现在是 {now}"),
            Self::Prompt => "提示词不同".to_owned(),
            Self::Parameters => "参数或评分标准的定义不同".to_owned(),
        }
    }
}

impl Manifest {
    /// The manifest in a folder, if there is one.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub fn load(folder: &Path) -> Result<Option<Self>, JournalError> {
        let bytes = match std::fs::read(folder.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|error| JournalError::io(folder, error))?,
        };
        let manifest = serde_json::from_slice(&bytes);
        manifest.map(Some).map_err(|_| JournalError::Damaged(folder.join(NAME)))
    }

    /// The same, as if a damaged one were not there.
    fn of(folder: &Path) -> Result<Option<Self>, JournalError> {
        match Self::load(folder) {
            Err(JournalError::Damaged(_)) => Ok(None),
            manifest => manifest,
        }
    }

    /// Puts the manifest into a folder, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        let (path, new) = (folder.join(NAME), folder.join("manifest.new"));
        let file = std::fs::File::create(&new)?;
        serde_json::to_writer_pretty(&file, self)?;
        file.sync_data()?;
        std::fs::rename(new, path)
    }

    /// The output that a file is, byte for byte, if this journal has written it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn output(&self, file: &Path) -> io::Result<Option<&Stamp>> {
        Stamp::borne(&self.outputs, file)
    }

    /// Refuses the journal in a folder when its verdicts were made in another way.
    pub(super) fn check(&self, folder: &Path) -> Result<(), JournalError> {
        let what = Self::of(folder)?.and_then(|there| self.difference(&there));
        what.map_or(Ok(()), |what| Err(JournalError::Other { folder: folder.to_owned(), what }))
    }

    /// What the verdicts in `other` were made with that differs.
    fn difference(&self, other: &Self) -> Option<Difference> {
        let (then, now) = (other.clone(), self.clone());
        if now.verdicts == then.verdicts {
            return None;
        }
        Some(if now.grader != then.grader {
            Difference::Grader(then.grader, now.grader)
        } else if now.model != then.model {
            Difference::Model(then.model, now.model)
        } else if now.prompt_hash != then.prompt_hash {
            Difference::Prompt
        } else {
            Difference::Parameters
        })
    }

    /// Joins the journal in a folder, and returns its manifest.
    pub(super) fn join(&self, folder: &Path) -> Result<Self, JournalError> {
        let mut manifest = Self::of(folder)?.unwrap_or_else(|| self.clone());
        for endpoint in &self.endpoints {
            if !manifest.endpoints.contains(endpoint) {
                manifest.endpoints.push(endpoint.clone());
            }
        }
        manifest.save(folder).map_err(|error| JournalError::io(folder, error))?;
        Ok(manifest)
    }
}

const NAME: &str = "manifest.json";

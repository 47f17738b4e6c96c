//! The question bank: the embedded questions and the layers put on top of them.
//!
//! A bank is untrusted data: loading it reads the named files and nothing that
//! a file names. Every question in a [`Bank`] has passed its own check.

pub mod coverage;
pub mod export;
mod fields;
pub mod filter;
pub mod import;
pub mod items;
pub mod lint;
mod load;
mod locate;
mod nearest;
pub mod plan;
mod random;
mod read;
pub mod rule;
pub mod search;
mod toml_text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use load::{Layer, embedded};
pub use locate::line_of;
pub use nearest::nearest;
pub use random::SplitMix64;
pub use read::{Loaded, Place};
pub use toml_text::to_toml;

use crate::domain::{Question, QuestionId};
use plan::Plan;
use rule::Rule;

/// An empty question file: every text to be written says TODO.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Something wrong in a bank's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// The file, as it was named.
    pub file: PathBuf,
    /// Line in it, from 1; none when the file as a whole is at fault.
    pub line: Option<usize>,
    /// The field, when one is at fault.
    pub field: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Questions by id and plans by name, from all layers.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    questions: BTreeMap<QuestionId, Arc<Question>>,
    renamed: BTreeMap<QuestionId, QuestionId>,
    replaced: Vec<QuestionId>,
    plans: BTreeMap<String, Arc<Plan>>,
}

impl Bank {
    /// Puts a layer on top: a question of the same id replaces the one below, and
    /// so does a plan of the same name.
    pub fn add(&mut self, layer: Layer) {
        for Loaded { question, .. } in layer.questions {
            for old in &question.was {
                self.renamed.insert(old.clone(), question.id.clone());
            }
            let id = question.id.clone();
            if self.questions.insert(id.clone(), question).is_some() {
                self.replaced.push(id);
            }
        }
        for plan in layer.plans {
            self.plans.insert(plan.name.clone(), Arc::new(plan));
        }
    }

    /// The question with this id, or with this former id.
    pub fn get(&self, id: &str) -> Option<&Arc<Question>> {
        let id = QuestionId::new(id).ok()?;
        self.questions.get(&id).or_else(|| self.questions.get(self.renamed.get(&id)?))
    }

    /// All questions in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Question>> {
        self.questions.values()
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// Topics in order, each with its number of questions.
    pub fn topics(&self) -> BTreeMap<&str, usize> {
        let mut topics = BTreeMap::new();
        for id in self.questions.keys() {
            *topics.entry(id.topic()).or_default() += 1;
        }
        topics
    }

    /// Ids that a higher layer replaced.
    pub fn replaced(&self) -> &[QuestionId] {
        &self.replaced
    }

    /// The plan of this name.
    pub fn plan(&self, name: &str) -> Option<&Arc<Plan>> {
        self.plans.get(name)
    }

    /// All plans in the order of their names.
    pub fn plans(&self) -> impl Iterator<Item = &Arc<Plan>> {
        self.plans.values()
    }

    /// Up to three ids that are most like an unknown one.
    pub fn nearest(&self, wanted: &str) -> Vec<&QuestionId> {
        nearest(wanted, self.questions.keys().map(|id| (id.as_str(), id)))
    }
}

/// Reads a layer from a file or folder.
///
/// # Errors
/// When the path does not exist or holds no question at all.
pub fn read_layer(path: &Path) -> Result<Layer, Fault> {
    load::read(path)
}

/// Largest file that is imported, in bytes.
const MAX_IMPORT_BYTES: u64 = 100_000_000;

/// The text of a file that is to be imported.
///
/// # Errors
/// When it is no regular file, too long, or not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Fault> {
    read::text_of(path, MAX_IMPORT_BYTES)
}

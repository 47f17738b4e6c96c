//! Files to a layer: TOML files in topic folders, a single TOML file, or JSONL.
//!
//! One broken file spoils no other: its faults are listed and the rest loads.
//! The walk goes two folders deep and follows no link to a folder, so no loop
//! can trap it.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::Fault;
use super::plan::{self, Plan};
use super::read::{
    Loaded, Place, id_of, question_from_json, question_from_toml, text_of, whole_file,
};
use super::rule::Rule;
use crate::domain::{Question, QuestionId};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
/// The questions of [`QUESTIONS`] as JSON, a line each; empty where the text is no TOML.
const QUESTIONS_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/questions.jsonl"));

/// Largest question file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1_000_000;
/// Largest JSONL layer that is read, in bytes.
const MAX_JSONL_BYTES: u64 = 500_000_000;
/// Folder of a bank that holds plans instead of questions.
const PLANS_FOLDER: &str = "plans";
/// What some editors put before the first character.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Fewest items that are worth another thread.
const WORTH_A_THREAD: usize = 32;

/// The questions and plans of one source and what is wrong in it.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// Sound questions.
    pub questions: Vec<Loaded>,
    /// Sound plans.
    pub plans: Vec<Plan>,
    /// Everything that kept a question or plan out.
    pub faults: Vec<Fault>,
    /// Files that look like questions but stand where none is looked for.
    pub strays: Vec<PathBuf>,
}

/// The bank that is part of the program.
pub fn embedded() -> Layer {
    let texts: Vec<_> = QUESTIONS.iter().zip(QUESTIONS_JSON.lines()).collect();
    let read = in_parallel(&texts, |((id, text), json)| built_in(id, text, json));
    let mut layer = Layer::default();
    for read in read {
        layer.take(read);
    }
    for (id, text) in PLANS {
        let file = Path::new("questions").join(id).with_extension("toml");
        layer
            .take_plan(plan::from_toml(Place { built_in: Some(text), ..Place::file(&file) }, text));
    }
    layer.check_ids();
    layer
}

fn built_in(id: &str, text: &'static str, json: &str) -> Result<Loaded, Vec<Fault>> {
    let file = Path::new("questions").join(id).with_extension("toml");
    let id =
        QuestionId::new(id).map_err(|message| vec![whole_file(Rule::BadId, &file, message)])?;
    let question = match serde_json::from_str::<Question>(json) {
        Ok(question) if question.check().is_empty() => Question { id, ..question },
        // The text tells line and field of what is wrong.
        _ => question_from_toml(&file, id, text)?,
    };
    let place = Place { file, line: None, built_in: Some(text) };
    Ok(Loaded { question: Arc::new(question), place })
}

pub(super) fn read(path: &Path) -> Result<Layer, Fault> {
    let fail = |message: String| whole_file(Rule::Unreadable, path, message);
    let kind = fs::metadata(path).map_err(|error| {
        fail(format!("{error}; --bank takes a folder, a .toml or a .jsonl file"))
    })?;
    let mut layer = if kind.is_dir() {
        read_folder(path)
    } else if path.extension().is_some_and(|e| e == "jsonl") {
        read_jsonl(path)
    } else {
        read_single(path)
    };
    let nothing = layer.questions.is_empty() && layer.plans.is_empty();
    if nothing && layer.faults.is_empty() {
        let form = "no question in it; a bank folder holds <topic>/<slug>.toml files";
        return Err(fail(form.to_owned()));
    }
    layer.check_ids();
    Ok(layer)
}

impl Layer {
    fn take(&mut self, read: Result<Loaded, Vec<Fault>>) {
        match read {
            Ok(loaded) => self.questions.push(loaded),
            Err(faults) => self.faults.extend(faults),
        }
    }

    fn take_plan(&mut self, read: Result<Plan, Fault>) {
        match read {
            Ok(plan) => self.plans.push(plan),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// A present or former id leads to one question.
    fn check_ids(&mut self) {
        let mut owners: BTreeMap<QuestionId, QuestionId> = BTreeMap::new();
        for Loaded { question, .. } in &self.questions {
            owners.insert(question.id.clone(), question.id.clone());
        }
        let mut faults = Vec::new();
        for Loaded { question, place } in &self.questions {
            for old in &question.was {
                if let Some(owner) = owners.insert(old.clone(), question.id.clone()) {
                    let message = format!("\"{old}\" already leads to {owner}");
                    faults.push(place.fault(Rule::DuplicateId, "was", message));
                }
            }
        }
        self.faults.append(&mut faults);
    }
}

fn read_folder(root: &Path) -> Layer {
    let mut layer = Layer::default();
    let mut files = Vec::new();
    for entry in entries(root, &mut layer.faults) {
        if is_toml(&entry) {
            layer.strays.push(entry);
        } else if entry.is_symlink() && entry.is_dir() {
            let message = "a link to a folder; links are not followed, name the folder itself";
            layer.faults.push(whole_file(Rule::Unreadable, &entry, message));
        } else if entry.ends_with(PLANS_FOLDER) && entry.is_dir() {
            for file in entries(&entry, &mut layer.faults).into_iter().filter(|f| is_toml(f)) {
                layer.take_plan(read_plan(&file));
            }
        } else if entry.is_dir() {
            files.extend(entries(&entry, &mut layer.faults).into_iter().filter(|f| is_toml(f)));
        }
    }
    for read in in_parallel(&files, |file| read_file(file)) {
        layer.take(read);
    }
    layer
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml")
}

/// What is in a folder, hidden entries apart, sorted by name.
fn entries(folder: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes()[0] == b'.';
            let mut paths: Vec<_> =
                entries.filter_map(Result::ok).filter(|e| !hidden(e)).map(|e| e.path()).collect();
            paths.sort();
            paths
        }
        Err(error) => {
            faults.push(whole_file(Rule::Unreadable, folder, error.to_string()));
            Vec::new()
        }
    }
}

fn read_single(path: &Path) -> Layer {
    let mut layer = Layer::default();
    layer.take(read_file(path));
    layer
}

fn read_file(path: &Path) -> Result<Loaded, Vec<Fault>> {
    let text = text_of(path, MAX_FILE_BYTES).map_err(|fault| vec![fault])?;
    let id = id_of(path).map_err(|fault| vec![fault])?;
    let question = question_from_toml(path, id, &text)?;
    Ok(Loaded { question: Arc::new(question), place: Place::file(path) })
}

fn read_plan(path: &Path) -> Result<Plan, Fault> {
    let text = text_of(path, MAX_FILE_BYTES)?;
    plan::from_toml(Place::file(path), &text)
}

fn read_jsonl(path: &Path) -> Layer {
    let mut layer = Layer::default();
    let text = match text_of(path, MAX_JSONL_BYTES) {
        Ok(text) => text,
        Err(fault) => {
            layer.faults.push(fault);
            return layer;
        }
    };
    let lines: Vec<_> = (1..)
        .zip(text.trim_start_matches(BYTE_ORDER_MARK).lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let read = in_parallel(&lines, |(number, line)| {
        let place = Place { line: Some(*number), ..Place::file(path) };
        question_from_json(path, *number, line)
            .map(|question| Loaded { question: Arc::new(question), place })
    });
    let mut first_line = BTreeMap::new();
    for loaded in read {
        layer.take(loaded.and_then(|loaded| {
            let (id, line) = (loaded.question.id.clone(), loaded.place.line);
            match first_line.insert(id, line.unwrap_or_default()) {
                None => Ok(loaded),
                Some(first) => Err(vec![twice(&loaded, first)]),
            }
        }));
    }
    layer
}

fn twice(loaded: &Loaded, first: usize) -> Fault {
    let message = format!("\"{}\" is already on line {first}", loaded.question.id);
    loaded.place.fault(Rule::DuplicateId, "id", message)
}

/// The results in the order of the items, worked on by as many threads as pay.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(items.len() / WORTH_A_THREAD).max(1);
    let chunk = items.len().div_ceil(threads).max(1);
    let work = &work;
    thread::scope(|scope| {
        let mut chunks = items.chunks(chunk);
        let own = chunks.next().unwrap_or_default();
        let others: Vec<_> = chunks
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut results: Vec<R> = own.iter().map(work).collect();
        for other in others {
            results.extend(other.join().expect("invariant: reading a bank does not panic"));
        }
        results
    })
}

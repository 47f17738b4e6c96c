//! Files to questions: TOML files in topic folders, a single TOML file, or JSONL.
//!
//! One broken file spoils no other: its faults are listed and the rest loads.
//! Symbolic links to folders are not followed, so no loop can trap the walk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Fault, locate};
use crate::domain::{Question, QuestionId};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Largest question file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1_000_000;
/// Largest JSONL layer that is read, in bytes.
const MAX_JSONL_BYTES: u64 = 500_000_000;
/// Folder of a bank that holds plans instead of questions.
const PLANS_FOLDER: &str = "plans";

/// The questions of one source and what is wrong in it.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// Sound questions.
    pub questions: Vec<Question>,
    /// Everything that kept a question out.
    pub faults: Vec<Fault>,
}

/// The bank that is part of the program.
pub fn embedded() -> Layer {
    let mut layer = Layer::default();
    for (id, text) in QUESTIONS {
        let file = Path::new("questions").join(id).with_extension("toml");
        match QuestionId::new(*id) {
            Ok(id) => layer.take(question_from_toml(&file, id, text)),
            Err(message) => layer.faults.push(whole_file(&file, message)),
        }
    }
    layer
}

/// The plans that are part of the program, as (name, TOML text).
pub fn plans() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLANS.iter().map(|(id, text)| (id.rsplit('/').next().unwrap_or(id), *text))
}

pub(super) fn read(path: &Path) -> Result<Layer, Fault> {
    let kind = fs::metadata(path).map_err(|error| {
        whole_file(path, format!("{error}; --bank takes a folder, a .toml or a .jsonl file"))
    })?;
    let layer = if kind.is_dir() {
        read_folder(path)
    } else if path.extension().is_some_and(|e| e == "jsonl") {
        read_jsonl(path)
    } else {
        read_single(path)
    };
    if layer.questions.is_empty() && layer.faults.is_empty() {
        let form = "no question in it; a bank folder holds <topic>/<slug>.toml files";
        return Err(whole_file(path, form));
    }
    Ok(layer)
}

impl Layer {
    fn take(&mut self, read: Result<Question, Vec<Fault>>) {
        match read {
            Ok(question) => self.questions.push(question),
            Err(faults) => self.faults.extend(faults),
        }
    }
}

fn read_folder(root: &Path) -> Layer {
    let mut layer = Layer::default();
    for topic in entries(root, &mut layer.faults) {
        if !topic.is_dir() || topic.is_symlink() || topic.ends_with(PLANS_FOLDER) {
            continue;
        }
        for file in entries(&topic, &mut layer.faults) {
            if file.extension().is_some_and(|e| e == "toml") {
                let read = read_file(&file);
                layer.take(read);
            }
        }
    }
    layer
}

fn entries(folder: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
            paths.sort();
            paths
        }
        Err(error) => {
            faults.push(whole_file(folder, error.to_string()));
            Vec::new()
        }
    }
}

fn read_single(path: &Path) -> Layer {
    let mut layer = Layer::default();
    layer.take(read_file(path));
    layer
}

fn read_file(path: &Path) -> Result<Question, Vec<Fault>> {
    let text = read_text(path, MAX_FILE_BYTES).map_err(|fault| vec![fault])?;
    let id = id_of(path).map_err(|message| vec![whole_file(path, message)])?;
    question_from_toml(path, id, &text)
}

/// A file's id is its place: the folder it is in, a slash, its name.
fn id_of(path: &Path) -> Result<QuestionId, String> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let part = |p: Option<&std::ffi::OsStr>| {
        p.and_then(std::ffi::OsStr::to_str).unwrap_or_default().to_owned()
    };
    let topic = part(absolute.parent().and_then(Path::file_name));
    QuestionId::new(format!("{topic}/{}", part(absolute.file_stem())))
}

fn read_text(path: &Path, limit: u64) -> Result<String, Fault> {
    let size = fs::metadata(path).map_err(|e| whole_file(path, e.to_string()))?.len();
    if size > limit {
        return Err(whole_file(path, format!("{size} bytes long; at most {limit} are read")));
    }
    let bytes = fs::read(path).map_err(|e| whole_file(path, e.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Fault {
            file: path.to_owned(),
            line: Some(line),
            field: None,
            message: "not UTF-8 from here on; save the file as UTF-8".to_owned(),
        }
    })
}

fn question_from_toml(path: &Path, id: QuestionId, text: &str) -> Result<Question, Vec<Fault>> {
    let mut question: Question = toml::from_str(text).map_err(|error| {
        vec![Fault {
            file: path.to_owned(),
            line: error.span().map(|span| locate::line_at(text, span.start)),
            field: error.span().and_then(|span| locate::field_at(text, span.start)),
            message: error.message().replace('\n', "; "),
        }]
    })?;
    question.id = id;
    checked(question, |field, message| Fault {
        file: path.to_owned(),
        line: locate::line_of(text, field),
        field: Some(field.to_owned()),
        message: message.to_owned(),
    })
}

fn checked(
    question: Question,
    fault: impl Fn(&str, &str) -> Fault,
) -> Result<Question, Vec<Fault>> {
    let faults = question.check();
    if faults.is_empty() {
        return Ok(question);
    }
    Err(faults.iter().map(|found| fault(&found.field, &found.message)).collect())
}

fn read_jsonl(path: &Path) -> Layer {
    let mut layer = Layer::default();
    let text = match read_text(path, MAX_JSONL_BYTES) {
        Ok(text) => text,
        Err(fault) => {
            layer.faults.push(fault);
            return layer;
        }
    };
    let mut first_line = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        let read = question_from_json(path, number, line).and_then(|question| {
            match first_line.insert(question.id.clone(), number) {
                None => Ok(question),
                Some(first) => Err(vec![at_line(
                    path,
                    number,
                    Some("id"),
                    &format!("{:?} is already on line {first}", question.id.as_str()),
                )]),
            }
        });
        layer.take(read);
    }
    layer
}

/// A line of a JSONL bank is a question with its id beside the other fields.
fn question_from_json(path: &Path, line: usize, text: &str) -> Result<Question, Vec<Fault>> {
    let fail = |field: Option<&str>, message: &str| vec![at_line(path, line, field, message)];
    let mut value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| fail(None, &error.to_string()))?;
    let id = value
        .as_object_mut()
        .and_then(|object| object.shift_remove("id"))
        .and_then(|id| id.as_str().map(str::to_owned))
        .ok_or_else(|| fail(Some("id"), "missing; write \"id\": \"<topic>/<slug>\""))?;
    let id = QuestionId::new(id).map_err(|message| fail(Some("id"), &message))?;
    let mut question: Question =
        serde_json::from_value(value).map_err(|error| fail(None, &error.to_string()))?;
    question.id = id;
    checked(question, |field, message| at_line(path, line, Some(field), message))
}

fn at_line(path: &Path, line: usize, field: Option<&str>, message: &str) -> Fault {
    Fault {
        file: path.to_owned(),
        line: Some(line),
        field: field.map(str::to_owned),
        message: message.to_owned(),
    }
}

fn whole_file(path: &Path, message: impl Into<String>) -> Fault {
    Fault { file: path.to_owned(), line: None, field: None, message: message.into() }
}

//! One text to one question, from TOML or from a line of JSON.
//!
//! A question leaves here only when it has passed its own check; otherwise
//! every fault is named with file, line and field.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rule::Rule;
use super::{Fault, locate};
use crate::domain::{Question, QuestionFault, QuestionId};

/// A question and where it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The question.
    pub question: Arc<Question>,
    /// Its place.
    pub place: Place,
}

/// Where a question or plan was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Line of a file that holds a question a line, from 1.
    pub line: Option<usize>,
    /// The file's text, when it is part of the program.
    pub built_in: Option<&'static str>,
}

impl Place {
    pub(super) fn file(path: &Path) -> Self {
        Self { file: path.to_owned(), line: None, built_in: None }
    }

    /// The text of the file that holds this one question, as it is now.
    pub fn text(&self) -> Option<Cow<'static, str>> {
        match (self.built_in, self.line) {
            (Some(text), _) => Some(Cow::Borrowed(text)),
            (None, Some(_)) => None,
            (None, None) => fs::read_to_string(&self.file).ok().map(Cow::Owned),
        }
    }

    /// A fault at a field of what was read here.
    pub(super) fn fault(&self, rule: Rule, field: &str, message: impl Into<String>) -> Fault {
        let line = self.line.or_else(|| locate::line_of(&self.text()?, field));
        Fault {
            rule,
            file: self.file.clone(),
            line,
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }
}

/// A fault of a file as a whole.
pub(super) fn whole_file(rule: Rule, path: &Path, message: impl Into<String>) -> Fault {
    Fault { rule, file: path.to_owned(), line: None, field: None, message: message.into() }
}

/// The text of a regular file of at most `limit` bytes.
pub(super) fn text_of(path: &Path, limit: u64) -> Result<String, Fault> {
    let fail = |message: String| whole_file(Rule::Unreadable, path, message);
    let kind = fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    // Opening a pipe or device could wait for ever, or never end.
    if !kind.is_file() {
        return Err(fail("not a regular file".to_owned()));
    }
    if kind.len() > limit {
        return Err(fail(format!("{} bytes long; at most {limit} are read", kind.len())));
    }
    let bytes = fs::read(path).map_err(|error| fail(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        let message = "not UTF-8 from here on; save the file as UTF-8".to_owned();
        Fault { line: Some(line), ..fail(message) }
    })
}

/// A file's id is its place: the folder it is in, a slash, its name.
pub(super) fn id_of(path: &Path) -> Result<QuestionId, Fault> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let part = |p: Option<&std::ffi::OsStr>| {
        p.and_then(std::ffi::OsStr::to_str).unwrap_or_default().to_owned()
    };
    let topic = part(absolute.parent().and_then(Path::file_name));
    QuestionId::new(format!("{topic}/{}", part(absolute.file_stem())))
        .map_err(|message| whole_file(Rule::BadId, path, message))
}

/// A fault that the TOML reader found, with its place.
pub(super) fn toml_fault(rule: Rule, path: &Path, text: &str, error: &toml::de::Error) -> Fault {
    let field = error.span().and_then(|span| locate::field_at(text, span.start));
    Fault {
        rule,
        file: path.to_owned(),
        line: error.span().map(|span| locate::line_at(text, span.start)),
        field,
        message: error.message().replace('\n', "; "),
    }
}

pub(super) fn question_from_toml(
    path: &Path,
    id: QuestionId,
    text: &str,
) -> Result<Question, Vec<Fault>> {
    let mut question: Question = toml::from_str(text).map_err(|error| {
        let fault = toml_fault(Rule::Syntax, path, text, &error);
        let tier = fault.message.starts_with("unknown variant")
            && fault.field.as_deref().is_some_and(|field| field.rsplit('.').next() == Some("tier"));
        vec![if tier { Fault { rule: Rule::UnknownTier, ..fault } } else { fault }]
    })?;
    question.id = id;
    checked(question, |found| Fault {
        rule: found.kind.into(),
        file: path.to_owned(),
        line: locate::line_of(text, &found.field),
        field: Some(found.field.clone()),
        message: found.message.clone(),
    })
}

fn checked(
    question: Question,
    fault: impl Fn(&QuestionFault) -> Fault,
) -> Result<Question, Vec<Fault>> {
    let faults = question.check();
    if faults.is_empty() { Ok(question) } else { Err(faults.iter().map(fault).collect()) }
}

/// A line of a JSONL bank is a question with its id beside the other fields.
pub(super) fn question_from_json(
    path: &Path,
    line: usize,
    text: &str,
) -> Result<Question, Vec<Fault>> {
    let fail = |rule: Rule, field: Option<&str>, message: String| {
        let field = field.map(str::to_owned);
        vec![Fault { rule, file: path.to_owned(), line: Some(line), field, message }]
    };
    let syntax = |error: serde_json::Error| {
        // The reader counts lines within this one line.
        let message = error.to_string().replace("at line 1 column", "at column");
        let tier = message.starts_with("unknown variant") && message.contains("`must`");
        fail(if tier { Rule::UnknownTier } else { Rule::Syntax }, None, message)
    };
    let mut value: serde_json::Value = serde_json::from_str(text).map_err(syntax)?;
    let id = value
        .as_object_mut()
        .and_then(|object| object.shift_remove("id"))
        .and_then(|id| id.as_str().map(str::to_owned))
        .ok_or_else(|| {
            let message = "missing; write \"id\": \"<topic>/<slug>\"".to_owned();
            fail(Rule::BadId, Some("id"), message)
        })?;
    let id = QuestionId::new(id).map_err(|message| fail(Rule::BadId, Some("id"), message))?;
    let mut question: Question = serde_json::from_value(value).map_err(syntax)?;
    question.id = id;
    checked(question, |found| Fault {
        rule: found.kind.into(),
        file: path.to_owned(),
        line: Some(line),
        field: Some(found.field.clone()),
        message: found.message.clone(),
    })
}

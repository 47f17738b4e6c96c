//! Finds what is wrong or doubtful in a layer of the bank, with file and line.
//!
//! Errors are facts. Warnings are judgements: an author answers one in the file
//! with `allow = [{ rule = "…", reason = "…" }]`, and it counts no more. Nothing
//! here grades: terms are matched as the lexical grader matches them, no further.

mod allow;
mod cross;
mod length;
mod notes;
mod plans;
mod reading;
mod shape;
mod terms;
mod typography;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::load::{Layer, in_parallel};
use super::read::{Loaded, Place};
use super::rule::{Rule, Severity};
use super::{Bank, Fault};
use crate::domain::QuestionId;
use notes::Notes;

/// One thing that is wrong or doubtful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: Rule,
    /// The file.
    pub file: PathBuf,
    /// Line in it, from 1; none for a file as a whole.
    pub line: Option<usize>,
    /// The question, when the file holds one.
    pub question: Option<QuestionId>,
    /// The field, such as `points[2].hint`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// The reason for which the author lets it stand.
    pub answer: Option<String>,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }

    fn whole_file(rule: Rule, file: PathBuf, message: String) -> Self {
        Self { rule, file, line: None, question: None, field: String::new(), message, answer: None }
    }
}

impl From<Fault> for Finding {
    fn from(fault: Fault) -> Self {
        Self {
            rule: fault.rule,
            file: fault.file,
            line: fault.line,
            question: None,
            field: fault.field.unwrap_or_default(),
            message: fault.message,
            answer: None,
        }
    }
}

/// Checks a layer; `bank` is the whole bank that it is used in, itself included.
///
/// The findings are in the order of files and lines.
pub fn lint(layer: &Layer, bank: &Bank) -> Vec<Finding> {
    let mut findings: Vec<Finding> = layer.faults.iter().cloned().map(Finding::from).collect();
    for stray in &layer.strays {
        let message = "not in a topic folder, so it is not read; move it to <topic>/<slug>.toml";
        findings.push(Finding::whole_file(Rule::StrayFile, stray.clone(), message.to_owned()));
    }
    let style = typography::Style::of(&layer.questions);
    let across = cross::Across::of(&layer.questions, bank);
    let numbered: Vec<(usize, &Loaded)> = layer.questions.iter().enumerate().collect();
    let found = in_parallel(&numbered, |(index, loaded)| {
        let mut notes = Notes::default();
        shape::check(&loaded.question, &mut notes);
        terms::check(&loaded.question, &mut notes);
        typography::check(&loaded.question, style, &mut notes);
        across.check(*index, loaded, &mut notes);
        allow::check(&loaded.question, &mut notes);
        notes.located(&loaded.place, Some(&loaded.question.id))
    });
    findings.extend(found.into_iter().flatten());
    for plan in &layer.plans {
        let mut notes = Notes::default();
        plans::check(plan, bank, &mut notes);
        findings.extend(notes.located(&plan.place, None));
    }
    findings.sort_by(|a, b| (&a.file, a.line, a.rule).cmp(&(&b.file, b.line, b.rule)));
    findings
}

/// The findings that count: all but the answered warnings.
pub fn unanswered(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.answer.is_none())
}

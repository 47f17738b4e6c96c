//! What the checks of one file have to say, and where in the file it belongs.

use super::{Finding, Place};
use crate::bank::locate::Locator;
use crate::bank::rule::Rule;
use crate::domain::QuestionId;

/// A remark on a field.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) rule: Rule,
    pub(super) field: String,
    /// Text in the field that it is about; empty for the field as a whole.
    near: String,
    message: String,
    pub(super) answer: Option<String>,
}

/// The remarks on one file.
#[derive(Debug, Default)]
pub(super) struct Notes(pub(super) Vec<Note>);

impl Notes {
    pub(super) fn add(&mut self, rule: Rule, field: impl Into<String>, message: impl Into<String>) {
        self.add_near(rule, field, String::new(), message);
    }

    /// A remark on a passage of a field.
    pub(super) fn add_near(
        &mut self,
        rule: Rule,
        field: impl Into<String>,
        near: String,
        message: impl Into<String>,
    ) {
        let (field, message) = (field.into(), message.into());
        self.0.push(Note { rule, field, near, message, answer: None });
    }

    /// The remarks as findings with lines.
    pub(super) fn located(self, place: &Place, question: Option<&QuestionId>) -> Vec<Finding> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let text = place.text();
        let locator = text.as_deref().map(Locator::new);
        // A field that is missing has no line: the file's first one stands in.
        let find =
            |note: &Note| locator.as_ref().map(|l| l.line_of(&note.field, &note.near).unwrap_or(1));
        self.0
            .into_iter()
            .map(|note| Finding {
                rule: note.rule,
                file: place.file.clone(),
                line: place.line.or_else(|| find(&note)),
                question: question.cloned(),
                field: note.field,
                message: note.message,
                answer: note.answer,
            })
            .collect()
    }
}

//! Answers of authors to warnings: which they answer, and which answer nothing.

use super::notes::Notes;
use crate::bank::rule::{Rule, Severity};
use crate::domain::Question;

/// Marks the notes that the question answers. Comes last: it has to see them all.
pub(super) fn check(question: &Question, notes: &mut Notes) {
    for (index, allow) in question.allow.iter().enumerate() {
        let field = format!("allow[{index}]");
        match Rule::named(&allow.rule) {
            None => {
                let message =
                    format!("no rule {:?}; `viva questions lint --rules` lists them", allow.rule);
                notes.add(Rule::BadAllow, format!("{field}.rule"), message);
            }
            Some(rule) if rule.severity() == Severity::Error => {
                let message = format!("{rule} is an error: it has to be mended, not answered");
                notes.add(Rule::BadAllow, format!("{field}.rule"), message);
            }
            Some(_) if allow.reason.trim().is_empty() => {
                notes.add(Rule::BadAllow, format!("{field}.reason"), "give the reason");
            }
            Some(rule) => answer(rule, &allow.reason, &field, notes),
        }
    }
}

fn answer(rule: Rule, reason: &str, field: &str, notes: &mut Notes) {
    let mut answered = false;
    for note in notes.0.iter_mut().filter(|note| note.rule == rule) {
        note.answer = Some(reason.to_owned());
        answered = true;
    }
    if !answered {
        let message = format!("{rule} has nothing to find here: take the answer out");
        notes.add(Rule::UnusedAllow, field, message);
    }
}

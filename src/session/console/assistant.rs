//! The editor's helper: it notes the text after each change and completes
//! slash commands. It shows no hints and validates nothing.

use std::sync::Arc;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::shared::Shared;
use crate::session::command::completions;

pub(super) struct Assistant {
    pub(super) shared: Arc<Shared>,
}

impl Helper for Assistant {}
impl Highlighter for Assistant {}
impl Validator for Assistant {}

/// The library asks for a hint after each change of the text: the one place
/// where the text can be seen before it is handed over.
impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.shared.note(line);
        None
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((0, if pos == line.len() { completions(line) } else { Vec::new() }))
    }
}

//! The headings of an answer sheet.
//!
//! The exact form, which [`super::blank()`] writes, is known wherever it stands:
//! ``## Question 3: `topic/slug` `` (or 问题). A sheet may also be written by
//! hand with the id alone, in backticks, brackets or braces, or at the end of
//! the heading; then only headings like its first one count, so that headings
//! inside an answer stay part of it.

use crate::domain::QuestionId;

/// How a heading names its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    level: usize,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As the program writes it.
    Exact,
    /// The id is the whole heading.
    Bare,
    /// The whole heading, between marks.
    Alone(char),
    /// At the end of the heading, between marks.
    Tail(char),
}

impl Form {
    pub(super) fn is_exact(self) -> bool {
        self.style == Style::Exact
    }
}

/// What a heading says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// The question's id.
    Question(String),
    /// Meant to name a question; what is wrong with it.
    Malformed(String),
}

/// The form and the mark of a heading that names a question.
pub(super) fn read(line: &str) -> Option<(Form, Mark)> {
    let (level, text) = atx(line)?;
    if let Some(id) = exact(text) {
        let mark = QuestionId::new(id).map_or_else(Mark::Malformed, |id| Mark::Question(id.into()));
        return Some((Form { level, style: Style::Exact }, mark));
    }
    let text = unnumbered(text);
    let (style, id) = loose(text)?;
    let id = QuestionId::new(id).ok()?;
    Some((Form { level, style }, Mark::Question(id.into())))
}

/// Level and text of a Markdown heading.
fn atx(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[indent..];
    let level = rest.len() - rest.trim_start_matches('#').len();
    let text = &rest[level..];
    let heading = indent < 4 && (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    heading.then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

/// What stands between backticks after the word for a question and its number.
fn exact(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("Question").or_else(|| text.strip_prefix("问题"))?;
    let rest = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let rest = rest.strip_prefix([':', '：'])?.trim_start();
    Some(rest.strip_prefix('`')?.split('`').next().unwrap_or_default().trim())
}

/// A heading without its number.
fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() {
        return text;
    }
    rest.strip_prefix(['.', ')', '、', '．']).map_or(text, str::trim_start)
}

fn loose(text: &str) -> Option<(Style, &str)> {
    for (open, close) in [('`', '`'), ('[', ']'), ('(', ')'), ('{', '}'), ('（', '）')] {
        let Some(inner) = text.strip_suffix(close) else { continue };
        let (before, id) = inner.rsplit_once(open)?;
        let id = id.trim_start_matches('#');
        let alone = before.trim().is_empty();
        return Some((if alone { Style::Alone(open) } else { Style::Tail(open) }, id));
    }
    Some((Style::Bare, text))
}

/// The mark that opens or closes a code block: three or more backticks or tildes.
pub(super) fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ['`', '~'].into_iter().find_map(|c| {
        let length = line.len() - line.trim_start_matches(c).len();
        (length >= 3).then(|| &line[..length])
    })
}

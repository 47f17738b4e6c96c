//! The headings of an answer sheet, as written by the program or by other hands.
//!
//! ``## Question 3: `topic/slug` `` is what [`super::blank()`] writes. Word processors and
//! people change its dress: the marks of the heading, of the id, the punctuation, the language.
//! So a line with the word for a question, a number and an id is a heading in any dress, and so
//! is one that is all id where the sheet lists that id. A line that looks like a heading and
//! names no id is told as malformed, never taken for text. Other headings with an id count only
//! where the sheet is written by hand in their form: those inside an answer stay part of it.

use super::label::{self, Label};
use crate::domain::QuestionId;

/// Longest line that is looked at, in bytes; a heading is shorter.
const MAX_BYTES: usize = 2000;
/// Most questions that a sheet may list; those beyond are not looked for.
const MAX_LISTED: usize = 10_000;
/// What may stand between number and id.
const BETWEEN: &[char] = &[':', '.', ',', ';', ')', '-', '–', '—', '、', '。', '·', '|', '_'];
/// What may stand around an id.
const AROUND: &[char] = &[
    '`', '\'', '"', '‘', '’', '“', '”', '「', '」', '【', '】', '[', ']', '(', ')', '{', '}', '<',
    '>', '*', '_',
];

/// How a heading names its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    level: usize,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// By the word for a question.
    Labelled,
    /// The id is the whole heading.
    Bare,
    /// The whole heading, between marks.
    Alone(char),
    /// At the end of the heading, between marks.
    Tail(char),
}

/// What a heading says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// The question's id.
    Question(String),
    /// Meant to name a question: its number, and what is wrong with the id, if there is one.
    Malformed(Option<usize>, Option<String>),
}

/// The headings of one sheet.
#[derive(Debug, Default)]
pub(super) struct Headings {
    /// That of the first one.
    form: Option<Form>,
    /// Questions that the sheet says it has, and whether a heading named them.
    listed: Vec<(String, bool)>,
}

/// A line in a plain dress.
struct Line {
    /// Of a heading; 0 for none.
    level: usize,
    /// Whether it stands out: as a heading, or all bold.
    marked: bool,
    /// Whether it is an item of a list.
    bullet: bool,
    text: String,
}

impl Headings {
    /// Adds the questions that the sheet says it has.
    pub(super) fn list(&mut self, ids: Vec<String>) {
        let room = MAX_LISTED.saturating_sub(self.listed.len());
        self.listed.extend(ids.into_iter().take(room).map(|id| (id, false)));
    }

    /// Listed questions that no heading named, with their numbers.
    pub(super) fn missing(&self) -> impl Iterator<Item = (usize, &str)> {
        let unmet = self.listed.iter().enumerate().filter(|(_, (_, met))| !met);
        unmet.map(|(index, (id, _))| (index + 1, id.as_str()))
    }

    /// The listed question of that number, if no heading named it yet; it counts as named.
    pub(super) fn by_number(&mut self, number: usize) -> Option<String> {
        let slot = self.listed.get_mut(number.checked_sub(1)?).filter(|(_, met)| !met)?;
        slot.1 = true;
        Some(slot.0.clone())
    }

    /// What a line says, if it is a heading of this sheet.
    pub(super) fn read(&mut self, line: &str) -> Option<Mark> {
        let line = Line::new(line)?;
        let (style, mark) = self.find(&line)?;
        self.form.get_or_insert(Form { level: line.level, style });
        if let Mark::Question(id) = &mark {
            self.listed
                .iter_mut()
                .filter(|(listed, _)| listed == id)
                .for_each(|slot| slot.1 = true);
        }
        Some(mark)
    }

    /// Whether a line names a question, in a block of code, too.
    pub(super) fn names_one(&self, line: &str) -> bool {
        let found = Line::new(line).and_then(|line| self.find(&line));
        matches!(found, Some((_, Mark::Question(_))))
    }

    fn find(&self, line: &Line) -> Option<(Style, Mark)> {
        self.labelled(line).or_else(|| self.by_id(line))
    }

    /// A line that begins with the word for a question.
    fn labelled(&self, line: &Line) -> Option<(Style, Mark)> {
        let Label { number, rest, ends } = label::read(&line.text)?;
        let body = rest.trim_matches(|c: char| c.is_whitespace() || BETWEEN.contains(&c));
        // Between backticks stands the id and nothing else.
        let ticked = body.strip_prefix('`').map(|rest| rest.split_once('`').unwrap_or((rest, "")));
        let id = ticked.map_or_else(|| bare(body), |(id, _)| id.trim());
        let question = |id: QuestionId| Some((Style::Labelled, Mark::Question(id.into())));
        let malformed = |reason| Some((Style::Labelled, Mark::Malformed(number, reason)));
        let alone = !ticked.is_some_and(|(_, after)| after.contains(char::is_alphanumeric));
        if let Ok(found) = QuestionId::new(id)
            && (line.marked || (alone && (number.is_some() || self.lists(id))))
        {
            return question(found);
        }
        let words = id.contains(char::is_whitespace);
        if line.marked
            && ticked.is_none()
            && let Some(found) = only_id(body)
        {
            return question(found);
        }
        // Without the marks of a heading it may be the beginning of a sentence.
        let sentence = !ends || !alone || words || !(id.is_empty() || id.contains('/'));
        if !line.marked && (number.is_none() || sentence) {
            return None;
        }
        if ticked.is_some() || (number.is_some() && !id.is_empty() && !words) {
            return malformed(QuestionId::new(id).err());
        }
        number?;
        malformed(None)
    }

    /// A heading that names an id without the word for a question.
    fn by_id(&self, line: &Line) -> Option<(Style, Mark)> {
        let text = unnumbered(&line.text);
        let numbered = text.len() < line.text.len();
        let (style, id) = tail(text)?;
        let id = QuestionId::new(bare(id)).ok()?;
        let form = Form { level: line.level, style };
        let whole = !matches!(style, Style::Tail(_));
        let ours = if self.listed.is_empty() {
            let same_level = self.form.is_none_or(|first| first.level == line.level);
            let same = self.form.is_none_or(|first| first == form);
            line.level > 0 && (same || (numbered && whole && same_level))
        } else {
            self.lists(id.as_str()) && (line.marked || (whole && !line.bullet))
        };
        ours.then(|| (style, Mark::Question(id.into())))
    }

    fn lists(&self, id: &str) -> bool {
        self.listed.iter().any(|(listed, _)| listed == id)
    }
}

impl Line {
    /// Without the marks of a heading, bold print and what exports add; none where the line is
    /// part of a code block, a quotation, or too long.
    fn new(line: &str) -> Option<Self> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if line.len() > MAX_BYTES || indent > 3 || line.starts_with('\t') {
            return None;
        }
        let plain = plain(line);
        let text = plain.trim();
        let rest = text.trim_start_matches('#');
        let level = text.len() - rest.len();
        if level > 6 {
            return None;
        }
        let item = ["- ", "* ", "+ "].into_iter().find_map(|mark| rest.strip_prefix(mark));
        let item = item.filter(|_| level == 0);
        let spaced = rest.starts_with(char::is_whitespace);
        let text = item.unwrap_or(rest).trim();
        let bold = ["**", "__"].iter().any(|m| text.starts_with(m) && text.ends_with(m));
        let text = text.trim_end_matches('#').replace("**", "").replace("__", "");
        let text = text.trim_matches(|c: char| c.is_whitespace() || "*_".contains(c)).to_owned();
        // `#tag` is a heading only where the space after the mark was left out.
        let heading = level > 0 && (spaced || label::read(&text).is_some());
        let level = if heading { level } else { 0 };
        let marked = heading || bold;
        Some(Self { level, marked, bullet: item.is_some(), text })
    }
}

/// Full-width characters as ASCII, other spaces as spaces, without what does not show and the
/// backslashes that exports put before punctuation.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                out.extend(char::from_u32(u32::from(c) - 0xfee0));
            }
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_whitespace() => out.push(' '),
            c => {
                if out.ends_with('\\') && c.is_ascii_punctuation() {
                    out.pop();
                }
                out.push(c);
            }
        }
    }
    out
}

/// An id without the marks around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || AROUND.contains(&c)).trim_start_matches('#')
}

/// The only id among the words of a heading.
fn only_id(text: &str) -> Option<QuestionId> {
    let words =
        text.split(|c: char| c.is_whitespace() || AROUND.contains(&c) || ":,;#".contains(c));
    let mut ids = words.filter_map(|word| {
        QuestionId::new(word.trim_matches(|c: char| !c.is_ascii_alphanumeric())).ok()
    });
    let first = ids.next()?;
    ids.all(|other| other == first).then_some(first)
}

/// A heading without its number.
fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() {
        return text;
    }
    rest.strip_prefix(['.', ')', '、']).map_or(text, str::trim_start)
}

/// What may be an id at the end of a heading, and how it stands there.
fn tail(text: &str) -> Option<(Style, &str)> {
    for (open, close) in [('`', '`'), ('[', ']'), ('(', ')'), ('{', '}')] {
        let Some(inner) = text.strip_suffix(close) else { continue };
        let (before, id) = inner.rsplit_once(open)?;
        let alone = before.trim().is_empty();
        return Some((if alone { Style::Alone(open) } else { Style::Tail(open) }, id));
    }
    Some((Style::Bare, text))
}

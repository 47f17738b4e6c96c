//! The headings of an answer sheet, as written by the program or by other hands.
//!
//! ``## Question 3: `topic/slug` `` is what [`super::blank()`] writes. Word processors and
//! people change its dress: the marks of the heading, of the id, the punctuation, the language.
//! So a line with the word for a question, a number and an id is a heading in any dress, and so
//! is one that is all id where the sheet lists that id. A line that looks like a heading and
//! names no id is told as malformed, never taken for text. Other headings with an id count only
//! where the sheet is written by hand in their form: those inside an answer stay part of it.

use super::label;
use crate::domain::QuestionId;

/// How much of a line is looked at, in bytes; only behind the id of a heading may be more.
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
/// What may end an id.
const CLOSING: &[char] =
    &['`', '\'', '"', '’', '”', '」', '】', ']', ')', '）', '}', '>', '*', '_', ','];

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
    /// Meant to name a question: what is wrong with the id, if there is one.
    Malformed(Option<String>),
}

/// A heading of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) mark: Mark,
    /// Whether it names its question and has the marks of a heading.
    pub(super) sure: bool,
    pub(super) number: Option<usize>,
    /// Which of the listed questions it stands for.
    pub(super) slot: Option<usize>,
    /// What stands behind the id; behind the number where it names none.
    pub(super) behind: String,
}

/// The headings of one sheet.
#[derive(Debug, Default)]
pub(super) struct Headings {
    /// That of the first one.
    form: Option<Form>,
    /// Questions that the sheet says it has.
    listed: Vec<(String, Met)>,
    /// What the last heading stood for.
    last: Option<usize>,
}

/// Whether a heading stands for a listed question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    No,
    /// One that does not name it.
    Perhaps,
    /// One without marks, which may be a mention if there is another.
    Plainly,
    Yes,
}

/// What a line was found to say.
struct Found<'a> {
    style: Style,
    mark: Mark,
    number: Option<usize>,
    /// What stands behind the id, in plain dress.
    behind: &'a str,
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
        self.listed.extend(ids.into_iter().take(room).map(|id| (id, Met::No)));
    }

    /// Listed questions that no heading stands for.
    pub(super) fn missing(&self) -> impl Iterator<Item = (usize, &str)> {
        let unmet = self.listed.iter().enumerate().filter(|(_, (_, met))| *met == Met::No);
        unmet.map(|(slot, (id, _))| (slot, id.as_str()))
    }

    /// The listed question of a slot.
    pub(super) fn id_of(&self, slot: usize) -> Option<&str> {
        self.listed.get(slot).map(|(id, _)| id.as_str())
    }

    /// What a line says, if it is a heading of this sheet.
    pub(super) fn read(&mut self, text: &str) -> Option<Heading> {
        let line = Line::new(text)?;
        let Found { style, mark, number, behind } = self.find(&line)?;
        let slot = self.slot(&mark, number, line.marked)?;
        let bare = bare(behind.trim_matches(BETWEEN)).is_empty();
        let behind = match &mark {
            Mark::Question(id) if !bare => as_written(text, id, behind),
            Mark::Question(_) => String::new(),
            Mark::Malformed(_) => behind.to_owned(),
        };
        let sure = line.marked && matches!(mark, Mark::Question(_));
        self.form.get_or_insert(Form { level: line.level, style });
        if let Some(slot) = slot {
            self.listed[slot].1 = match mark {
                Mark::Malformed(_) => Met::Perhaps,
                Mark::Question(_) if sure => Met::Yes,
                Mark::Question(_) => Met::Plainly,
            };
            self.last = Some(slot);
        }
        Some(Heading { mark, sure, number, slot, behind })
    }

    /// Which listed question a heading stands for, if any; the outer `None` where it is none in
    /// a sheet that lists its questions, since all that it could stand for have theirs.
    #[expect(clippy::option_option, reason = "no heading, and a heading beside the list")]
    fn slot(&self, mark: &Mark, number: Option<usize>, marked: bool) -> Option<Option<usize>> {
        if self.listed.is_empty() {
            return Some(None);
        }
        let id = if let Mark::Question(id) = mark { Some(id) } else { None };
        if let Some(slot) = self.listed.iter().position(|(listed, _)| Some(listed) == id) {
            // Without marks it may be a mention, once the question has its heading.
            return (marked || self.listed[slot].1 < Met::Plainly).then_some(Some(slot));
        }
        let next = self.last.map_or(0, |last| last + 1);
        let slot = number.map_or(Some(next), |number| number.checked_sub(1));
        let most = match id {
            None => Met::No,
            Some(_) if !marked => Met::Perhaps,
            Some(_) => Met::Plainly,
        };
        let free = |slot: &usize| self.listed.get(*slot).is_some_and(|(_, met)| *met <= most);
        match slot.filter(free) {
            None => (marked && id.is_some()).then_some(None),
            slot => Some(slot),
        }
    }

    /// Whether a line names a question, in a block of code, too.
    pub(super) fn names_one(&self, line: &str) -> bool {
        let line = Line::new(line);
        let found = line.as_ref().and_then(|line| self.find(line));
        matches!(found, Some(Found { mark: Mark::Question(_), .. }))
    }

    fn find<'a>(&self, line: &'a Line) -> Option<Found<'a>> {
        self.labelled(line).or_else(|| self.by_id(line))
    }

    /// A line that begins with the word for a question.
    fn labelled<'a>(&self, line: &'a Line) -> Option<Found<'a>> {
        let label = label::read(&line.text)?;
        let body = label.rest.trim_matches(|c: char| c.is_whitespace() || BETWEEN.contains(&c));
        // Between backticks stands the id and nothing else.
        let ticked = body.strip_prefix('`').map(|rest| rest.split_once('`').unwrap_or((rest, "")));
        let words = || body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let (id, behind) = ticked.map_or_else(
            || {
                let (id, behind) = words();
                (bare(id), behind)
            },
            |(id, behind)| (id.trim(), behind),
        );
        let number = label.number;
        let found = |mark, behind| Some(Found { style: Style::Labelled, mark, number, behind });
        let whole = !behind.contains(char::is_alphanumeric);
        let named = match QuestionId::new(id) {
            Ok(id) if ticked.is_some() || whole => Ok((id, behind)),
            // A heading may say more than the id, but no other.
            id => only_id(body).filter(|_| ticked.is_none() && line.marked).ok_or(id.err()),
        };
        match named {
            Ok((id, behind)) => {
                let known = self.lists(id.as_str());
                let plainly = number.is_some() && !label.short;
                let plainly = plainly && (self.listed.is_empty() || !line.bullet);
                (line.marked || (whole && (known || plainly)))
                    .then(|| found(Mark::Question(id.into()), behind))?
            }
            Err(reason) if line.marked => {
                let tried = ticked.is_some() || (number.is_some() && !id.is_empty() && whole);
                (tried || number.is_some())
                    .then(|| found(Mark::Malformed(reason.filter(|_| tried)), body))?
            }
            Err(reason) => {
                let id_like = !id.contains(char::is_whitespace) && id.contains('/');
                let plainly = label.ends && !label.short && number.is_some() && !line.bullet;
                (plainly && whole && (id.is_empty() || id_like))
                    .then(|| found(Mark::Malformed(reason.filter(|_| !id.is_empty())), body))?
            }
        }
    }

    /// A heading that names an id without the word for a question.
    fn by_id<'a>(&self, line: &'a Line) -> Option<Found<'a>> {
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
        let mark = Mark::Question(id.into());
        ours.then_some(Found { style, mark, number: None, behind: "" })
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
        if indent > 3 || line.starts_with('\t') {
            return None;
        }
        let plain = plain(&line[..line.floor_char_boundary(MAX_BYTES)]);
        let text = plain.trim();
        let rest = text.trim_start_matches('#');
        let level = text.len() - rest.len();
        if level > 6 || (level == 0 && line.len() > MAX_BYTES) {
            return None;
        }
        let item = ["- ", "* ", "+ "].into_iter().find_map(|mark| rest.strip_prefix(mark));
        let item = item.filter(|_| level == 0);
        let spaced = rest.starts_with(char::is_whitespace);
        let text = item.unwrap_or(rest).trim();
        let bold = ["**", "__"].iter().any(|m| text.starts_with(m) && text.ends_with(m));
        // What exports call a heading by.
        let text = text
            .rsplit_once("{#")
            .filter(|(_, name)| name.ends_with('}') && !name.contains('/'))
            .map_or(text, |(text, _)| text.trim_end());
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

/// The only id among the words of a heading, and what stands behind it.
fn only_id(text: &str) -> Option<(QuestionId, &str)> {
    let gap = |c: char| c.is_whitespace() || AROUND.contains(&c) || ":,;#".contains(c);
    let mut ids = text.split(gap).filter_map(|word| {
        let id = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        QuestionId::new(id).ok().map(|found| (found, id))
    });
    let (found, first) = ids.next()?;
    let at = text.find(first)? + first.len();
    ids.all(|(other, _)| other == found).then(|| (found, &text[at..]))
}

/// What a heading says behind its id, as it was typed; else in its plain dress.
fn as_written(line: &str, id: &str, plain: &str) -> String {
    let behind = line.find(id).map_or(plain, |at| &line[at + id.len()..]);
    let behind = behind.trim_start_matches(CLOSING).trim_start();
    let behind = behind.strip_prefix([':', '：']).unwrap_or(behind);
    let behind = behind.trim().trim_end_matches('#').trim_end();
    let bold = line.trim_start_matches(['#', ' ']).starts_with("**");
    if bold { behind.strip_suffix("**").unwrap_or(behind) } else { behind }.to_owned()
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

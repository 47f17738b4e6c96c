//! Answer sheets: Markdown with a heading a question, filled in by people and
//! read back.
//!
//! A question's heading is `## 3. [topic/slug] Title`. What stands between two
//! of them is an answer, whatever it holds: headings of its own, fences, lists.
//! Reading changes nothing in an answer but line ends and blank lines around it.

use std::fmt::Write as _;

use crate::domain::{Lang, Question, QuestionId};

/// What the line for the candidate's name begins with.
const CANDIDATE: [&str; 2] = ["Candidate:", "姓名："];

/// A filled sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Who answered, when the sheet says so.
    pub candidate: Option<String>,
    /// The answers in the order of the sheet; blank ones included.
    pub answers: Vec<SheetAnswer>,
}

/// One answer of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetAnswer {
    /// The question.
    pub question: QuestionId,
    /// Line of its heading, from 1.
    pub line: usize,
    /// What was written; empty when nothing was.
    pub text: String,
}

/// Why a text is no sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// No heading of a question.
    #[error("no question found: a sheet has headings such as `## 1. [topic/slug] Title`")]
    NoQuestion,
    /// A heading whose brackets hold no id.
    #[error("line {line}: {message}")]
    BadId {
        /// Line, from 1.
        line: usize,
        /// What is wrong with the id.
        message: String,
    },
}

/// An empty sheet. Titles and `heading` are put on one line each.
pub fn write<'a>(
    heading: &str,
    questions: impl IntoIterator<Item = &'a Question>,
    lang: Lang,
) -> String {
    let (how, candidate) = match lang {
        Lang::En => (
            "Write each answer below its heading. Leave the headings that begin with a number as they are.",
            CANDIDATE[0],
        ),
        Lang::Zh => ("请在每个标题下方作答，带编号的标题请保持原样。", CANDIDATE[1]),
    };
    let mut sheet = format!("# {}\n\n> {how}\n\n{candidate}\n", one_line(heading));
    for (number, question) in (1..).zip(questions) {
        let title = one_line(question.title.get(lang));
        // Writing to a string cannot fail.
        let _ = write!(sheet, "\n## {number}. [{}] {title}\n\n\n", question.id);
    }
    sheet
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a filled sheet.
///
/// Inside a code fence a heading counts only when its number is the next one:
/// an answer may quote a sheet, and a fence that is never closed must not
/// swallow the answers after it.
///
/// # Errors
/// [`SheetError`] when there is no question, or a heading holds a bad id.
pub fn parse(text: &str) -> Result<Sheet, SheetError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut sheet = Sheet::default();
    let mut body: Vec<&str> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut number = 0;
    for (index, line) in text.lines().enumerate() {
        let heading = heading(line).filter(|h| fence.is_none() || h.number == number + 1);
        if let Some(heading) = heading {
            close(&mut sheet, &mut body);
            let question = QuestionId::new(heading.id)
                .map_err(|message| SheetError::BadId { line: index + 1, message })?;
            sheet.answers.push(SheetAnswer { question, line: index + 1, text: String::new() });
            (number, fence) = (heading.number, None);
            continue;
        }
        fence = after(line, fence);
        if sheet.answers.is_empty() {
            sheet.candidate = sheet.candidate.or_else(|| candidate(line));
        } else {
            body.push(line);
        }
    }
    close(&mut sheet, &mut body);
    if sheet.answers.is_empty() { Err(SheetError::NoQuestion) } else { Ok(sheet) }
}

/// Gives the collected lines to the last question.
fn close(sheet: &mut Sheet, body: &mut Vec<&str>) {
    let lines = std::mem::take(body);
    let Some(answer) = sheet.answers.last_mut() else { return };
    let blank = |line: &&&str| line.trim().is_empty();
    let skip = lines.iter().take_while(blank).count();
    let tail = lines.iter().rev().take_while(blank).count();
    answer.text = lines.get(skip..lines.len() - tail).unwrap_or_default().join("\n");
}

fn candidate(line: &str) -> Option<String> {
    let name = CANDIDATE.iter().find_map(|word| line.trim().strip_prefix(word))?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

struct Heading<'a> {
    number: usize,
    id: &'a str,
}

/// A line such as `## 3. [topic/slug] Title`. Brackets without a slash are a
/// heading of the answer's own.
fn heading(line: &str) -> Option<Heading<'_>> {
    let rest = line.strip_prefix("##")?.trim_start();
    let (number, rest) = rest.split_once('.')?;
    let number = number.parse().ok()?;
    let (id, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let id = id.trim();
    (id.contains('/') && !id.contains(char::is_whitespace)).then_some(Heading { number, id })
}

/// The fence that is open after a line.
fn after<'a>(line: &'a str, open: Option<&'a str>) -> Option<&'a str> {
    let indented = line.len() - line.trim_start_matches(' ').len() > 3;
    let line = line.trim();
    let marks = |c: char| line.len() - line.trim_start_matches(c).len();
    let (c, count) = if line.starts_with('~') { ('~', marks('~')) } else { ('`', marks('`')) };
    if indented || count < 3 {
        return open;
    }
    let (mark, rest) = line.split_at(count);
    match open {
        Some(open) => {
            let closes = mark.starts_with(open) && rest.trim().is_empty();
            if closes { None } else { Some(open) }
        }
        // A backtick in the rest makes it a code span on one line.
        None => (c == '~' || !rest.contains('`')).then_some(mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::embedded;

    fn filled(answers: &[&str], line_end: &str) -> (Vec<QuestionId>, String) {
        let layer = embedded();
        let questions: Vec<_> =
            layer.questions.iter().take(answers.len()).map(|l| &*l.question).collect();
        let sheet = write("Mock\ninterview", questions.iter().copied(), Lang::Zh);
        let mut parts = sheet.split("\n\n\n");
        let mut text = String::new();
        for answer in answers {
            text += parts.next().unwrap();
            text.extend(["\n\n", answer, "\n"]);
        }
        (questions.iter().map(|q| q.id.clone()).collect(), text.replace('\n', line_end))
    }

    #[test]
    fn whatever_an_answer_holds_comes_back() {
        let answers = [
            "# A heading\n\n## 2. Mine\n\ntext 中文，“引号”",
            "```rust\nfn main() {}\n\n## 9. [a/b] in a fence\n```\n\nafter",
            "",
            "  indented\n\n\n- list\n\n~~~\n```\n~~~",
            "## [see/this]\n---\n> quote",
        ];
        for line_end in ["\n", "\r\n"] {
            let (ids, text) = filled(&answers, line_end);
            let sheet = parse(&text).unwrap();
            let read: Vec<_> = sheet.answers.iter().map(|a| a.text.as_str()).collect();
            assert_eq!(read, answers);
            assert_eq!(sheet.answers.iter().map(|a| a.question.clone()).collect::<Vec<_>>(), ids);
        }
    }

    #[test]
    fn a_fence_left_open_swallows_no_other_answer() {
        let (_, text) = filled(&["```\nopen", "second", "```\nx\n```"], "\n");
        let sheet = parse(&text).unwrap();
        assert_eq!(sheet.answers.len(), 3);
        assert_eq!(sheet.answers[1].text, "second");
    }

    #[test]
    fn questions_may_be_moved_left_out_or_renumbered() {
        let text = "\u{feff}# S\nCandidate:  李雷 \n\n## 7. [b/two] T\nx\n##  2.  [a/one]\ny";
        let sheet = parse(text).unwrap();
        assert_eq!(sheet.candidate.as_deref(), Some("李雷"));
        let read: Vec<_> =
            sheet.answers.iter().map(|a| (a.question.as_str(), a.line, a.text.as_str())).collect();
        assert_eq!(read, [("b/two", 4, "x"), ("a/one", 6, "y")]);
    }

    #[test]
    fn what_is_no_sheet_is_said() {
        assert_eq!(parse("# Notes\n\ntext"), Err(SheetError::NoQuestion));
        let error = parse("## 1. [A/B] Title").unwrap_err();
        assert!(error.to_string().starts_with("line 1: bad question id \"A/B\""), "{error}");
    }
}

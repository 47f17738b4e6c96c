//! Answers from a pipe: where one ends and the next begins.
//!
//! An answer ends with an empty line, or with a separator line when one is
//! given, or with the input. Reading goes on behind an answer that cannot be
//! graded. Memory is bounded by the largest answer that is graded, however long
//! an answer is.

use std::io::{self, BufRead};

use super::command::{self, Command, Parsed};
use super::machine::without_blank_ends;
use crate::domain::{Answer, AnswerError, MAX_ANSWER_BYTES};

/// What was given to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// An answer; empty only between two separators.
    Answer(Answer),
    /// "I don't know".
    GaveUp,
    /// On without an answer.
    Skipped,
    /// A text that cannot be an answer.
    Unusable(AnswerError),
}

/// What the input holds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Something for the question at hand.
    Given(Given),
    /// A command that needs a terminal; the question still waits.
    NeedsTerminal(Command),
    /// The end, by `/quit` or by the end of the input.
    End,
}

/// Reads answers one after another.
#[derive(Debug)]
pub struct Answers<R> {
    input: R,
    separator: Option<String>,
    started: bool,
    /// Whether the last piece that was read did not end its line.
    in_line: bool,
}

impl<R: BufRead> Answers<R> {
    /// Answers ended by the separator line, or by empty lines when there is none.
    pub fn new(input: R, separator: Option<String>) -> Self {
        Self { input, separator, started: false, in_line: false }
    }

    /// What comes next.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn read(&mut self) -> io::Result<Next> {
        let Some(bytes) = self.bytes()? else { return Ok(Next::End) };
        Ok(match text(&bytes) {
            Err(error) => Next::Given(Given::Unusable(error)),
            Ok(text) => classify(&text),
        })
    }

    /// Whether more than blank lines has already been read behind the last answer.
    pub fn has_more_at_hand(&mut self) -> bool
    where
        R: AtHand,
    {
        let separator = self.separator.as_deref().unwrap_or_default().as_bytes();
        self.input
            .at_hand()
            .split(|byte| *byte == b'\n')
            .any(|line| !line.trim_ascii().is_empty() && line.trim_ascii() != separator)
    }

    /// The bytes of one answer, ended; none at the end of the input.
    fn bytes(&mut self) -> io::Result<Option<Collected>> {
        let mut collected = Collected::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            if read_line(&mut self.input, &mut line)? == 0 {
                return Ok(collected.has_text.then_some(collected));
            }
            if !std::mem::replace(&mut self.started, true) {
                strip_byte_order_mark(&mut line);
            }
            let goes_on = std::mem::replace(&mut self.in_line, !line.ends_with(b"\n"));
            let blank = line.trim_ascii().is_empty();
            let ends = match &self.separator {
                Some(separator) => line.trim_ascii_end() == separator.as_bytes(),
                None => blank && collected.has_text,
            };
            if ends && !goes_on {
                return Ok(Some(collected));
            }
            if collected.has_text || !blank {
                collected.push(&line);
            }
        }
    }
}

/// An input that can tell what it holds without reading on.
pub trait AtHand {
    /// Bytes that were read and not yet given out.
    fn at_hand(&self) -> &[u8];
}

impl<R: io::Read> AtHand for io::BufReader<R> {
    fn at_hand(&self) -> &[u8] {
        self.buffer()
    }
}

/// The bytes of an answer, up to a little beyond what is graded.
#[derive(Debug, Default)]
struct Collected {
    bytes: Vec<u8>,
    /// Bytes of the whole answer, blank ones at its end included.
    length: usize,
    has_text: bool,
}

impl Collected {
    fn push(&mut self, line: &[u8]) {
        self.has_text = true;
        self.length += line.len();
        let room = (2 * MAX_ANSWER_BYTES).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&line[..line.len().min(room)]);
    }
}

fn text(collected: &Collected) -> Result<String, AnswerError> {
    if collected.length > 2 * MAX_ANSWER_BYTES {
        return Err(AnswerError::TooLong { bytes: collected.length });
    }
    match std::str::from_utf8(&collected.bytes) {
        Ok(text) => Ok(without_blank_ends(&text.replace("\r\n", "\n")).to_owned()),
        Err(error) => Err(AnswerError::NotUtf8 { offset: error.valid_up_to() }),
    }
}

fn classify(text: &str) -> Next {
    let given = match command::parse(text) {
        Parsed::Command(Command::Skip) => Given::Skipped,
        Parsed::Command(Command::Idk) => Given::GaveUp,
        Parsed::Command(Command::Quit) => return Next::End,
        Parsed::Command(command) => return Next::NeedsTerminal(command),
        // Nobody is there to mend a mistyped command: it is an answer.
        Parsed::Unknown(_) => answer(text),
        Parsed::Answer(text) => answer(&text),
    };
    Next::Given(given)
}

fn answer(text: &str) -> Given {
    match Answer::new(text) {
        Ok(answer) => Given::Answer(answer),
        Err(error) => Given::Unusable(error),
    }
}

/// Reads up to a line break, at most twice the largest answer at a time.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let limit = 2 * MAX_ANSWER_BYTES as u64;
    io::Read::take(input, limit).read_until(b'\n', line)
}

fn strip_byte_order_mark(line: &mut Vec<u8>) {
    if line.starts_with(b"\xef\xbb\xbf") {
        line.drain(..3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8], separator: Option<&str>) -> Vec<Next> {
        let mut answers = Answers::new(input, separator.map(str::to_owned));
        let mut found = Vec::new();
        loop {
            match answers.read().unwrap() {
                Next::End => return found,
                next => found.push(next),
            }
        }
    }

    fn given(text: &str) -> Next {
        Next::Given(answer(text))
    }

    #[test]
    fn an_empty_line_or_the_end_ends_an_answer() {
        let found = all("\n\n one\ntwo\n\n\n\n三\n \nlast".as_bytes(), None);
        assert_eq!(found, [given(" one\ntwo"), given("三"), given("last")]);
        assert_eq!(all(b"", None), []);
        assert_eq!(all(b"\n \n\n", None), []);
    }

    #[test]
    fn a_separator_keeps_paragraphs_and_empty_answers() {
        let found = all(b"one\n\ntwo\n---\n\n---\nthree\n---\n", Some("---"));
        assert_eq!(found, [given("one\n\ntwo"), given(""), given("three")]);
    }

    #[test]
    fn carriage_returns_and_a_byte_order_mark_go() {
        let found = all(b"\xef\xbb\xbfone\r\ntwo\r\n\r\nthree\r\n", None);
        assert_eq!(found, [given("one\ntwo"), given("three")]);
        assert_eq!(all(b"a\r\n---\r\nb", Some("---")), [given("a"), given("b")]);
    }

    #[test]
    fn commands_work_where_they_can() {
        let found = all("/skip\n\n／idk\n\n//proc is\n\n/proc is\n\n/hint\n\nx".as_bytes(), None);
        assert_eq!(
            found,
            [
                Next::Given(Given::Skipped),
                Next::Given(Given::GaveUp),
                given("/proc is"),
                given("/proc is"),
                Next::NeedsTerminal(Command::Hint),
                given("x")
            ]
        );
        assert_eq!(all(b"one\n\n/quit\n\ntwo\n", None), [given("one")]);
    }

    #[test]
    fn what_cannot_be_an_answer_is_told_and_the_rest_goes_on() {
        let mut input = b"good\n\nb\xffad\n\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', MAX_ANSWER_BYTES + 1));
        input.extend(b"\n\n");
        input.extend(std::iter::repeat_n(b'y', 5 * MAX_ANSWER_BYTES));
        input.extend(b"\n\nlast\n");
        let found = all(&input, None);
        assert_eq!(found[0], given("good"));
        let unusable = |error| Next::Given(Given::Unusable(error));
        assert_eq!(found[1], unusable(AnswerError::NotUtf8 { offset: 1 }));
        assert_eq!(found[2], unusable(AnswerError::TooLong { bytes: MAX_ANSWER_BYTES + 1 }));
        assert_eq!(found[3], unusable(AnswerError::TooLong { bytes: 5 * MAX_ANSWER_BYTES + 1 }));
        assert_eq!(found[4..], [given("last")]);
    }

    #[test]
    fn more_answers_than_questions_are_noticed_without_reading_on() {
        let mut answers = Answers::new(io::BufReader::new(&b"one\n\ntwo\n"[..]), None);
        answers.read().unwrap();
        assert!(answers.has_more_at_hand());
        answers.read().unwrap();
        assert!(!answers.has_more_at_hand());
    }
}

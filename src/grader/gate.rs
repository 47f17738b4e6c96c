//! The gate before any grading: an answer that says nothing costs no call.
//!
//! Decides from the text alone and never from what the question is about. An
//! answer that could be right in any question passes.

use crate::domain::Question;
use crate::text::distance::similarity_at_least;
use crate::text::fold::{Scalar, fold};
use crate::text::is_unified_han;

/// What the gate says about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// To be graded.
    Pass,
    /// Empty, white space, or punctuation alone.
    Blank,
    /// The question again.
    RestatesQuestion,
}

/// How alike an answer must be to the question to count as its repetition, 0 to 1.
const SAME_TEXT: f64 = 0.9;
/// The least length of a repetition, as a share of the question's length.
const SAME_LENGTH: f64 = 0.8;

/// A question's title in each language, folded for comparison.
#[derive(Debug, Clone, Default)]
pub struct Titles(Vec<Vec<char>>);

impl Titles {
    /// The titles of a question.
    pub fn of(question: &Question) -> Self {
        Self(question.title.texts().map(|(_, title)| letters(&fold(title)).collect()).collect())
    }

    /// Most letters that an answer may have to be a repetition of one of them: of a longer one
    /// less than [`SAME_TEXT`] can be alike.
    fn reach(&self) -> usize {
        let longest = self.0.iter().map(Vec::len).max().unwrap_or(0);
        longest * 100 / percent(SAME_TEXT) + 1
    }
}

impl Gate {
    /// Judges an answer to the question with these titles.
    pub fn of(titles: &Titles, answer: &str) -> Self {
        // Each of these stays a letter when folded, so most answers need not be.
        let sure = |ch: &char| ch.is_ascii_alphanumeric() || is_unified_han(*ch);
        if answer.chars().filter(sure).nth(titles.reach()).is_some() {
            return Self::Pass;
        }
        Self::of_folded(titles, &fold(answer))
    }

    /// Judges an answer that is folded already.
    pub fn of_folded(titles: &Titles, answer: &[Scalar]) -> Self {
        if is_blank(answer) {
            return Self::Blank;
        }
        let reach = titles.reach();
        let answer: Vec<char> = letters(answer).take(reach + 1).collect();
        if answer.len() <= reach && titles.0.iter().any(|title| repeats(title, &answer)) {
            Self::RestatesQuestion
        } else {
            Self::Pass
        }
    }

    /// Whether the answer is to be graded.
    pub fn passes(self) -> bool {
        self == Self::Pass
    }
}

fn repeats(title: &[char], answer: &[char]) -> bool {
    let (asked, given) = (title.len(), answer.len());
    if asked == 0 || given * 100 < asked * percent(SAME_LENGTH) {
        return false;
    }
    title == answer || similarity_at_least(title, answer, SAME_TEXT).is_some()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 0 to 1")]
fn percent(share: f64) -> usize {
    (share * 100.0) as usize
}

/// The characters that carry a text: no white space, no punctuation.
fn letters(scalars: &[Scalar]) -> impl Iterator<Item = char> {
    scalars.iter().map(|s| s.c).filter(|c| !c.is_whitespace() && !is_punctuation(*c))
}

fn is_blank(answer: &[Scalar]) -> bool {
    let mut marks = answer.iter().map(|s| s.c).filter(|c| !c.is_whitespace());
    let Some(first) = marks.next() else { return true };
    if answer.iter().any(|s| s.c.is_alphanumeric()) {
        return false;
    }
    let rest: Vec<char> = marks.collect();
    let ruler = rest.len() >= 2 && rest.iter().all(|c| *c == first);
    // An empty list or object can be an answer.
    let empty_pair = matches!((first, rest.as_slice()), ('[', [']']) | ('{', ['}']));
    ruler || (is_punctuation(first) && rest.iter().all(|c| is_punctuation(*c)) && !empty_pair)
}

/// Marks that say nothing by themselves, in folded text. Operators and other
/// symbols (`=`, `<`, `%`, `*`, `&`, `∅`) can be an answer.
fn is_punctuation(c: char) -> bool {
    match c {
        '.'
        | ','
        | ';'
        | ':'
        | '!'
        | '?'
        | '\''
        | '"'
        | '('
        | ')'
        | '['
        | ']'
        | '{'
        | '}'
        | '-'
        | '_'
        | '¡'
        | '¿'
        | '§'
        | '¶'
        | '·'
        | '\u{ff5f}'..='\u{ff65}' => true,
        _ => {
            matches!(u32::from(c), 0x2010..=0x2027 | 0x2032..=0x2043 | 0x2045..=0x205e
                | 0x2308..=0x230b | 0x2e00..=0x2e7f | 0x3001..=0x3003 | 0x3008..=0x3011
                | 0x3014..=0x301f | 0x3030 | 0xfe30..=0xfe4f)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Localised, QuestionId};

    fn gate(answer: &str) -> Gate {
        let title = Localised::both("What does the KV cache store?", "KV 缓存里存的是什么？");
        let reference = Localised::both("Keys and values.", "键和值。");
        let id = QuestionId::new("inference/kv-cache").unwrap();
        let question = Question::bare(id, title, vec![reference]).unwrap();
        Gate::of(&Titles::of(&question), answer)
    }

    #[test]
    fn nothing_and_punctuation_are_blank() {
        for answer in
            ["", " \n\t", "...", "……", "？？", "——", "。", "-", "()", "\u{200b}", "“ ”", "***"]
        {
            assert_eq!(gate(answer), Gate::Blank, "{answer:?}");
        }
    }

    #[test]
    fn marks_among_white_space_are_as_blank_as_without() {
        let texts = ["", " ", "\n", "-", "?", "[", "]", "=", "是", "a", "\u{200b}"];
        for (one, two, three) in
            texts.iter().flat_map(|a| texts.iter().flat_map(move |b| texts.map(|c| (a, b, c))))
        {
            let answer = format!("{one}{two}{three}");
            let bare: String = answer.split_whitespace().collect();
            assert_eq!(gate(&answer), gate(&bare), "{answer:?}");
        }
        assert_eq!(gate("- "), Gate::Blank);
    }

    #[test]
    fn a_symbol_can_be_an_answer() {
        for answer in ["!=", "∅", "→", "≠", "&&", "%", "+", "[]", "*", "<=", "5", "是", "é"]
        {
            assert_eq!(gate(answer), Gate::Pass, "{answer:?}");
        }
    }

    #[test]
    fn the_question_again_in_either_language() {
        for answer in [
            "What does the KV cache store?",
            "what does the kv-cache store",
            "What does the KV caches store??",
            "ＫＶ缓存里存的是什么",
        ] {
            assert_eq!(gate(answer), Gate::RestatesQuestion, "{answer:?}");
        }
    }

    #[test]
    fn a_part_of_the_question_or_more_than_it_passes() {
        for answer in [
            "The KV cache",
            "What does the KV cache store? Keys and values of all earlier tokens.",
            "KV 缓存里存的是键和值",
        ] {
            assert_eq!(gate(answer), Gate::Pass, "{answer:?}");
        }
    }
}

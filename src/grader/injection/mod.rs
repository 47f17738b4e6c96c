//! Text in an answer that addresses its own grading.
//!
//! It asks for marks, tells the grader what to do, sets instructions aside, speaks
//! as somebody else, or imitates verdicts, fences and role tags; in English and
//! Chinese, also in the usual disguises. Finding it punishes nothing: the answer is
//! graded a second time with these spans masked. So it may find too much, but it
//! tries not to: talk about attacks and graders is not an address, and a sentence
//! quoted as an example of an attack is talk.
//!
//! The invariant: spans are whole sentences or lines, in order, apart from each
//! other, in Unicode scalar values; work is linear in the answer's length.

mod hidden;
mod lexicon;
mod marks;
mod rules;
mod words;

use std::ops::Range;

pub use hidden::escape_hidden;
use rules::{Reach, Reading};
use words::{Word, Words};

use crate::text::chars_of;

/// Longest stretch, in Unicode scalar values, that one sign takes with it as its paragraph.
const LONGEST_PARAGRAPH: usize = 1_500;
/// Stands at both ends of a masked span; nobody types it.
const MASK: char = '█';

/// Spans of an answer that address its grading.
pub fn addressed_spans(answer: &str) -> Vec<Range<usize>> {
    let chars = chars_of(answer);
    let words = separate(words::words(&chars));
    let hits = lexicon::hits(&words);
    let words = &words.list;
    let applied = Reading { words, hits: &hits }.apply().into_iter().map(|place| {
        let (start, end) = (words[place.start].start, words[place.end - 1].end);
        (start..end, place.reach == Reach::Paragraph)
    });
    let signs: Vec<(Range<usize>, bool)> =
        applied.chain(marks::imitations(answer, &chars)).collect();
    if signs.is_empty() {
        return Vec::new();
    }
    let borders = Borders::new(&chars);
    let grown = |(range, paragraph)| borders.grow(&chars, range, paragraph);
    merge(&chars, signs.into_iter().map(grown).collect())
}

/// The answer with spans masked, of the same length in Unicode scalar values.
///
/// A span becomes white space between two marks, so that no quote reaches across it
/// and places in the masked text are places in the answer. Line breaks stay.
pub fn mask(answer: &str, spans: &[Range<usize>]) -> String {
    let mut spans = spans.iter().peekable();
    let mut out = String::with_capacity(answer.len());
    for (at, ch) in answer.chars().enumerate() {
        while spans.peek().is_some_and(|span| span.end <= at) {
            spans.next();
        }
        out.push(match spans.peek() {
            Some(span) if at == span.start || at + 1 == span.end => MASK,
            Some(span) if span.contains(&at) && ch != '\n' => ' ',
            _ => ch,
        });
    }
    out
}

/// Words whose letters stood apart, cut into the words they hold.
fn separate(mut words: Words) -> Words {
    if !words.list.iter().any(|word| word.joined) {
        return words;
    }
    let all = std::mem::take(&mut words.list);
    words.list.reserve(all.len());
    for word in all {
        let ends = word.joined.then(|| lexicon::split_joined(words.text(&word))).flatten();
        let Some(ends) = ends else {
            words.list.push(word);
            continue;
        };
        let mut from = word.letters.start;
        for end in ends.into_iter().map(|end| word.letters.start + end) {
            words.list.push(Word { letters: from..end, ..word.clone() });
            from = end;
        }
    }
    words
}

/// Where the sentence or line around every character begins and ends.
struct Borders {
    start: Vec<usize>,
    end: Vec<usize>,
}

impl Borders {
    fn new(chars: &[char]) -> Self {
        let mut start = vec![0; chars.len()];
        let mut end = vec![chars.len(); chars.len()];
        for at in 1..chars.len() {
            start[at] = if ends_sentence(chars, at - 1) { at } else { start[at - 1] };
        }
        for at in (0..chars.len()).rev() {
            let next = end.get(at + 1).copied().unwrap_or(chars.len());
            end[at] = if ends_sentence(chars, at) { at + 1 } else { next };
        }
        Self { start, end }
    }

    /// The range (not empty) grown to whole sentences or lines, and on to the paragraph's end
    /// when asked, without the white space around it.
    fn grow(&self, chars: &[char], range: Range<usize>, paragraph: bool) -> Range<usize> {
        let (mut start, mut end) = (self.start[range.start], self.end[range.end - 1]);
        if paragraph {
            let limit = (end + LONGEST_PARAGRAPH).min(chars.len());
            let blank = |at: &usize| chars[at - 1] == '\n' && chars.get(*at) == Some(&'\n');
            end = (end..limit).find(blank).unwrap_or(limit);
        }
        while start < range.start && chars[start].is_whitespace() {
            start += 1;
        }
        while end > range.end && chars[end - 1].is_whitespace() {
            end -= 1;
        }
        start..end
    }
}

/// Whether a sentence or line ends with the character at `at`.
fn ends_sentence(chars: &[char], at: usize) -> bool {
    let next = chars.get(at + 1);
    match chars[at] {
        '\n' | '。' | '！' | '？' => true,
        '.' | '!' | '?' => next.is_none_or(|ch| ch.is_whitespace()),
        _ => false,
    }
}

/// Spans in order; those that touch or have only white space between them are one.
fn merge(chars: &[char], mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans.into_iter().filter(|span| span.start < span.end) {
        match merged.last_mut() {
            Some(last)
                if span.start <= last.end
                    || chars[last.end..span.start].iter().all(|ch| ch.is_whitespace()) =>
            {
                last.end = last.end.max(span.end);
            }
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests;

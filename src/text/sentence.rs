//! Cuts tokens into sentences of a size that can serve as evidence.
//!
//! A sentence ends where its punctuation says so; a run-on sentence, as people
//! speak and as Chinese is punctuated, is cut further at its commas. Every
//! token lies in exactly one sentence.

use std::ops::Range;

use super::tokenise::{Gap, Kind, Token};

/// A sentence longer than this is cut at commas, in words.
const LONG: f64 = 26.0;
/// No piece of a cut sentence is shorter than this, in words.
const SHORT: f64 = 9.0;
/// How many words a Han character stands for.
const HAN_WORD: f64 = 0.6;

/// Token ranges of the sentences.
pub(super) fn split(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for end in 1..=tokens.len() {
        if end == tokens.len() || tokens[end].gap == Gap::Sentence {
            cut_run_on(tokens, start..end, &mut sentences);
            start = end;
        }
    }
    sentences
}

fn cut_run_on(tokens: &[Token], whole: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let mut rest = words(&tokens[whole.clone()]);
    if rest <= LONG {
        sentences.push(whole);
        return;
    }
    let (mut start, mut length) = (whole.start, 0.0);
    for i in whole.clone() {
        if tokens[i].gap == Gap::Comma && length >= SHORT && rest >= SHORT {
            sentences.push(start..i);
            (start, length) = (i, 0.0);
        }
        let word = words(&tokens[i..=i]);
        length += word;
        rest -= word;
    }
    sentences.push(start..whole.end);
}

fn words(tokens: &[Token]) -> f64 {
    tokens.iter().map(|t| if t.kind == Kind::Han { HAN_WORD } else { 1.0 }).sum()
}

#[cfg(test)]
mod tests {
    use crate::text::tokenise::Text;

    fn count(text: &str) -> usize {
        Text::new(text).sentences.len()
    }

    #[test]
    fn punctuation_of_both_languages_ends_a_sentence() {
        assert_eq!(count("One. Two! Three? Four; five"), 5);
        assert_eq!(count("一句。两句！三句？四句；五句"), 5);
        assert_eq!(count("GPT-3.5 costs $0.5. Done"), 2);
    }

    #[test]
    fn bullets_and_blank_lines_are_borders() {
        assert_eq!(count("first\n- second\n- third\n\nfourth"), 4);
        assert_eq!(count("a wrapped\nline"), 1);
    }

    #[test]
    fn a_run_on_sentence_is_cut_at_commas() {
        let clause = "so the cache that we keep for all of the heads gets smaller, ";
        assert_eq!(count(&clause.repeat(4)), 4);
        assert_eq!(count("short, and shorter, and done"), 1);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(count(""), 0);
        assert_eq!(count("。，"), 0);
    }
}

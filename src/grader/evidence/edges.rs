//! Where a located quote may begin and end, and what is shown beside it.
//!
//! A place that cuts a word or a number is no place: `share KV` is not in
//! `undershare KV`, nor `2 heads` in `32 heads`. A place that starts just after
//! its negation is widened over it, so that what is shown never says the opposite
//! of the answer; it only ever grows, and never across a clause.

use super::fold::is_word;
use super::meaning::is_contracted_not;
use super::words::{
    AUXILIARIES, HAN_AUXILIARIES, HAN_NEGATIONS, LONGEST, NEGATIONS, NOT_NEGATING_AFTER,
    NOT_NEGATING_BEFORE, lower,
};
use crate::text::is_han;

/// Words of English looked at before a quote.
const WORDS_BEFORE: usize = 3;
/// Characters of Chinese looked at before a quote.
const HAN_BEFORE: usize = 3;

/// Whether a place begins and ends between words and numbers.
pub(super) fn whole_words(text: &[char], start: usize, end: usize) -> bool {
    !cuts(text, start) && !cuts(text, end)
}

/// Grows a place until it begins and ends between words and numbers.
pub(super) fn grow_to_words(text: &[char], start: usize, end: usize) -> (usize, usize) {
    let start = (0..=start).rev().find(|&at| !cuts(text, at)).unwrap_or(start);
    let end = (end..=text.len()).find(|&at| !cuts(text, at)).unwrap_or(end);
    (start, end)
}

/// Start of the word before `at`, or `at` when none stands there.
pub(super) fn word_before(text: &[char], at: usize) -> usize {
    let space = text[..at].iter().rev().take_while(|ch| **ch == ' ').count();
    let word = text[..at - space].iter().rev().take_while(|ch| is_word(**ch)).count();
    if word == 0 { at } else { at - space - word }
}

/// End of the word after `at`, or `at` when none stands there.
pub(super) fn word_after(text: &[char], at: usize) -> usize {
    let space = text[at..].iter().take_while(|ch| **ch == ' ').count();
    let word = text[at + space..].iter().take_while(|ch| is_word(**ch)).count();
    if word == 0 { at } else { at + space + word }
}

/// Whether the border before `at` runs through a word or a number.
fn cuts(text: &[char], at: usize) -> bool {
    if at == 0 || at >= text.len() {
        return false;
    }
    let (before, after) = (text[at - 1], text[at]);
    if is_word(before) && is_word(after) {
        return true;
    }
    let beyond = text.get(at + 1).copied();
    let behind = at.checked_sub(2).map(|index| text[index]);
    match (before, after) {
        (b, '.' | ',') if b.is_numeric() => beyond.is_some_and(char::is_numeric),
        ('-' | '−', a) if a.is_numeric() => behind.is_none_or(|ch| !is_word(ch) && !is_han(ch)),
        ('.' | ',', a) if a.is_numeric() => behind.is_some_and(char::is_numeric),
        (b, '\'' | '’') if is_word(b) => beyond == Some('t') && b == 'n',
        ('\'' | '’', a) if is_word(a) => behind.is_some_and(is_word),
        _ => false,
    }
}

/// The place grown over a negation that stands just before it, or just after its auxiliary.
pub(super) fn over_negation(text: &[char], start: usize, end: usize) -> (usize, usize) {
    (before(text, start).unwrap_or(start), after(text, start, end).unwrap_or(end))
}

/// Start of the furthest negation close before `start` in its clause.
fn before(text: &[char], start: usize) -> Option<usize> {
    let (mut at, mut words, mut han, mut found) = (start, 0, 0, None);
    while at > 0 && words < WORDS_BEFORE && han < HAN_BEFORE {
        let ch = text[at - 1];
        if is_han(ch) {
            at -= 1;
            han += 1;
            if negates(text, at) {
                found = Some(at);
            }
        } else if is_word(ch) {
            let end = at;
            while at > 0 && (is_word(text[at - 1]) || is_apostrophe(text[at - 1])) {
                at -= 1;
            }
            words += 1;
            if is_negation(&text[at..end]) {
                found = Some(at);
            }
        } else if ends_clause(ch) {
            break;
        } else {
            at -= 1;
        }
    }
    found
}

/// End of the negation that directly follows, when the place ends in its auxiliary.
fn after(text: &[char], start: usize, end: usize) -> Option<usize> {
    let ends_in_auxiliary = match text[start..end].last()? {
        last if is_han(*last) => HAN_AUXILIARIES.contains(*last),
        _ => {
            let word = text[start..end].rsplit(|ch| !is_word(*ch)).next()?;
            lower(word, &mut [0; LONGEST]).is_some_and(|word| AUXILIARIES.contains(word))
        }
    };
    let next = end + text[end..].iter().take_while(|ch| **ch == ' ').count();
    if !ends_in_auxiliary || next >= text.len() {
        return None;
    }
    if is_han(text[next]) {
        return negates(text, next).then_some(next + 1);
    }
    let length = text[next..].iter().take_while(|ch| is_word(**ch)).count();
    is_negation(&text[next..next + length]).then_some(next + length)
}

/// Whether the Chinese character at `at` negates, and is no part of another word.
fn negates(text: &[char], at: usize) -> bool {
    let ch = text[at];
    let listed = |list: &[(char, &str)], beside: Option<&char>| {
        let beside = beside.copied().unwrap_or(' ');
        list.iter().any(|(negation, others)| *negation == ch && others.contains(beside))
    };
    HAN_NEGATIONS.contains(ch)
        && !listed(NOT_NEGATING_BEFORE, at.checked_sub(1).and_then(|index| text.get(index)))
        && !listed(NOT_NEGATING_AFTER, text.get(at + 1))
}

fn is_negation(word: &[char]) -> bool {
    lower(word, &mut [0; LONGEST])
        .is_some_and(|word| NEGATIONS.contains(word) || is_contracted_not(word))
}

fn is_apostrophe(ch: char) -> bool {
    matches!(ch, '\'' | '’')
}

fn ends_clause(ch: char) -> bool {
    ".,;:!?()[]\n\r。，；：！？（）、".contains(ch)
}

//! Quotes the words of an answer that a verdict rests on.
//!
//! A quote is the answer's own text, whole clauses of one sentence; it is
//! never put together from places apart.

use std::ops::Range;

use super::prepare::Prepared;
use super::profile::ProfileKind;
use super::reading::Reading;
use super::units::ratio;
use crate::domain::Evidence;
use crate::text::tokenise::{Gap, Kind, Text};

/// The most quotes for one verdict.
const MOST: usize = 2;
/// A sentence is quoted when it holds this share of what the best one holds.
const WORTH_QUOTING: f32 = 0.5;
/// A quote shorter than this, in words of which a Han character is half, is
/// widened to its sentence.
const SHORTEST: f32 = 3.0;

/// The quotes for a point or misconception in its window, the one that says most first.
pub(super) fn quotes(
    prepared: &Prepared,
    reading: &Reading,
    text: &Text,
    answer: &str,
    (list, window): (usize, &Range<usize>),
) -> Vec<Evidence> {
    let mut found: Vec<(f32, usize, Range<usize>)> = window
        .clone()
        .map(|sentence| {
            let (weight, tokens) = spoken_for(prepared, reading, list, sentence);
            (weight, sentence, tokens.unwrap_or_else(|| text.sentences[sentence].clone()))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let best = found.first().map_or(0.0, |first| first.0);
    found.truncate(MOST);
    found.retain(|(weight, ..)| *weight >= best * WORTH_QUOTING);
    let clauses = found
        .into_iter()
        .map(|(_, sentence, tokens)| widen(text, &text.sentences[sentence], tokens));
    clauses.map(|tokens| quote(answer, text.span(tokens))).collect()
}

/// How much of a sentence speaks for a list, and from which token to which.
fn spoken_for(
    prepared: &Prepared,
    reading: &Reading,
    list: usize,
    sentence: usize,
) -> (f32, Option<Range<usize>>) {
    let mut weight = 0.0;
    let mut tokens: Option<Range<usize>> = None;
    let mut take = |range: Range<usize>, by: f32| {
        weight += by;
        tokens = Some(match &tokens {
            Some(old) => old.start.min(range.start)..old.end.max(range.end),
            None => range,
        });
    };
    for hit in reading.slots(sentence) {
        let slot = &prepared.slots[hit.slot as usize];
        let profile = &prepared.profiles[slot.profile as usize];
        if profile.list == list && profile.kind == ProfileKind::Claim {
            let token = hit.token as usize;
            take(token..token + 1, slot.weight * hit.level);
        }
    }
    let groups = ratio(1, prepared.lists[list].groups);
    for hit in reading.groups(sentence) {
        if hit.list == list && hit.level > 0.0 && hit.tokens.0 < hit.tokens.1 {
            take(hit.tokens.0..hit.tokens.1, groups * hit.level);
        }
    }
    (weight, tokens)
}

/// Widens to whole clauses, and to the sentence when that is still too short.
fn widen(text: &Text, sentence: &Range<usize>, tokens: Range<usize>) -> Range<usize> {
    let border = |at: &usize| text.tokens[*at].gap >= Gap::Comma;
    let start = (sentence.start..=tokens.start).rev().find(border).unwrap_or(sentence.start);
    let end = (tokens.end..sentence.end).find(border).unwrap_or(sentence.end);
    let length: f32 =
        text.tokens[start..end].iter().map(|t| if t.kind == Kind::Han { 0.5 } else { 1.0 }).sum();
    if length < SHORTEST { sentence.clone() } else { start..end }
}

/// The answer's text between two Unicode scalar values.
fn quote(answer: &str, (start, end): (usize, usize)) -> Evidence {
    let quote = answer.chars().skip(start).take(end - start).collect();
    Evidence { quote, start, end }
}

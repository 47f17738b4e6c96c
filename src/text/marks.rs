//! What marks mean between words: operators that are tokens of their own, and
//! how strongly any other mark separates.
//!
//! Knows single marks and their neighbours, never words, apart from the few
//! abbreviations after which a full stop ends no sentence.

use super::fold::Scalar;
use super::tokenise::{Gap, Kind, Token};
use super::{hash, is_han};

/// The operator that starts here and how many characters it takes, if one does.
pub(super) fn operator(before: Option<char>, rest: &[Scalar]) -> Option<(char, usize)> {
    let at = |i: usize| rest.get(i).map_or(' ', |scalar| scalar.c);
    let symbol = match (at(0), at(1)) {
        ('!', '=') => return Some(('≠', 2)),
        ('<', '=') => return Some(('≤', 2)),
        ('>', '=') => return Some(('≥', 2)),
        ('-', '>') => return Some(('→', 2)),
        ('/', _) if before == Some('<') => '/',
        ('×', _) => 'x',
        (c, _) if "+=<>%^@≤≥≠≈±÷‰√∑∏∞∂∇∈∉∅→←↔⇒∝".contains(c) => {
            c
        }
        _ => return None,
    };
    Some((symbol, 1))
}

/// How a mark separates what stands around it. `last` is the token that it
/// touches, if it touches one.
pub(super) fn gap(c: char, before: Option<char>, after: &[Scalar], last: Option<&Token>) -> Gap {
    match c {
        '\n' => line_break(after),
        c if c.is_whitespace() => Gap::Space,
        '。' | '!' | '?' | ';' | '｡' => Gap::Sentence,
        '.' => full_stop(after, last),
        ',' | ':' => Gap::Comma,
        '-' if before == Some('-') => Gap::Comma,
        _ => Gap::Soft,
    }
}

/// A blank line or the start of a list item ends a sentence, a wrapped line does not.
fn line_break(after: &[Scalar]) -> Gap {
    match after.iter().map(|scalar| scalar.c).find(|c| *c != ' ') {
        Some('\n' | '-' | '*' | '·' | '#') => Gap::Sentence,
        _ => Gap::Comma,
    }
}

fn full_stop(after: &[Scalar], last: Option<&Token>) -> Gap {
    let closes = |c: char| c.is_whitespace() || is_han(c) || matches!(c, '"' | '\'' | ')');
    let ends = after.first().is_none_or(|next| closes(next.c));
    if ends && !last.is_some_and(is_abbreviation) { Gap::Sentence } else { Gap::Soft }
}

fn is_abbreviation(token: &Token) -> bool {
    const ABBREVIATIONS: [u64; 8] = [
        hash("vs"),
        hash("fig"),
        hash("eq"),
        hash("sec"),
        hash("cf"),
        hash("al"),
        hash("approx"),
        hash("resp"),
    ];
    let initial = token.kind == Kind::Word && token.end - token.start == 1 && !token.upper;
    (initial && matches!(token.first, 'e' | 'g' | 'i')) || ABBREVIATIONS.contains(&token.stem)
}

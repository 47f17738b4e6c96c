//! Whether a quote and the text it was found as say the same.
//!
//! It compares words, not characters: guarded words (negations, numbers,
//! comparisons, operators) must be the same in the same order; light words may
//! come and go; a content word may differ by a slip of the pen or by its ending;
//! of content characters in Chinese one in twelve may differ. Everything else is
//! another statement.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::{Folded, SIGN, is_word};
use super::words::{
    GUARDED, HAN_GUARDED, HAN_LIGHT, HAN_NEGATIONS, LIGHT, LONGEST, NEGATIONS, lower,
};
use crate::text::{is_han, is_unified_han};

/// How far apart the two sides may drift in words while they are aligned.
const BAND: usize = 48;
/// Cost of an alignment that cannot be.
const NEVER: u32 = u32::MAX / 2;
/// Content characters of Chinese for each one that may differ.
const HAN_PER_SLIP: usize = 12;

/// A word as the comparison sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Must be the same.
    Guard(String),
    /// May come and go.
    Light,
    /// May differ by a slip.
    Word(String),
    /// A content character.
    Han(char),
}

/// How much a folded text says: 2 for a content word, 1 for a Han character; looks no further
/// than to `enough`.
pub(super) fn content(folded: &[char], enough: usize) -> usize {
    let weigh = |piece: Piece| match piece {
        Piece::Word { letters, .. } => 2 * usize::from(!is_light(letters)),
        Piece::Han(_) => 1,
        Piece::Operator(_) => 0,
    };
    let mut said = 0;
    let mut weights = pieces(folded).map(weigh);
    while said < enough
        && let Some(weight) = weights.next()
    {
        said += weight;
    }
    said.min(enough)
}

fn is_light(word: &[char]) -> bool {
    lower(word, &mut [0; LONGEST]).is_some_and(|word| LIGHT.contains(word))
}

/// Bytes of a text that usually say enough.
const BEGINNING: usize = 64;

/// As [`content`] of a text that is not folded yet; of most its beginning is enough, and that is
/// soon told.
pub(super) fn content_of(text: &str, enough: usize) -> usize {
    let beginning = &text[..border(text)];
    if let Some(chars) = plainly_folded(beginning) {
        let said = content(&chars, enough);
        if said == enough || beginning.len() == text.len() {
            return said;
        }
    }
    content(&Folded::new(text).chars, enough)
}

/// Where the beginning of a text ends: before a Han character, or a space and a word.
fn border(text: &str) -> usize {
    let least = text.ceil_char_boundary(BEGINNING);
    let borders = |at: usize, ch: char| match ch {
        ' ' => text[at + 1..].starts_with(|next: char| next.is_ascii_alphanumeric()),
        ch => is_unified_han(ch),
    };
    let rest = text[least..].char_indices().map(|(at, ch)| (least + at, ch));
    rest.into_iter().find(|&(at, ch)| borders(at, ch)).map_or(text.len(), |(at, _)| at)
}

/// A text of ASCII and Han characters folded as [`Folded`] does, but for its dashes; none when
/// there is more to it, such as emphasis.
fn plainly_folded(text: &str) -> Option<Vec<char>> {
    let mut folded = Vec::with_capacity(text.len());
    let mut spaced = false;
    for ch in text.chars() {
        match ch {
            '*' | '_' | '`' => return None,
            ' ' => spaced = true,
            '!'..='~' => {
                if std::mem::take(&mut spaced)
                    && is_word(ch)
                    && folded.last().copied().is_some_and(is_word)
                {
                    folded.push(' ');
                }
                folded.push(ch.to_ascii_lowercase());
            }
            ch if is_unified_han(ch) => {
                spaced = false;
                folded.push(ch);
            }
            _ => return None,
        }
    }
    Some(folded)
}

/// Whether two folded texts say the same.
pub(super) fn agrees(quote: &[char], span: &[char], steps: &mut u64) -> bool {
    let (quote, span) = (tokens(quote), tokens(span));
    if !guards(&quote).eq(guards(&span)) {
        return false;
    }
    let han = quote.iter().filter(|token| matches!(token, Token::Han(_))).count();
    distance(&quote, &span, steps) <= u32::try_from(han / HAN_PER_SLIP).unwrap_or(0)
}

/// Whether a folded text holds a negation, or a masked stretch that may hold one.
pub(super) fn negates(folded: &[char]) -> bool {
    let hides = |ch| is_han_negation(ch) || ch == '█';
    let negation = |word: &str| NEGATIONS.contains(word) || word.chars().any(hides);
    guards(&tokens(folded)).any(negation)
}

fn is_han_negation(ch: char) -> bool {
    HAN_NEGATIONS.contains(ch)
}

fn guards(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match token {
        Token::Guard(word) => Some(word.as_str()),
        _ => None,
    })
}

/// Slips between two lists of tokens; [`NEVER`] when they say different things.
fn distance(quote: &[Token], span: &[Token], steps: &mut u64) -> u32 {
    let width = span.len() + 1;
    // Three rows suffice: an alignment step takes at most two words of the quote.
    let mut rows = [vec![NEVER; width], vec![NEVER; width], vec![NEVER; width]];
    for i in 0..=quote.len() {
        rows.rotate_right(1);
        rows[0].fill(NEVER);
        let (low, high) = (i.saturating_sub(BAND), (i + BAND).min(span.len()));
        for j in low..=high {
            *steps += 1;
            let cost = if i == 0 && j == 0 { 0 } else { cheapest(&rows, quote, span, i, j) };
            rows[0][j] = cost;
        }
    }
    rows[0][span.len()]
}

fn cheapest(rows: &[Vec<u32>; 3], quote: &[Token], span: &[Token], i: usize, j: usize) -> u32 {
    let mut best = NEVER;
    let mut offer = |before: u32, cost: Option<u32>| {
        if let Some(cost) = cost {
            best = best.min(before.saturating_add(cost));
        }
    };
    if i > 0 && j > 0 {
        offer(rows[1][j - 1], replace(&quote[i - 1], &span[j - 1]));
    }
    if i > 0 {
        offer(rows[1][j], alone(&quote[i - 1]));
    }
    if j > 0 {
        offer(rows[0][j - 1], alone(&span[j - 1]));
    }
    if i > 1 && j > 0 {
        offer(rows[2][j - 1], joined(&quote[i - 2], &quote[i - 1], &span[j - 1]));
    }
    if i > 0 && j > 1 {
        offer(rows[1][j - 2], joined(&span[j - 2], &span[j - 1], &quote[i - 1]));
    }
    best
}

/// Cost of a token that the other side does not have.
fn alone(token: &Token) -> Option<u32> {
    match token {
        Token::Light => Some(0),
        Token::Han(_) => Some(1),
        Token::Word(_) | Token::Guard(_) => None,
    }
}

fn replace(one: &Token, other: &Token) -> Option<u32> {
    match (one, other) {
        (one, other) if one == other => Some(0),
        (Token::Word(one), Token::Word(other)) => same_word(one, other).then_some(0),
        (Token::Han(_), Token::Han(_)) => Some(1),
        _ => None,
    }
}

/// Two words that the other side writes as one, such as `pre-training`.
fn joined(first: &Token, second: &Token, whole: &Token) -> Option<u32> {
    let (Token::Word(first), Token::Word(second), Token::Word(whole)) = (first, second, whole)
    else {
        return None;
    };
    (whole.strip_prefix(first.as_str()) == Some(second)).then_some(0)
}

/// The same word with a slip of the pen or another ending.
fn same_word(one: &str, other: &str) -> bool {
    if stem(one) == stem(other) {
        return true;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    one.len().min(other.len()) >= 5 && one[0] == other[0] && one_slip(&one, &other)
}

/// One letter more, less or other, or two neighbours swapped.
fn one_slip(one: &[char], other: &[char]) -> bool {
    let same = |(a, b): &(&char, &char)| a == b;
    let front = one.iter().zip(other).take_while(same).count();
    let rest = one.len().min(other.len()) - front;
    let back = one.iter().rev().zip(other.iter().rev()).take(rest).take_while(same).count();
    let (one, other) = (&one[front..one.len() - back], &other[front..other.len() - back]);
    match (one, other) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len() <= 1 && other.len() <= 1,
    }
}

/// The word without a plural or verb ending; short words stay whole.
fn stem(word: &str) -> &str {
    let long = |stem: &&str| stem.chars().count() >= 3;
    let endings = ["'s", "ing", "ies", "es", "ed", "s", "d", "y", "e"];
    let cut = |word| endings.iter().find_map(|e| str::strip_suffix(word, e).filter(long));
    let once = cut(word).unwrap_or(word);
    // `shares` and `sharing` meet at `shar`; `caches` and `cached` at `cach`.
    once.strip_suffix('e').filter(long).unwrap_or(once)
}

/// Text cut into words, numbers, characters and operators; the rest is dropped.
enum Piece<'a> {
    Word {
        /// The number's sign, if that is what stands before it.
        sign: &'static str,
        letters: &'a [char],
    },
    Han(char),
    Operator(&'a [char]),
}

fn pieces(text: &[char]) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            let ch = text[at];
            at += 1;
            if is_han(ch) {
                return Some(Piece::Han(ch));
            } else if is_word(ch) {
                at = end_of_word(text, at);
                let sign = if start > 0 && text[start - 1] == SIGN { "-" } else { "" };
                return Some(Piece::Word { sign, letters: &text[start..at] });
            } else if is_operator(ch) {
                at += text[at..].iter().take_while(|ch| is_operator(**ch)).count();
                return Some(Piece::Operator(&text[start..at]));
            }
        }
        None
    })
}

/// One past the word's last character; apostrophes, underscores and decimal points
/// between two of its characters belong to it.
fn end_of_word(text: &[char], mut at: usize) -> usize {
    loop {
        let next = text.get(at).copied();
        let after = text.get(at + 1).copied();
        let inner = match next {
            Some('\'' | '_') => after.is_some_and(is_word),
            Some('.' | ',') => text[at - 1].is_numeric() && after.is_some_and(char::is_numeric),
            _ => false,
        };
        if inner || next.is_some_and(is_word) { at += 1 } else { return at }
    }
}

fn is_operator(ch: char) -> bool {
    "<>=!+*^%≈≠≤≥±→←↑↓∞∈∉∝×÷~∅√∑∏∂∇¬∧∨|&█".contains(ch)
}

fn tokens(text: &[char]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Han(ch) => tokens.push(han_token(ch)),
            Piece::Operator(['!' | '~' | '*' | '&' | '|']) => {}
            Piece::Operator(signs) => {
                let signs: String = signs.iter().collect();
                tokens.push(Token::Guard(signs.replace("==", "=")));
            }
            Piece::Word { sign, letters } => {
                push_word(&mut tokens, sign.chars().chain(letters.iter().copied()).collect());
            }
        }
    }
    tokens
}

fn han_token(ch: char) -> Token {
    if HAN_GUARDED.contains(ch) || is_han_negation(ch) {
        Token::Guard(ch.to_string())
    } else if HAN_LIGHT.contains(ch) {
        Token::Light
    } else {
        Token::Han(ch)
    }
}

fn push_word(tokens: &mut Vec<Token>, word: String) {
    if is_contracted_not(&word) {
        tokens.extend([Token::Light, Token::Guard("not".to_owned())]);
    } else if word.chars().any(char::is_numeric) {
        tokens.push(Token::Guard(word));
    } else if let Some(guarded) = guarded(&word) {
        tokens.push(Token::Guard(guarded.to_owned()));
    } else if LIGHT.contains(word.as_str()) {
        tokens.push(Token::Light);
    } else {
        tokens.push(Token::Word(word));
    }
}

/// An auxiliary with `not` in one word, also as it is typed in haste.
pub(super) fn is_contracted_not(word: &str) -> bool {
    let bare = ["cannot", "dont", "doesnt", "didnt", "isnt", "arent", "cant", "wont", "wouldnt"];
    word.ends_with("n't") || bare.contains(&word)
}

/// The stem of a guarded word, or the word itself when it is short.
fn guarded(word: &str) -> Option<&str> {
    if GUARDED_STEMS.contains(stem(word)) {
        return Some(stem(word));
    }
    (NEGATIONS.contains(word) || GUARDED.contains(word)).then_some(word)
}

/// Stems of the guarded words that are long enough to take endings.
static GUARDED_STEMS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let all = NEGATIONS.iter().chain(GUARDED.iter());
    all.filter(|word| word.len() >= 4).map(|word| stem(word)).collect()
});

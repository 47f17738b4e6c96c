//! Typography of Chinese text: punctuation, quotes, spaces beside Latin words.
//!
//! What stands between backticks is code and is left alone.

use super::notes::Notes;
use crate::bank::fields;
use crate::bank::read::Loaded;
use crate::bank::rule::Rule;
use crate::domain::{Lang, Question};
use crate::text::is_han;

/// Whether the layer sets a space between Han and Latin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Spaced,
    Close,
}

impl Style {
    /// What most borders of a layer do.
    pub(super) fn of(questions: &[Loaded]) -> Self {
        let mut balance = 0_i64;
        for Loaded { question, .. } in questions {
            for (_, text) in fields::localised(question) {
                for border in borders(&prose(text.exact(Lang::Zh).unwrap_or_default())) {
                    balance += if border.spaced { 1 } else { -1 };
                }
            }
        }
        if balance >= 0 { Self::Spaced } else { Self::Close }
    }
}

pub(super) fn check(question: &Question, style: Style, notes: &mut Notes) {
    for (field, text) in fields::localised(question) {
        if let Some(text) = text.exact(Lang::Zh) {
            let (chars, field) = (prose(text), format!("{field}.zh"));
            punctuation(&chars, &field, notes);
            spacing(&chars, style, &field, notes);
        }
        if let Some(text) = text.exact(Lang::En) {
            full_width(&prose(text), &format!("{field}.en"), notes);
        }
    }
}

/// The characters of a text, code blanked out.
fn prose(text: &str) -> Vec<char> {
    let mut code = false;
    let blank = |c: char| {
        code ^= c == '`';
        if code || c == '`' { '\0' } else { c }
    };
    text.chars().map(blank).collect()
}

/// Half-width marks beside a Han character.
fn punctuation(chars: &[char], field: &str, notes: &mut Notes) {
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(at + 1).copied();
        let han = |c: Option<char>| c.is_some_and(is_han);
        let wrong = match c {
            ',' | ';' | ':' | '?' | '!' | '(' | ')' | '"' => han(before) || han(after),
            '.' => han(before) && after.is_none_or(|c| c.is_whitespace() || is_han(c)),
            _ => false,
        };
        if wrong {
            let passage = passage(chars, at);
            let message = format!("the half-width {c:?} in “{passage}”");
            notes.add_near(Rule::ZhPunctuation, field, passage, message);
        }
    }
}

/// A border between Han and Latin.
struct Border {
    at: usize,
    spaced: bool,
}

fn borders(chars: &[char]) -> Vec<Border> {
    let latin = |c: char| c.is_ascii_alphanumeric();
    let meet = |a: char, b: char| (is_han(a) && latin(b)) || (latin(a) && is_han(b));
    let mut borders = Vec::new();
    for (at, pair) in chars.windows(2).enumerate() {
        if meet(pair[0], pair[1]) {
            borders.push(Border { at, spaced: false });
        }
    }
    for (at, three) in chars.windows(3).enumerate() {
        if three[1] == ' ' && meet(three[0], three[2]) {
            borders.push(Border { at, spaced: true });
        }
    }
    borders
}

fn spacing(chars: &[char], style: Style, field: &str, notes: &mut Notes) {
    for border in borders(chars) {
        if border.spaced == (style == Style::Spaced) {
            continue;
        }
        let passage = passage(chars, border.at);
        let what = if border.spaced { "a space" } else { "no space" };
        let message = format!("{what} between Han and Latin in “{passage}”");
        notes.add_near(Rule::ZhSpacing, field, passage, message);
    }
    for at in 0..chars.len().saturating_sub(1) {
        if is_space_beside_mark(chars, at) {
            let passage = passage(chars, at);
            let message = format!("a space beside a full-width mark in “{passage}”");
            notes.add_near(Rule::ZhSpacing, field, passage, message);
        }
    }
}

/// Whether a blank and a full-width mark meet at a place. A blank inside quotes
/// may be meant, and one beside an operator belongs to a formula.
fn is_space_beside_mark(chars: &[char], at: usize) -> bool {
    const CLOSING: &str = "，。；：？！、）”》";
    const OPENING: &str = "（“《";
    const OPERATORS: &str = "+-*/=<>×÷−≤≥≈→";
    let before = at.checked_sub(1).map_or(' ', |i| chars[i]);
    let after = chars.get(at + 2).copied().unwrap_or(' ');
    match (chars[at], chars[at + 1]) {
        (mark, ' ') if CLOSING.contains(mark) => {
            let ends = "，。；：？！、".contains(mark);
            ends || !OPERATORS.contains(after)
        }
        (' ', mark) if OPENING.contains(mark) => !OPERATORS.contains(before),
        (' ', mark) => CLOSING.contains(mark) && mark != '”',
        _ => false,
    }
}

/// Full-width marks in English.
fn full_width(chars: &[char], field: &str, notes: &mut Notes) {
    for (at, c) in chars.iter().enumerate() {
        let beside_han = at.checked_sub(1).is_some_and(|i| is_han(chars[i]))
            || chars.get(at + 1).is_some_and(|c| is_han(*c));
        if "，。；：？！、（）".contains(*c) && !beside_han {
            let passage = passage(chars, at);
            let message = format!("the full-width {c:?} in “{passage}”");
            notes.add_near(Rule::EnPunctuation, field, passage, message);
        }
    }
}

/// A few characters around a place, on one line.
fn passage(chars: &[char], at: usize) -> String {
    let breaks = |c: &char| matches!(c, '\n' | '\0');
    let from = (at.saturating_sub(4)..at)
        .rev()
        .find(|i| breaks(&chars[*i]))
        .map_or(at.saturating_sub(4), |i| i + 1);
    let to = (at + 5).min(chars.len());
    chars[from..to].iter().take_while(|c| !breaks(c)).collect::<String>().trim().to_owned()
}

//! Whether a phrase of a text is meant or denied, in English and Chinese.
//!
//! Looks at words around the phrase inside its own clause or sentence; it
//! parses no grammar, so a doubtful phrase counts as meant. The phrase's own
//! words are never read as its negation.

use std::ops::Range;

use super::hash;
use super::tokenise::{Gap, Kind, Text, Token};

/// How a phrase is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// As the speaker's own claim.
    Meant,
    /// Inside the scope of a negation such as `not`, `never`, `without`, 不, 没有.
    Negated,
    /// Quoted as an error, such as "it is a myth that …" or “有人误以为……”.
    Denied,
}

/// How many words before a phrase a negation may stand.
const REACH_WORDS: usize = 5;
/// The same in Han characters.
const REACH_HAN: usize = 8;

/// How the tokens in `phrase` are said.
pub fn polarity(text: &Text, phrase: Range<usize>) -> Polarity {
    if is_denied(text, &phrase) {
        Polarity::Denied
    } else if is_negated(&text.tokens, &phrase) {
        Polarity::Negated
    } else {
        Polarity::Meant
    }
}

/// Whether any negating word stands in a token range.
pub fn has_negation(tokens: &[Token]) -> bool {
    (0..tokens.len()).any(|at| negates(tokens, at))
}

fn is_negated(tokens: &[Token], phrase: &Range<usize>) -> bool {
    let mut han = 0;
    let mut words = 0;
    for at in (0..phrase.start).rev() {
        if tokens[at + 1].gap >= Gap::Comma {
            return false;
        }
        if negates(tokens, at) {
            return true;
        }
        if turns(tokens, at) {
            return false;
        }
        let count = if tokens[at].kind == Kind::Han { &mut han } else { &mut words };
        *count += 1;
        if words >= REACH_WORDS || han >= REACH_HAN {
            return false;
        }
    }
    false
}

fn negates(tokens: &[Token], at: usize) -> bool {
    if tokens[at].kind == Kind::Han { negates_han(tokens, at) } else { negates_word(tokens, at) }
}

fn negates_word(tokens: &[Token], at: usize) -> bool {
    const NEGATIONS: [u64; 17] = [
        hash("not"),
        hash("never"),
        hash("no"),
        hash("without"),
        hash("nor"),
        hash("neither"),
        hash("dont"),
        hash("doesnt"),
        hash("isnt"),
        hash("arent"),
        hash("cant"),
        hash("wont"),
        hash("didnt"),
        hash("nobodi"),
        hash("none"),
        hash("unlik"),
        hash("noth"),
    ];
    const WEAK: [u64; 6] =
        [hash("onli"), hash("just"), hash("mere"), hash("simpli"), hash("doubt"), hash("matter")];
    let next = tokens.get(at + 1).map_or(0, |t| t.stem);
    let word = tokens[at].stem;
    if word == hash("rather") {
        return next == hash("than");
    }
    if word == hash("instead") {
        return next == hash("of");
    }
    NEGATIONS.contains(&word) && !WEAK.contains(&next)
}

fn negates_han(tokens: &[Token], at: usize) -> bool {
    let c = tokens[at].first;
    let next = tokens.get(at + 1).map_or(' ', |t| t.first);
    let before = at.checked_sub(1).map_or(' ', |i| tokens[i].first);
    match c {
        '不' => {
            let harmless = "仅但只光断同管论过妨少错一单";
            !harmless.contains(next) && !(next == '得' && tokens_after(tokens, at, '不'))
        }
        '没' => true,
        '未' => next != '来',
        '无' => !"论非监数限".contains(next),
        '非' => before != '除' && !"常线".contains(next) && before != '是',
        '勿' | '别' => c == '勿' || "把让用去再".contains(next),
        _ => false,
    }
}

/// 不得不 is no negation.
fn tokens_after(tokens: &[Token], at: usize, c: char) -> bool {
    tokens.get(at + 2).is_some_and(|t| t.first == c)
}

/// A word after which an earlier negation no longer holds.
fn turns(tokens: &[Token], at: usize) -> bool {
    const TURNS: [u64; 4] = [hash("but"), hash("howev"), hash("becaus"), hash("so")];
    match tokens[at].kind {
        Kind::Han => {
            let next = tokens.get(at + 1).map_or(' ', |t| t.first);
            matches!((tokens[at].first, next), ('而', '是') | ('但', _) | ('却', _) | ('因', '为'))
        }
        _ => TURNS.contains(&tokens[at].stem),
    }
}

fn is_denied(text: &Text, phrase: &Range<usize>) -> bool {
    let tokens = &text.tokens;
    let from = (0..=phrase.start).rev().find(|i| tokens[*i].gap == Gap::Sentence).unwrap_or(0);
    let to = (phrase.end..tokens.len())
        .find(|i| tokens[*i].gap == Gap::Sentence)
        .unwrap_or(tokens.len());
    introduces_error(&tokens[from..phrase.start])
        || is_called_wrong(&tokens[phrase.end..to])
        || next_sentence_rejects(&tokens[to..])
}

/// "A common misconception is that …", “很多人误以为……”.
fn introduces_error(before: &[Token]) -> bool {
    const ERRORS: [u64; 9] = [
        hash("misconcept"),
        hash("myth"),
        hash("mistak"),
        hash("mistaken"),
        hash("fallaci"),
        hash("misunderstand"),
        hash("wrong"),
        hash("fals"),
        hash("incorrect"),
    ];
    (0..before.len()).any(|i| {
        ERRORS.contains(&before[i].stem) && !negated_word(before, i)
            || [['误', '以'], ['误', '区'], ['误', '解'], ['误', '认']]
                .iter()
                .any(|w| han(before, i, w))
    })
}

/// "… is wrong", "… which is a myth", “……是错的”, “……并不对”.
fn is_called_wrong(after: &[Token]) -> bool {
    const WRONG: [u64; 7] = [
        hash("wrong"),
        hash("fals"),
        hash("incorrect"),
        hash("myth"),
        hash("untru"),
        hash("misconcept"),
        hash("mistaken"),
    ];
    const TRUE: [u64; 4] = [hash("true"), hash("case"), hash("correct"), hash("right")];
    (0..after.len()).any(|i| {
        WRONG.contains(&after[i].stem) && !negated_word(after, i)
            || TRUE.contains(&after[i].stem) && negated_word(after, i)
            || [['误', '区'], ['误', '解'], ['不', '对'], ['错', '误'], ['错', '的']]
                .iter()
                .any(|w| han(after, i, w))
            || han(after, i, &['不', '成', '立'])
            || han(after, i, &['不', '准', '确'])
    })
}

/// "That is wrong." or “这是错的。” right after.
fn next_sentence_rejects(rest: &[Token]) -> bool {
    let end = (1..rest.len()).find(|i| rest[*i].gap >= Gap::Comma).unwrap_or(rest.len());
    let Some(first) = rest.first() else { return false };
    let points_back = [hash("that"), hash("this"), hash("which"), hash("it")].contains(&first.stem)
        || matches!(first.first, '这' | '那' | '其');
    points_back && end <= 12 && is_called_wrong(&rest[..end])
}

fn negated_word(tokens: &[Token], at: usize) -> bool {
    (at.saturating_sub(3)..at).any(|i| negates(tokens, i))
}

fn han(tokens: &[Token], at: usize, word: &[char]) -> bool {
    tokens.len() >= at + word.len() && word.iter().zip(&tokens[at..]).all(|(c, t)| *c == t.first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::matching::Matcher;

    fn said(phrase: &str, text: &str) -> Polarity {
        let text = Text::new(text);
        let hits = Matcher::new(&[vec![phrase.to_owned()]]).hits(&text);
        polarity(&text, hits[0].first..hits[0].end)
    }

    #[test]
    fn plain_claims_are_meant() {
        assert_eq!(said("share", "all heads share one key"), Polarity::Meant);
        assert_eq!(said("共享", "所有头共享一个键"), Polarity::Meant);
    }

    #[test]
    fn negation_before_the_phrase() {
        for text in [
            "they do not share keys",
            "they don't really share keys",
            "heads never share keys",
            "instead of having to share keys",
        ] {
            assert_eq!(said("share", text), Polarity::Negated, "{text}");
        }
        for text in ["它们不共享键", "它们并没有共享键", "无需共享"] {
            assert_eq!(said("共享", text), Polarity::Negated, "{text}");
        }
    }

    #[test]
    fn a_clause_border_or_turn_ends_the_scope() {
        assert_eq!(said("share", "it is not large, heads share keys"), Polarity::Meant);
        assert_eq!(said("share", "heads do not copy but share keys"), Polarity::Meant);
        assert_eq!(said("共享", "不是复制而是共享"), Polarity::Meant);
    }

    #[test]
    fn words_that_only_look_negative() {
        assert_eq!(said("share", "not only do they share keys"), Polarity::Meant);
        assert_eq!(said("共享", "不仅共享键"), Polarity::Meant);
        assert_eq!(said("共享", "不同的头共享键"), Polarity::Meant);
        assert_eq!(said("共享", "非常适合共享"), Polarity::Meant);
    }

    #[test]
    fn a_quoted_error_is_denied() {
        for text in [
            "A common misconception is that heads share keys.",
            "Some say heads share keys, but that is wrong.",
            "Heads share keys? That is a myth.",
            "It is not true that heads share keys",
        ] {
            assert_ne!(said("share", text), Polarity::Meant, "{text}");
        }
        for text in ["很多人误以为它们共享键", "说它们共享键是错的", "有人说它们共享键。这不对"]
        {
            assert_ne!(said("共享", text), Polarity::Meant, "{text}");
        }
    }
}

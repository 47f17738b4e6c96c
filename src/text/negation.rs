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
/// The longest sentence that can reject the one before it, in tokens.
const SHORT_REJECTION: usize = 12;

/// What the words of a text do to phrases around them.
#[derive(Debug, Clone)]
pub struct Stance<'a> {
    tokens: &'a [Token],
    cues: Vec<Cue>,
    any: bool,
}

/// What one word does; most do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    None,
    /// Negates what follows.
    Negates,
    /// Ends the scope of a negation before it.
    Turns,
    /// Calls something wrong.
    Wrong,
    /// Calls something right.
    Right,
}

impl<'a> Stance<'a> {
    /// Reads the words of a text once.
    pub fn of(text: &'a Text) -> Self {
        let tokens = text.tokens.as_slice();
        let cues: Vec<Cue> = (0..tokens.len()).map(|at| cue(tokens, at)).collect();
        let any = cues.iter().any(|cue| matches!(cue, Cue::Negates | Cue::Wrong));
        Self { tokens, cues, any }
    }

    /// How the tokens in `phrase` are said.
    pub fn polarity(&self, phrase: Range<usize>) -> Polarity {
        if !self.any {
            Polarity::Meant
        } else if self.is_denied(&phrase) {
            Polarity::Denied
        } else if self.is_negated(&phrase) {
            Polarity::Negated
        } else {
            Polarity::Meant
        }
    }

    /// Whether any word of a range negates.
    pub fn has_negation(&self, tokens: Range<usize>) -> bool {
        self.cues[tokens].contains(&Cue::Negates)
    }

    fn is_negated(&self, phrase: &Range<usize>) -> bool {
        let (mut words, mut han) = (0, 0);
        for at in (0..phrase.start).rev() {
            if self.tokens[at + 1].gap >= Gap::Comma || self.cues[at] == Cue::Turns {
                return false;
            }
            if self.cues[at] == Cue::Negates {
                return true;
            }
            *(if self.tokens[at].kind == Kind::Han { &mut han } else { &mut words }) += 1;
            if words >= REACH_WORDS || han >= REACH_HAN {
                return false;
            }
        }
        false
    }

    fn is_denied(&self, phrase: &Range<usize>) -> bool {
        let ends = |at: &usize| self.tokens[*at].gap == Gap::Sentence;
        let from = (0..=phrase.start).rev().find(ends).unwrap_or(0);
        let to = (phrase.end..self.tokens.len()).find(ends).unwrap_or(self.tokens.len());
        // "It is a myth that …" needs the word wrong alone; "… is not right" needs both.
        (from..phrase.start).any(|at| self.says_wrong(at))
            || self.is_called_wrong(phrase.end..to)
            || self.next_sentence_rejects(to)
    }

    fn says_wrong(&self, at: usize) -> bool {
        self.cues[at] == Cue::Wrong && !self.negation_near(at)
    }

    /// "… is wrong", "… is not the case", “……是错的”, “……并不对”.
    fn is_called_wrong(&self, mut after: Range<usize>) -> bool {
        after.any(|at| {
            self.says_wrong(at) || (self.cues[at] == Cue::Right && self.negation_near(at))
        })
    }

    /// "That is wrong." or “这是错的。” right after the sentence that ends at `from`.
    fn next_sentence_rejects(&self, from: usize) -> bool {
        let rest = &self.tokens[from..];
        let Some(first) = rest.first() else { return false };
        let end = (1..rest.len()).find(|i| rest[*i].gap >= Gap::Comma).unwrap_or(rest.len());
        points_back(first) && end <= SHORT_REJECTION && self.is_called_wrong(from..from + end)
    }

    fn negation_near(&self, at: usize) -> bool {
        self.cues[at.saturating_sub(3)..at].contains(&Cue::Negates)
    }
}

fn cue(tokens: &[Token], at: usize) -> Cue {
    match tokens[at].kind {
        Kind::Han => han_cue(tokens, at),
        Kind::Word => word_cue(tokens, at),
        _ => Cue::None,
    }
}

fn word_cue(tokens: &[Token], at: usize) -> Cue {
    const NEGATES: [u64; 16] = [
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
    ];
    const WEAKENS: [u64; 6] =
        [hash("onli"), hash("just"), hash("mere"), hash("simpli"), hash("doubt"), hash("matter")];
    const TURNS: [u64; 4] = [hash("but"), hash("howev"), hash("becaus"), hash("so")];
    const WRONG: [u64; 10] = [
        hash("misconcept"),
        hash("myth"),
        hash("mistak"),
        hash("mistaken"),
        hash("fallaci"),
        hash("misunderstand"),
        hash("wrong"),
        hash("fals"),
        hash("incorrect"),
        hash("untru"),
    ];
    const RIGHT: [u64; 4] = [hash("true"), hash("case"), hash("correct"), hash("right")];
    let word = tokens[at].stem;
    let next = tokens.get(at + 1).map_or(0, |t| t.stem);
    let pair = (word == hash("rather") && next == hash("than"))
        || (word == hash("instead") && next == hash("of"));
    if pair || (NEGATES.contains(&word) && !WEAKENS.contains(&next)) {
        Cue::Negates
    } else if TURNS.contains(&word) {
        Cue::Turns
    } else if WRONG.contains(&word) {
        Cue::Wrong
    } else if RIGHT.contains(&word) {
        Cue::Right
    } else {
        Cue::None
    }
}

fn han_cue(tokens: &[Token], at: usize) -> Cue {
    let char_at = |i: usize| tokens.get(i).map_or(' ', |t| t.first);
    let (c, next, after) = (char_at(at), char_at(at + 1), char_at(at + 2));
    let before = at.checked_sub(1).map_or(' ', char_at);
    let obliged = at >= 2 && (char_at(at - 2), before, c) == ('不', '得', '不');
    match (c, next, after) {
        _ if obliged => Cue::None,
        ('而', '是', _) | ('因', '为', _) | ('但' | '却', ..) => Cue::Turns,
        ('误', '以' | '区' | '解' | '认', _) | ('错', '误' | '的', _) => Cue::Wrong,
        ('不', '对', _) | ('不', '成', '立') | ('不', '准' | '正', '确') => Cue::Wrong,
        _ if negates_han(before, c, next, after) => Cue::Negates,
        _ => Cue::None,
    }
}

fn negates_han(before: char, c: char, next: char, after: char) -> bool {
    match c {
        // 不得不 says the opposite; 不仅, 不同 and the like negate nothing.
        '不' => !"仅但只光断同管论过妨少错一单".contains(next) && !(next == '得' && after == '不'),
        '没' | '勿' => true,
        '未' => next != '来',
        '无' => !"论非监数限".contains(next),
        '非' => !"除是".contains(before) && !"常线".contains(next),
        '别' => "把让用去再".contains(next),
        _ => false,
    }
}

fn points_back(token: &Token) -> bool {
    [hash("that"), hash("this"), hash("which"), hash("it")].contains(&token.stem)
        || matches!(token.first, '这' | '那' | '其')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::matching::Matcher;

    fn said(phrase: &str, text: &str) -> Polarity {
        let text = Text::new(text);
        let hits = Matcher::new(&[vec![phrase.to_owned()]]).hits(&text);
        Stance::of(&text).polarity(hits[0].first..hits[0].end)
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
        for text in ["不仅共享键", "不同的头共享键", "非常适合共享", "不得不共享"]
        {
            assert_eq!(said("共享", text), Polarity::Meant, "{text}");
        }
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

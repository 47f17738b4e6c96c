//! The units in which texts are compared, with their weights.
//!
//! A unit is a stemmed word, a number, an operator, a Han character or a pair
//! of Han characters. The same text always gives the same units, in the order
//! of their first tokens.

use super::idf::idf;
use super::tuning::Tuning;
use crate::text::bigram;
use crate::text::tokenise::{Kind, Text, Token};

/// What a unit is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    Word,
    HanChar,
    HanPair,
}

/// Calls `unit` with each unit's hash, kind and first token.
pub(super) fn each(text: &Text, mut unit: impl FnMut(u64, UnitKind, usize)) {
    for (at, token) in text.tokens.iter().enumerate() {
        if token.kind != Kind::Han {
            unit(token.stem, UnitKind::Word, at);
        } else if !bigram::is_particle(token) {
            unit(token.stem, UnitKind::HanChar, at);
            if let Some(pair) = bigram::pair_at(&text.tokens, at) {
                unit(pair, UnitKind::HanPair, at);
            }
        }
    }
}

/// The weight of a unit before any demotion.
pub(super) fn weight(unit: u64, kind: UnitKind, tuning: &Tuning) -> f32 {
    idf(unit).powf(tuning.idf_exponent)
        * match kind {
            UnitKind::Word => 1.0,
            UnitKind::HanChar => tuning.han_char,
            UnitKind::HanPair => tuning.han_pair,
        }
}

/// How alike two stems are spelled, 0 to 1: common beginning and end over the
/// longer length, for words that begin alike.
pub(super) fn spelled_alike(a: &str, b: &str) -> f32 {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let shorter = a.len().min(b.len());
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if shorter < 4 || prefix < 2 {
        return 0.0;
    }
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let common = prefix + suffix.min(shorter - prefix);
    ratio(common, a.len().max(b.len()))
}

/// Whether a token can be compared by spelling.
pub(super) fn has_spelling(token: &Token, stem: &str) -> bool {
    token.kind == Kind::Word && stem.len() >= 4 && stem.is_ascii()
}

/// A share of counts.
#[expect(clippy::cast_precision_loss, reason = "counts of letters, words and groups")]
pub(super) fn ratio(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_forgives_slips_and_endings() {
        assert!(spelled_alike("separ", "seper") >= 0.75);
        assert!(spelled_alike("parallel", "parallelis") >= 0.75);
        assert!(spelled_alike("encod", "decod") < 0.1);
        assert!(spelled_alike("token", "toxic") < 0.75);
    }

    #[test]
    fn units_come_in_the_order_of_their_tokens() {
        let mut found = Vec::new();
        each(&Text::new("缓存 KV"), |_, kind, at| found.push((kind, at)));
        let expected = [
            (UnitKind::HanChar, 0),
            (UnitKind::HanPair, 0),
            (UnitKind::HanChar, 1),
            (UnitKind::Word, 2),
        ];
        assert_eq!(found, expected);
    }
}

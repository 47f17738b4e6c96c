//! Lengths as the rules count them.

use std::ops::RangeInclusive;

use super::notes::Notes;
use crate::bank::rule::Rule;
use crate::domain::{Lang, Localised};
use crate::text::is_han;

/// How a text is measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    /// Characters in English, units in Chinese.
    Characters,
    /// Words in English, units in Chinese.
    Words,
    /// Characters in both.
    PlainCharacters,
}

/// Bounds in English and in Chinese.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) unit: Unit,
    pub(super) en: RangeInclusive<usize>,
    pub(super) zh: RangeInclusive<usize>,
}

impl Bounds {
    /// Notes every language in which a text is too short or too long.
    pub(super) fn check(&self, rule: Rule, field: &str, text: &Localised, notes: &mut Notes) {
        for (lang, text) in text.texts() {
            let (bounds, (length, unit)) = match lang {
                Lang::En => (&self.en, self.unit.in_english(text)),
                Lang::Zh => (&self.zh, self.unit.in_chinese(text)),
            };
            if bounds.contains(&length) {
                continue;
            }
            let wanted = match (*bounds.start(), *bounds.end()) {
                (0, most) => format!("at most {most}"),
                (least, most) => format!("{least} to {most}"),
            };
            notes.add(rule, format!("{field}.{lang}"), format!("{length} {unit}, not {wanted}"));
        }
    }
}

impl Unit {
    fn in_english(self, text: &str) -> (usize, &'static str) {
        match self {
            Self::Words => (text.split_whitespace().count(), "words"),
            Self::Characters | Self::PlainCharacters => (text.chars().count(), "characters"),
        }
    }

    fn in_chinese(self, text: &str) -> (usize, &'static str) {
        match self {
            Self::PlainCharacters => (text.chars().count(), "characters"),
            Self::Words | Self::Characters => (chinese_units(text), "characters"),
        }
    }
}

/// Han characters, and every Latin word or number as one.
pub(super) fn chinese_units(text: &str) -> usize {
    let mut count = 0;
    let mut in_word = false;
    for c in text.chars() {
        let continues = in_word && matches!(c, '.' | '_' | '-' | '/' | '^' | ',');
        let word = !is_han(c) && (c.is_alphanumeric() || continues);
        if is_han(c) || (word && !in_word) {
            count += 1;
        }
        in_word = word;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin_word_or_number_counts_as_one_character() {
        assert_eq!(chinese_units("用 LoRA 微调 Llama-3.1，约 64,798 个 token。"), 9);
        assert_eq!(chinese_units("。，"), 0);
    }
}

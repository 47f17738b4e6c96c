//! Which questions are wanted: by topic, difficulty, kind, tag and article item.
//!
//! Pure. Several words of one sort are alternatives; several sorts must all fit.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::{Bank, items};
use crate::domain::{Kind, Question};

/// What is wanted; an empty list wants anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Topics.
    pub topics: Vec<String>,
    /// Difficulties, 1 to 5.
    pub difficulty: Option<RangeInclusive<u8>>,
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// Tags.
    pub tags: Vec<String>,
    /// Items of the article: a number, a chapter such as `2`, or `*` for all.
    pub covers: Vec<String>,
}

/// A word that no question of the bank answers to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no question has the {sort} {word:?}")]
pub struct UnknownWord {
    /// What sort of word: topic, tag or item.
    pub sort: &'static str,
    /// The word.
    pub word: String,
    /// The words there are, in order.
    pub known: Vec<String>,
}

impl Filter {
    /// Whether a question is wanted.
    pub fn wants(&self, question: &Question) -> bool {
        let any = |list: &[String], fits: &dyn Fn(&str) -> bool| {
            list.is_empty() || list.iter().any(|word| fits(word))
        };
        let covers = |wanted: &str| question.covers.iter().any(|own| items::is_meant(own, wanted));
        any(&self.topics, &|topic| topic == question.id.topic())
            && self.difficulty.as_ref().is_none_or(|range| range.contains(&question.difficulty))
            && (self.kinds.is_empty() || self.kinds.contains(&question.kind))
            && any(&self.tags, &|tag| question.tags.iter().any(|own| own == tag))
            && any(&self.covers, &covers)
    }

    /// The first word that nothing in the bank answers to: a slip of the pen
    /// rather than a narrow wish.
    pub fn unknown_word(&self, bank: &Bank) -> Option<UnknownWord> {
        let unknown = |sort, words: &[String], known: BTreeSet<&str>, fits: Fits| {
            let word = words.iter().find(|word| !known.iter().any(|known| fits(known, word)))?;
            let known = known.into_iter().map(str::to_owned).collect();
            Some(UnknownWord { sort, word: word.clone(), known })
        };
        let all = |of: fn(&Question) -> &[String]| {
            bank.iter().flat_map(move |question| of(question)).map(String::as_str).collect()
        };
        let same: Fits = |known, word| known == word;
        unknown("topic", &self.topics, bank.topics().into_keys().collect(), same)
            .or_else(|| unknown("tag", &self.tags, all(|question| &question.tags), same))
            .or_else(|| {
                unknown("item", &self.covers, all(|question| &question.covers), items::is_meant)
            })
    }
}

type Fits = fn(&str, &str) -> bool;

/// A difficulty such as `3`, or a range such as `2-4`.
///
/// # Errors
/// A message that says what the form is.
pub fn difficulties(text: &str) -> Result<RangeInclusive<u8>, String> {
    let number = |part: &str| part.trim().parse::<u8>().ok().filter(|n| (1..=5).contains(n));
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (number(low), number(high)) {
        (Some(low), Some(high)) if low <= high => Ok(low..=high),
        _ => Err("write a difficulty from 1 to 5, or a range such as 2-4".to_owned()),
    }
}

/// A kind by its name.
///
/// # Errors
/// A message that lists the names.
pub fn kind(name: &str) -> Result<Kind, String> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| "write concept, comparison, how-to, design or troubleshooting".to_owned())
}

/// The name of a kind.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Concept => "concept",
        Kind::Comparison => "comparison",
        Kind::HowTo => "how-to",
        Kind::Design => "design",
        Kind::Troubleshooting => "troubleshooting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::embedded;

    #[test]
    fn words_of_a_sort_are_alternatives_and_sorts_must_all_fit() {
        let mut bank = Bank::default();
        bank.add(embedded());
        let count = |filter: &Filter| bank.iter().filter(|q| filter.wants(q)).count();
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let one = Filter { topics: words(&["inference"]), ..Filter::default() };
        let two = Filter { topics: words(&["inference", "tokenization"]), ..Filter::default() };
        assert!(count(&two) > count(&one) && count(&one) > 0);
        let none = Filter { covers: words(&["1.13"]), ..one.clone() };
        assert_eq!(count(&none), 0);
        assert_eq!(none.unknown_word(&bank), None);
        let unknown = Filter { tags: words(&["kv-cash"]), ..one }.unknown_word(&bank).unwrap();
        assert_eq!(unknown.to_string(), "no question has the tag \"kv-cash\"");
        assert!(unknown.known.contains(&"kv-cache".to_owned()));
    }

    #[test]
    fn difficulties_and_kinds_are_read_or_explained() {
        assert_eq!(difficulties("2-4"), Ok(2..=4));
        assert_eq!(difficulties("3"), Ok(3..=3));
        for bad in ["0", "6", "4-2", "x", ""] {
            assert!(difficulties(bad).is_err(), "{bad}");
        }
        for name in ["concept", "comparison", "how-to", "design", "troubleshooting"] {
            assert_eq!(kind_name(kind(name).unwrap()), name);
        }
        assert!(kind("essay").unwrap_err().contains("how-to"));
    }
}

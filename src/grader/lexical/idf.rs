//! The frozen table of how much a unit of text tells.
//!
//! Inverse document frequency ln((D + 1) / (df + ½)) over the checked facts
//! behind the bank, capped for words that are common in general English or
//! Chinese. The table is part of the grader's fingerprint and is never
//! computed from the texts at hand; a unit it does not know takes the maximum.

use std::sync::LazyLock;

use crate::text::{HashedMap, hash};

/// The table as it is embedded: a value, a tab, and the units that have it.
pub(super) const SOURCE: &str = include_str!("data/idf.txt");

/// The value of a unit that the table does not know.
pub(super) const MAXIMUM: f32 = 8.4;

/// The value at which words that are common in general English or Chinese are capped.
const GENERAL: f32 = 4.0;

static TABLE: LazyLock<HashedMap<f32>> = LazyLock::new(|| parse(SOURCE));

/// The inverse document frequency of a unit, by its hash.
pub(super) fn idf(unit: u64) -> f32 {
    TABLE.get(&unit).copied().unwrap_or(MAXIMUM)
}

/// Whether a unit of this value is a term of the field: known to the table, and
/// not common elsewhere.
pub(super) fn is_term(value: f32) -> bool {
    value > GENERAL && value < MAXIMUM
}

fn parse(source: &str) -> HashedMap<f32> {
    let mut table = HashedMap::default();
    for line in source.lines() {
        let Some((value, units)) = line.split_once('\t') else { continue };
        let value: f32 = value.parse().unwrap_or(MAXIMUM);
        table.extend(units.split(' ').map(|unit| (hash(unit), value)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_reads() {
        for line in SOURCE.lines() {
            let (value, units) = line.split_once('\t').unwrap();
            assert!(value.parse::<f32>().is_ok_and(|v| v > 0.0 && v < MAXIMUM), "{line}");
            assert!(units.split(' ').all(|unit| !unit.is_empty()));
        }
    }

    #[test]
    fn terms_are_neither_common_nor_unknown() {
        let is = |word: &str| is_term(idf(hash(word)));
        assert!(is("rotat") && is("量化"));
        assert!(!is("book") && !is("of") && !is("wheelchair"));
    }

    #[test]
    fn common_words_tell_less_than_rare_ones() {
        assert!(idf(hash("of")) < 1.0);
        assert!(idf(hash("model")) < idf(hash("rotat")));
        assert!(idf(hash("的")) < idf(hash("缓存")));
        assert!((idf(hash("nosuchword")) - MAXIMUM).abs() < f32::EPSILON);
    }
}

//! Words that say nearly the same, within and across the two languages.
//!
//! A frozen table of classes, written by hand, part of the fingerprint. A word
//! may stand in several classes. Only single stems and pairs of Han characters
//! are units; what is longer has no place here.

use std::sync::LazyLock;

use crate::text::HashedMap;
use crate::text::bigram;
use crate::text::tokenise::Text;

/// The table as it is embedded: a class a line.
pub(super) const SOURCE: &str = include_str!("data/synonyms.txt");

static CLASSES: LazyLock<Classes> = LazyLock::new(|| Classes::parse(SOURCE));

struct Classes {
    members: Vec<Vec<u64>>,
    of_unit: HashedMap<Vec<usize>>,
}

impl Classes {
    fn parse(source: &str) -> Self {
        let members: Vec<Vec<u64>> =
            source.lines().map(|line| line.split(' ').filter_map(unit).collect()).collect();
        let mut of_unit: HashedMap<Vec<usize>> = HashedMap::default();
        for (class, units) in members.iter().enumerate() {
            for unit in units {
                of_unit.entry(*unit).or_default().push(class);
            }
        }
        Self { members, of_unit }
    }
}

/// The unit that a word of the table is, if it is a single one.
fn unit(word: &str) -> Option<u64> {
    let text = Text::new(word);
    match text.tokens.as_slice() {
        [only] => Some(only.stem),
        [_, _] => bigram::pair_at(&text.tokens, 0),
        _ => None,
    }
}

/// The units that say nearly the same as this one, itself left out.
pub(super) fn synonyms(unit: u64) -> impl Iterator<Item = u64> {
    let classes = CLASSES.of_unit.get(&unit).into_iter().flatten();
    classes.flat_map(|class| &CLASSES.members[*class]).copied().filter(move |other| *other != unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hash;

    #[test]
    fn every_word_of_the_table_is_one_unit() {
        for word in SOURCE.split_whitespace() {
            assert!(unit(word).is_some(), "{word}");
        }
    }

    #[test]
    fn classes_cross_the_languages() {
        let found: Vec<u64> = synonyms(hash("缓存")).collect();
        assert!(found.contains(&hash("cach")));
        assert_eq!(synonyms(hash("nosuchword")).count(), 0);
    }
}

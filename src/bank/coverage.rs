//! Which items of the source article are covered by which questions.

use super::{Bank, items};
use crate::domain::QuestionId;

/// An item and the questions that cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Number of the item.
    pub item: &'static str,
    /// Questions in the order of their ids; empty for a missing item.
    pub questions: Vec<QuestionId>,
}

/// All items in the article's order.
pub fn coverage(bank: &Bank) -> Vec<Covered> {
    let covering = |item: &str| {
        let covers = bank.iter().filter(|question| question.covers.iter().any(|own| own == item));
        covers.map(|question| question.id.clone()).collect()
    };
    items::items().map(|item| Covered { item, questions: covering(item) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::embedded;

    #[test]
    fn every_item_is_listed_with_what_covers_it() {
        let mut bank = Bank::default();
        bank.add(embedded());
        let covered = coverage(&bank);
        assert_eq!(covered.len(), 112);
        let found = covered.iter().find(|covered| covered.item == "1.13").unwrap();
        assert_eq!(found.questions[0].as_str(), "architecture/mqa-and-gqa");
        assert!(coverage(&Bank::default()).iter().all(|covered| covered.questions.is_empty()));
    }
}

//! The items of the source article by their numbers, in its order.

/// One number a line.
const ITEMS: &str = include_str!("items.txt");

/// All items, in the article's order.
pub fn items() -> impl Iterator<Item = &'static str> {
    ITEMS.lines()
}

/// Where an item stands in the article, from 0; none for what is no item.
pub fn position(item: &str) -> Option<usize> {
    items().position(|known| known == item)
}

/// Whether `item` is meant by `wanted`: an item, a chapter such as `2`, or `*` for all.
pub(super) fn is_meant(item: &str, wanted: &str) -> bool {
    wanted == "*"
        || item == wanted
        || item.split_once('.').is_some_and(|(chapter, _)| chapter == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_its_place() {
        assert_eq!(items().count(), 112);
        assert_eq!(position("1.01"), Some(0));
        assert!(position("2.35") < position("2.35b") && position("2.35b") < position("2.36"));
        assert_eq!(position("1.15"), None);
    }

    #[test]
    fn an_item_a_chapter_or_all() {
        assert!(is_meant("2.03", "2") && is_meant("2.03", "2.03") && is_meant("2.03", "*"));
        assert!(!is_meant("2.03", "2.0") && !is_meant("2.03", "3"));
    }
}

//! Names that a mistyped one was probably meant to be.

/// Most names offered.
const OFFERED: usize = 3;

/// Up to three things whose names share most with `wanted`, best first.
pub fn nearest<'a, T: Ord>(wanted: &str, named: impl Iterator<Item = (&'a str, T)>) -> Vec<T> {
    let wanted = wanted.to_lowercase();
    let grams = trigrams(&wanted);
    let mut scored: Vec<(usize, T)> = named
        .map(|(name, thing)| {
            let own = trigrams(name);
            let shared = own.iter().filter(|gram| grams.contains(gram)).count();
            // Twice the shared over the total, in thousandths (Dice coefficient);
            // a name of which only the beginning was typed comes first.
            let begun = if !wanted.is_empty() && name.starts_with(&wanted) { 1000 } else { 0 };
            (begun + 2000 * shared / (own.len() + grams.len()).max(1), thing)
        })
        .filter(|(score, _)| *score >= 150)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.into_iter().take(OFFERED).map(|(_, thing)| thing).collect()
}

/// Every three characters in a row, the ends padded so that short words count.
fn trigrams(text: &str) -> Vec<[char; 3]> {
    let padded: Vec<char> = format!(" {text} ").chars().collect();
    padded.windows(3).map(|w| [w[0], w[1], w[2]]).collect()
}

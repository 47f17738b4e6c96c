//! Ids that a mistyped one was probably meant to be.

use crate::domain::QuestionId;

/// Most ids offered.
const OFFERED: usize = 3;

/// The ids that share most with `wanted`, best first.
pub(super) fn nearest<'a>(
    wanted: &str,
    ids: impl Iterator<Item = &'a QuestionId>,
) -> Vec<&'a QuestionId> {
    let wanted = trigrams(&wanted.to_lowercase());
    let mut scored: Vec<(usize, &QuestionId)> = ids
        .map(|id| {
            let own = trigrams(id.as_str());
            let shared = own.iter().filter(|gram| wanted.contains(gram)).count();
            // Twice the shared over the total, in thousandths (Dice coefficient).
            (2000 * shared / (own.len() + wanted.len()).max(1), id)
        })
        .filter(|(score, _)| *score >= 150)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(OFFERED).map(|(_, id)| id).collect()
}

/// Every three characters in a row, the ends padded so that short words count.
fn trigrams(text: &str) -> Vec<[char; 3]> {
    let padded: Vec<char> = format!(" {text} ").chars().collect();
    padded.windows(3).map(|w| [w[0], w[1], w[2]]).collect()
}

//! How alike two folded texts are, by edits of single characters.
//!
//! The ratio is 1 − (Levenshtein distance ÷ length of the longer text). Work is
//! bounded: a pair whose lengths alone rule out the asked ratio is not compared.

/// The similarity of two character sequences from 0 to 1, or none when it lies
/// below `at_least`.
pub fn similarity_at_least(a: &[char], b: &[char], at_least: f64) -> Option<f64> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.is_empty() {
        return Some(1.0);
    }
    let ratio = |distance: usize| 1.0 - to_f64(distance) / to_f64(long.len());
    if ratio(long.len() - short.len()) < at_least {
        return None;
    }
    let distance = levenshtein(short, long, |distance| ratio(distance) >= at_least)?;
    Some(ratio(distance))
}

/// Levenshtein distance, given up once no cell of a row is `allowed`.
fn levenshtein(short: &[char], long: &[char], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    let mut row: Vec<usize> = (0..=short.len()).collect();
    for (i, from) in long.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        let mut least = row[0];
        for (j, to) in short.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
            least = least.min(row[j + 1]);
        }
        if !allowed(least) {
            return None;
        }
    }
    row.last().copied().filter(|distance| allowed(*distance))
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts lie far below 2^52")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str, at_least: f64) -> Option<f64> {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        similarity_at_least(&chars(a), &chars(b), at_least)
    }

    #[test]
    fn equal_and_empty_texts() {
        assert_eq!(similarity("abc", "abc", 0.9), Some(1.0));
        assert_eq!(similarity("", "", 0.9), Some(1.0));
        assert_eq!(similarity("", "abc", 0.1), None);
    }

    #[test]
    fn one_edit_in_ten() {
        let found = similarity("abcdefghij", "abcdefghix", 0.9).unwrap();
        assert!((found - 0.9).abs() < 1e-12);
        assert_eq!(similarity("abcdefghij", "abcdefghxy", 0.9), None);
    }

    #[test]
    fn order_of_arguments_does_not_matter() {
        assert_eq!(similarity("kitten", "sitting", 0.0), similarity("sitting", "kitten", 0.0));
    }
}

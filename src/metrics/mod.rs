//! Statistics over plain numbers: agreement, bootstrap intervals, items, summaries.
//!
//! Nothing here knows what a score or an answer is, and nothing draws randomness
//! by itself: a seeded [`Random`] comes in. What is undefined (the correlation of
//! a constant, a mean of nothing) is `None`, never a number that looks like one.

pub mod agreement;
pub mod bootstrap;
pub mod items;
mod random;
pub mod summary;

#[cfg(test)]
mod tests;

pub use random::Random;

/// A count as floating point; exact up to 2⁵³, which no count here comes near.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// A count of rows as floating point; exact up to 2⁵³.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float64(count: u64) -> f64 {
    count as f64
}

/// The arithmetic mean; none of no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / float(values.len()))
}

/// The quantile `q` (0 to 1) of sorted values, linear between neighbours (type 7 of
/// Hyndman & Fan 1996, as numpy's default); none of no values.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * float(last);
    let below = index(position.floor()).min(last);
    let above = (below + 1).min(last);
    let share = position - position.floor();
    Some(sorted[below] + share * (sorted[above] - sorted[below]))
}

/// A non-negative whole floating-point number as an index.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(crate) fn index(value: f64) -> usize {
    value.max(0.0) as usize
}

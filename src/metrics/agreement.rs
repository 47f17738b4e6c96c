//! How far ratings agree with a reference.
//!
//! All functions take two slices of equal length, the ratings first, and look at
//! the common part if the lengths differ. A correlation alone hides a shift, and
//! an error alone hides the order: report them together.

use super::{float, float64, index, mean};

/// Pearson's product-moment correlation; none when either side is constant.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        let (dx, dy) = (a - mean_x, b - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation: Pearson's over ranks, ties at their average rank.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    pearson(&ranks(&x[..n]), &ranks(&y[..n]))
}

/// Ranks from 1; equal values share the average of their places.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let tied = order[start..].iter().take_while(|i| values[**i].total_cmp(&value).is_eq());
        let end = start + tied.count();
        // Places start+1 … end have the average (start + 1 + end) ÷ 2.
        let shared = float(start + 1 + end) / 2.0;
        for place in &order[start..end] {
            ranks[*place] = shared;
        }
        start = end;
    }
    ranks
}

/// Mean absolute error, in the unit of the values.
pub fn mae(rated: &[f64], reference: &[f64]) -> Option<f64> {
    mean_of(rated, reference, |a, b| (a - b).abs())
}

/// Root of the mean squared error, in the unit of the values.
pub fn rmse(rated: &[f64], reference: &[f64]) -> Option<f64> {
    mean_of(rated, reference, |a, b| (a - b).powi(2)).map(f64::sqrt)
}

/// Mean of rating minus reference: above 0 when the ratings are too generous.
pub fn bias(rated: &[f64], reference: &[f64]) -> Option<f64> {
    mean_of(rated, reference, |a, b| a - b)
}

fn mean_of(x: &[f64], y: &[f64], term: impl Fn(f64, f64) -> f64) -> Option<f64> {
    let n = x.len().min(y.len());
    let sum: f64 = x.iter().zip(y).map(|(a, b)| term(*a, *b)).sum();
    (n > 0).then(|| sum / float(n))
}

/// How disagreement between two classes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Every disagreement counts the same: Cohen's κ (1960).
    Equal,
    /// By the square of the distance: quadratic weighted κ (Cohen 1968).
    Quadratic,
}

/// How often the ratings' class (row) met the reference's class (column).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// An empty table of `classes` × `classes`.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// The table of two lists of classes; a class out of range is the last one.
    pub fn of(rated: &[usize], reference: &[usize], classes: usize) -> Self {
        let mut table = Self::new(classes);
        for (a, b) in rated.iter().zip(reference) {
            table.add(*a, *b);
        }
        table
    }

    /// Counts one pair.
    pub fn add(&mut self, rated: usize, reference: usize) {
        let last = self.classes.saturating_sub(1);
        self.counts[rated.min(last) * self.classes + reference.min(last)] += 1;
    }

    /// Pairs with these classes.
    pub fn count(&self, rated: usize, reference: usize) -> u64 {
        self.counts[rated * self.classes + reference]
    }

    /// All pairs.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of pairs with equal classes.
    pub fn exact(&self) -> Option<f64> {
        let equal: u64 = (0..self.classes).map(|i| self.count(i, i)).sum();
        (self.total() > 0).then(|| float64(equal) / float64(self.total()))
    }

    /// 1 − observed ÷ expected weighted disagreement; none when chance allows no
    /// disagreement (all pairs in one class).
    pub fn kappa(&self, weights: Weights) -> Option<f64> {
        let total = float64(self.total());
        let rows: Vec<f64> = (0..self.classes)
            .map(|i| float64((0..self.classes).map(|j| self.count(i, j)).sum()))
            .collect();
        let columns: Vec<f64> = (0..self.classes)
            .map(|j| float64((0..self.classes).map(|i| self.count(i, j)).sum()))
            .collect();
        let (mut observed, mut expected) = (0.0, 0.0);
        for (i, row) in rows.iter().enumerate() {
            for (j, column) in columns.iter().enumerate() {
                let weight = match weights {
                    Weights::Equal => f64::from(u8::from(i != j)),
                    Weights::Quadratic => float(i.abs_diff(j)).powi(2),
                };
                observed += weight * float64(self.count(i, j));
                expected += weight * row * column / total;
            }
        }
        (expected > 0.0).then(|| 1.0 - observed / expected)
    }
}

/// The class of a value when `low`–`high` is cut into `levels` equally spaced
/// levels, the ends being levels themselves; halves go up.
pub fn level(value: f64, low: f64, high: f64, levels: usize) -> usize {
    let steps = float(levels.saturating_sub(1));
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    index((share * steps + 0.5).floor())
}

/// Agreement within one class of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WithinClass {
    /// Pairs whose reference is in the class.
    pub n: usize,
    /// Those whose rating is in it too.
    pub same: usize,
    /// Mean absolute error over them.
    pub mae: Option<f64>,
    /// Mean of rating minus reference over them.
    pub bias: Option<f64>,
}

/// Agreement apart for each class of the reference: graders are weakest in the
/// middle, and the overall figures hide it.
pub fn by_class(
    rated: &[f64],
    reference: &[f64],
    classes: usize,
    class: impl Fn(f64) -> usize,
) -> Vec<WithinClass> {
    let within = |wanted: usize| {
        let (a, b): (Vec<f64>, Vec<f64>) =
            rated.iter().zip(reference).filter(|(_, b)| class(**b) == wanted).unzip();
        WithinClass {
            n: a.len(),
            same: a.iter().filter(|value| class(**value) == wanted).count(),
            mae: mae(&a, &b),
            bias: bias(&a, &b),
        }
    };
    (0..classes).map(within).collect()
}

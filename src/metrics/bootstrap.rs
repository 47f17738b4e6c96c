//! Percentile bootstrap intervals, resampled by cluster.
//!
//! Answers to one question are alike, so resampling single answers makes
//! intervals too narrow: whole questions are drawn instead (the cluster
//! bootstrap; Davison & Hinkley 1997, §3.8; Efron & Tibshirani 1993, ch. 13 for
//! the percentile interval). For a paired difference, compute both statistics on
//! the same resample and subtract.

use super::{Random, quantile};

/// Lower and upper end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How to resample.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Number of resamples.
    pub resamples: usize,
    /// Share of resamples inside the interval, 0 to 1.
    pub level: f64,
}

/// Members of each cluster, by their place in the data.
#[derive(Debug, Clone, Default)]
pub struct Clusters(Vec<Vec<usize>>);

impl Clusters {
    /// Items with equal keys are one cluster.
    pub fn by_key<K: std::hash::Hash + Eq>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut place = std::collections::HashMap::new();
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        for (index, key) in keys.into_iter().enumerate() {
            let cluster = *place.entry(key).or_insert_with(|| {
                clusters.push(Vec::new());
                clusters.len() - 1
            });
            clusters[cluster].push(index);
        }
        Self(clusters)
    }

    /// Every item is a cluster of its own: the ordinary bootstrap.
    pub fn single(n: usize) -> Self {
        Self((0..n).map(|index| vec![index]).collect())
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn draw(&self, random: &mut Random, into: &mut Vec<usize>) {
        into.clear();
        for _ in 0..self.0.len() {
            into.extend_from_slice(&self.0[random.below(self.0.len())]);
        }
    }
}

/// Intervals of several statistics over the same resamples.
///
/// `statistics` gets the places of the resampled items, repeats included. A
/// resample in which a statistic is undefined is left out of its interval; there
/// is no interval when more than half are, or with fewer than two clusters.
pub fn intervals<const N: usize>(
    clusters: &Clusters,
    plan: Plan,
    random: &mut Random,
    mut statistics: impl FnMut(&[usize]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    if clusters.len() < 2 {
        return [None; N];
    }
    let mut drawn: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(plan.resamples));
    let mut places = Vec::new();
    for _ in 0..plan.resamples {
        clusters.draw(random, &mut places);
        for (values, value) in drawn.iter_mut().zip(statistics(&places)) {
            values.extend(value);
        }
    }
    drawn.map(|values| interval(values, plan))
}

fn interval(mut values: Vec<f64>, plan: Plan) -> Option<Interval> {
    if values.len() * 2 < plan.resamples.max(1) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - plan.level) / 2.0;
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

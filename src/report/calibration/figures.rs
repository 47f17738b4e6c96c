//! The figures of agreement between a run and labels.

use serde::Serialize;

use super::labels::Given;
use super::{AgainstLabels, Pairs, Resampling};
use crate::domain::{Band, Scoring};
use crate::metrics::agreement::{
    Confusion, Weights, bias, by_class, level, mae, pearson, rmse, spearman,
};
use crate::metrics::bootstrap::{Clusters, Interval, Plan, intervals};
use crate::metrics::{Random, float, mean, quantile};
use crate::report::run::Listed;

/// Share of resamples inside an interval.
const LEVEL: f64 = 0.95;
/// Levels of a scale whose labels lie on no coarser grid.
const FINEST: usize = 11;
/// Bands, from no hire to strong hire.
const BANDS: [Band; 4] = [Band::NoHire, Band::Borderline, Band::Hire, Band::Strong];
/// Answers drawn over all resamples; beyond it fewer resamples are drawn.
const WORK: usize = 40_000_000;
/// Fewest resamples.
const FEWEST: usize = 200;

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The figure; none when it is undefined.
    pub value: Option<f64>,
    /// Its 95 % interval; none when there are too few questions.
    pub interval: Option<(f64, f64)>,
}

/// Agreement with labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Labels in the file.
    pub labels: usize,
    /// The worst and the best of labelled scores; none when they are verdicts.
    pub scale: Option<(f64, f64)>,
    /// Lines of the labels' file whose mark is empty.
    pub unmarked: u64,
    /// Labelled answers that the run holds.
    pub matched: u64,
    /// Labelled answers that the run does not hold.
    pub absent: u64,
    /// Labelled answers that the run holds without a score.
    pub ungraded: u64,
    /// Answers with a score, not all of whose points have a label.
    pub incomplete: u64,
    /// Labels for points that their answers do not have.
    pub unknown_points: Listed<UnknownPoint>,
    /// Answers of the run without a label.
    pub unlabelled: u64,
    /// Lines whose id came before.
    pub repeated: u64,
    /// Answers with a score on both sides.
    pub compared: usize,
    /// Share of the labelled answers that have a score on both sides.
    pub coverage: Option<f64>,
    /// Questions among them.
    pub questions: usize,
    /// Whether intervals are resampled by question; by answer when there is only one.
    pub by_question: bool,
    /// Resamples drawn.
    pub resamples: usize,
    /// Levels that scores are cut into for the weighted kappa.
    pub levels: usize,
    /// Quadratic weighted kappa over those levels.
    pub qwk: Figure,
    /// Quadratic weighted kappa over the bands.
    pub qwk_bands: Figure,
    /// Cohen's kappa over the bands.
    pub kappa_bands: Figure,
    /// Pearson's correlation.
    pub pearson: Figure,
    /// Spearman's rank correlation.
    pub spearman: Figure,
    /// Mean absolute error in points of 100.
    pub mae: Figure,
    /// Root mean squared error in points of 100.
    pub rmse: Figure,
    /// Mean of the run's score minus the label, in points of 100.
    pub bias: Figure,
    /// What a constant reaches.
    pub constant: Option<Constant>,
    /// Agreement within each band of the labels, from no hire to strong hire.
    pub bands: Vec<BandFigures>,
    /// Agreement on each point, when the labels are verdicts.
    pub points: Vec<PointFigures>,
}

/// A label for a point that its answer does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownPoint {
    /// Id of the answer.
    pub id: String,
    /// Id of the point.
    pub point: String,
}

/// The errors of somebody who gives every answer the same score: answers are often
/// alike, and a grader that does worse than this has no use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Constant {
    /// The labels' median, which has the least absolute error.
    pub median: f64,
    /// Mean absolute error of the median.
    pub mae: f64,
    /// The labels' mean, which has the least squared error.
    pub mean: f64,
    /// Root mean squared error of the mean.
    pub rmse: f64,
}

/// Agreement within one band of the labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandFigures {
    /// The band, by the labels' score alone.
    pub band: Band,
    /// Answers in it.
    pub n: usize,
    /// Share of them that the run puts into the same band, by score alone.
    pub same: Option<f64>,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// Mean of the run's score minus the label.
    pub bias: Option<f64>,
}

/// Agreement on one point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointFigures {
    /// Id of the question.
    pub question: String,
    /// Id of the point.
    pub point: String,
    /// Answers with a verdict on both sides.
    pub n: u64,
    /// Labelled answers on which the run has no verdict.
    pub ungraded: u64,
    /// Share of equal verdicts.
    pub exact: Option<f64>,
    /// Cohen's kappa over the four verdicts.
    pub kappa: Option<f64>,
    /// Quadratic weighted kappa, from contradicted to met.
    pub qwk: Option<f64>,
}

impl Figures {
    /// Whether every labelled answer has a score on both sides.
    pub fn is_complete(&self) -> bool {
        self.compared > 0 && self.compared == self.labels
    }
}

impl AgainstLabels {
    /// The figures of everything added.
    pub fn finish(self, resampling: Resampling) -> Figures {
        let pairs = &self.pairs;
        let compared = pairs.rated.len();
        let levels = levels(&pairs.reference);
        let (clusters, by_question) = pairs.clusters();
        let plan = plan(resampling, compared);
        let mut random = Random::new(resampling.seed);
        let scoring = &self.scoring;
        let found = intervals(&clusters, plan, &mut random, |places| {
            statistics(&pairs.at(places), levels, scoring)
        });
        let values = statistics(pairs, levels, scoring);
        let figure = |index: usize| Figure {
            value: values[index],
            interval: found[index].map(|Interval { low, high }| (low, high)),
        };
        Figures {
            labels: self.labels.len(),
            scale: match &self.labels.given {
                Given::Scores { scale, .. } => Some((scale.worst, scale.best)),
                Given::Verdicts(_) => None,
            },
            unmarked: self.labels.unmarked,
            points: self.point_figures(),
            matched: self.labelled,
            absent: (self.labels.len() as u64).saturating_sub(self.labelled),
            ungraded: self.ungraded,
            incomplete: self.incomplete,
            unknown_points: self.unknown,
            unlabelled: self.unlabelled,
            repeated: self.repeated,
            compared,
            coverage: (!self.labels.is_empty()).then(|| float(compared) / float(self.labels.len())),
            questions: self.questions.0.len(),
            by_question,
            resamples: plan.resamples,
            levels,
            qwk: figure(0),
            qwk_bands: figure(1),
            kappa_bands: figure(2),
            pearson: figure(3),
            spearman: figure(4),
            mae: figure(5),
            rmse: figure(6),
            bias: figure(7),
            constant: constant(&pairs.reference),
            bands: bands(pairs, scoring),
        }
    }

    fn point_figures(&self) -> Vec<PointFigures> {
        let points = self.points.iter();
        points
            .map(|((question, point), pairs)| PointFigures {
                question: question.clone(),
                point: point.clone(),
                n: pairs.table.total(),
                ungraded: pairs.ungraded,
                exact: pairs.table.exact(),
                kappa: pairs.table.kappa(Weights::Equal),
                qwk: pairs.table.kappa(Weights::Quadratic),
            })
            .collect()
    }
}

/// As many resamples as asked for, fewer when each is very large.
pub(super) fn plan(resampling: Resampling, answers: usize) -> Plan {
    let affordable = (WORK / answers.max(1)).max(FEWEST);
    Plan { resamples: resampling.resamples.min(affordable), level: LEVEL }
}

impl Pairs {
    /// Questions as clusters; answers when there is only one question.
    pub(super) fn clusters(&self) -> (Clusters, bool) {
        let clusters = Clusters::by_key(self.question.iter().copied());
        if clusters.len() > 1 {
            (clusters, true)
        } else {
            (Clusters::single(self.rated.len()), false)
        }
    }

    pub(super) fn at(&self, places: &[usize]) -> Self {
        Self {
            rated: places.iter().map(|place| self.rated[*place]).collect(),
            reference: places.iter().map(|place| self.reference[*place]).collect(),
            question: Vec::new(),
        }
    }
}

fn statistics(pairs: &Pairs, levels: usize, scoring: &Scoring) -> [Option<f64>; 8] {
    let (rated, reference) = (&pairs.rated, &pairs.reference);
    let cut = |values: &[f64]| -> Vec<usize> {
        values.iter().map(|value| level(*value, 0.0, 100.0, levels)).collect()
    };
    let banded = |values: &[f64]| -> Vec<usize> {
        values.iter().map(|value| band_class(scoring, *value)).collect()
    };
    let by_level = Confusion::of(&cut(rated), &cut(reference), levels);
    let by_band = Confusion::of(&banded(rated), &banded(reference), BANDS.len());
    [
        by_level.kappa(Weights::Quadratic),
        by_band.kappa(Weights::Quadratic),
        by_band.kappa(Weights::Equal),
        pearson(rated, reference),
        spearman(rated, reference),
        mae(rated, reference),
        rmse(rated, reference),
        bias(rated, reference),
    ]
}

fn band_class(scoring: &Scoring, score: f64) -> usize {
    let band = scoring.bands.of(score);
    BANDS.iter().position(|known| *known == band).unwrap_or(0)
}

/// The fewest equally spaced levels that hold every label, at most eleven.
pub(super) fn levels(labels: &[f64]) -> usize {
    let holds = |levels: &usize| {
        let steps = float(levels - 1);
        labels.iter().all(|label| {
            let at = label / 100.0 * steps;
            (at - at.round()).abs() < 1e-6
        })
    };
    (2..FINEST).find(holds).unwrap_or(FINEST)
}

fn constant(labels: &[f64]) -> Option<Constant> {
    let mut sorted = labels.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (mean, median) = (mean(labels)?, quantile(&sorted, 0.5)?);
    let always = |value: f64| vec![value; labels.len()];
    Some(Constant {
        median,
        mae: mae(&always(median), labels)?,
        mean,
        rmse: rmse(&always(mean), labels)?,
    })
}

fn bands(pairs: &Pairs, scoring: &Scoring) -> Vec<BandFigures> {
    let class = |score| band_class(scoring, score);
    let within = by_class(&pairs.rated, &pairs.reference, BANDS.len(), class);
    let named = BANDS.iter().zip(within);
    named
        .map(|(band, within)| BandFigures {
            band: *band,
            n: within.n,
            same: (within.n > 0).then(|| float(within.same) / float(within.n)),
            mae: within.mae,
            bias: within.bias,
        })
        .collect()
}

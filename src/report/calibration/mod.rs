//! How far a run agrees with people, or with another run of the same answers.
//!
//! Only answers that both sides score are compared; what share that is stands
//! beside every figure as coverage. Intervals are resampled by question. It keeps
//! a few dozen bytes for each answer that both sides know, and no text.

mod compare;
mod figures;
pub mod labels;
mod show;

#[cfg(test)]
mod tests;

pub use compare::{Baseline, Change, Comparing, Comparison, compare};
pub use figures::{BandFigures, Constant, Figure, Figures, PointFigures, UnknownPoint};
pub use show::{show_comparison, show_figures};

use std::collections::{BTreeMap, HashMap, HashSet};

use super::rows::{Row, State};
use super::run::Listed;
use super::words::cut;
use crate::domain::{PointAssessment, Scoring, Verdict, score};
use crate::metrics::agreement::Confusion;
use labels::{Given, Labels};

/// Points told apart; labels are made by people, so there are not many.
const POINTS: usize = 5_000;
/// Unknown points listed.
const LISTED: usize = 20;
/// Characters kept of an id.
const NAME: usize = 200;
/// Classes of verdicts that people and graders give.
const VERDICTS: usize = 4;

/// How intervals are made.
#[derive(Debug, Clone, Copy)]
pub struct Resampling {
    /// Seed of the generator.
    pub seed: u64,
    /// Number of resamples; fewer are drawn when there are very many answers.
    pub resamples: usize,
}

/// Answers that both sides score: the run's score, the other one, the question.
#[derive(Debug, Default)]
struct Pairs {
    rated: Vec<f64>,
    reference: Vec<f64>,
    question: Vec<u32>,
}

/// Numbers for question ids.
#[derive(Debug, Default)]
struct Questions(HashMap<String, u32>);

impl Questions {
    fn number(&mut self, row: &Row) -> u32 {
        let id = row.question().unwrap_or_default();
        if let Some(number) = self.0.get(id) {
            return *number;
        }
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(id.to_owned(), next);
        next
    }
}

/// A comparison with people's labels in the making.
#[derive(Debug)]
pub struct AgainstLabels {
    labels: Labels,
    scoring: Scoring,
    pairs: Pairs,
    questions: Questions,
    seen: HashSet<String>,
    repeated: u64,
    unlabelled: u64,
    labelled: u64,
    ungraded: u64,
    incomplete: u64,
    unknown: Listed<UnknownPoint>,
    points: BTreeMap<(String, String), PointPairs>,
}

#[derive(Debug)]
struct PointPairs {
    table: Confusion,
    ungraded: u64,
}

impl AgainstLabels {
    /// Starts with the labels and the scoring that turns labelled verdicts into scores.
    pub fn new(labels: Labels, scoring: Scoring) -> Self {
        Self {
            labels,
            scoring,
            pairs: Pairs::default(),
            questions: Questions::default(),
            seen: HashSet::new(),
            repeated: 0,
            unlabelled: 0,
            labelled: 0,
            ungraded: 0,
            incomplete: 0,
            unknown: Listed::default(),
            points: BTreeMap::new(),
        }
    }

    /// Adds a row of the run; an id that comes twice counts once.
    pub fn add(&mut self, row: &Row) {
        if !self.is_labelled(&row.line.id) {
            self.unlabelled += 1;
            return;
        }
        if !self.seen.insert(row.line.id.clone()) {
            self.repeated += 1;
            return;
        }
        self.labelled += 1;
        self.add_points(row);
        match (row.state(), self.reference(row)) {
            (State::Graded(rated), Some(reference)) => {
                self.pairs.rated.push(rated);
                self.pairs.reference.push(reference);
                self.pairs.question.push(self.questions.number(row));
            }
            (State::Graded(_), None) => self.incomplete += 1,
            _ => self.ungraded += 1,
        }
    }

    fn is_labelled(&self, id: &str) -> bool {
        match &self.labels.given {
            Given::Scores { by_id, .. } => by_id.contains_key(id),
            Given::Verdicts(by_id) => by_id.contains_key(id),
        }
    }

    /// The score that a row's label gives or amounts to.
    fn reference(&self, row: &Row) -> Option<f64> {
        match &self.labels.given {
            Given::Scores { by_id, .. } => by_id.get(&row.line.id).copied(),
            Given::Verdicts(by_id) => self.labelled_score(row, by_id.get(&row.line.id)?),
        }
    }

    /// The score that labelled verdicts amount to; none while a point has no label.
    fn labelled_score(&self, row: &Row, verdicts: &HashMap<String, Verdict>) -> Option<f64> {
        let points = &row.line.assessment.as_ref()?.points;
        let labelled = |point: &PointAssessment| {
            let verdict = *verdicts.get(&point.id)?;
            let (credit, evidence) = (verdict.credit(), Vec::new());
            Some(PointAssessment { verdict, credit, evidence, ..point.clone() })
        };
        let labelled: Option<Vec<_>> = points.iter().map(labelled).collect();
        score::score(&self.scoring, &labelled?, &[]).score()
    }

    fn add_points(&mut self, row: &Row) {
        let Given::Verdicts(by_id) = &self.labels.given else { return };
        let Some(verdicts) = by_id.get(&row.line.id) else { return };
        let Some(assessment) = &row.line.assessment else { return };
        let question = row.question().unwrap_or_default();
        let mut unknown: Vec<&String> =
            verdicts.keys().filter(|id| assessment.point(id).is_none()).collect();
        unknown.sort_unstable();
        for point in unknown {
            let (id, point) = (cut(&row.line.id, NAME), cut(point, NAME));
            self.unknown.push(LISTED, || UnknownPoint { id, point });
        }
        for point in &assessment.points {
            let Some(label) = verdicts.get(&point.id).copied().and_then(class) else { continue };
            let key = (question.to_owned(), point.id.clone());
            if self.points.len() >= POINTS && !self.points.contains_key(&key) {
                continue;
            }
            let pairs = self
                .points
                .entry(key)
                .or_insert_with(|| PointPairs { table: Confusion::new(VERDICTS), ungraded: 0 });
            match class(point.verdict) {
                Some(rated) => pairs.table.add(rated, label),
                None => pairs.ungraded += 1,
            }
        }
    }
}

/// The class of a verdict, the worst first; none when ungraded.
fn class(verdict: Verdict) -> Option<usize> {
    match verdict {
        Verdict::Contradicted => Some(0),
        Verdict::Missing => Some(1),
        Verdict::Partial => Some(2),
        Verdict::Met => Some(3),
        Verdict::Ungraded => None,
    }
}

//! A run against another run of the same answers: by how much the scores moved,
//! and which.

use std::collections::HashMap;

use serde::Serialize;

use super::figures::{Figure, plan};
use super::{Pairs, Questions, Resampling};
use crate::domain::Verdict;
use crate::metrics::agreement::{bias, mae, pearson, spearman};
use crate::metrics::bootstrap::intervals;
use crate::metrics::{Random, float64};
use crate::report::rows::{Row, State};
use crate::report::words::cut;

/// Changes listed.
const LISTED: usize = 50;
/// Characters kept of an id.
const NAME: usize = 200;
/// Score points below which an answer counts as not moved.
const MOVED: f64 = 0.05;

/// What is kept of one answer of the earlier run.
#[derive(Debug, Clone)]
struct Before {
    low: f64,
    state: State,
    verdicts: Vec<Verdict>,
    fingerprint: u64,
    seen: bool,
}

/// The earlier run, by id.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<String, Before>);

impl Baseline {
    /// Adds a row of the earlier run; the last one of an id counts.
    pub fn add(&mut self, row: &Row) {
        let assessment = row.line.assessment.as_ref();
        self.0.insert(
            row.line.id.clone(),
            Before {
                low: row.interval().0,
                state: row.state(),
                verdicts: assessment
                    .map_or_else(Vec::new, |a| a.points.iter().map(|p| p.verdict).collect()),
                fingerprint: fingerprint(row),
                seen: false,
            },
        );
    }
}

/// A number for a fingerprint; equal for equal ones.
fn fingerprint(row: &Row) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    row.line.assessment.as_ref().map(|assessment| &assessment.fingerprint).hash(&mut hasher);
    hasher.finish()
}

/// A run compared with an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Answers in both runs.
    pub matched: u64,
    /// Answers of this run that the earlier one does not hold.
    pub only_here: u64,
    /// Answers of the earlier run that this one does not hold.
    pub only_before: u64,
    /// Answers with a score in both.
    pub compared: usize,
    /// Answers graded before and not now.
    pub lost: u64,
    /// Answers graded now and not before.
    pub gained: u64,
    /// Whether both runs have the same fingerprint throughout; if not, the difference
    /// tells about the graders as much as about the answers.
    pub same_fingerprint: bool,
    /// Questions among the compared answers.
    pub questions: usize,
    /// Whether the interval is resampled by question.
    pub by_question: bool,
    /// Resamples drawn.
    pub resamples: usize,
    /// Mean of this run's score minus the earlier one's, over answers scored in both.
    pub difference: Figure,
    /// Fall of the mean, ungraded answers at their worst, over answers in both runs.
    pub fall: Option<f64>,
    /// Mean absolute difference.
    pub mae: Option<f64>,
    /// Pearson's correlation between the runs.
    pub pearson: Option<f64>,
    /// Spearman's correlation between the runs.
    pub spearman: Option<f64>,
    /// Answers whose score moved.
    pub moved: u64,
    /// Those that rose.
    pub rose: u64,
    /// Those that fell.
    pub fell: u64,
    /// The largest changes, falls first.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// Whether every answer of the other run has been compared, or counted as a fall since it is
    /// not graded any more.
    pub fn is_complete(&self) -> bool {
        self.compared > 0
            && self.only_before == 0
            && self.compared as u64 + self.lost == self.matched
    }
}

/// An answer whose score moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// Id of its question.
    pub question: Option<String>,
    /// Score in the earlier run.
    pub before: f64,
    /// Score in this one.
    pub after: f64,
    /// Points whose verdict changed, with both verdicts.
    pub points: Vec<(String, Verdict, Verdict)>,
}

/// A comparison in the making.
#[derive(Debug, Default)]
pub struct Comparing {
    baseline: Baseline,
    pairs: Pairs,
    questions: Questions,
    matched: u64,
    only_here: u64,
    lost: u64,
    gained: u64,
    other_fingerprint: bool,
    low_before: f64,
    low_after: f64,
    rose: u64,
    fell: u64,
    changes: Vec<Change>,
}

/// A comparison with an earlier run, to which the rows of the new one are added.
pub fn compare(baseline: Baseline) -> Comparing {
    Comparing { baseline, ..Comparing::default() }
}

impl Comparing {
    /// Adds a row of the new run; an id that comes twice counts once.
    pub fn add(&mut self, row: &Row) {
        let Some(before) = self.baseline.0.get_mut(&row.line.id) else {
            self.only_here += 1;
            return;
        };
        if before.seen {
            return;
        }
        before.seen = true;
        self.matched += 1;
        self.low_before += floor(before.state, before.low);
        self.low_after += floor(row.state(), row.interval().0);
        self.other_fingerprint |= before.fingerprint != fingerprint(row);
        match (before.state, row.state()) {
            (State::Graded(old), State::Graded(new)) => {
                self.pairs.rated.push(new);
                self.pairs.reference.push(old);
                self.pairs.question.push(self.questions.number(row));
                let verdicts = std::mem::take(&mut before.verdicts);
                self.moved(row, &verdicts, old, new);
            }
            (State::Graded(_), _) => self.lost += 1,
            (_, State::Graded(_)) => self.gained += 1,
            _ => {}
        }
    }

    fn moved(&mut self, row: &Row, before: &[Verdict], old: f64, new: f64) {
        if (new - old).abs() < MOVED {
            return;
        }
        *(if new > old { &mut self.rose } else { &mut self.fell }) += 1;
        let points = row.line.assessment.iter().flat_map(|assessment| &assessment.points);
        let points = points
            .zip(before)
            .filter(|(point, old)| point.verdict != **old)
            .map(|(point, old)| (cut(&point.id, NAME), *old, point.verdict))
            .collect();
        self.changes.push(Change {
            id: cut(&row.line.id, NAME),
            question: row.question().map(|id| cut(id, NAME)),
            before: old,
            after: new,
            points,
        });
        if self.changes.len() >= 4 * LISTED {
            self.keep_largest();
        }
    }

    fn keep_largest(&mut self) {
        let size = |change: &Change| (change.after - change.before).abs();
        self.changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
        self.changes.truncate(LISTED);
    }

    /// The comparison of everything added.
    pub fn finish(mut self, resampling: Resampling) -> Comparison {
        let only_before = self.baseline.0.values().filter(|before| !before.seen).count() as u64;
        self.keep_largest();
        self.changes.sort_by(|a, b| (a.after - a.before).total_cmp(&(b.after - b.before)));
        let pairs = &self.pairs;
        let (clusters, by_question) = pairs.clusters();
        let plan = plan(resampling, pairs.rated.len());
        let [found] = intervals(&clusters, plan, &mut Random::new(resampling.seed), |places| {
            let drawn = pairs.at(places);
            [bias(&drawn.rated, &drawn.reference)]
        });
        let fall = (self.low_before - self.low_after) / float64(self.matched.max(1));
        Comparison {
            matched: self.matched,
            only_here: self.only_here,
            only_before,
            compared: pairs.rated.len(),
            lost: self.lost,
            gained: self.gained,
            same_fingerprint: !self.other_fingerprint,
            questions: self.questions.0.len(),
            by_question,
            resamples: plan.resamples,
            difference: Figure {
                value: bias(&pairs.rated, &pairs.reference),
                interval: found.map(|interval| (interval.low, interval.high)),
            },
            fall: (self.matched > 0).then_some(fall),
            mae: mae(&pairs.rated, &pairs.reference),
            pearson: pearson(&pairs.rated, &pairs.reference),
            spearman: spearman(&pairs.rated, &pairs.reference),
            moved: self.rose + self.fell,
            rose: self.rose,
            fell: self.fell,
            changes: self.changes,
        }
    }
}

/// The score at worst; 0 for an answer that was not graded at all.
fn floor(state: State, low: f64) -> f64 {
    if state == State::Failed { 0.0 } else { low }
}

//! What a run tells about its questions, points and misconceptions.

use std::collections::BTreeMap;

use super::digest::{Example, Found, Listed, Point, PointPlace, Question};
use super::{NAME, SENTENCE, Tally};
use crate::domain::{Assessment, MisconceptionFound, PointAssessment, Tier, Verdict};
use crate::metrics::items::Item;
use crate::metrics::mean;
use crate::report::rows::Row;
use crate::report::words::cut;

/// Questions told apart.
const QUESTIONS: usize = 5_000;
/// Points told apart, over all questions.
const POINTS: usize = 10_000;
/// Misconceptions told apart, over all questions.
const MISCONCEPTIONS: usize = 2_000;
/// Quotes kept of one misconception.
const EXAMPLES: usize = 3;
/// Points in the list of the hardest, misconceptions in that of the most frequent.
const RANKED: usize = 15;
/// Answers below which a correlation says nothing.
const CORRELATED: u64 = 10;
/// Answers below which a point is not called hard.
const ENOUGH: u64 = 3;

/// Running sums for each question.
#[derive(Debug, Default)]
pub(super) struct Questions {
    kept: BTreeMap<String, QuestionTally>,
    points: usize,
    misconceptions: BTreeMap<(String, String), FoundTally>,
    beyond: u64,
    points_beyond: u64,
    misconceptions_beyond: u64,
}

#[derive(Debug, Default)]
struct QuestionTally {
    title: String,
    tally: Tally,
    points: Vec<PointTally>,
}

#[derive(Debug)]
struct PointTally {
    id: String,
    tier: Tier,
    claim: Option<String>,
    item: Item,
    verdicts: [u64; 5],
}

#[derive(Debug, Default)]
struct FoundTally {
    count: u64,
    correction: String,
    examples: Vec<Example>,
}

impl Questions {
    pub(super) fn add(&mut self, row: &Row) {
        let Some(question) = &row.line.question else { return };
        let id = cut(&question.id, NAME);
        if self.kept.len() >= QUESTIONS && !self.kept.contains_key(&id) {
            self.beyond += 1;
            return;
        }
        let kept = self.kept.entry(id.clone()).or_insert_with(|| QuestionTally {
            title: cut(&question.title, SENTENCE),
            ..QuestionTally::default()
        });
        kept.tally.add(row);
        let Some(assessment) = &row.line.assessment else { return };
        for judged in &assessment.points {
            let known = kept.points.iter().position(|point| point.id == judged.id);
            let place = match known {
                Some(place) => place,
                None if self.points >= POINTS => {
                    self.points_beyond += 1;
                    continue;
                }
                None => {
                    self.points += 1;
                    let claim = question.points.iter().find(|p| p.id == judged.id);
                    let claim = claim.and_then(|p| p.claim.as_deref());
                    kept.points.push(PointTally::new(judged, claim));
                    kept.points.len() - 1
                }
            };
            kept.points[place].add(judged, rest(assessment, judged));
        }
        for found in &assessment.misconceptions {
            self.misconception(&id, found, row);
        }
    }

    fn misconception(&mut self, question: &str, found: &MisconceptionFound, row: &Row) {
        let key = (question.to_owned(), cut(&found.id, NAME));
        if self.misconceptions.len() >= MISCONCEPTIONS && !self.misconceptions.contains_key(&key) {
            self.misconceptions_beyond += 1;
            return;
        }
        let kept = self.misconceptions.entry(key).or_default();
        kept.count += 1;
        if kept.correction.is_empty() {
            kept.correction = cut(&found.correction, SENTENCE);
        }
        let quote = found.evidence.first().map(|evidence| cut(&evidence.quote, SENTENCE));
        if let Some(quote) = quote
            && kept.examples.len() < EXAMPLES
            && kept.examples.iter().all(|example| example.quote != quote)
        {
            let candidate = row.line.candidate.as_deref().map(|name| cut(name, NAME));
            kept.examples.push(Example { quote, candidate, id: cut(&row.line.id, NAME) });
        }
    }

    /// Every question in the order of its id, with its mean where scores are comparable.
    pub(super) fn list(&self, comparable: bool) -> Listed<Question> {
        let items = self.kept.iter().map(|(id, question)| Question {
            id: id.clone(),
            title: question.title.clone(),
            answers: question.tally.rows,
            graded: question.tally.graded,
            mean: question.tally.mean().filter(|_| comparable),
            points: question.points.iter().map(PointTally::finish).collect(),
        });
        Listed { items: items.collect(), left_out: self.beyond }
    }

    /// Points with the lowest mean credit first; bonus points are not expected.
    pub(super) fn hardest(&self) -> Vec<PointPlace> {
        let mut places: Vec<PointPlace> = self
            .kept
            .iter()
            .flat_map(|(id, question)| question.points.iter().map(move |point| (id, point)))
            .filter(|(_, point)| point.tier != Tier::Bonus && point.item.n() >= ENOUGH)
            .map(|(id, point)| PointPlace { question: id.clone(), point: point.finish() })
            .collect();
        let credit = |place: &PointPlace| place.point.mean_credit.unwrap_or(1.0);
        places.sort_by(|a, b| credit(a).total_cmp(&credit(b)));
        places.retain(|place| credit(place) < 1.0);
        places.truncate(RANKED);
        places
    }

    /// Misconceptions, the most frequent first.
    pub(super) fn misconceptions(&self) -> Listed<Found> {
        let mut items: Vec<Found> = self
            .misconceptions
            .iter()
            .map(|((question, id), kept)| Found {
                question: question.clone(),
                id: id.clone(),
                count: kept.count,
                correction: kept.correction.clone(),
                examples: kept.examples.clone(),
            })
            .collect();
        items.sort_by_key(|found| std::cmp::Reverse(found.count));
        let beyond = items.len().saturating_sub(RANKED) as u64;
        items.truncate(RANKED);
        Listed { items, left_out: beyond + self.misconceptions_beyond }
    }
}

impl PointTally {
    fn new(judged: &PointAssessment, claim: Option<&str>) -> Self {
        Self {
            id: cut(&judged.id, NAME),
            tier: judged.tier,
            claim: claim.map(|claim| cut(claim, SENTENCE)),
            item: Item::default(),
            verdicts: [0; 5],
        }
    }

    fn add(&mut self, judged: &PointAssessment, rest: Option<f64>) {
        self.verdicts[place(judged.verdict)] += 1;
        if let Some(credit) = judged.credit {
            self.item.push(credit, judged.verdict == Verdict::Met, rest);
        }
    }

    fn finish(&self) -> Point {
        let [met, partial, missing, contradicted, ungraded] = self.verdicts;
        Point {
            id: self.id.clone(),
            tier: self.tier,
            claim: self.claim.clone(),
            met,
            partial,
            missing,
            contradicted,
            ungraded,
            hit_rate: self.item.hit_rate(),
            mean_credit: self.item.mean_credit(),
            discrimination: self.item.discrimination().filter(|_| self.item.n() >= CORRELATED),
        }
    }
}

fn place(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Met => 0,
        Verdict::Partial => 1,
        Verdict::Missing => 2,
        Verdict::Contradicted => 3,
        Verdict::Ungraded => 4,
    }
}

/// Mean credit of the other points of the same answer, bonus points left out;
/// none when one of them is ungraded, since the rest is unknown then.
fn rest(assessment: &Assessment, judged: &PointAssessment) -> Option<f64> {
    let others = assessment
        .points
        .iter()
        .filter(|other| other.id != judged.id && other.tier != Tier::Bonus)
        .map(|other| other.credit)
        .collect::<Option<Vec<f64>>>()?;
    mean(&others)
}

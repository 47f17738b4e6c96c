//! A finished run: plain data in the order in which it is read. Formats show it,
//! templates and `--json` take it as it is.

use serde::Serialize;

use super::{Bounded, Mean, Run, Tally};
use crate::domain::{Flag, Provenance, Tier, Tokens};
use crate::metrics::float;

/// Bins of the histogram as it is shown.
const BINS: usize = 20;

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// The mean over all answers, with the counts.
    pub mean: Option<Mean>,
    /// Answers with some points ungraded.
    pub ungraded: u64,
    /// Answers with no assessment at all.
    pub failed: u64,
    /// Lines that are no result lines.
    pub unreadable: Listed<Ungraded>,
    /// Answers in which a person has corrected verdicts.
    pub corrected: u64,
    /// Whether all scores come from one fingerprint; if not, no mean means anything.
    pub comparable: bool,
    /// How the scores spread.
    pub spread: Option<Spread>,
    /// Graded answers in bins of five points.
    pub distribution: Vec<Bin>,
    /// Answers in each band.
    pub bands: BandCounts,
    /// Candidates, the best mean first.
    pub candidates: Listed<Candidate>,
    /// Questions by id.
    pub questions: Listed<Question>,
    /// Points with the lowest mean credit.
    pub hardest: Vec<PointPlace>,
    /// The most frequent misconceptions.
    pub misconceptions: Listed<Found>,
    /// Answers without a score.
    pub without_score: Listed<Ungraded>,
    /// Answers with flags.
    pub flagged: Listed<Flagged>,
    /// How often each flag was set.
    pub flags: Vec<(Flag, u64)>,
    /// Where the verdicts come from.
    pub sources: Sources,
    /// What they cost.
    pub cost: Cost,
    /// How long the graded answers took, calls alone.
    pub latency: Option<Latency>,
}

/// A list that may be shorter than what it lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// How many more there are.
    pub left_out: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), left_out: 0 }
    }
}

impl<T> Listed<T> {
    /// Adds an item while there are fewer than `limit`, else counts it.
    pub(super) fn push(&mut self, limit: usize, item: impl FnOnce() -> T) {
        if self.items.len() < limit {
            self.items.push(item());
        } else {
            self.left_out += 1;
        }
    }

    /// Items and those left out.
    pub fn total(&self) -> u64 {
        self.items.len() as u64 + self.left_out
    }
}

/// Quartiles and spread of the scores, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Lowest score.
    pub min: f64,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// Highest score.
    pub max: f64,
    /// Standard deviation; none of one score.
    pub deviation: Option<f64>,
}

/// Scores from `from` up to, not including, `to`; the last bin holds 100 too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Graded answers in it.
    pub count: u64,
}

/// Answers in each band; `open` has none: not decided yet, or a lexical estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the bands' own names")]
pub struct BandCounts {
    pub strong: u64,
    pub hire: u64,
    pub borderline: u64,
    pub no_hire: u64,
    pub open: u64,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The name as the rows give it.
    pub name: String,
    /// The mean score.
    pub mean: Mean,
    /// Position of the candidate's first answer among all, from 1.
    pub first: u64,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What was asked.
    pub title: String,
    /// The mean score.
    pub mean: Option<Mean>,
    /// Its points in the question's order.
    pub points: Vec<Point>,
}

/// One point of a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Its id.
    pub id: String,
    /// Its tier.
    pub tier: Tier,
    /// The fact.
    pub claim: Option<String>,
    /// Answers that met it.
    pub met: u64,
    /// Answers that met part of it.
    pub partial: u64,
    /// Answers that do not state it.
    pub missing: u64,
    /// Answers that state the opposite.
    pub contradicted: u64,
    /// Answers without a verdict on it.
    pub ungraded: u64,
    /// Share of graded answers that met it.
    pub hit_rate: Option<f64>,
    /// Mean credit, 0 to 1.
    pub mean_credit: Option<f64>,
    /// Correlation with the rest of the answer, −1 to 1; none of fewer than ten answers.
    pub discrimination: Option<f64>,
}

/// A point and the question it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointPlace {
    /// Id of the question.
    pub question: String,
    /// The point.
    pub point: Point,
}

/// A misconception that answers hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Id of the question.
    pub question: String,
    /// Its id.
    pub id: String,
    /// Answers that hold it.
    pub count: u64,
    /// What is right instead.
    pub correction: String,
    /// A few quotes.
    pub examples: Vec<Example>,
}

/// How somebody put it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The answer's own words.
    pub quote: String,
    /// Whose they are.
    pub candidate: Option<String>,
    /// Id of the answer.
    pub id: String,
}

/// A row without a score, or a line that is no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ungraded {
    /// Line of the results, when there is no row.
    pub line: Option<u64>,
    /// Id of the answer.
    pub id: String,
    /// Who answered.
    pub candidate: Option<String>,
    /// Id of the question.
    pub question: Option<String>,
    /// Why.
    pub why: String,
}

/// A row with flags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flagged {
    /// Id of the answer.
    pub id: String,
    /// Who answered.
    pub candidate: Option<String>,
    /// The flags.
    pub flags: Vec<Flag>,
}

/// Something with a name and how often it occurred.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counted {
    /// The name.
    pub name: String,
    /// Answers.
    pub count: u64,
    /// Mean score over them, for fingerprints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Mean>,
}

/// Where the verdicts come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names that provenance uses")]
pub struct Sources {
    pub graders: Vec<Counted>,
    pub endpoints: Listed<Counted>,
    pub models: Listed<Counted>,
    pub returned_models: Listed<Counted>,
    pub prompts: Listed<Counted>,
    pub rubrics: Listed<Counted>,
    pub fingerprints: Listed<Counted>,
}

/// Calls, tokens and money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Calls, retries and repairs included.
    pub calls: u64,
    /// Tokens over those calls.
    pub tokens: Tokens,
    /// Money over the answers with a price, in the profile's currency.
    pub amount: f64,
    /// Answers with a price.
    pub priced: u64,
    /// Answers that took a call and have no price.
    pub unpriced: u64,
}

impl Cost {
    pub(super) fn add(&mut self, source: &Provenance) {
        self.calls += u64::from(source.calls);
        self.tokens.input += source.tokens.input;
        self.tokens.cached += source.tokens.cached;
        self.tokens.output += source.tokens.output;
        match source.cost {
            Some(cost) => {
                self.amount += cost;
                self.priced += 1;
            }
            None => self.unpriced += u64::from(source.calls > 0),
        }
    }
}

/// Seconds that answers took to grade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them took less.
    pub median: f64,
    /// All but one in twenty took less.
    pub p95: f64,
}

impl Run {
    /// The run in figures.
    pub fn finish(self) -> Digest {
        let comparable =
            self.sources.fingerprints.kept.len() + count(self.sources.fingerprints.beyond) <= 1;
        let quantile = |q| self.histogram.quantile(q);
        let spread = (|| {
            Some(Spread {
                min: self.scores.min()?,
                q1: quantile(0.25)?,
                median: quantile(0.5)?,
                q3: quantile(0.75)?,
                max: self.scores.max()?,
                deviation: self.scores.deviation(),
            })
        })();
        let latency = self.latency.quantile(0.5).zip(self.latency.quantile(0.95));
        let tally: Tally = self.all;
        Digest {
            mean: tally.mean(),
            ungraded: tally.rows - tally.graded - self.failed,
            failed: self.failed,
            unreadable: self.unreadable,
            corrected: self.corrected,
            comparable,
            spread,
            distribution: distribution(self.histogram.counts()),
            bands: self.bands,
            candidates: candidates(self.candidates),
            questions: self.questions.list(),
            hardest: self.questions.hardest(),
            misconceptions: self.questions.misconceptions(),
            without_score: self.ungraded,
            flagged: self.flagged,
            flags: self.flags.into_iter().collect(),
            sources: sources(self.sources),
            cost: self.cost,
            latency: latency.map(|(median, p95)| Latency { median: median / 1e3, p95: p95 / 1e3 }),
        }
    }
}

fn count(beyond: u64) -> usize {
    usize::try_from(beyond).unwrap_or(usize::MAX)
}

fn distribution(tenths: &[u64]) -> Vec<Bin> {
    let width = 100.0 / float(BINS);
    let bins = tenths.chunks(tenths.len() / BINS).enumerate();
    bins.map(|(index, counts)| Bin {
        from: width * float(index),
        to: width * float(index + 1),
        count: counts.iter().sum(),
    })
    .collect()
}

fn candidates(bounded: Bounded<super::CandidateTally>) -> Listed<Candidate> {
    let mut items: Vec<Candidate> = bounded
        .kept
        .into_iter()
        .filter_map(|(name, kept)| {
            Some(Candidate { name, mean: kept.tally.mean()?, first: kept.first })
        })
        .collect();
    items.sort_by(|a, b| b.mean.low.total_cmp(&a.mean.low));
    Listed { items, left_out: bounded.beyond }
}

fn sources(counts: super::SourceCounts) -> Sources {
    let graders = counts.graders.into_iter();
    let fingerprints = counts.fingerprints;
    let means = fingerprints.kept.into_iter().map(|(name, tally)| Counted {
        name,
        count: tally.rows,
        mean: tally.mean(),
    });
    Sources {
        graders: graders
            .map(|(name, count)| Counted { name: name.to_owned(), count, mean: None })
            .collect(),
        endpoints: counted(counts.endpoints),
        models: counted(counts.models),
        returned_models: counted(counts.returned_models),
        prompts: counted(counts.prompts),
        rubrics: counted(counts.rubrics),
        fingerprints: Listed { items: means.collect(), left_out: fingerprints.beyond },
    }
}

fn counted(bounded: Bounded<u64>) -> Listed<Counted> {
    let items = bounded.kept.into_iter().map(|(name, count)| Counted { name, count, mean: None });
    Listed { items: items.collect(), left_out: bounded.beyond }
}

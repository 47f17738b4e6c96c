//! A finished run: plain data in the order in which it is read. Formats show it,
//! templates and `--json` take it as it is.

use serde::Serialize;

use super::Mean;
use crate::domain::{Flag, Lang, Provenance, Tier, Tokens};
use crate::metrics::float64;

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// Answers.
    pub answers: u64,
    /// Those with a score.
    pub graded: u64,
    /// The mean over all answers; none when they are not comparable.
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
    /// How the scores spread; none when they are not comparable.
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
    pub(in crate::report) fn push(&mut self, limit: usize, item: impl FnOnce() -> T) {
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
    /// Answers.
    pub answers: u64,
    /// Those with a score.
    pub graded: u64,
    /// The mean score; none when the run's are not comparable.
    pub mean: Option<Mean>,
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
    /// Answers.
    pub answers: u64,
    /// Those with a score.
    pub graded: u64,
    /// The mean score; none when the run's are not comparable.
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
    /// Why, in Chinese; what stands in a row is said as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_zh: Option<String>,
}

impl Ungraded {
    /// Why, in a language where it is said in both.
    pub fn why(&self, ui: Lang) -> &str {
        self.why_zh.as_deref().filter(|_| ui == Lang::Zh).unwrap_or(&self.why)
    }
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

impl Digest {
    /// The mean at worst, 0 to 100; where scores are not comparable, that of each fingerprint.
    /// An answer that was not graded at all is of none, and counts 0 in each.
    pub fn floors(&self) -> Vec<(Option<&str>, f64)> {
        if let Some(mean) = self.mean {
            return vec![(None, mean.low)];
        }
        let groups = self.sources.fingerprints.items.iter();
        groups
            .filter_map(|one| {
                let mean = one.mean?;
                let share = float64(mean.rows) / float64(mean.rows + self.failed);
                Some((Some(one.name.as_str()), mean.low * share))
            })
            .collect()
    }
}

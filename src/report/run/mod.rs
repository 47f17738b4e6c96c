//! A run as a whole, gathered line by line in bounded memory.
//!
//! Ungraded is a state, not a number: means are intervals whose lower end takes
//! every ungraded answer at its worst and whose upper end at its best. Every list
//! is bounded and says how much it leaves out. What stands in a [`Digest`] is
//! foreign text, cut to a bearable length but not made safe: each format does
//! that in its own way.

mod digest;
mod finish;
mod questions;
mod tally;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use digest::{
    BandCounts, Bin, Candidate, Cost, Counted, Digest, Example, Flagged, Found, Latency, Listed,
    Point, PointPlace, Question, Sources, Spread, Ungraded,
};
pub use tally::{Mean, Tally, mean_text};

use super::rows::{Row, State, Unreadable};
use super::words::cut;
use crate::domain::{Assessment, Band, Flag, GraderKind};
use crate::metrics::summary::{Histogram, Moments, Sketch};
use questions::Questions;

/// The lexical grader's name in a digest.
pub const LEXICAL: &str = "lexical";
/// Candidates told apart.
const CANDIDATES: usize = 10_000;
/// Rows in the list of ungraded ones and in that of flagged ones.
const LISTED: usize = 200;
/// Different models, endpoints and the like.
const SOURCES: usize = 20;
/// Characters kept of a name or id.
const NAME: usize = 200;
/// Characters kept of a sentence.
const SENTENCE: usize = 300;
/// Bins of the histogram that keep scores exact: tenths of 0–100.
const TENTHS: usize = 1000;

/// A run in the making.
#[derive(Debug)]
pub struct Run {
    all: Tally,
    failed: u64,
    corrected: u64,
    bands: BandCounts,
    scores: Moments,
    histogram: Histogram,
    candidates: Bounded<CandidateTally>,
    questions: Questions,
    ungraded: Listed<Ungraded>,
    flagged: Listed<Flagged>,
    unreadable: Listed<Ungraded>,
    flags: BTreeMap<Flag, u64>,
    sources: SourceCounts,
    cost: Cost,
    latency: Sketch,
}

#[derive(Debug, Default)]
struct CandidateTally {
    tally: Tally,
    /// Position of the first row among all rows, from 1.
    first: u64,
}

/// A map that takes a limited number of keys and counts what came beyond.
#[derive(Debug)]
struct Bounded<T> {
    kept: BTreeMap<String, T>,
    limit: usize,
    beyond: u64,
}

impl<T: Default> Bounded<T> {
    fn new(limit: usize) -> Self {
        Self { kept: BTreeMap::new(), limit, beyond: 0 }
    }

    /// The value of a key; none when the map is full of others.
    fn entry(&mut self, key: &str) -> Option<&mut T> {
        let key = cut(key, NAME);
        if self.kept.len() >= self.limit && !self.kept.contains_key(&key) {
            self.beyond += 1;
            return None;
        }
        Some(self.kept.entry(key).or_default())
    }
}

#[derive(Debug)]
struct SourceCounts {
    fingerprints: Bounded<Tally>,
    graders: BTreeMap<&'static str, u64>,
    endpoints: Bounded<u64>,
    models: Bounded<u64>,
    returned_models: Bounded<u64>,
    prompts: Bounded<u64>,
    rubrics: Bounded<u64>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            all: Tally::default(),
            failed: 0,
            corrected: 0,
            bands: BandCounts::default(),
            scores: Moments::default(),
            histogram: Histogram::new(0.0, 100.0, TENTHS),
            candidates: Bounded::new(CANDIDATES),
            questions: Questions::default(),
            ungraded: Listed::default(),
            flagged: Listed::default(),
            unreadable: Listed::default(),
            flags: BTreeMap::new(),
            sources: SourceCounts {
                fingerprints: Bounded::new(SOURCES),
                graders: BTreeMap::new(),
                endpoints: Bounded::new(SOURCES),
                models: Bounded::new(SOURCES),
                returned_models: Bounded::new(SOURCES),
                prompts: Bounded::new(SOURCES),
                rubrics: Bounded::new(SOURCES),
            },
            cost: Cost::default(),
            latency: Sketch::default(),
        }
    }
}

impl Run {
    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        self.all.add(row);
        self.corrected += u64::from(!row.corrections.is_empty());
        if let Some(name) = &row.line.candidate {
            let first = self.all.rows;
            if let Some(candidate) = self.candidates.entry(name) {
                candidate.tally.add(row);
                candidate.first = if candidate.first == 0 { first } else { candidate.first };
            }
        }
        self.questions.add(row);
        match row.state() {
            State::Graded(score) => self.graded(score),
            State::Ungraded { .. } => self.not_graded(row),
            State::Failed => {
                self.failed += 1;
                self.not_graded(row);
            }
        }
        if let Some(assessment) = &row.line.assessment {
            self.assessed(row, assessment);
        }
    }

    /// Adds a line that could not be read.
    pub fn add_unreadable(&mut self, bad: &Unreadable) {
        self.unreadable.push(LISTED, || Ungraded {
            line: Some(bad.number),
            id: String::new(),
            candidate: None,
            question: None,
            why: cut(&bad.reason.en, SENTENCE),
            why_zh: Some(cut(&bad.reason.zh, SENTENCE)),
        });
    }

    fn graded(&mut self, score: f64) {
        self.scores.push(score);
        self.histogram.push(score);
    }

    fn not_graded(&mut self, row: &Row) {
        self.ungraded.push(LISTED, || Ungraded {
            line: None,
            id: cut(&row.line.id, NAME),
            candidate: row.line.candidate.as_deref().map(|name| cut(name, NAME)),
            question: row.question().map(|id| cut(id, NAME)),
            why: cut(row.why_ungraded().unwrap_or_default(), SENTENCE),
            why_zh: None,
        });
    }

    fn assessed(&mut self, row: &Row, assessment: &Assessment) {
        self.bands.add(assessment);
        for flag in &assessment.flags {
            *self.flags.entry(*flag).or_default() += 1;
        }
        if !assessment.flags.is_empty() {
            self.flagged.push(LISTED, || Flagged {
                id: cut(&row.line.id, NAME),
                candidate: row.line.candidate.as_deref().map(|name| cut(name, NAME)),
                flags: assessment.flags.clone(),
            });
        }
        self.sources.add(row, assessment);
        self.cost.add(&assessment.provenance);
        if assessment.provenance.calls > 0 {
            let latency = u32::try_from(assessment.provenance.latency_ms).unwrap_or(u32::MAX);
            self.latency.push(f64::from(latency));
        }
    }
}

impl SourceCounts {
    fn add(&mut self, row: &Row, assessment: &Assessment) {
        if let Some(tally) = self.fingerprints.entry(&assessment.fingerprint) {
            tally.add(row);
        }
        let grader = match assessment.grader {
            GraderKind::Llm => "llm",
            GraderKind::Lexical => LEXICAL,
        };
        *self.graders.entry(grader).or_default() += 1;
        let source = &assessment.provenance;
        count(&mut self.endpoints, source.endpoint.as_deref());
        count(&mut self.models, source.model.as_deref());
        count(&mut self.returned_models, source.returned_model.as_deref());
        count(&mut self.prompts, source.prompt_hash.as_deref());
        count(&mut self.rubrics, Some(&source.rubric_hash));
    }
}

fn count(names: &mut Bounded<u64>, name: Option<&str>) {
    if let Some(count) = name.and_then(|name| names.entry(name)) {
        *count += 1;
    }
}

impl BandCounts {
    fn add(&mut self, assessment: &Assessment) {
        *match assessment.band {
            Some(Band::Strong) => &mut self.strong,
            Some(Band::Hire) => &mut self.hire,
            Some(Band::Borderline) => &mut self.borderline,
            Some(Band::NoHire) => &mut self.no_hire,
            None => &mut self.open,
        } += 1;
    }
}

//! What was gathered, put into the order in which it is read.
//!
//! Scores of different fingerprints have no common mean: none is made of them, neither
//! over all nor over a candidate's or a question's answers.

use super::digest::{Bin, Candidate, Counted, Digest, Latency, Listed, Sources, Spread};
use super::{Bounded, CandidateTally, Run, SourceCounts, Tally};
use crate::metrics::float;

/// Bins of the histogram as it is shown.
const BINS: usize = 20;

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
            answers: tally.rows,
            graded: tally.graded,
            mean: tally.mean().filter(|_| comparable),
            ungraded: tally.rows - tally.graded - self.failed,
            failed: self.failed,
            unreadable: self.unreadable,
            corrected: self.corrected,
            comparable,
            spread: spread.filter(|_| comparable),
            distribution: distribution(self.histogram.counts()),
            bands: self.bands,
            candidates: candidates(self.candidates, comparable),
            questions: self.questions.list(comparable),
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

fn candidates(bounded: Bounded<CandidateTally>, comparable: bool) -> Listed<Candidate> {
    let low = |tally: &Tally| tally.mean().map_or(0.0, |mean| mean.low);
    let mut kept: Vec<_> = bounded.kept.into_iter().collect();
    kept.sort_by(|(_, a), (_, b)| low(&b.tally).total_cmp(&low(&a.tally)));
    let named = kept.into_iter().map(|(name, kept)| Candidate {
        name,
        answers: kept.tally.rows,
        graded: kept.tally.graded,
        mean: kept.tally.mean().filter(|_| comparable),
        first: kept.first,
    });
    Listed { items: named.collect(), left_out: bounded.beyond }
}

fn sources(counts: SourceCounts) -> Sources {
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

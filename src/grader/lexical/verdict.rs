//! From support to credit, verdict and evidence.
//!
//! Credit is continuous and is what a score is made of; verdicts are cut from
//! it for people. No evidence is invented: a verdict that claims words quotes
//! them.

use super::evidence::quotes;
use super::prepare::Prepared;
use super::reading::Reading;
use super::tuning::{BARE, Tuning};
use super::window::{Support, read};
use crate::domain::{Evidence, Verdict};
use crate::grader::gate::Gate;
use crate::text::tokenise::Text;

/// All that the lexical grader says about one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LexicalVerdicts {
    /// What the gate said; anything but a pass means that nothing was read.
    pub gate: Gate,
    /// One verdict for each point, in the question's order.
    pub points: Vec<PointVerdict>,
    /// The misconceptions that the answer holds, in the question's order.
    pub misconceptions: Vec<HeldMisconception>,
    /// Likeness to the best reference on the scale that people read, 0 to 1;
    /// only for a question without points.
    pub similarity: Option<f64>,
}

/// The judgement on one point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointVerdict {
    /// Credit from 0 to 1.
    pub credit: f64,
    /// Met, partial, missing or contradicted.
    pub verdict: Verdict,
    /// Quotes of the answer; empty when the point is missing.
    pub evidence: Vec<Evidence>,
    /// Share of the term groups found in the best passage, 0 to 1.
    pub terms: f64,
    /// Share of the claim's words found in it by weight, 0 to 1.
    pub claim: f64,
    /// Support before the scale, 0 to 1.
    pub raw: f64,
}

/// A misconception that the answer holds.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldMisconception {
    /// Its place in the question's list.
    pub index: usize,
    /// Quotes of the answer that state it.
    pub evidence: Vec<Evidence>,
}

impl LexicalVerdicts {
    /// Every point missing: the gate has stopped the answer.
    pub(super) fn stopped(gate: Gate, prepared: &Prepared) -> Self {
        let missing = PointVerdict {
            credit: 0.0,
            verdict: Verdict::Missing,
            evidence: Vec::new(),
            terms: 0.0,
            claim: 0.0,
            raw: 0.0,
        };
        Self {
            gate,
            points: vec![missing; prepared.points],
            misconceptions: Vec::new(),
            similarity: prepared.bare.as_ref().map(|_| 0.0),
        }
    }
}

/// Judges an answer that the gate let pass.
pub(super) fn judge(
    prepared: &Prepared,
    text: &Text,
    answer: &str,
    tuning: &Tuning,
) -> LexicalVerdicts {
    let similarity = prepared.bare.as_ref().map(|bare| {
        let alike = bare.similarity(text, &BARE);
        f64::from(on_scale(alike, BARE.scale_low, BARE.scale_high).powf(BARE.bend))
    });
    let reading = Reading::of(prepared, text, tuning);
    let mut supports = read(prepared, &reading, text, tuning);
    let wrong = supports.split_off(prepared.points);
    pool(&mut supports, tuning);
    let quoted = |list: usize, support: &Support| {
        quotes(prepared, &reading, text, answer, (list, &support.window))
    };
    let misconceptions: Vec<_> = wrong
        .iter()
        .enumerate()
        .filter(|(_, support)| support.raw >= tuning.held)
        .map(|(index, support)| HeldMisconception {
            index,
            evidence: quoted(prepared.points + index, support),
        })
        .collect();
    let points = supports.iter().enumerate().map(|(list, support)| {
        let against = contradicting(prepared, &misconceptions, list, support, tuning);
        point_verdict(support, against, tuning, || quoted(list, support))
    });
    let points = points.collect();
    LexicalVerdicts { gate: Gate::Pass, points, misconceptions, similarity }
}

/// An answer that makes its other points lends belief to one that has some
/// support, and takes some from it when it makes few.
fn pool(points: &mut [Support], tuning: &Tuning) {
    let count = super::units::ratio(points.len(), 1);
    let mean = points.iter().map(|s| s.raw).sum::<f32>() / count.max(1.0);
    for support in points {
        support.raw =
            (support.raw * (1.0 + tuning.pool * (mean - tuning.pool_middle))).clamp(0.0, 1.0);
    }
}

/// The held misconception that contradicts a point, if one is close enough.
fn contradicting<'a>(
    prepared: &Prepared,
    held: &'a [HeldMisconception],
    point: usize,
    support: &Support,
    tuning: &Tuning,
) -> Option<&'a HeldMisconception> {
    let heart = if prepared.musts[point] { tuning.heart } else { 0.0 };
    let own = tuning.touched * support.raw + heart;
    let close = |wrong: &&HeldMisconception| {
        prepared.links[wrong.index][point] + own >= tuning.contradicted
    };
    held.iter().find(close)
}

fn point_verdict(
    support: &Support,
    against: Option<&HeldMisconception>,
    tuning: &Tuning,
    quoted: impl Fn() -> Vec<Evidence>,
) -> PointVerdict {
    let credit = on_scale(support.raw, tuning.scale_low, tuning.scale_high);
    let (verdict, evidence) = match against {
        _ if credit >= tuning.met => (Verdict::Met, quoted()),
        Some(wrong) => (Verdict::Contradicted, wrong.evidence.clone()),
        None if credit >= tuning.partial => (Verdict::Partial, quoted()),
        None => (Verdict::Missing, Vec::new()),
    };
    let credit = if verdict == Verdict::Contradicted { 0.0 } else { f64::from(credit) };
    PointVerdict {
        credit,
        verdict,
        evidence,
        terms: f64::from(support.terms),
        claim: f64::from(support.claim),
        raw: f64::from(support.raw),
    }
}

fn on_scale(raw: f32, low: f32, high: f32) -> f32 {
    ((raw - low) / (high - low)).clamp(0.0, 1.0)
}

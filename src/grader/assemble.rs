//! Verdicts to an assessment: score, band, flags and provenance.

use super::gate::Gate;
use super::lexical::{LexicalGrader, LexicalVerdicts, PointVerdict};
use super::spent::Spent;
use super::{Prepared, key};
use crate::domain::{
    Answer, Assessment, Clarity, FeedbackLine, Flag, GraderKind, MisconceptionFound,
    PointAssessment, Provenance, Rubric, SecondGrading, Verdict, score,
};

/// What one grading found, before any arithmetic.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    pub(super) points: Vec<PointAssessment>,
    pub(super) misconceptions: Vec<MisconceptionFound>,
    pub(super) clarity: Clarity,
    pub(super) feedback: Vec<FeedbackLine>,
    pub(super) flags: Vec<Flag>,
    pub(super) second: Option<SecondGrading>,
    pub(super) spent: Spent,
}

impl Findings {
    /// Takes the quotes from the answer itself: what was graded had parts masked.
    pub(super) fn show(&mut self, answer: &str) {
        let points = self.points.iter_mut().map(|point| &mut point.evidence);
        let wrong = self.misconceptions.iter_mut().map(|found| &mut found.evidence);
        for evidence in points.chain(wrong).flatten() {
            let length = evidence.end - evidence.start;
            evidence.quote = answer.chars().skip(evidence.start).take(length).collect();
        }
    }
}

/// The assessment that findings amount to.
pub(super) fn assessment(
    kind: GraderKind,
    shared: &key::Shared<'_>,
    prepared: &Prepared,
    answer: &Answer,
    found: Findings,
) -> Assessment {
    let breakdown = score::score(shared.scoring, &found.points, &found.misconceptions);
    let mut flags: Vec<Flag> = prepared.flags.iter().chain(&found.flags).copied().collect();
    flags.sort_unstable();
    flags.dedup();
    Assessment {
        score: breakdown.score(),
        low: breakdown.low.score,
        high: breakdown.high.score,
        band: breakdown.band.filter(|_| kind == GraderKind::Llm),
        points: found.points,
        misconceptions: found.misconceptions,
        clarity: found.clarity,
        feedback: found.feedback,
        flags,
        grader: kind,
        fingerprint: prepared.stem.fingerprint.clone(),
        provenance: provenance(shared, prepared, answer, found.second, found.spent),
    }
}

fn provenance(
    shared: &key::Shared<'_>,
    prepared: &Prepared,
    answer: &Answer,
    second_grading: Option<SecondGrading>,
    spent: Spent,
) -> Provenance {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Provenance {
        endpoint: spent.endpoint,
        model: some(shared.model),
        returned_model: spent.returned_model,
        prompt_hash: some(shared.prompt_hash),
        rubric_hash: prepared.stem.scoring.clone(),
        parameters: spent.parameters,
        verdict_key: prepared.stem.verdict_key(answer.as_str(), 0),
        calls: spent.calls,
        tokens: spent.tokens,
        cost: spent.cost,
        latency_ms: spent.latency_ms,
        votes: 1,
        second_grading,
    }
}

/// What the gate says as a flag.
fn gate_flag(gate: Gate) -> Option<Flag> {
    match gate {
        Gate::Pass => None,
        Gate::Blank => Some(Flag::Blank),
        Gate::RestatesQuestion => Some(Flag::RestatesQuestion),
    }
}

/// An answer that states nothing: every point missing, no call made.
pub(super) fn nothing_said(
    shared: &key::Shared<'_>,
    prepared: &Prepared,
    answer: &Answer,
    gate: Gate,
) -> Assessment {
    let points = prepared.question.points.iter();
    let points = points.map(|point| PointAssessment::of(point, Verdict::Missing));
    let flags = gate_flag(gate).into_iter().collect();
    let found = Findings { points: points.collect(), flags, ..Findings::default() };
    assessment(GraderKind::Llm, shared, prepared, answer, found)
}

/// The lexical estimate of an answer.
pub(super) fn lexical(
    grader: LexicalGrader,
    rubric: &Rubric,
    prepared: &Prepared,
    answer: &Answer,
    verdicts: LexicalVerdicts,
) -> Assessment {
    let question = &prepared.question;
    let judged = match verdicts.similarity {
        Some(likeness) => vec![likeness_as_point(likeness)],
        None => verdicts.points,
    };
    let points = question
        .points
        .iter()
        .zip(judged)
        .map(|(point, judged)| PointAssessment {
            credit: Some(judged.credit),
            evidence: judged.evidence,
            ..PointAssessment::of(point, judged.verdict)
        })
        .collect();
    let misconceptions = verdicts
        .misconceptions
        .into_iter()
        .map(|found| {
            let misconception = &question.misconceptions[found.index];
            MisconceptionFound::of(misconception, prepared.lang, found.evidence)
        })
        .collect();
    let flags = gate_flag(verdicts.gate).into_iter().collect();
    let found = Findings { points, misconceptions, flags, ..Findings::default() };
    assessment(
        GraderKind::Lexical,
        &key::Shared::lexical(grader.fingerprint(), rubric),
        prepared,
        answer,
        found,
    )
}

/// Likeness to a bare reference as the verdict on its only point.
fn likeness_as_point(likeness: f64) -> PointVerdict {
    let verdict = match likeness {
        l if l >= 0.7 => Verdict::Met,
        l if l >= 0.3 => Verdict::Partial,
        _ => Verdict::Missing,
    };
    PointVerdict {
        credit: likeness,
        verdict,
        evidence: Vec::new(),
        terms: 0.0,
        claim: 0.0,
        raw: likeness,
    }
}

//! The rule for answers that address their own grading.
//!
//! Such an answer is graded twice: whole, and with the addressing spans masked.
//! Per point the lower credit stands, unless the evidence of the whole grading
//! lies inside a masked span and hits the point's own term groups: an honest
//! answer about prompt injection keeps its score, an order to the grader earns
//! nothing. Both gradings are recorded.

use std::ops::Range;

use super::assemble::Findings;
use crate::domain::{
    Flag, MisconceptionFound, Point, PointAssessment, Question, SecondGrading, Verdict,
};
use crate::text::matching::Matcher;
use crate::text::tokenise::Text;

/// The findings that stand after both gradings.
pub(super) fn combine(
    question: &Question,
    spans: &[Range<usize>],
    whole: Findings,
    without: Findings,
) -> Findings {
    let record = SecondGrading {
        masked: spans.iter().map(|span| (span.start, span.end)).collect(),
        whole: verdicts(&whole.points),
        without: verdicts(&without.points),
    };
    let points = question
        .points
        .iter()
        .zip(whole.points.into_iter().zip(without.points))
        .map(|(point, (whole, without))| stands(point, spans, whole, without))
        .collect();
    let mut flags = [whole.flags, without.flags].concat();
    flags.push(Flag::AddressesGrader);
    Findings {
        points,
        misconceptions: either(whole.misconceptions, without.misconceptions),
        clarity: without.clarity.or(whole.clarity),
        // Feedback on the whole answer may be the injection's own words.
        feedback: without.feedback,
        flags,
        second: Some(record),
        spent: whole.spent.and(without.spent),
    }
}

fn verdicts(points: &[PointAssessment]) -> Vec<(String, Verdict)> {
    points.iter().map(|point| (point.id.clone(), point.verdict)).collect()
}

fn stands(
    point: &Point,
    spans: &[Range<usize>],
    whole: PointAssessment,
    without: PointAssessment,
) -> PointAssessment {
    if rank(&whole) <= rank(&without) || earned_inside(point, spans, &whole) {
        whole
    } else {
        without
    }
}

/// Order of verdicts from worst to best; unknown is worst, since it can hide anything.
fn rank(point: &PointAssessment) -> u8 {
    match point.verdict {
        Verdict::Ungraded => 0,
        Verdict::Contradicted => 1,
        Verdict::Missing => 2,
        Verdict::Partial => 3,
        Verdict::Met => 4,
    }
}

/// Whether the evidence stands in a masked span and says the point in its own terms.
fn earned_inside(point: &Point, spans: &[Range<usize>], whole: &PointAssessment) -> bool {
    let inside: Vec<&str> = whole
        .evidence
        .iter()
        .filter(|e| spans.iter().any(|span| span.start <= e.start && e.end <= span.end))
        .map(|e| e.quote.as_str())
        .collect();
    !point.terms.is_empty() && says(point, &Text::new(&inside.join("\n")))
}

/// Whether a text hits every term group of a point.
fn says(point: &Point, text: &Text) -> bool {
    let hits = Matcher::new(&point.terms).hits(text);
    (0..point.terms.len()).all(|group| hits.iter().any(|hit| hit.group == group))
}

fn either(
    mut whole: Vec<MisconceptionFound>,
    without: Vec<MisconceptionFound>,
) -> Vec<MisconceptionFound> {
    for found in without {
        if !whole.iter().any(|other| other.id == found.id) {
            whole.push(found);
        }
    }
    whole
}

//! Figures over rows, and lists that stay bounded.

use super::*;
use crate::report::samples;

fn digest(lines: Vec<crate::domain::ResultLine>) -> Digest {
    let mut run = Run::default();
    for (number, line) in (1..).zip(lines) {
        run.add(&Row::new(number, line));
    }
    run.finish()
}

#[test]
fn ungraded_answers_open_an_interval_and_never_shrink_the_denominator() {
    let digest = digest(vec![
        samples::graded("a", "Ada", 1.0),
        samples::graded("b", "Ada", 0.0),
        samples::ungraded("c", "Ada"),
        samples::failed("d"),
    ]);
    let mean = digest.mean.unwrap();
    assert_eq!((mean.rows, mean.graded, digest.ungraded, digest.failed), (4, 2, 1, 1));
    // 100, 60, 50–100 and 0–100; an ungraded point counts as contradicted at worst.
    assert_eq!((mean.low, mean.high), (210.0 / 4.0, 360.0 / 4.0));
    assert_eq!(mean.text(), "52.5–90.0");
    let reasons: Vec<&str> =
        digest.without_score.items.iter().map(|one| one.why.as_str()).collect();
    assert_eq!(reasons, ["no quote could be located", "unknown question `x/y`"]);
    assert_eq!(digest.spread.map(|spread| spread.max), Some(100.0));
    assert_eq!(digest.distribution.iter().map(|bin| bin.count).sum::<u64>(), 2);
    assert_eq!(digest.distribution[19].count, 1);
}

#[test]
fn points_carry_hits_credit_and_discrimination() {
    let credits = [1.0, 0.0, 0.5, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0];
    let lines = credits.iter().map(|credit| samples::graded("a", "Ada", *credit)).collect();
    let digest = digest(lines);
    let points = &digest.questions.items[0].points;
    assert_eq!((points[0].met, points[0].hit_rate), (10, Some(1.0)));
    assert_eq!((points[1].met, points[1].partial, points[1].missing), (5, 1, 4));
    assert_eq!(points[1].mean_credit, Some(0.55));
    // The other point never varies.
    assert_eq!(points[1].discrimination, None);
    assert_eq!(digest.hardest.len(), 1);
    assert_eq!(digest.hardest[0].point.id, "p2");
}

#[test]
fn misconceptions_are_counted_with_different_quotes() {
    let mut lines = vec![samples::misled("a", "Ada"), samples::misled("b", "Bo")];
    lines.push(samples::graded("c", "Cy", 1.0));
    let digest = digest(lines);
    let found = &digest.misconceptions.items[0];
    assert_eq!((found.count, found.examples.len()), (2, 1));
    assert_eq!(found.examples[0].candidate.as_deref(), Some("Ada"));
}

#[test]
fn every_list_is_bounded_and_says_what_it_leaves_out() {
    let mut run = Run::default();
    let pattern = samples::ungraded("a", "Ada");
    for number in 0..12_000_u64 {
        let mut line = pattern.clone();
        line.candidate = Some(format!("candidate {number}"));
        line.question.as_mut().unwrap().id = format!("topic/question-{}", number % 6_000);
        line.assessment.as_mut().unwrap().provenance.model = Some(format!("model {number}"));
        run.add(&Row::new(number, line));
    }
    let digest = run.finish();
    assert_eq!(digest.answers, 12_000);
    assert_eq!((digest.candidates.items.len(), digest.candidates.left_out), (10_000, 2_000));
    assert_eq!(digest.questions.items.len(), 5_000);
    assert_eq!((digest.without_score.items.len(), digest.without_score.left_out), (200, 11_800));
    assert_eq!((digest.flagged.items.len(), digest.flagged.total()), (200, 12_000));
    assert_eq!((digest.sources.models.items.len(), digest.sources.models.left_out), (20, 11_980));
}

#[test]
fn long_names_are_cut() {
    let mut line = samples::graded("a", &"x".repeat(1 << 20), 1.0);
    line.question.as_mut().unwrap().title = "y".repeat(1 << 20);
    let digest = digest(vec![line]);
    assert!(digest.candidates.items[0].name.len() < 300);
    assert!(digest.questions.items[0].title.len() < 400);
}

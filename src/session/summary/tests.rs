//! What the summary counts and what it never averages in.

use super::*;
use crate::domain::{Localised, Point, Provenance, QuestionId, Tokens};
use crate::term::{Terminal, Wishes};

fn question(id: &str) -> Arc<Question> {
    let text = Localised::single(Lang::En, format!("Claim of {id}."));
    let mut question =
        Question::bare(QuestionId::new(id).unwrap(), text.clone(), vec![text.clone()]).unwrap();
    let point = |id: &str, tier| Point {
        id: id.to_owned(),
        tier,
        claim: text.clone(),
        terms: Vec::new(),
        hint: None,
    };
    question.points =
        vec![point("a", Tier::Must), point("b", Tier::Should), point("c", Tier::Bonus)];
    Arc::new(question)
}

fn graded(id: &str, score: Option<f64>, verdict: Verdict, fingerprint: &str) -> Outcome {
    let question = question(id);
    let points = question.points.iter().map(|point| PointAssessment::of(point, verdict));
    let assessment = Assessment {
        score,
        low: score.unwrap_or(0.0),
        high: score.unwrap_or(100.0),
        band: None,
        points: points.collect(),
        misconceptions: Vec::new(),
        clarity: None,
        feedback: Vec::new(),
        flags: Vec::new(),
        grader: GraderKind::Llm,
        fingerprint: fingerprint.to_owned(),
        provenance: Provenance {
            endpoint: None,
            model: None,
            returned_model: None,
            prompt_hash: None,
            rubric_hash: String::new(),
            parameters: Arc::default(),
            verdict_key: String::new(),
            calls: 1,
            tokens: Tokens::default(),
            cost: None,
            latency_ms: 0,
            votes: 1,
            second_grading: None,
        },
    };
    Outcome { question, end: OutcomeEnd::Graded(Box::new(assessment)) }
}

fn told(outcomes: &[Outcome], of: usize) -> String {
    let wishes = Wishes { no_colour: true, columns: Some(80), ..Wishes::default() };
    let terminal = Terminal::detect(Lang::En, wishes);
    summary(&Look { terminal: &terminal, lang: Lang::En, painted: true }, outcomes, of, true)
}

#[test]
fn only_whole_scores_are_averaged_and_everything_is_counted() {
    let outcomes = [
        graded("a/one", Some(80.0), Verdict::Met, "f"),
        graded("a/two", Some(40.0), Verdict::Partial, "f"),
        graded("b/three", None, Verdict::Ungraded, "f"),
        Outcome { question: question("b/four"), end: OutcomeEnd::Pending },
        Outcome { question: question("b/five"), end: OutcomeEnd::Skipped },
    ];
    let text = told(&outcomes, 6);
    assert!(
        text.starts_with(
            "Summary · 2 graded · 1 partly graded · 1 pending · 1 skipped · 1 not asked"
        ),
        "{text}"
    );
    assert!(text.contains("mean                      60/100  n = 2"), "{text}");
    assert!(!text.contains("\n  b "), "a topic without a score has no mean: {text}");
    assert!(text.contains("viva interview --pending"), "{text}");
}

#[test]
fn scores_of_two_graders_have_no_common_mean() {
    let outcomes = [
        graded("a/one", Some(80.0), Verdict::Met, "f"),
        graded("a/two", Some(40.0), Verdict::Met, "g"),
    ];
    let text = told(&outcomes, 2);
    assert!(text.contains("no common mean") && !text.contains("60/100"), "{text}");
}

#[test]
fn the_weakest_points_come_from_different_questions_first_and_are_never_bonus() {
    let outcomes = [
        graded("a/one", Some(0.0), Verdict::Missing, "f"),
        graded("a/two", Some(50.0), Verdict::Partial, "f"),
    ];
    let text = told(&outcomes, 2);
    let ids: Vec<&str> =
        text.lines().map(str::trim).filter(|line| line.starts_with("a/")).collect();
    assert_eq!(ids, ["a/one", "a/two", "a/one"], "{text}");
    assert!(!text.contains("bonus"), "{text}");
}

#[test]
fn nothing_answered_is_no_reason_to_fail() {
    assert_eq!(told(&[], 3), "Summary · 3 not asked");
}

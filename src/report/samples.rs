//! Result lines for the tests of this module.

use serde_json::Value;

use crate::domain::{
    Assessment, Evidence, Flag, GraderKind, MisconceptionFound, PointAssessment, PointSummary,
    Provenance, QuestionSummary, ResultLine, Rubric, SCHEMA_VERSION, Scoring, Tier, Tokens,
    Verdict, score,
};

pub(super) fn scoring() -> Scoring {
    Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap().scoring
}

/// An answer to a question of one must, which it meets, and one should point of
/// this credit.
pub(super) fn graded(id: &str, candidate: &str, credit: f64) -> ResultLine {
    let verdict = match credit {
        c if c >= 1.0 => Verdict::Met,
        c if c > 0.0 => Verdict::Partial,
        _ => Verdict::Missing,
    };
    let answer = "All query heads share one key-value head, 所以缓存更小。";
    let points = vec![
        point("p1", Tier::Must, Verdict::Met, 1.0, Some(quote(answer, "share one key-value head"))),
        point(
            "p2",
            Tier::Should,
            verdict,
            credit,
            (credit > 0.0).then(|| quote(answer, "缓存更小")),
        ),
    ];
    line(id, candidate, answer, points, Vec::new())
}

/// An answer that meets everything and holds a misconception.
pub(super) fn misled(id: &str, candidate: &str) -> ResultLine {
    let mut line = graded(id, candidate, 1.0);
    let answer = line.answer.clone().unwrap();
    let assessment = line.assessment.take().unwrap();
    let found = MisconceptionFound {
        id: "many-kv".to_owned(),
        correction: "It keeps one head, not many.".to_owned(),
        evidence: vec![quote(&answer, "All query heads")],
    };
    self::line(id, candidate, &answer, assessment.points, vec![found])
}

/// An answer whose second point could not be graded.
pub(super) fn ungraded(id: &str, candidate: &str) -> ResultLine {
    let mut points = graded(id, candidate, 0.0).assessment.unwrap().points;
    points[1].verdict = Verdict::Ungraded;
    points[1].credit = None;
    "no quote could be located".clone_into(&mut points[1].why);
    let mut line = line(id, candidate, "All query heads share one key-value head.", points, vec![]);
    line.assessment.as_mut().unwrap().flags.push(Flag::Reasked);
    line
}

/// A row that was not graded at all.
pub(super) fn failed(id: &str) -> ResultLine {
    ResultLine {
        question: None,
        answer: None,
        assessment: None,
        error: Some("unknown question `x/y`".to_owned()),
        ..graded(id, "Ada", 1.0)
    }
}

pub(super) fn quote(answer: &str, words: &str) -> Evidence {
    let at = answer.find(words).unwrap();
    let start = answer[..at].chars().count();
    Evidence { quote: words.to_owned(), start, end: start + words.chars().count() }
}

fn point(
    id: &str,
    tier: Tier,
    verdict: Verdict,
    credit: f64,
    evidence: Option<Evidence>,
) -> PointAssessment {
    let evidence = evidence.into_iter().collect();
    let why = format!("why {id}");
    PointAssessment { id: id.to_owned(), tier, verdict, credit: Some(credit), evidence, why }
}

fn line(
    id: &str,
    candidate: &str,
    answer: &str,
    points: Vec<PointAssessment>,
    misconceptions: Vec<MisconceptionFound>,
) -> ResultLine {
    let sum = score::score(&scoring(), &points, &misconceptions);
    let claim = |text: &str| Some(text.to_owned());
    let summary =
        |id: &str, tier, text| PointSummary { id: id.to_owned(), tier, claim: claim(text) };
    ResultLine {
        schema_version: SCHEMA_VERSION,
        id: id.to_owned(),
        candidate: Some(candidate.to_owned()),
        question: Some(QuestionSummary {
            id: "architecture/mqa".to_owned(),
            title: "What is MQA, 多查询注意力?".to_owned(),
            points: vec![
                summary("p1", Tier::Must, "All query heads share one K/V head"),
                summary("p2", Tier::Should, "The KV cache shrinks"),
            ],
        }),
        answer: Some(answer.to_owned()),
        assessment: Some(Assessment {
            score: sum.score(),
            low: sum.low.score,
            high: sum.high.score,
            band: sum.band,
            points,
            misconceptions,
            clarity: None,
            feedback: Vec::new(),
            flags: Vec::new(),
            grader: GraderKind::Llm,
            fingerprint: "f1".to_owned(),
            provenance: provenance(id),
        }),
        line: None,
        error: None,
        input: None,
    }
}

fn provenance(id: &str) -> Provenance {
    Provenance {
        endpoint: Some("local".to_owned()),
        model: Some("test-model".to_owned()),
        returned_model: Some("test-model-1".to_owned()),
        prompt_hash: Some("prompt".to_owned()),
        rubric_hash: "rubric".to_owned(),
        parameters: Value::Null,
        verdict_key: format!("key-{id}"),
        calls: 1,
        tokens: Tokens { input: 1000, cached: 400, output: 200 },
        cost: Some(0.001),
        latency_ms: 1500,
        votes: 1,
        second_grading: None,
    }
}

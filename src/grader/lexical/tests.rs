//! What the lexical grader promises, on one small question and on whole sets
//! of public data where those are at hand.

use super::*;
use crate::domain::{Localised, Misconception, Point, QuestionId, Tier, Verdict};

mod asag;
mod bank;

fn terms(groups: &[&[&str]]) -> Vec<Vec<String>> {
    groups.iter().map(|group| group.iter().map(|alias| (*alias).to_owned()).collect()).collect()
}

fn point(id: &str, tier: Tier, claim: (&str, &str), groups: &[&[&str]]) -> Point {
    let claim = Localised::both(claim.0, claim.1);
    Point { id: id.to_owned(), tier, claim, terms: terms(groups), hint: None }
}

/// Multi-query attention, with two points and one misconception.
fn question() -> Question {
    let id = QuestionId::new("test/mqa").unwrap();
    let title = Localised::both("What does MQA change, and why?", "MQA 改了什么，为什么？");
    let reference = Localised::both(
        "All query heads share one key head and one value head. \
         The cache becomes smaller, so each decoding step reads less memory.",
        "所有查询头共享一个键头和一个值头。缓存变小，每步解码读的内存更少。",
    );
    let mut question = Question::bare(id, title, vec![reference]).unwrap();
    question.points = vec![
        point(
            "sharing",
            Tier::Must,
            (
                "All query heads share one key head and one value head.",
                "所有查询头共享一个键头和一个值头。",
            ),
            &[&["share", "共享", "共用"], &["key head", "keys and values", "键头", "键和值"]],
        ),
        point(
            "cache",
            Tier::Must,
            (
                "The cache becomes smaller, so each decoding step reads less memory.",
                "缓存变小，每步解码读的内存更少。",
            ),
            &[&["cache", "缓存"], &["smaller", "shrink", "变小", "更少"]],
        ),
    ];
    question.misconceptions = vec![Misconception {
        id: "less-arithmetic".to_owned(),
        claim: Localised::both(
            "It lowers the quadratic complexity of the scores.",
            "它降低了打分的平方复杂度。",
        ),
        correction: Localised::both(
            "Every head still computes all its scores; the traffic falls.",
            "每个头仍要算全部分数，减少的是访存。",
        ),
        terms: terms(&[&["quadratic", "平方"], &["complexity", "复杂度"]]),
    }];
    question
}

fn grade(answer: &str) -> LexicalVerdicts {
    let grader = LexicalGrader;
    grader.grade(&grader.prepare(&question()), answer)
}

fn verdicts(answer: &str) -> Vec<Verdict> {
    grade(answer).points.iter().map(|point| point.verdict).collect()
}

#[test]
fn the_reference_meets_every_point_in_both_languages() {
    for (_, text) in question().reference.texts() {
        assert_eq!(verdicts(text), [Verdict::Met, Verdict::Met], "{text}");
    }
}

#[test]
fn own_words_and_mixed_languages_are_understood() {
    let spoken = "So the heads for the queries all share the same keys and values, and your \
        cache shrinks a lot, which means you read less memory in each step.";
    assert_eq!(verdicts(spoken), [Verdict::Met, Verdict::Met]);
    let mixed = "就是所有 query head 共用一组 key 和 value 的 head，KV cache 变小，decode 每步读的内存就少。";
    assert!(grade(mixed).points.iter().all(|point| point.credit > 0.5), "{:?}", grade(mixed));
}

#[test]
fn nothing_the_question_and_other_things_get_nothing() {
    let title = "What does MQA change, and why?";
    let other = "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.";
    for answer in ["", "。。。", title, other] {
        assert!(grade(answer).points.iter().all(|point| point.credit == 0.0), "{answer}");
    }
    assert_eq!(grade(title).gate, Gate::RestatesQuestion);
}

#[test]
fn a_denied_fact_earns_less_than_the_fact() {
    let credit = |answer: &str| grade(answer).points[0].credit;
    let said = credit("The query heads share keys and values.");
    let denied = credit("The query heads do not share keys and values.");
    assert!(said > 0.7 && denied < 0.4, "{said} {denied}");
    let (said, denied) = (credit("查询头共享键和值。"), credit("查询头并不共享键和值。"));
    assert!(said > 0.7 && denied < 0.4, "{said} {denied}");
}

#[test]
fn a_misconception_is_held_when_it_is_said_and_not_when_it_is_denied() {
    let held = |answer: &str| !grade(answer).misconceptions.is_empty();
    assert!(held("It lowers the quadratic complexity of the scores."));
    assert!(held("MQA 就是降低了打分的平方复杂度。"));
    assert!(!held("Some think it lowers the quadratic complexity, but that is wrong."));
    assert!(!held("它并没有降低平方复杂度。"));
    assert!(!held("All query heads share one key head, so the cache is smaller."));
}

#[test]
fn evidence_is_the_answer_s_own_text_at_its_span() {
    let answer = "嗯，先说结论：ＭＱＡ makes all query heads share one key head and one value head. \
        Therefore the cache becomes smaller, and each decoding step reads less memory.";
    let graded = grade(answer);
    let chars: Vec<char> = answer.chars().collect();
    for point in &graded.points {
        assert!(!point.evidence.is_empty());
        for evidence in &point.evidence {
            let slice: String = chars[evidence.start..evidence.end].iter().collect();
            assert_eq!(slice, evidence.quote);
        }
    }
}

#[test]
fn a_missing_point_quotes_nothing_and_a_contradicted_one_quotes_the_error() {
    let graded = grade("It lowers the quadratic complexity of the scores.");
    for point in graded.points {
        match point.verdict {
            Verdict::Contradicted => assert!(!point.evidence.is_empty() && point.credit == 0.0),
            _ => assert!(point.evidence.is_empty()),
        }
    }
}

#[test]
fn small_talk_neither_adds_nor_takes() {
    let answer = "All query heads share one key head and one value head.";
    let talk = "Thank you for this interesting question, my colleague Pedro in Lisbon asked it too. \
        We drank tea with the nurses and talked about parking, wheelchairs and the weather. ";
    let credits = |answer: &str| grade(answer).points.iter().map(|p| p.credit).sum::<f64>();
    let plain = credits(answer);
    for told in [format!("{talk}{answer}"), format!("{answer} {talk}"), talk.repeat(40) + answer] {
        assert!((credits(&told) - plain).abs() < 0.1, "{plain} {}: {told}", credits(&told));
    }
}

#[test]
fn what_the_reference_says_too_is_no_sign_of_an_error() {
    let mut question = question();
    question.misconceptions[0].claim = Localised::both(
        "Two heads are the right choice for every model that you plan to ship.",
        "任何要上线的模型都该用两个头。",
    );
    question.misconceptions[0].terms = terms(&[&["for every model"], &["share", "smaller"]]);
    let wrong = LexicalGrader.prepare(&question).lists[2];
    for (levels, share) in [([0.0, 1.0], 0.0), ([1.0, 0.0], 0.5), ([1.0, 1.0], 1.0)] {
        assert!((wrong.share_of(&levels) - share).abs() < f32::EPSILON, "{levels:?}");
    }
}

#[test]
fn an_answer_to_another_question_that_touches_a_point_earns_less() {
    let touching = "The cache becomes smaller and a step reads less memory. ";
    let other = "Rounding needs a scale for every block of numbers, chosen from calibration text. \
        Outliers stretch that scale and crush small entries. Hardware multiplies packed integers \
        quickly and accumulates wide. Accuracy is checked on several benchmarks afterwards. ";
    let credit = |answer: &str| grade(answer).points[1].credit;
    let (alone, among) = (credit(touching), credit(&format!("{other}{touching}{other}")));
    assert!(alone > 0.5 && among < 0.5 * alone, "{among} {alone}");
}

#[test]
fn a_long_answer_is_judged_by_its_right_part() {
    let right = "All query heads share one key head and one value head. The cache becomes smaller, \
        so each decoding step reads less memory. ";
    let rest = "My former team built search products and cared about dashboards. ".repeat(60);
    let credits = |answer: &str| grade(answer).points.iter().map(|p| p.credit).sum::<f64>();
    let (short, long) = (credits(right), credits(&format!("{rest}{right}{rest}")));
    assert!((long - short).abs() < 0.1 * short, "{long} {short}");
}

#[test]
fn a_bare_reference_ranks_answers() {
    let grader = LexicalGrader;
    let mut bare = question();
    bare.points.clear();
    bare.misconceptions.clear();
    let prepared = grader.prepare(&bare);
    let alike = |answer: &str| grader.grade(&prepared, answer).similarity.unwrap();
    let whole = alike(bare.reference.get(crate::domain::Lang::En));
    let half = alike("All the query heads share one key head.");
    let none = alike("Bananas are yellow.");
    assert!(whole > 0.99 && whole > half && half > 0.3 && none < 0.1, "{whole} {half} {none}");
    assert!(alike("").abs() < f64::EPSILON);
}

#[test]
fn with_points_there_is_no_similarity() {
    assert_eq!(grade("anything").similarity, None);
}

#[test]
fn grading_is_deterministic_and_has_a_fingerprint() {
    let answer = "Heads share keys, the cache shrinks.";
    assert_eq!(grade(answer), grade(answer));
    let fingerprint = LexicalGrader.fingerprint();
    assert_eq!(fingerprint, LexicalGrader.fingerprint());
    assert_eq!(fingerprint.len(), 16);
}

#[test]
fn a_very_long_answer_is_graded() {
    let answer = "The cache becomes smaller, they said. 缓存变小。".repeat(2_000);
    assert_eq!(grade(&answer).points.len(), 2);
}

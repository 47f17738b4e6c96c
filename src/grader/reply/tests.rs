//! What the reader of replies promises: the corpus of raw replies, and what holds for any text.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

const NONCE: &str = "k7q2m9xw4d3f";

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replies")
}

fn expected(ask: &str, strict: bool) -> Expected {
    let numbers = |letter: char| {
        let of = |key: &str| key.strip_prefix(letter).and_then(|digits| digits.parse().ok());
        ask.split_whitespace().filter_map(of).collect::<Vec<usize>>()
    };
    let (points, misconceptions) = (numbers('p'), numbers('m'));
    Expected { points, misconceptions, nonce: NONCE.to_owned(), strict }
}

/// The variant's name alone.
fn name(fault: &impl fmt::Debug) -> String {
    let text = format!("{fault:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

fn outcome_of(parsed: &Parsed, key: &str) -> String {
    let number: usize = key[1..].parse().unwrap();
    if key.starts_with('p') {
        match &parsed.points[&number] {
            Ok(point) => format!("{:?}", point.verdict).to_lowercase(),
            Err(fault) => name(fault),
        }
    } else {
        match &parsed.misconceptions[&number] {
            Ok(found) => found.held.to_string(),
            Err(fault) => name(fault),
        }
    }
}

fn check(case: &Json, parsed: &Parsed) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, wanted: Json, got: Json| {
        if wanted != got {
            wrong.push(format!("{what}: wanted {wanted}, got {got}"));
        }
    };
    let verdicts = case["verdicts"].as_object().unwrap();
    for (key, wanted) in verdicts {
        compare(key, wanted.clone(), outcome_of(parsed, key).into());
    }
    compare(
        "truncated",
        case["truncated"].as_bool().unwrap_or(false).into(),
        parsed.truncated.into(),
    );
    if let Some(quote) = case["first_quote"].as_str() {
        let got = parsed.points[&1].as_ref().map(|point| point.quotes[0].clone());
        compare("quote", quote.into(), got.unwrap_or_default().into());
    }
    if let Some(clarity) = case["clarity"].as_str() {
        compare("clarity", clarity.into(), serde_json::to_value(parsed.clarity).unwrap());
    }
    if !case["feedback"].is_null() {
        let lines: Vec<_> = parsed.feedback.iter().map(|line| (line.point, &line.text)).collect();
        compare("feedback", case["feedback"].clone(), serde_json::to_value(lines).unwrap());
    }
    wrong
}

#[test]
fn every_reply_of_the_corpus_has_its_outcome() {
    let table: Json =
        serde_json::from_str(&fs::read_to_string(corpus().join("expected.json")).unwrap()).unwrap();
    let cases = table["cases"].as_object().unwrap();
    let mut wrong = Vec::new();
    for (file, case) in cases {
        let text = fs::read_to_string(corpus().join(format!("{file}.txt"))).unwrap();
        let ask = case["ask"].as_str().unwrap_or("p1 p2 m1");
        let expected = expected(ask, case["strict"].as_bool().unwrap_or(false));
        let (outcome, steps) = parse_counting(&text, &expected);
        assert!(steps <= linear(&text), "{file}: {steps} steps for {} bytes", text.len());
        let faults = match (case["fault"].as_str(), &outcome) {
            (Some(fault), Err(got)) if name(got) == fault => Vec::new(),
            (Some(fault), got) => vec![format!("wanted fault {fault}, got {got:?}")],
            (None, Ok(parsed)) => check(case, parsed),
            (None, Err(fault)) => vec![format!("wanted verdicts, got {fault:?}")],
        };
        wrong.extend(faults.into_iter().map(|fault| format!("{file}: {fault}")));
    }
    assert!(cases.len() >= 45, "{} replies", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_of_the_corpus_has_an_outcome() {
    let table: Json =
        serde_json::from_str(&fs::read_to_string(corpus().join("expected.json")).unwrap()).unwrap();
    for entry in fs::read_dir(corpus()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            assert!(table["cases"].get(stem).is_some(), "{stem} is not in expected.json");
        }
    }
}

/// The promised bound on steps.
fn linear(text: &str) -> u64 {
    30 * text.len() as u64 + 1000
}

fn object(p1: &str) -> String {
    format!(
        r#"{{"nonce": "{NONCE}", "p1": {{"quotes": [], "why": "", "verdict": "{p1}"}}, "m1": {{"held": false}}}}"#
    )
}

#[test]
fn hostile_replies_cost_linear_work() {
    let size = 400_000;
    let good = object("met");
    let hostile = [
        "{".repeat(4_000_000),
        "}".repeat(4_000_000),
        "[".repeat(size),
        "{\"a\":".repeat(size / 5),
        format!("{}x", "{\"a\":".repeat(size / 5)),
        format!("{}x", "{\"".repeat(size / 2)),
        format!("{}x", "{\"a\":[".repeat(size / 6)),
        "{'".repeat(size / 2),
        "{/*".repeat(size / 3),
        "{//".repeat(size / 3),
        format!("{{{}", "/**/".repeat(size / 4)),
        format!("{{\"a\": {}", "\\\"".repeat(size / 2)),
        format!("{{\"a\": \"{}", "\\u12".repeat(size / 4)),
        format!("{{\"a\": \"{}", "\\ud800\\u".repeat(size / 8)),
        "<think>".repeat(size / 7),
        "</think>".repeat(size / 8),
        "<".repeat(size),
        "◁think".repeat(size / 8),
        "\"verdict\" ".repeat(size / 10),
        format!("{{\"n\": {}", "1".repeat(size)),
        format!("{{\"p1\": [{}", "[],".repeat(size / 3)),
        "{}".repeat(size / 2),
        good.repeat(size / good.len()),
    ];
    for text in &hostile {
        for strict in [false, true] {
            let (_, steps) = parse_counting(text, &expected("p1 m1", strict));
            let beginning: String = text.chars().take(20).collect();
            assert!(steps <= linear(text), "{beginning}… strict {strict}: {steps} steps");
        }
    }
}

#[test]
fn deep_nesting_around_the_object_is_survived() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let text = format!("{deep}\n{}", object("partial"));
        let parsed = parse(&text, &expected("p1", false)).unwrap();
        assert_eq!(parsed.points[&1].as_ref().unwrap().verdict, Verdict::Partial);
        assert_eq!(parse(&deep, &expected("p1", true)), Err(ReplyFault::NotOneObject));
    }
}

#[test]
fn a_key_with_deep_nesting_spoils_its_object() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let text = object("met").replacen('{', &format!("{{\"x\": {deep}, "), 1);
    assert_eq!(parse(&text, &expected("p1", false)).unwrap_err(), ReplyFault::NoObject);
}

#[test]
fn braces_before_the_object_do_not_hide_it() {
    let text = format!("{}\n{}", "{".repeat(1_000_000), object("missing"));
    let parsed = parse(&text, &expected("p1", false)).unwrap();
    assert_eq!(parsed.points[&1].as_ref().unwrap().verdict, Verdict::Missing);
}

#[test]
fn lengths_are_bounded_whatever_the_schema_promised() {
    let quotes = vec!["word ".repeat(400); 9];
    let point = serde_json::json!({"quotes": quotes, "why": "w".repeat(9000), "verdict": "met"});
    let line = serde_json::json!({"text": "f".repeat(9000)});
    let text =
        serde_json::json!({"nonce": NONCE, "p1": point, "feedback": vec![line; 9]}).to_string();
    let parsed = parse(&text, &expected("p1", false)).unwrap();
    let point = parsed.points[&1].as_ref().unwrap();
    assert_eq!(point.quotes.len(), MAX_QUOTES);
    assert!(point.quotes.iter().all(|quote| quote.ends_with("word")));
    assert!(point.quotes.iter().all(|quote| quote.chars().count() <= MAX_QUOTE_CHARS));
    assert_eq!(point.why.chars().count(), MAX_WHY_CHARS);
    assert_eq!(parsed.feedback.len(), MAX_FEEDBACK);
    assert_eq!(parsed.feedback[0].text.chars().count(), MAX_FEEDBACK_CHARS);
}

#[test]
fn faults_are_described_place_by_place() {
    let text = format!(
        r#"{{"nonce": "{NONCE}", "p1": {{"verdict": "ok"}}, "p2": 3, "m1": {{"held": "no"}}, "m2": {{}}}}"#
    );
    let parsed = parse(&text, &expected("p1 p2 p3 m1 m2", false)).unwrap();
    assert_eq!(
        describe_faults(&parsed.faults()),
        "- p1: verdict \"ok\" is not one of met, partial, missing, contradicted\n\
         - p2: its value is a number; it must be an object\n\
         - p3: it is missing from the reply\n\
         - m1: held is a string; it must be true or false\n\
         - m2: it has no held"
    );
}

/// Text made of the pieces that replies are made of.
fn reply_like() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\"p1\"",
        "\"p2\"",
        "\"p3\"",
        "\"m1\"",
        "\"verdict\"",
        "\"met\"",
        "\"missing\"",
        "\"quotes\"",
        "\"held\"",
        "true",
        "false",
        "null",
        "NaN",
        "1e9",
        " ",
        "\n",
        "<think>",
        "</think>",
        "//",
        "/*",
        "*/",
        "：",
        "，",
        "“",
        "不",
        "\u{feff}",
        "😀",
        "\"nonce\"",
        "\"k7q2m9xw4d3f\"",
        "\"nonce\": \"k7q2m9xw4d3f\",",
        "\"p1\": {\"verdict\": \"met\"}",
        "{\"nonce\": \"k7q2m9xw4d3f\", \"p2\": {\"verdict\": \"partial\"}}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|v| v.concat())
}

fn holds(text: &str, strict: bool) {
    let asked = expected("p2 m1", strict);
    let (outcome, steps) = parse_counting(text, &asked);
    assert!(steps <= linear(text));
    if let Ok(parsed) = outcome {
        assert_eq!(parsed.points.keys().copied().collect::<Vec<_>>(), asked.points);
        assert_eq!(parsed.misconceptions.keys().copied().collect::<Vec<_>>(), asked.misconceptions);
        let verdicts = parsed.points.values().flatten().map(|point| point.verdict);
        assert!(verdicts.into_iter().all(|verdict| verdict != Verdict::Ungraded));
        assert!(strict || text.contains(NONCE));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_yields_verdicts_only_for_what_was_asked(text in ".{0,200}", strict: bool) {
        holds(&text, strict);
    }

    #[test]
    fn anything_made_of_the_pieces_of_a_reply_does_too(text in reply_like(), strict: bool) {
        holds(&text, strict);
    }

    #[test]
    fn a_verdict_is_found_behind_any_text_that_opens_no_object(before in "[^{<\\[◁\"]{0,80}") {
        let text = format!("{before}{}", object("met"));
        let parsed = parse(&text, &expected("p1", false)).unwrap();
        prop_assert_eq!(parsed.points[&1].as_ref().unwrap().verdict, Verdict::Met);
    }
}

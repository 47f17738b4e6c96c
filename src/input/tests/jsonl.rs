//! JSONL.

use serde_json::json;

use super::*;
use crate::domain::Tier;

#[test]
fn a_row_keeps_its_fields_and_the_rest_comes_back() {
    let line = "{\"cohort\":{\"year\":2026,\"a\":1},\"id\":7,\"question_id\":\"attention/mqa\",\
                \"answer\":\" one\\r\\ntwo \",\"candidate\":\"安\",\"lang\":\"zh\",\"tag\":null}\n";
    let rows = rows(format!("\u{feff}\n  \r\n{line}"), "a.jsonl");
    let expected = Row {
        line: 3,
        id: "7".to_owned(),
        candidate: Some("安".to_owned()),
        lang: Some(Lang::Zh),
        ask: Ask::Question("attention/mqa".to_owned()),
        answer: " one\r\ntwo ".to_owned(),
        input: json!({"cohort": {"year": 2026, "a": 1}, "tag": null}),
        columns: None,
        file: None,
        record: None,
    };
    assert_eq!(rows, [expected]);
    assert_eq!(rows[0].input.to_string(), "{\"cohort\":{\"year\":2026,\"a\":1},\"tag\":null}");
}

#[test]
fn a_row_without_id_is_called_by_its_line_and_an_empty_answer_is_one() {
    let rows = rows("\n{\"answer\":\"\",\"question_id\":\"t/s\"}", "a.jsonl");
    assert_eq!((rows[0].id.as_str(), rows[0].answer.as_str()), ("line-2", ""));
    assert_eq!(rows[0].input, Value::Null);
}

fn own(fields: &Value) -> Question {
    let mut row = json!({"id": "a", "answer": "x", "question": "What is MQA?"});
    row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    match rows(row.to_string(), "a.jsonl").remove(0).ask {
        Ask::Own(question) => *question,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_may_stand_in_the_row() {
    let question = own(&json!({"reference": "All heads share one K/V head."}));
    assert_eq!(question.title.exact(Lang::En), Some("What is MQA?"));
    assert_eq!(question.reference.exact(Lang::En), Some("All heads share one K/V head."));
    assert!(question.points.is_empty() && question.check().is_empty());
    assert!(question.id.as_str().starts_with("ad-hoc/"));

    let two = own(&json!({"references": ["One head.", {"zh": "共享一组。"}]}));
    assert_eq!(two.references().count(), 2);
    assert_eq!(two.alternatives[0].exact(Lang::Zh), Some("共享一组。"));
    assert_ne!(question.id, two.id);
}

#[test]
fn points_may_be_claims_or_objects_and_stand_in_for_a_reference() {
    let points = json!({"points": [
        "One K/V head is shared.",
        {"claim": "Less memory.", "tier": "must"},
        {"id": "speed", "claim": {"en": "Faster.", "zh": "更快。"}, "terms": [["fast"]]},
    ]});
    let question = own(&points);
    let ids: Vec<_> = question.points.iter().map(|p| (p.id.as_str(), p.tier)).collect();
    assert_eq!(ids, [("p1", Tier::Should), ("p2", Tier::Must), ("speed", Tier::Should)]);
    assert_eq!(question.reference.get(Lang::En), "One K/V head is shared.\nLess memory.\nFaster.");
    assert_eq!(own(&points).id, question.id);
}

#[test]
fn the_map_renames_fields() {
    let map =
        vec![("answer".to_owned(), "response".to_owned()), ("id".to_owned(), "answer".to_owned())];
    let options = Options { map, ..Options::default() };
    let line = "{\"answer\":\"a1\",\"response\":\"text\",\"id\":\"old\",\"question_id\":\"t/s\"}";
    let row = good(read_with(line, "a.jsonl", &options).remove(0));
    assert_eq!((row.id.as_str(), row.answer.as_str()), ("a1", "text"));
    assert_eq!(row.input, json!({"id": "old"}));
}

#[test]
fn a_field_that_the_map_names_and_no_row_has_is_named_in_the_reason() {
    let map = [("answer", "Resp"), ("question_id", "Q"), ("candidate", "Who")];
    let map = map.map(|(field, name)| (field.to_owned(), name.to_owned())).into();
    let options = Options { map, ..Options::default() };
    for (line, reason) in [
        (
            "{\"Q\":\"t/s\",\"answer\":\"x\"}",
            "answer is missing: the row has no \"Resp\", as --map calls it",
        ),
        ("{\"Q\":\"t/s\",\"Resp\":null}", "answer is missing"),
        (
            "{\"Resp\":\"x\"}",
            "question_id is missing: the row has no \"Q\", as --map calls it, and so is question \
             with a reference",
        ),
    ] {
        assert_eq!(bad(read_with(line, "a.jsonl", &options).remove(0)).reason, reason);
    }
}

#[test]
fn a_text_that_is_empty_is_called_so_in_the_words_of_a_row() {
    let row = |more: &str| format!("{{\"answer\":\"x\",\"question\":\"Why?\",{more}}}");
    for (more, reason) in [
        ("\"reference\":\"\"", "reference is empty"),
        ("\"reference\":{\"en\":\" \",\"zh\":null}", "reference is empty"),
        ("\"references\":[\"r\",\"\"]", "references[1] is empty"),
        ("\"points\":[\"\"]", "points[0].claim is empty"),
        ("\"points\":[{\"claim\":{}}]", "points[0].claim is empty"),
    ] {
        assert_eq!(super::reason(row(more), "a.jsonl"), reason);
    }
}

#[test]
fn one_question_for_the_whole_input_admits_no_other() {
    let options = Options { whole_question: true, ..Options::default() };
    let lines = "{\"answer\":\"x\",\"question\":\"Why?\"}\n\
                 {\"answer\":\"x\",\"question_id\":\"t/s\"}\n\
                 {\"answer\":\"x\",\"reference\":\"r\"}";
    let (rows, bads) = split(read_with(lines, "a.jsonl", &options));
    assert_eq!(rows[0].ask, Ask::Whole);
    assert_eq!(rows[0].input, json!({"question": "Why?"}));
    let reasons: Vec<_> = bads.iter().map(|bad| bad.reason.split(',').next().unwrap()).collect();
    assert_eq!(reasons, ["the row has question_id", "the row has reference"]);
}

#[test]
fn each_fault_is_said_plainly() {
    let ask = "\"question_id\":\"t/s\"";
    for (line, expected) in [
        ("{\"answer\":", "not JSON: EOF while parsing a value at column 10"),
        ("{} {}", "not JSON: trailing characters at column 4"),
        ("5", "a number where an object with the fields of a row is needed"),
        ("{\"answer\":\"\\ud800\"}", "not JSON: unexpected end of hex escape at column 18"),
        (&format!("{{{ask}}}"), "answer is missing"),
        (&format!("{{{ask},\"answer\":null}}"), "answer is missing"),
        (&format!("{{{ask},\"answer\":5}}"), "answer is a number; text is needed"),
        (
            &format!("{{{ask},\"answer\":\"x\",\"id\":\" \"}}"),
            "id is empty: give each row its own, or leave the field out",
        ),
        (
            &format!("{{{ask},\"answer\":\"x\",\"id\":[]}}"),
            "id is a list; text or a whole number is needed",
        ),
        (
            &format!("{{{ask},\"answer\":\"x\",\"id\":1.5}}"),
            "id is a number; text or a whole number is needed",
        ),
        (
            &format!("{{{ask},\"answer\":\"x\",\"lang\":\"fr\"}}"),
            "unknown language \"fr\": use en or zh",
        ),
        ("{\"answer\":\"x\",\"answer\":\"y\"}", "answer is given twice"),
    ] {
        assert_eq!(reason(line, "a.jsonl"), expected, "{line}");
    }
}

#[test]
fn each_fault_of_a_question_is_said_plainly() {
    let ask = "\"question_id\":\"t/s\"";
    for (line, expected) in [
        ("{\"answer\":\"x\"}", "question_id is missing, and so is question with a reference"),
        ("{\"answer\":\"x\",\"reference\":\"r\"}", "question is missing (beside reference)"),
        (
            "{\"answer\":\"x\",\"question\":\"q\"}",
            "the question has neither reference, references nor points",
        ),
        (
            &format!("{{{ask},\"answer\":\"x\",\"points\":[]}}"),
            "the row has both question_id and points: leave one of them out",
        ),
        ("{\"answer\":\"x\",\"question_id\":\"\"}", "question_id is empty"),
        ("{\"answer\":\"x\",\"question\":\" \",\"reference\":\"r\"}", "question is empty"),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"reference\":[\"r\"]}",
            "reference is a list; for alternatives name it references",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"references\":[]}",
            "references is empty: give at least one",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"references\":[\"r\",3]}",
            "references[1] is neither text nor {\"en\": …, \"zh\": …}",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"reference\":\"r\",\"references\":[\"s\"]}",
            "the row has both reference and references: leave one of them out",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"points\":[]}",
            "points is empty: give at least one, or leave it out",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"points\":[{}]}",
            "points[0]: missing field `claim`",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"points\":[{\"claim\":\"c\",\"tier\":\"bonus\"}]}",
            "points: no must or should point: bonus points alone cannot carry a score",
        ),
        (
            "{\"answer\":\"x\",\"question\":\"q\",\"points\":[{\"claim\":\"c\",\"id\":\"a\"},{\"claim\":\"d\",\"id\":\"a\"}]}",
            "points[1].id: \"a\" is used twice",
        ),
    ] {
        assert_eq!(reason(line, "a.jsonl"), expected, "{line}");
    }
}

#[test]
fn a_reason_is_short_and_inert() {
    let line = format!("\"\\u001b[31m{}\"", "=cmd()\\u202e".repeat(10_000));
    let reason = reason(line, "a.jsonl");
    assert!(reason.chars().count() <= MAX_REASON + 1, "{}", reason.len());
    assert!(!reason.chars().any(|c| c.is_control() || c == '\u{202e}'), "{reason}");
}

#[test]
fn a_long_line_is_bad_and_the_next_one_is_read() {
    let lines = format!(
        "{{\"answer\":\"{}\",\"question_id\":\"t/s\"}}\n{{\"answer\":\"x\",\"question_id\":\"t/s\"}}",
        "x".repeat(MAX_ROW_BYTES)
    );
    let (rows, bads) = split(read(lines, "a.jsonl"));
    assert_eq!((rows.len(), rows[0].line, bads[0].line), (1, 2, 1));
    assert!(bads[0].reason.starts_with("longer than 2097152 bytes"), "{}", bads[0].reason);
}

#[test]
fn an_answer_may_be_as_long_as_the_limit_and_no_longer() {
    let line = |length: usize| {
        format!("{{\"answer\":\"{}\",\"question_id\":\"t/s\"}}", "x".repeat(length))
    };
    assert_eq!(rows(line(200_000), "a.jsonl").len(), 1);
    assert!(reason(line(200_001), "a.jsonl").starts_with("the answer is 200001 bytes long"));
}

#[test]
fn an_object_without_a_value_is_no_row() {
    let lines = "{}\n{\"id\":null,\"answer\":null,\"cohort\":null}\n\
                 {\"answer\":\"\",\"question_id\":\"t/s\"}\n{\"answer\":\"\"}\n";
    let (rows, bads) = split(read(lines, "a.jsonl"));
    assert_eq!((rows.len(), rows[0].line, bads.len(), bads[0].line), (1, 3, 1, 4));
}

#[test]
fn a_bad_row_gives_back_what_it_carried() {
    for line in [
        "{\"cohort\":\"A\",\"line\":7,\"question_id\":\"t/s\"}",
        "{\"cohort\":\"A\",\"line\":7,\"question_id\":\"t/s\",\"answer\":\"x\",\"lang\":\"de\"}",
        "{\"cohort\":\"A\",\"question_id\":\"t/s\",\"answer\":\"x\",\"answer\":\"y\",\"line\":7}",
        "{\"cohort\":\"A\",\"line\":7,\"answer\":\"x\",\"question\":\"q\",\"reference\":3}",
    ] {
        let bad = bad(read(line, "a.jsonl").remove(0));
        assert_eq!(bad.input, json!({"cohort": "A", "line": 7}), "{}", bad.reason);
    }
}

//! CSV, one answer a row.

use serde_json::json;

use super::*;
use crate::domain::Tier::{Bonus, Must, Should};

const HEAD: &str = "id,question_id,answer\n";

#[test]
fn columns_are_fields_by_name_and_the_rest_comes_back() {
    let text = "ID , Cohort,Question_ID,answer,lang,candidate,Cohort\n\
                a1,,attention/mqa,\"say \"\"no\"\", twice\",ZH,Ann,2\n";
    let reader = opened(text, "a.csv", &Options::default()).unwrap();
    assert_eq!(reader.columns().unwrap().names[..2], ["ID", "Cohort"]);
    let row = good(reader.map(Result::unwrap).next().unwrap());
    assert_eq!((row.line, row.id.as_str(), row.lang), (2, "a1", Some(Lang::Zh)));
    assert_eq!(row.answer, "say \"no\", twice");
    assert_eq!(row.input, json!({"Cohort": "", "Cohort (2)": "2"}));
    assert_eq!(row.columns.unwrap()[3], "say \"no\", twice");
}

#[test]
fn the_header_can_still_be_asked_for_at_the_end() {
    let mut reader = opened(HEAD, "a.csv", &Options::default()).unwrap();
    assert!(reader.next().is_none() && reader.next().is_none());
    assert_eq!(reader.columns().unwrap().names, ["id", "question_id", "answer"]);
}

#[test]
fn quoted_line_breaks_and_any_line_end_keep_line_numbers_right() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "id,question_id,answer",
            "a,t/s,one",
            "",
            "b,t/s,\"x\ny\r\nz\"",
            "c,t/s,\"\"",
            "d,t/s,",
        ]
        .join(end);
        let rows = rows(text, "a.csv");
        let found: Vec<_> =
            rows.iter().map(|r| (r.line, r.id.as_str(), r.answer.as_str())).collect();
        let expected = [(2, "a", "one"), (4, "b", "x\ny\r\nz"), (7, "c", ""), (8, "d", "")];
        assert_eq!(found, expected, "{end:?}");
    }
}

#[test]
fn the_delimiter_is_sniffed_declared_or_given() {
    for (name, delimiter) in [("a.csv", ','), ("a.csv", ';'), ("a.tsv", '\t'), ("a.csv", '|')] {
        let text =
            format!("id{delimiter}question_id{delimiter}answer\na{delimiter}t/s{delimiter}x y\n");
        assert_eq!(rows(text.clone(), name)[0].answer, "x y", "{delimiter}");
        let rows = rows(format!("sep={delimiter}\r\n{text}"), name);
        assert_eq!((rows[0].line, rows[0].answer.as_str()), (3, "x y"), "{delimiter}");
    }
    let options = Options { delimiter: Some(b'^'), ..Options::default() };
    let row = good(read_with("id^question_id^answer\na^t/s^x,y;z", "a.csv", &options).remove(0));
    assert_eq!(row.answer, "x,y;z");
    let options = Options { delimiter: Some(b'"'), ..Options::default() };
    assert!(error(HEAD, "a.csv", &options).starts_with("a delimiter is one ASCII character"));
}

#[test]
fn a_column_may_go_by_another_name() {
    let map = vec![("answer".to_owned(), "response  text".to_owned())];
    let options = Options { map, whole_question: true, ..Options::default() };
    let text = "answer,\"Response\nText\"\nold,new\n";
    let row = good(read_with(text, "a.csv", &options).remove(0));
    assert_eq!((row.answer.as_str(), row.ask), ("new", Ask::Whole));
    assert_eq!(row.input, json!({"answer": "old"}));
    assert_eq!((row.line, row.id.as_str()), (3, "line-3"));
}

#[test]
fn a_header_that_does_not_do_is_refused_with_what_is_there() {
    let none = Options::default();
    assert_eq!(
        error("id,Response\n", "a.csv", &none),
        "there is no column \"answer\"; the header has \"id\", \"Response\""
    );
    // The name as it is written goes first.
    assert!(opened("answer,ANSWER,question_id\n", "a.csv", &none).is_ok());
    assert!(error("Answer,ANSWER\n", "a.csv", &none).contains("column \"answer\" twice"));
    assert!(error(",,\n", "a.csv", &none).ends_with("no column has a name"));
    // Without it every row would be bad.
    assert!(error("id,answer\n", "a.csv", &none).starts_with("there is no column \"question_id\""));
    let whole = Options { whole_question: true, ..Options::default() };
    assert!(opened("id,answer\n", "a.csv", &whole).is_ok());
    assert!(error("a,\"b\"c\n", "a.csv", &none).starts_with("cannot read the header"));
    assert!(error(b"a,answer,\xff\n".to_vec(), "a.csv", &none).contains("not UTF-8"));
    let map = vec![("id".to_owned(), "Nr".to_owned())];
    let options = Options { map, ..Options::default() };
    assert!(error("id,answer\n", "a.csv", &options).contains("no column \"Nr\""));
}

#[test]
fn a_question_may_stand_in_the_row() {
    let text = "id,question,reference,references,points,answer\n\
                a,Why?,Because.,,,x\n\
                b,Why?,,\"[\"\"One.\"\", \"\"Two.\"\"]\",,x\n\
                c,Why?,,Only one.,,x\n\
                d,Why?,,,\"must: First.\n\nBonus：Second.\nThird: it is.\",x\n";
    let rows = rows(text, "a.csv");
    let question = |index: usize| match &rows[index].ask {
        Ask::Own(question) => question.clone(),
        other => panic!("{other:?}"),
    };
    let counts: Vec<_> = (0..3).map(|index| question(index).references().count()).collect();
    assert_eq!(counts, [1, 2, 1]);
    let points: Vec<_> = question(3)
        .points
        .iter()
        .map(|point| (point.tier, point.claim.get(Lang::En).to_owned()))
        .collect();
    let expected = [(Must, "First."), (Bonus, "Second."), (Should, "Third: it is.")];
    assert_eq!(points, expected.map(|(tier, claim)| (tier, claim.to_owned())));
    assert!(rows.iter().all(|row| row.input == Value::Null));
}

#[test]
fn a_quote_left_open_costs_its_own_row_only() {
    // Whether quotes, none, or an odd one follow.
    for rest in ["b,t/s,\"y, z\"\nc,t/s,w\n", "b,t/s,y\nc,t/s,w\n", "b,t/s,\"y\nc,t/s,w\n"] {
        let (rows, bads) = split(read(format!("{HEAD}a,t/s,\"x\n{rest}"), "a.csv"));
        assert_eq!(bads[0].line, 2, "{rest}");
        assert!(bads[0].reason.starts_with("a quote is opened here"), "{}", bads[0].reason);
        assert_eq!(rows.last().unwrap().id, "c");
        assert_eq!(rows.last().unwrap().line, 4);
        assert_eq!(rows.len() + bads.len(), 3, "{rest}");
    }
}

#[test]
fn text_after_a_closing_quote_is_bad_and_blanks_are_not() {
    let (rows, bads) =
        split(read(format!("{HEAD}a,t/s,\"x\"y\nb,t/s,\"x\" \nc,t/s,5\" disk\n"), "a.csv"));
    assert!(bads[0].reason.starts_with("text follows a closing quote"), "{}", bads[0].reason);
    let answers: Vec<_> = rows.iter().map(|row| row.answer.as_str()).collect();
    assert_eq!(answers, ["x", "5\" disk"]);
}

#[test]
fn a_record_that_is_too_long_is_passed_over_to_its_end() {
    // What looks like rows inside the cell is never read as rows.
    let fake = "mallory,t/s,fake\n".repeat(MAX_ROW_BYTES / 16);
    let text = format!("{HEAD}a,t/s,x\nb,t/s,\"{fake}\"\nc,t/s,y\n");
    let lines = text.lines().count() as u64;
    let (rows, bads) = split(read(text, "a.csv"));
    let found: Vec<_> = rows.iter().map(|row| (row.line, row.id.as_str())).collect();
    assert_eq!(found, [(2, "a"), (lines, "c")]);
    assert_eq!((bads.len(), bads[0].line), (1, 3));
    assert!(bads[0].reason.starts_with("longer than"), "{}", bads[0].reason);
}

#[test]
fn a_quote_that_swallows_more_than_a_row_may_hold_is_said_to() {
    let rest = "x,t/s,plain\n".repeat(MAX_ROW_BYTES / 10);
    let (rows, bads) = split(read(format!("{HEAD}a,t/s,\"x\n{rest}"), "a.csv"));
    assert_eq!((rows.len(), bads.len()), (0, 1));
    let reason = &bads[0].reason;
    assert!(reason.contains("nothing after it could be read, 209715 lines"), "{reason}");
    // With another quote further on, reading goes on behind that.
    let text = format!("{HEAD}a,t/s,\"x\n{rest}y,t/s,\"z\"\nb,t/s,y\n");
    let (rows, bads) = split(read(text, "a.csv"));
    assert_eq!((rows.len(), rows[0].id.as_str(), bads.len()), (1, "b", 1));
}

#[test]
fn a_bad_row_shows_its_id_and_cells_where_they_can_be_read() {
    let mut items = read(b"id,question_id,answer\na,t/s,\xff\nb,t/s\n".to_vec(), "a.csv");
    let short = bad(items.remove(1));
    assert_eq!(short.reason, "2 cells where the header has 3");
    assert_eq!((short.id, short.columns.unwrap().len()), (None, 2));
    let bytes = bad(items.remove(0));
    assert_eq!(bytes.id.as_deref(), Some("a"));
    assert_eq!(bytes.columns.unwrap()[2], "\u{fffd}");
    assert!(bytes.reason.starts_with("column \"answer\" is not UTF-8 from byte 1 on"));
}

#[test]
fn a_quoted_empty_cell_is_an_answer_and_never_lost() {
    let whole = Options { whole_question: true, ..Options::default() };
    for end in ["\n", "\r\n", "\r"] {
        let text = ["answer", "one", "\"\"", "", "  ", "two", "\"\""].join(end);
        let rows: Vec<_> = read_with(text, "a.csv", &whole).into_iter().map(good).collect();
        let found: Vec<_> = rows.iter().map(|row| (row.line, row.answer.as_str())).collect();
        assert_eq!(found, [(2, "one"), (3, ""), (6, "two"), (7, "")], "{end:?}");
    }
    // With columns that such a row must fill it is a bad one, and named.
    let (rows, bads) = split(read(format!("{HEAD}a,t/s,x\n\"\",\"\",\"\"\n"), "a.csv"));
    assert_eq!((rows.len(), bads.len(), bads[0].line), (1, 1, 3));
    assert!(bads[0].reason.starts_with("id is empty"), "{}", bads[0].reason);
}

#[test]
fn rows_of_nothing_but_empty_cells_are_no_rows() {
    for (delimiter, blank) in [(',', ",,"), (',', " , ,"), (';', ";;;;;"), ('\t', "\t\t")] {
        let d = delimiter;
        let text = format!(
            "{blank}\nid{d}question_id{d}answer\na{d}t/s{d}x\n{blank}\nb{d}t/s{d}\n{blank}\n{blank}"
        );
        let rows = rows(text, "a.csv");
        let found: Vec<_> =
            rows.iter().map(|row| (row.line, row.id.as_str(), row.answer.as_str())).collect();
        // An id with an empty answer is a blank answer.
        assert_eq!(found, [(3, "a", "x"), (5, "b", "")], "{blank:?}");
    }
}

#[test]
fn a_bad_row_gives_back_what_it_carried() {
    let head = "id,question_id,answer,lang,cohort,note\n";
    let rows = [
        ("a,,x,,A,n1", json!({"cohort": "A", "note": "n1"})),
        ("b,t/s,x,de,B,", json!({"cohort": "B", "note": ""})),
        (",t/s,x,,C,n3", json!({"cohort": "C", "note": "n3"})),
        // Which cell is which is not known here.
        ("d,t/s,x,y,,D,n4", json!({"cells": ["d", "t/s", "x", "y", "", "D", "n4"]})),
        ("e,t/s,\"x", Value::Null),
    ];
    let text: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    let (good, bads) = split(read(format!("{head}{}\n", text.join("\n")), "a.csv"));
    assert_eq!((good.len(), bads.len()), (0, rows.len()));
    for (bad, (row, input)) in bads.iter().zip(rows) {
        assert_eq!(bad.input, input, "{row}: {}", bad.reason);
    }
    let bytes = [head.as_bytes(), b"a,t/s,\xff,,A,n\n"].concat();
    assert_eq!(bad(read(bytes, "a.csv").remove(0)).input, json!({"cohort": "A", "note": "n"}));
}

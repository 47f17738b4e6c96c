//! Wide sheets.

use serde_json::json;

use super::*;

fn options(map: &[(&str, &str)]) -> Options {
    let wide = map.iter().map(|(column, id)| ((*column).to_owned(), (*id).to_owned())).collect();
    Options { wide: Some(wide), ..Options::default() }
}

const FORM: &str = "Timestamp,Candidate,What is MQA?,\"Why  scale?\n\",Remark\n\
                    10:00,Ann,shared head,variance,hi\n\
                    10:05,,second,,\n";

#[test]
fn each_cell_is_a_row_with_a_stable_id() {
    let options = options(&[("Why scale?", "attention/scale"), ("What is MQA?", "attention/mqa")]);
    let rows: Vec<_> = read_with(FORM, "form.csv", &options).into_iter().map(good).collect();
    let found: Vec<_> = rows.iter().map(|r| (r.line, r.id.as_str(), r.answer.as_str())).collect();
    let expected = [
        (3, "Ann/attention/mqa", "shared head"),
        (3, "Ann/attention/scale", "variance"),
        (4, "line-4/attention/mqa", "second"),
        (4, "line-4/attention/scale", ""),
    ];
    assert_eq!(found, expected);
    assert_eq!(rows[1].ask, Ask::Question("attention/scale".to_owned()));
    assert_eq!(rows[1].candidate.as_deref(), Some("Ann"));
    assert_eq!(rows[1].input, json!({"Timestamp": "10:00", "Remark": "hi"}));
    assert_eq!(rows[0].columns.as_ref().unwrap().len(), 5);
    assert_eq!(rows[2].candidate, None);
}

#[test]
fn an_id_of_the_record_goes_before_the_candidate() {
    let map = vec![("id".to_owned(), "Timestamp".to_owned())];
    let options = Options { map, ..options(&[("What is MQA?", "t/s")]) };
    let row = good(read_with(FORM, "form.csv", &options).remove(0));
    assert_eq!((row.id.as_str(), row.candidate.as_deref()), ("10:00/t/s", Some("Ann")));
}

#[test]
fn columns_named_like_fields_of_single_rows_mean_nothing() {
    let text = "candidate,answer,question_id,q1\nAnn,x,t/s,one\n";
    let row = good(read_with(text, "a.csv", &options(&[("q1", "t/one")])).remove(0));
    assert_eq!((row.answer.as_str(), row.ask), ("one", Ask::Question("t/one".to_owned())));
    assert_eq!(row.input, json!({"answer": "x", "question_id": "t/s"}));
    // Even such a column can hold the answers.
    let row = good(read_with(text, "a.csv", &options(&[("answer", "t/one")])).remove(0));
    assert_eq!(row.answer, "x");
}

#[test]
fn a_bad_cell_spoils_no_other() {
    let long = "x".repeat(200_001);
    let text = format!("candidate,q1,q2\nAnn,{long},fine\n");
    let options = options(&[("q1", "t/one"), ("q2", "t/two")]);
    let (rows, bads) = split(read_with(text, "a.csv", &options));
    assert_eq!((rows[0].id.as_str(), bads[0].id.as_deref()), ("Ann/t/two", Some("Ann/t/one")));
    assert!(bads[0].reason.starts_with("the answer is 200001 bytes"));
}

#[test]
fn a_map_that_does_not_fit_is_refused() {
    let wrong = |map: &[(&str, &str)]| error("candidate,q1,Q1\n", "a.csv", &options(map));
    assert!(wrong(&[]).starts_with("no column is mapped"));
    assert!(wrong(&[("q2", "t/s")]).starts_with("there is no column \"q2\""));
    assert!(wrong(&[("q1 ", "t/s")]).contains("twice"));
    assert!(wrong(&[("q1", "t/a"), ("q1", "t/b")]).contains("two questions"));
    assert!(wrong(&[("candidate", "t/a")]).contains("id or candidate"));
    let two = [("q1", "t/a"), ("q2", "t/a")];
    let said = error("candidate,q1,q2\n", "a.csv", &options(&two));
    assert_eq!(said, "two columns are mapped to the question t/a: a candidate answers it once");
    let both = Options { whole_question: true, ..options(&[("q1", "t/s")]) };
    assert!(error("q1\n", "a.csv", &both).contains("columns for several"));
    assert!(error("{}", "a.jsonl", &options(&[("q1", "t/s")])).starts_with("only CSV"));
    assert!(error("# x", "a.md", &options(&[("q1", "t/s")])).starts_with("only CSV"));
}

#[test]
fn a_row_of_empty_cells_is_no_row_and_a_candidate_without_answers_is_one() {
    let text = "candidate,q1,q2\nAnn,,\n,,\n,,\n";
    let options = options(&[("q1", "t/one"), ("q2", "t/two")]);
    let rows: Vec<_> = read_with(text, "a.csv", &options).into_iter().map(good).collect();
    let found: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.answer.as_str())).collect();
    assert_eq!(found, [("Ann/t/one", ""), ("Ann/t/two", "")]);
}

#[test]
fn a_bad_row_or_cell_gives_back_what_the_row_carried() {
    let long = "x".repeat(200_001);
    let text = format!(
        "cohort,answer,candidate,lang,q1,q2\nA,z,Ann,,{long},b\nA,z,Bo,de,a,b\nA,z,\u{1}C,,a,b\n"
    );
    let options = options(&[("q1", "t/one"), ("q2", "t/two")]);
    let (_, bads) = split(read_with(text, "a.csv", &options));
    let ids: Vec<_> = bads.iter().map(|bad| bad.id.as_deref().unwrap()).collect();
    // A cell that is bad, and two rows that are bad as a whole: for each question.
    assert_eq!(ids, ["Ann/t/one", "Bo/t/one", "Bo/t/two", "line-4/t/one", "line-4/t/two"]);
    for bad in bads {
        assert_eq!(bad.input, json!({"cohort": "A", "answer": "z"}), "{}", bad.reason);
    }
}

#[test]
fn a_sheet_without_a_map_is_told_its_columns() {
    let said = error("Name,\"Why\nscale?\"\n", "a.csv", &options(&[]));
    assert!(said.contains("\"Name\", \"Why\\nscale?\"") || said.contains("\"Why"), "{said}");
    assert!(said.starts_with("no column is mapped to a question"), "{said}");
}

//! `viva grade -o OUT.csv`: the input's own table with the marks behind.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ran, Server, Viva, met};

const QUESTION: &str = "architecture/mqa-and-gqa";
const OTHER: &str = "rag/hybrid-search-rrf";
const GOOD: &str = "多查询注意力让所有查询头共享同一个 K/V 头，\n- 缓存变小，\"很多\"。";

/// The rows of a table that begins with a byte order mark, the header among them.
fn table(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    // Of one length each, or the reader refuses.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The cell of a row under a name.
fn at<'a>(rows: &'a [Vec<String>], row: usize, name: &str) -> &'a str {
    let column = rows[0].iter().position(|column| column == name);
    &rows[row][column.unwrap_or_else(|| panic!("no column {name} in {:?}", rows[0]))]
}

fn lexical(viva: &Viva, input: &str, out: &str, more: &[&str], code: i32) -> Vec<Vec<String>> {
    let arguments = [&["grade", input, "-o", out, "--grader", "lexical"], more].concat();
    viva.run(&arguments).exits(code);
    table(&viva.home().join(out))
}

#[test]
fn the_columns_come_back_in_their_order_with_the_marks_of_each_row() {
    let quoted = GOOD.replace('"', "\"\"");
    let text = format!(
        "学号,question_id,answer,备注\r\n\
         007,{QUESTION},\"{quoted}\",=1+1\r\n\
         008,{QUESTION},one, two, three,\r\n\
         009,{QUESTION}\r\n\
         010,no/such-question,x,-5\r\n\
         011,{QUESTION},,\"a \"\"b\"\"\"\r\n"
    );
    let viva = Viva::new();
    let (encoded, _, _) = encoding_rs::GB18030.encode(&text);
    viva.file("in.csv", &encoded);
    let rows = lexical(&viva, "in.csv", "out.csv", &[], 5);
    assert_eq!(rows[0][..4], ["学号", "question_id", "answer", "备注"]);
    let marks = "score,low,high,band,feedback,flags,grader,error";
    assert_eq!(rows[0][4..].join(","), marks);
    assert_eq!(rows.len(), 6);
    let guarded = GOOD.replace("\n- ", "\n'- ");
    assert_eq!(rows[1][..4], ["007", QUESTION, &guarded, "'=1+1"]);
    let score: f64 = at(&rows, 1, "score").parse().unwrap();
    assert!(score > 20.0, "{score}");
    assert_eq!(at(&rows, 1, "grader"), "lexical estimate");
    assert!(at(&rows, 1, "feedback").len() > 20 && at(&rows, 1, "error").is_empty());
    // Too many cells, too few, an unknown question: the row with its reason.
    assert_eq!(rows[2][..4], ["008", QUESTION, "one", " two, three,"]);
    assert!(at(&rows, 2, "error").starts_with("line 4: 6 cells where the header has 4"));
    assert_eq!(rows[3][..4], ["009", QUESTION, "", ""]);
    assert!(at(&rows, 3, "error").starts_with("line 5: 2 cells"));
    assert_eq!((rows[4][3].as_str(), at(&rows, 4, "score")), ("-5", ""));
    assert!(at(&rows, 4, "error").starts_with("line 6: there is no question"));
    assert_eq!((at(&rows, 5, "score"), at(&rows, 5, "flags")), ("0.0", "blank"));
    assert_eq!(rows[5][3], "a \"b\"");
}

#[test]
fn an_edited_table_costs_the_edited_rows_and_a_finished_one_nothing() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    let input = |edited: usize| {
        let row = |n: usize| {
            let more = if n == edited { " Edited." } else { "" };
            format!("c{n},{QUESTION},\"All query heads share one key head, case {n}.{more}\"\n")
        };
        let rows: String = (0..40).map(row).collect();
        viva.file("in.csv", format!("candidate,question_id,answer\n{rows}"));
    };
    let grade = || {
        let before = server.requests().len();
        let ran = viva.run(&["grade", "in.csv", "-o", "out.csv"]).exits(0);
        (server.requests().len() - before, ran.stderr)
    };
    input(99);
    assert_eq!(grade().0, 40);
    let (calls, said) = grade();
    assert!(calls == 0 && said.contains("nothing to do"), "{said}");
    input(7);
    assert_eq!(grade().0, 1);
    let rows = table(&viva.home().join("out.csv"));
    assert_eq!(rows.len(), 41);
    assert!((0..40).all(|n| at(&rows, n + 1, "candidate") == format!("c{n}")));
    assert!((0..40).all(|n| at(&rows, n + 1, "score") == "100.0"));
    assert_eq!((at(&rows, 1, "band"), at(&rows, 1, "grader")), ("strong hire", "model"));
    assert!(at(&rows, 8, "answer").ends_with("Edited."));
    // In another language the words are others, the verdicts the same.
    let calls = server.requests().len();
    let chinese = viva.env("LANG", "zh_CN.UTF-8");
    chinese.run(&["grade", "in.csv", "-o", "out.csv"]).exits(0);
    assert_eq!(at(&table(&chinese.home().join("out.csv")), 1, "band"), "强烈推荐");
    // The copied journal serves the other form.
    let [journal, copy] = ["out.csv.viva", "out.jsonl.viva"].map(|name| chinese.home().join(name));
    std::fs::create_dir(&copy).unwrap();
    for file in std::fs::read_dir(journal).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    chinese.run(&["grade", "in.csv", "-o", "out.jsonl"]).exits(0);
    let lines = std::fs::read_to_string(chinese.home().join("out.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 40);
    assert_eq!(server.requests().len(), calls);
}

#[test]
fn a_wide_sheet_comes_back_with_a_row_a_candidate() {
    let viva = Viva::new();
    let long = "x".repeat(200_001);
    viva.file(
        "in.csv",
        format!(
            "时间,姓名,What is MQA?,Why hybrid?\n\
             1,王小明,{},BM25 finds exact words and dense vectors find meaning\n\
             2,Ada,one shared key head,{long}\n\
             3,Bo\n\
             4,Cy,,\n",
            GOOD.replace(['\n', '"'], " "),
        ),
    );
    let map = [format!("What is MQA?={QUESTION}"), format!("Why hybrid?={OTHER}")];
    let more = ["--wide", "--map", "candidate=姓名", "--map", &map[0], "--map", &map[1]];
    let rows = lexical(&viva, "in.csv", "out.csv", &more, 5);
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0][..7].join(","), "时间,姓名,What is MQA?,Why hybrid?,score,low,high");
    let number = |row: usize, name: &str| at(&rows, row, name).parse::<f64>().ok();
    let (first, second) = (format!("{QUESTION} score"), format!("{OTHER} score"));
    let mean = f64::midpoint(number(1, &first).unwrap(), number(1, &second).unwrap());
    assert!((number(1, "score").unwrap() - mean).abs() < 0.06, "{:?}", rows[1]);
    // One answer that cannot be graded leaves the other one, and the mean open.
    assert!(number(2, &first).is_some() && number(2, &second).is_none());
    assert_eq!(number(2, "score"), None);
    assert!(number(2, "low").unwrap() + 49.0 < number(2, "high").unwrap());
    assert!(at(&rows, 2, "error").contains("200001 bytes"), "{:?}", at(&rows, 2, "error"));
    assert!(at(&rows, 3, "error").starts_with("line 4: 2 cells"));
    assert_eq!((number(3, "low"), number(4, "score")), (None, Some(0.0)));
    // As lines, each cell is one.
    let lines = [&["grade", "in.csv", "--grader", "lexical"], &more[..]].concat();
    assert_eq!(viva.run(&lines).exits(5).lines().len(), 8);
}

#[test]
fn each_answer_of_a_wide_row_counts_once_whatever_is_wrong_with_the_row() {
    let viva = Viva::new().env("LANG", "zh_CN.UTF-8");
    let answer = GOOD.replace(['\n', '"'], " ");
    let map = [format!("q1={QUESTION}"), format!("q2={OTHER}")];
    let wide = ["--grader", "lexical", "--wide", "--map", &map[0], "--map", &map[1]];
    let grade = |rows: &str, more: &[&str]| {
        viva.file("in.csv", format!("candidate,q1,q2\nAnn,{answer},x\n{rows}"));
        viva.run(&[&["grade", "in.csv"], &wide[..], more].concat())
    };
    let mean = |ran: &Ran| ran.stderr.rsplit_once("均分 ").unwrap().1.trim().to_owned();
    let blank = mean(&grade("Bo,,\n", &[]).exits(0));
    // Cells are missing, a quote is left open, the candidate stands there twice.
    for (bad, reason) in [
        ("Bo\n", "line 3: 1 cells where the header has 3"),
        ("Bo,\"a,b\n", "line 3: a quote is opened here"),
        ("Ann,a,b\n", "line 3: the candidate \"Ann\" stands in an earlier row"),
    ] {
        let ran = grade(bad, &[]).exits(5).says("2 份已评分 · 2 份无效");
        assert_eq!(ran.stderr.matches(reason).count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("下限均分 {blank}")), "{blank}: {}", ran.stderr);
        let ids: Vec<String> = ran.lines().iter().map(|line| line["id"].to_string()).collect();
        assert!(ids.len() == 4 && ids[2] != ids[3] && ids[3].contains(OTHER), "{ids:?}");
        let rows = lexical(&viva, "in.csv", "out.csv", &[&["--fresh"], &wide[2..]].concat(), 5);
        let empty = ["score", "low", "high", &format!("{QUESTION} high")];
        assert!(empty.iter().all(|name| at(&rows, 2, name).is_empty()), "{:?}", rows[2]);
        assert_eq!(at(&rows, 2, "error").matches("line 3").count(), 1, "{:?}", rows[2]);
        let dry = grade(bad, &["--dry-run"]).exits(0).stdout;
        assert!(dry.starts_with("in.csv：4 份回答\n"), "{dry}");
    }
    viva.file("in.csv", "candidate,q1,q2\nAnn,a,b\n");
    let twice = ["grade", "in.csv", "--grader", "lexical", "--wide", "--map", &map[0]];
    let other = format!("q2={QUESTION}");
    viva.run(&[&twice[..], &["--map", &other]].concat())
        .exits(2)
        .says("有两列都对应题目 architecture/mqa-and-gqa");
    viva.run(&[
        "grade",
        "in.csv",
        "--grader",
        "lexical",
        "--map",
        "answer=q1",
        "--map",
        "answer=q2",
    ])
    .exits(2)
    .says("--map 里 \"answer\" 出现两次");
}

#[test]
fn without_texts_no_column_holds_an_answer_or_a_question() {
    let viva = Viva::new();
    viva.file(
        "in.csv",
        "id,question,reference,answer,cohort\n1,What is MQA?,secret reference,my own words,a\n",
    );
    let rows = lexical(&viva, "in.csv", "out.csv", &["--no-text"], 0);
    assert_eq!(rows[0][..3], ["id", "cohort", "score"]);
    let text = std::fs::read_to_string(viva.home().join("out.csv")).unwrap();
    assert!(!text.contains("secret") && !text.contains("words"), "{text}");
}

#[test]
fn what_is_no_table_gets_columns_of_its_own() {
    let viva = Viva::new();
    let row = json!({ "id": "r1", "candidate": "=Ada", "question_id": QUESTION, "answer": GOOD, "mark": 7 });
    viva.file("in.jsonl", format!("{row}\nnot json\n"));
    let rows = lexical(&viva, "in.jsonl", "out.csv", &[], 5);
    let own = "id,candidate,question,answer,input,score,low,high,band,feedback,flags,grader,error";
    assert_eq!(rows[0].join(","), own);
    assert_eq!(rows[1][..3], ["r1", "'=Ada", QUESTION]);
    assert_eq!(serde_json::from_str::<Value>(&rows[1][4]).unwrap(), json!({ "mark": 7 }));
    assert!(rows[2][12].starts_with("line 2: not JSON") && rows[2][4].is_empty());

    viva.file(&format!("answers/王小明/{QUESTION}.md"), GOOD);
    let rows = lexical(&viva, "answers", "folder.csv", &[], 0);
    assert_eq!(rows[0][..5].join(","), "id,candidate,question,answer,score");
    assert_eq!(rows[1][1..3], ["王小明", QUESTION]);
}

#[test]
fn a_table_that_was_graded_can_be_graded_again() {
    let viva = Viva::new();
    viva.file("in.csv", format!("candidate,question_id,answer\nAda,{QUESTION},one head\n"));
    let first = lexical(&viva, "in.csv", "out.csv", &[], 0);
    let rows = lexical(&viva, "out.csv", "again.csv", &[], 0);
    assert_eq!(rows[0][..3], first[0][..3]);
    assert_eq!(at(&rows, 1, "score"), at(&rows, 1, "viva score"));
}

#[test]
fn a_bad_row_gives_back_what_it_carried_and_no_answer_when_texts_stay_out() {
    let viva = Viva::new();
    viva.file(
        "in.csv",
        format!(
            "cohort;question_id;answer;candidate\nA;{QUESTION};mine;Ann\nB;no/such;secret;Bo\n\
             C;{QUESTION};secret;Cy;more;=1\nD;{QUESTION};x\n"
        ),
    );
    let grade = |more: &[&str]| {
        let ran = viva.run(&[&["grade", "in.csv", "--grader", "lexical"], more].concat()).exits(5);
        ran.lines().into_iter().map(|line| line["input"].clone()).collect::<Vec<_>>()
    };
    let short = json!({ "cells": ["D", QUESTION, "x"] });
    let long = json!({ "cells": ["C", QUESTION, "secret", "Cy", "more", "=1"] });
    let of = |cohort: &str| json!({ "cohort": cohort });
    assert_eq!(grade(&[]), [of("A"), of("B"), long, short]);
    assert_eq!(grade(&["--no-text"]), [of("A"), of("B"), Value::Null, Value::Null]);
    // What is too much stands behind the delimiter of the input.
    let rows = lexical(&viva, "in.csv", "out.csv", &[], 5);
    assert_eq!(rows[3][3], "Cy;more;'=1");
    // The same where rows are resolved, and where an id comes twice.
    let row = |id: &str, question: &str| json!({ "id": id, "question_id": question, "answer": "x", "mark": 7, "line": "own" });
    viva.file("in.jsonl", format!("{}\n{}\n", row("a", QUESTION), row("a", QUESTION)));
    let lines = viva.run(&["grade", "in.jsonl", "--grader", "lexical"]).exits(5).lines();
    assert_eq!((&lines[1]["input"], &lines[1]["line"]), (&lines[0]["input"], &json!(2)));
    assert_eq!(lines[1]["input"], json!({ "mark": 7, "line": "own" }));
}

#[test]
fn two_candidates_of_one_name_in_a_wide_sheet_are_told_what_to_do() {
    let viva = Viva::new();
    viva.file("in.csv", "candidate,nr,q1\nAnn,1,one head\nAnn,2,two heads\n");
    let map = format!("q1={QUESTION}");
    let wide = ["grade", "in.csv", "--grader", "lexical", "--wide", "--map", &map];
    let said = viva.run(&wide).exits(5).says("the candidate \"Ann\" stands in an earlier row");
    assert!(said.stderr.contains("--map id=COLUMN"), "{}", said.stderr);
    viva.run(&[&wide[..], &["--map", "id=nr"]].concat()).exits(0);
    viva.run(&["grade", "in.csv", "--grader", "lexical", "--wide"])
        .exits(2)
        .says("no column is mapped to a question; the header has \"candidate\", \"nr\", \"q1\"")
        .says("--map \"Column title=question-id\"");
}

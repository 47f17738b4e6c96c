//! Answer sheets, blank and filled.

use std::io::Cursor;
use std::path::PathBuf;

use super::*;
use crate::domain::{Lang, Localised, Question, QuestionId};
use crate::input::{Row, Source, open};

fn items(text: &str) -> Vec<Item> {
    let stream = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let source = Source::Stream(stream, PathBuf::from("ann.md"));
    open(source, &Options::default()).unwrap().map(Result::unwrap).collect()
}

fn rows(text: &str) -> Vec<Row> {
    let good = |item| match item {
        Item::Row(row) => row,
        Item::Bad(bad) => panic!("line {}: {}", bad.line, bad.reason),
    };
    items(text).into_iter().map(good).collect()
}

fn answers(text: &str) -> Vec<(String, String)> {
    rows(text)
        .into_iter()
        .map(|row| match row.ask {
            Ask::Question(id) => (id, row.answer),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn questions() -> Vec<Question> {
    ["attention/mqa", "attention/scale"]
        .into_iter()
        .map(|id| {
            let title = Localised::both("Why?\nAnd how?", "为什么？");
            Question::bare(QuestionId::new(id).unwrap(), title.clone(), vec![title]).unwrap()
        })
        .collect()
}

#[test]
fn a_blank_sheet_reads_as_empty_answers_and_a_filled_one_as_its_answers() {
    for lang in Lang::ALL {
        let sheet = blank(&questions(), lang);
        let found = answers(&sheet);
        let ids: Vec<_> = found.iter().map(|(id, answer)| (id.as_str(), answer.as_str())).collect();
        assert_eq!(ids, [("attention/mqa", ""), ("attention/scale", "")], "{sheet}");
        let mut filled = String::new();
        for part in sheet.split_inclusive("\n\n\n") {
            filled.push_str(part);
            filled.push_str("An answer.\n\n  - with a list\n\n");
        }
        let filled =
            filled.replace("Candidate: ", "Candidate: Ann").replace("姓名： ", "姓名：Ann");
        let rows = rows(&filled);
        assert_eq!(rows[0].answer, "An answer.\n\n  - with a list");
        assert_eq!(
            (rows[1].id.as_str(), rows[1].candidate.as_deref()),
            ("ann/attention/scale", Some("Ann"))
        );
    }
}

#[test]
fn the_form_of_a_blank_sheet_stays() {
    let sheet = blank(&questions()[..1], Lang::En);
    let expected = "# Answer sheet\n\nCandidate: \n\nWrite each answer below its question. Leave the \
                    headings as they are.\n\n## Question 1: `attention/mqa`\n\n> Why?\n> And how?\n\n\n";
    assert_eq!(sheet, expected);
}

#[test]
fn what_a_candidate_writes_stays_in_the_answer() {
    let answer = "# My answer\n\n> a quotation\n\n## Attention/MQA\n\n### `src/main.rs`\n\n\
                  ```sh\n# a comment\n## tcp/ip\n```\n\n    indented";
    let text = format!(
        "## Question 1: `t/a`\r\n\r\n> Why?\r\n\r\n{answer}\r\n\r\n## Question 2: `t/b`\r\n"
    );
    let found = answers(&text);
    assert_eq!(found[0].1, answer);
    assert_eq!(found.len(), 2);
}

#[test]
fn a_code_block_left_open_swallows_no_question() {
    let found = answers("## Question 1: `t/a`\n```python\nx = 1\n## Question 2: `t/b`\ny\n");
    assert_eq!(found[0].1, "```python\nx = 1");
    assert_eq!(found[1], ("t/b".to_owned(), "y".to_owned()));
}

#[test]
fn sheets_written_by_hand_may_name_the_id_in_other_ways() {
    for (first, second, other) in [
        ("## t/a", "## t/b", "## `t/c`"),
        ("### `t/a`", "### 2. `t/b`", "## `t/c`"),
        ("# [t/a]", "# [t/b] ##", "## [t/c]"),
        ("## What is it? [t/a]", "## 2) And why? [t/b]", "## [t/c]"),
        ("## 1. 为什么？（t/a）", "## 2、怎么做？（t/b）", "## 见 t/c"),
        ("## What is it? {#t/a}", "## And why? {#t/b}", "## See {t/c"),
    ] {
        let found = answers(&format!("{first}\nx\n{other}\n\n{second}\ny"));
        let expected = [("t/a", format!("x\n{other}")), ("t/b", "y".to_owned())];
        assert_eq!(found, expected.map(|(id, answer)| (id.to_owned(), answer)), "{first}");
    }
}

#[test]
fn who_filled_it_in_is_found_above_the_first_question() {
    for line in ["Candidate: Ann Li", "**Name:** Ann Li", "姓名：Ann Li", "候选人: _Ann Li_"]
    {
        let row =
            rows(&format!("# Sheet\n\n{line}\n\n## Question 1: `t/a`\nName: Bob\n")).remove(0);
        assert_eq!(row.candidate.as_deref(), Some("Ann Li"), "{line}");
    }
    assert_eq!(rows("Candidate:\n## Question 1: `t/a`\n")[0].candidate.as_deref(), Some("ann"));
}

#[test]
fn a_file_without_questions_is_bad() {
    let Item::Bad(bad) = items("# Notes\n\nNothing.\n").remove(0) else { panic!("good") };
    assert_eq!(
        (bad.line, bad.reason.as_str()),
        (1, "no heading names a question: is this an answer sheet?")
    );
    assert_eq!(items("").len(), 1);
}

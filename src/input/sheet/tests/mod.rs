//! Answer sheets, blank and filled.

use std::io::Cursor;
use std::path::PathBuf;

use super::*;
use crate::domain::{Lang, Localised, Question, QuestionId};
use crate::input::{Row, Source, open};

mod kept;

fn items(text: &str) -> Vec<Item> {
    let stream = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let source = Source::Stream(stream, PathBuf::from("ann.md"));
    let wordings =
        Wordings::new(|_| ["Why?\nAnd how?", "为什么？", "Why?"].map(str::to_owned).to_vec());
    let options = Options { wordings, ..Options::default() };
    open(source, &options).unwrap().map(Result::unwrap).collect()
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
            ("Ann/attention/scale", Some("Ann"))
        );
    }
}

#[test]
fn the_form_of_a_blank_sheet_stays() {
    let sheet = blank(&questions()[..1], Lang::En);
    let expected = "# Answer sheet\n\nCandidate: \n\nWrite each answer below its question. Leave the \
                    headings as they are.\n\nQuestions: attention/mqa\n\n## Question 1: `attention/mqa`\n\n> Why?\n> And how?\n\n\n";
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
    for line in [
        "Candidate: Ann Li",
        "**Name:** Ann Li",
        "Name: **Ann** Li",
        "姓名：Ann Li",
        "候选人: _Ann Li_",
    ] {
        let row =
            rows(&format!("# Sheet\n\n{line}\n\n## Question 1: `t/a`\nName: Bob\n")).remove(0);
        assert_eq!(row.candidate.as_deref(), Some("Ann Li"), "{line}");
    }
    let row = rows("姓名: **李\\_雷**　学号\n## Question 1: `t/a`\n").remove(0);
    assert_eq!(row.candidate.as_deref(), Some("李_雷　学号"));
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

/// Where and why a sheet's rows are bad.
fn bads(text: &str) -> Vec<(u64, String)> {
    let bad = |item| match item {
        Item::Row(_) => None,
        Item::Bad(bad) => Some((bad.line, bad.reason)),
    };
    items(text).into_iter().filter_map(bad).collect()
}

#[test]
fn a_heading_in_another_dress_is_still_one() {
    for heading in [
        "## Question 2: t/b",
        "##Question 2 – `t/b`",
        "###### question 2. \"t/b\" ##",
        "**Question 2: t/b**",
        "**Question 2:** `t/b`",
        "Question 2: t/b",
        "Question 2: t/b\n---------------",
        "- Question 2: `t/b`",
        "## **Question 2: `t\\/b`** {#question-2:-tb}",
        "## Question 2 (t/b): why?",
        "##\u{a0}Question\u{a0}2: `t/b`",
        "\u{feff}## Q2: t/b",
        "## 2. t/b",
        "## 2) `t/b`",
        "＃＃ 问题 ２：‘t／b’",
        "## 问题二：t/b",
        "第二题：t/b",
        "第 2 题 t/b",
        "## 题目2、【t/b】",
    ] {
        let text = format!("## Question 1: `t/a`\n\nOne.\n\n{heading}\n\nTwo.\n");
        let expected =
            [("t/a", "One."), ("t/b", "Two.")].map(|(q, a)| (q.to_owned(), a.to_owned()));
        assert_eq!(answers(&text), expected, "{heading}");
    }
}

#[test]
fn what_looks_like_a_heading_and_names_no_question_is_bad_at_its_line() {
    for heading in [
        "### Question 2",
        "## Question 2: Why scale?",
        "**Question 2**",
        "Question 2:",
        "## 问题 2",
        "第二题",
        "## 第二题：为什么？",
        "## Question 2: `Attention/Scale`",
        "## Question 2: mqa",
        "Question 2: Attention/Scale",
        "## Question 2: t/b or t/c?",
    ] {
        let text = format!("## Question 1: `t/a`\n\nOne.\n\n{heading}\n\nTwo.\n");
        let found = items(&text);
        let Item::Row(row) = &found[0] else { panic!("{heading}") };
        assert_eq!(row.answer, "One.", "{heading}");
        let found = bads(&text);
        assert!(matches!(found[..], [(5, _)]), "{heading}: {found:?}");
    }
}

#[test]
fn a_sentence_with_a_question_in_it_is_just_an_answer() {
    for line in [
        "As in Question 2: `t/b`, the cache counts.",
        "Question 2 is the same as this one.",
        "Question 2: because the cache is small, see t/b for more",
        "Question: why? See t/b.",
        "Question 2: `t/b` has the same answer.",
        "问题二的回答见 t/b。",
        "> ## Question 2: `t/b`",
        "    ## Question 2: `t/b`",
        "2. first the cache",
        "## 2. First the cache",
        "## Questions that remain",
        "## 问题：延迟高",
        "#include <t/b>",
        "- t/b",
        "t/b",
        "**t/b**",
    ] {
        let text = format!("## Question 1: `t/a`\n\nOne.\n\n{line}\n\nMore.\n");
        let expected = format!("One.\n\n{line}\n\nMore.");
        assert_eq!(answers(&text), [("t/a".to_owned(), expected)], "{line}");
    }
}

#[test]
fn a_heading_in_a_code_block_is_part_of_the_answer() {
    for (open, close) in [("```", "```"), ("~~~~md", "~~~~"), ("```md", "````")] {
        let answer =
            format!("See:\n\n{open}\n## Question 2: `t/b`\n## Question 3\n{close}\n\nDone.");
        let text = format!("## Question 1: `t/a`\n\n{answer}\n\n## Question 2: `t/b`\n\nTwo.\n");
        let expected = [("t/a", answer.as_str()), ("t/b", "Two.")];
        assert_eq!(answers(&text), expected.map(|(q, a)| (q.to_owned(), a.to_owned())));
    }
    // Code within a line opens no block.
    let found = answers("## Question 1: `t/a`\n```x```\n## Question 2: `t/b`\n```\ny\n```\n");
    assert_eq!(found.len(), 2);
}

#[test]
fn blocks_left_open_swallow_no_question_wherever_others_stand() {
    let text = "## Question 1: `t/a`\n```python\nx\n## Question 2: `t/b`\n```sh\ny\n```\n\
                ~~~\n## Question 3: `t/c`\n```\n## Question 4: `t/d`\n```\nz\n";
    let expected = [
        ("t/a", "```python\nx"),
        ("t/b", "```sh\ny\n```\n~~~"),
        // Blocks within what a block held that was left open do not count.
        ("t/c", "```"),
        ("t/d", "```\nz"),
    ];
    assert_eq!(answers(text), expected.map(|(q, a)| (q.to_owned(), a.to_owned())));
}

#[test]
fn a_block_that_is_longer_than_an_answer_ends_with_the_next_heading() {
    let code = "x\n".repeat(110_000);
    let text = format!("## Question 1: `t/a`\n```\n{code}\n## Question 2: `t/b`\ny\n```\nz\n```\n");
    let found = items(&text);
    let [Item::Bad(bad), Item::Row(row)] = &found[..] else { panic!("{}", found.len()) };
    assert!(bad.reason.contains("200000 bytes"), "{}", bad.reason);
    assert_eq!(row.answer, "y\n```\nz\n```");
}

#[test]
fn a_block_left_open_before_each_of_the_sheets_own_questions_swallows_none() {
    let sheet = blank(&questions(), Lang::En).replace("\n\n\n", "\n\n```\nx = 1\n\n");
    let expected =
        ["attention/mqa", "attention/scale"].map(|id| (id.to_owned(), "```\nx = 1".to_owned()));
    assert_eq!(answers(&sheet), expected);
}

#[test]
fn a_question_that_the_sheet_lists_and_no_heading_names_is_bad() {
    let sheet = blank(&questions(), Lang::En).replace("Candidate: ", "Candidate: Ann");
    for gone in ["## Question 2: `attention/scale`", "## Question 2: "] {
        let text = sheet.replace(gone, "");
        let found = bads(&text);
        // Its heading may be all id; then nothing is missing.
        assert_eq!(found.len(), usize::from(gone.ends_with('`')), "{text}");
    }
    let text = sheet.replace("## Question 2: `attention/scale`", "Second:");
    let Item::Bad(bad) = &items(&text)[1] else { panic!("good") };
    assert_eq!((bad.line, bad.id.as_deref()), (7, Some("Ann/attention/scale")));
    assert!(bad.reason.contains("write ## Question 2: `attention/scale`"), "{}", bad.reason);
    // A heading without id is bad once, under the id that its number has in the list.
    let text = sheet.replace("## Question 2: `attention/scale`", "## Question 2");
    let Item::Bad(bad) = &items(&text)[1] else { panic!("good") };
    assert_eq!((items(&text).len(), bad.id.as_deref()), (2, Some("Ann/attention/scale")));
}

#[test]
fn a_list_of_questions_may_be_wrapped_and_dressed_by_an_export() {
    for list in [
        "Questions: t/a,\nt/b",
        "**Questions:** `t/a`, `t/b`",
        "题目：t/a、t/b",
        "Questions: t\\/a t/b",
    ] {
        let found = bads(&format!("# Sheet\n\n{list}\n\nWrite.\n\nt/a\n\nOne.\n"));
        assert_eq!(found.len(), 1, "{list}");
        assert!(found[0].0 == 3 && found[0].1.contains("lists t/b"), "{found:?}");
    }
}

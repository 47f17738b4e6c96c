//! `viva grade` on answer sheets as they come back: with other headings, with missing ones, twice.

use crate::support::{Ran, Viva};

const FIRST: &str = "rag/hybrid-search-rrf";
const SECOND: &str = "architecture/mqa-and-gqa";
const ONE: &str = "Dense retrieval gets meaning, BM25 gets exact words like product codes. RRF adds 1 \
                   over (k plus rank) for each list, so scores on different scales are no matter.";
const TWO: &str =
    "MQA shares one key and value head among all query heads, so the KV cache shrinks.";

fn viva() -> Viva {
    Viva::new()
}

/// The sheet of two questions as the program prints it, filled in.
fn filled(viva: &Viva, lang: &str) -> String {
    let sheet = viva.run(&["questions", "sheet", FIRST, SECOND, "--lang", lang]).exits(0).stdout;
    let who = sheet.replace("Candidate: ", "Candidate: Ann").replace("姓名： ", "姓名：Ann");
    let (first, second) = who.split_once("## 问题 2").or(who.split_once("## Question 2")).unwrap();
    let word = if lang == "zh" { "问题" } else { "Question" };
    format!("{first}\n{ONE}\n\n## {word} 2{second}\n\n{TWO}\n")
}

fn grade(viva: &Viva, input: &str) -> Ran {
    viva.run(&["grade", input, "--grader", "lexical"])
}

#[test]
fn a_heading_that_was_changed_changes_no_score() {
    let viva = viva();
    for lang in ["en", "zh"] {
        let sheet = filled(&viva, lang);
        viva.file("ann.md", &sheet);
        let twin = grade(&viva, "ann.md").exits(0).stdout;
        assert_eq!(twin.lines().count(), 2);
        let colon = if lang == "zh" { "问题 2：" } else { "Question 2: " };
        let heading = format!("## {colon}`{SECOND}`");
        assert!(sheet.contains(&heading), "{sheet}");
        for changed in [
            format!("## {colon}{SECOND}"),
            format!("##Question 2 – `{SECOND}`"),
            format!("**Question 2: {SECOND}**"),
            format!("Question 2: {SECOND}"),
            format!("第二题：{SECOND}"),
            format!("## 2. {SECOND}"),
            SECOND.to_owned(),
        ] {
            viva.file("ann.md", sheet.replace(&heading, &changed));
            assert_eq!(grade(&viva, "ann.md").exits(0).stdout, twin, "{changed}");
        }
    }
}

#[test]
fn a_question_without_its_heading_is_never_lost_in_silence() {
    let viva = viva();
    let sheet = filled(&viva, "en");
    let heading = format!("## Question 2: `{SECOND}`");
    let at = sheet.lines().position(|line| line == heading).unwrap() + 1;
    for (changed, line, reason) in [
        ("### Question 2", at, "names none: write ## Question 2: `architecture/mqa-and-gqa`"),
        ("### My second answer", 7, "the sheet lists architecture/mqa-and-gqa, but no heading"),
        ("```\n### My second answer\n```", 7, "write ## Question 2: `architecture/mqa-and-gqa`"),
    ] {
        viva.file("ann.md", sheet.replace(&heading, changed));
        let ran = grade(&viva, "ann.md").exits(5).says(&format!("line {line}: ")).says(reason);
        let lines = ran.lines();
        assert_eq!((lines.len(), &lines[1]["candidate"]), (2, &"Ann".into()), "{changed}");
        assert_eq!(lines[1]["id"], format!("Ann/{SECOND}"), "{changed}");
    }
}

#[test]
fn what_stands_in_a_code_block_is_part_of_the_answer() {
    let viva = viva();
    let sheet = filled(&viva, "en");
    let answer = format!("{TWO}\n\n```md\n## Question 1: `{FIRST}`\n## Question 3\n```\n");
    viva.file("ann.md", sheet.replace(&format!("{TWO}\n"), &answer));
    let lines = grade(&viva, "ann.md").exits(0).lines();
    assert_eq!((lines.len(), lines[1]["answer"].as_str()), (2, Some(answer.trim_end())));
}

#[test]
fn two_sheets_of_one_name_are_not_counted_as_one_candidate() {
    let viva = viva();
    let sheet = filled(&viva, "en");
    viva.file("in/ann.md", &sheet);
    viva.file("in/ann-again.md", &sheet);
    viva.file("in/bo.md", sheet.replace("Candidate: Ann", "Candidate: Bo"));
    let ran = grade(&viva, "in").exits(5);
    let ran = ran.says("ann.md, line 9: the id \"Ann/rag/hybrid-search-rrf\" was met before");
    let ran = ran.says("two of the name \"Ann\" need names that differ").says("4 graded · 2 bad");
    assert_eq!(ran.lines().len(), 6);
    // One file that answers a question twice is no other file.
    let twice = format!("{sheet}\n## Question 3: `{FIRST}`\n\nAgain.\n");
    viva.file("in/ann.md", twice.replace("Candidate: Ann", "Candidate: Cy"));
    grade(&viva, "in").exits(5).says("was met before, further up or in an earlier file");
}

#[test]
fn an_answer_counts_wherever_it_was_typed() {
    let viva = viva();
    for lang in ["en", "zh"] {
        let sheet = filled(&viva, lang);
        viva.file("ann.md", &sheet);
        let twin = grade(&viva, "ann.md").exits(0).stdout;
        let at = sheet.rfind("> ").unwrap();
        let question = sheet[at..].lines().next().unwrap();
        let asked = question.trim_start_matches("> ");
        let colon = if lang == "zh" { "：" } else { ": " };
        let heading = format!("{colon}`{SECOND}`\n");
        let rest = format!("{question}\n\n\n\n{TWO}\n");
        let rest = &sheet[sheet.find(&rest).unwrap_or(at)..];
        for typed in [
            format!("{question}\n> {TWO}\n"),
            format!("{question}\n>\n> {TWO}\n"),
            format!("{question} {TWO}\n"),
            format!("{asked}\n{TWO}\n"),
        ] {
            viva.file("ann.md", sheet.replace(rest, &typed));
            assert_eq!(grade(&viva, "ann.md").exits(0).stdout, twin, "{typed}");
        }
        let behind =
            sheet.replace(rest, "").replace(&heading, &format!("{} {TWO}\n", heading.trim()));
        assert!(behind.ends_with(&format!("{TWO}\n\n")), "{behind}");
        viva.file("ann.md", behind + question);
        assert_eq!(grade(&viva, "ann.md").exits(0).stdout, twin);
    }
}

#[test]
fn a_sheet_counts_its_questions() {
    let viva = viva();
    let sheet = filled(&viva, "en");
    for (from, to, graded) in [
        (TWO, "- Q4_0/Q8_0\n- Q4/Q8\nQ4_K_M/Q5_K_M\n", 2),
        ("Question 2: `architecture/mqa-and-gqa`", "Question 2:\n`architecture/mqa-and-gqa`", 2),
        ("`architecture/mqa-and-gqa`", "`architecture/mqa-and-qga`", 1),
        ("`architecture/mqa-and-gqa`", "`Architecture/mqa`", 1),
    ] {
        viva.file("ann.md", sheet.replace(from, to));
        let ran = grade(&viva, "ann.md").exits(if graded == 2 { 0 } else { 5 });
        let lines = ran.lines();
        let scores = lines.iter().filter(|line| !line["score"].is_null()).count();
        assert_eq!((lines.len(), scores), (2, graded), "{to}");
    }
}

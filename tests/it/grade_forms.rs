//! `viva grade` on inputs of every form with bad rows among good ones: every good row is
//! graded, every bad one named by its line with its reason. Encodings change nothing.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::support::{Ran, Viva};

const QUESTION: &str = "architecture/mqa-and-gqa";
const OTHER: &str = "rag/hybrid-search-rrf";
const GOOD: usize = 1000;
const EACH: usize = 10;

/// A bad row with its line breaks, the candidate that its result must name, and its reason.
struct Bad {
    text: Vec<u8>,
    candidate: Option<&'static str>,
    reason: &'static str,
    /// Answers that it stands for.
    answers: usize,
}

fn bad(text: impl AsRef<[u8]>, candidate: Option<&'static str>, reason: &'static str) -> Bad {
    Bad { text: [text.as_ref(), b"\n"].concat(), candidate, reason, answers: 1 }
}

/// A result that must not be graded: where it stands, and the kind it is of.
type Expected<'a> = (u64, &'a Bad);

/// Good rows with bad ones between them, ten of each kind.
fn mixed<'a>(
    head: &str,
    good: impl Fn(usize) -> String,
    kinds: &'a [Bad],
) -> (Vec<u8>, Vec<Expected<'a>>) {
    let breaks = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u64;
    let (mut text, mut expected) = (head.as_bytes().to_vec(), Vec::new());
    let every = GOOD / (EACH * kinds.len());
    let mut wrong = kinds.iter().cycle().take(EACH * kinds.len());
    for index in 0..GOOD {
        text.extend_from_slice(good(index).as_bytes());
        if (index + 1) % every == 0
            && let Some(kind) = wrong.next()
        {
            expected.extend((0..kind.answers).map(|_| (breaks(&text) + 1, kind)));
            text.extend_from_slice(&kind.text);
        }
    }
    assert_eq!(expected.len(), EACH * kinds.iter().map(|kind| kind.answers).sum::<usize>());
    (text, expected)
}

/// Asserts that all but the expected ones are graded, and returns the graded ones.
#[track_caller]
fn check(ran: &Ran, good: usize, expected: &[Expected<'_>]) -> Vec<Value> {
    let (graded, bad): (Vec<Value>, Vec<Value>) =
        ran.lines().into_iter().partition(|line| line["score"].is_f64());
    assert_eq!((graded.len(), bad.len()), (good, expected.len()));
    for (line, (number, kind)) in bad.iter().zip(expected) {
        let error = line["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("line {number}: ")), "line {number}: {error}");
        assert!(error.contains(kind.reason), "{error} instead of {}", kind.reason);
        assert_eq!(line["candidate"].as_str(), kind.candidate, "{line}");
    }
    graded
}

fn grade(viva: &Viva, input: &str, more: &[&str]) -> Ran {
    viva.run(&[&["grade", input, "--grader", "lexical"], more].concat()).exits(5)
}

#[test]
fn jsonl() {
    let row = |fields: Value| {
        let mut row = json!({ "candidate": "Ann", "question_id": QUESTION, "answer": "one" });
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        row.to_string()
    };
    let ann = Some("Ann");
    let kinds = [
        bad("{\"id\": \"x\", \"answer\": ", None, "not JSON"),
        bad(row(json!({ "answer": null })), ann, "answer is missing"),
        bad(row(json!({ "question_id": null })), ann, "question_id is missing"),
        bad(row(json!({ "question_id": "architecture/mqa-and-gka" })), ann, "did you mean"),
        bad(b"{\"candidate\": \"Ann\", \"answer\": \"\xb9\xb2\"}", None, "is not UTF-8 from byte"),
        bad(row(json!({ "answer": "x".repeat(200_001) })), ann, "200001 bytes"),
        bad(row(json!({ "id": "r0" })), ann, "the id \"r0\" stands in an earlier row"),
        bad(row(json!({ "id": "" })), ann, "id is empty"),
        bad(row(json!({ "lang": "de" })), ann, "unknown language"),
        bad(row(json!({ "answer": ["x"] })), ann, "answer is a list"),
    ];
    let good =
        |n| format!("{}\n", row(json!({ "id": format!("r{n}"), "answer": format!("答案 {n}") })));
    let (text, expected) = mixed("", good, &kinds);
    let viva = Viva::new();
    viva.file("in.jsonl", text);
    let ran = grade(&viva, "in.jsonl", &[]);
    let graded = check(&ran, GOOD, &expected);
    assert!((0..GOOD).all(|n| graded[n]["id"] == format!("r{n}")));
    // The first are named on stderr, the rest is counted.
    let (first, _) = expected[0];
    assert!(ran.stderr.contains(&format!("line {first}: not JSON")), "{}", ran.stderr);
    assert!(ran.stderr.contains("1000 graded · 100 bad"), "{}", ran.stderr);

    // The same with a journal, as lines and as a table.
    grade(&viva, "in.jsonl", &["-o", "out.jsonl"]);
    let kept = fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let stderr = ran.stderr.clone();
    check(&Ran { stdout: kept, stderr, code: 5 }, GOOD, &expected);
    grade(&viva, "in.jsonl", &["-o", "out.csv"]);
    let table = fs::read(viva.home().join("out.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(&table[3..]);
    let errors: Vec<String> =
        rows.records().map(|row| row.unwrap().iter().next_back().unwrap().to_owned()).collect();
    assert_eq!(errors.len(), 1100);
    assert_eq!(errors.iter().filter(|error| error.is_empty()).count(), GOOD);
}

#[test]
fn csv_with_an_answer_a_row() {
    let ann = Some("Ann");
    let q = QUESTION;
    let kinds = [
        bad(format!("x,Ann,{q}"), None, "3 cells where the header has 5"),
        bad(format!("x,Ann,{q},a,b,c,d"), None, "7 cells where the header has 5"),
        bad(format!("x,Ann,{q},\"a\" b,"), None, "text follows a closing quote"),
        bad(format!("x,Ann,{q},\"a,"), None, "a quote is opened here"),
        bad([b"x,Ann,", q.as_bytes(), b",\xb9\xb2\xff,"].concat(), ann, "is not UTF-8 from byte 1"),
        bad(format!("x,Ann,{q},{},", "x".repeat(200_001)), ann, "200001 bytes"),
        bad(format!(" ,Ann,{q},a,"), ann, "id is empty"),
        bad("x,Ann,,a,", ann, "question_id is missing"),
        bad("y,Ann,architecture/mqa-and-gka,a,", ann, "did you mean"),
        bad(format!("r0,Ann,{q},a,"), ann, "the id \"r0\" stands in an earlier row"),
    ];
    // An unknown question is met once; after that its id is a repeated one.
    let (text, mut expected) = mixed(
        "id,candidate,question_id,answer,lang\n",
        |n| format!("r{n},Ann,{q},\"答案, {n}\r\nand \"\"more\"\"\",zh\r\n"),
        &kinds,
    );
    let again = bad("", ann, "the id \"y\" stands in an earlier row");
    for (_, kind) in expected.iter_mut().filter(|(_, kind)| kind.reason == "did you mean").skip(1) {
        *kind = &again;
    }
    let viva = Viva::new();
    viva.file("in.csv", text);
    let graded = check(&grade(&viva, "in.csv", &[]), GOOD, &expected);
    assert!((0..GOOD).all(|n| graded[n]["id"] == format!("r{n}")));
    assert_eq!(graded[7]["answer"], "答案, 7\r\nand \"more\"");
}

#[test]
fn csv_with_a_candidate_a_row() {
    let ann = Some("Ann");
    let long = "x".repeat(200_001);
    // A row that is bad as a whole is so for both questions.
    let kinds = [
        bad("x,Ann,a", None, "3 cells where the header has 5"),
        bad("x,Ann,a,b,c,d", None, "6 cells where the header has 5"),
        bad("x,Ann,\"a\" b,,", None, "text follows a closing quote"),
        bad("x,Ann,\"a,,", None, "a quote is opened here"),
        bad(b"x,\xff,a,b,", None, "column \"candidate\" is not UTF-8"),
        bad(",Ann,a,b,", ann, "id is empty"),
        bad("x,\x1b[2J,a,b,", None, "control character"),
        bad(format!("{},Ann,a,b,", "n".repeat(600)), ann, "id is 600 bytes long"),
        bad("x,Ann,a,b,fr", ann, "unknown language"),
        bad("r0,Ann,a,b,", ann, "the id \"r0\" stands in an earlier row"),
    ]
    .map(|kind| Bad { answers: 2, ..kind });
    let (text, expected) =
        mixed("id,candidate,Q1,Q2,lang\n", |n| format!("r{n},Ann,\"one, {n}\nx\",two,\n"), &kinds);
    let viva = Viva::new();
    viva.file("in.csv", text);
    let map = [format!("Q1={QUESTION}"), format!("Q2={OTHER}")];
    let wide = ["--wide", "--map", &map[0], "--map", &map[1]];
    let graded = check(&grade(&viva, "in.csv", &wide), 2 * GOOD, &expected);
    assert!((0..GOOD).all(|n| graded[2 * n + 1]["id"] == format!("r{n}/{OTHER}")));

    // A cell that is bad by itself leaves the other answer of its row.
    let cells = [
        bad(format!(",Ann,a,{long}"), ann, "200001 bytes"),
        bad(b",Ann,a,\xff", ann, "column \"Q2\""),
    ];
    let (text, expected) =
        mixed("nr,candidate,Q1,Q2\n", |n| format!(",c{n},one,two {n}\n"), &cells);
    viva.file("cells.csv", text);
    let ran = viva.run(&[&["grade", "cells.csv", "--grader", "lexical"], &wide[..]].concat());
    // Ann answered in twenty rows, so that all but the first repeat an id.
    let lines = ran.exits(5).lines();
    assert_eq!(lines.len(), 2 * (GOOD + expected.len()));
    let first: Vec<&Value> =
        lines.iter().filter(|line| line["candidate"] == "Ann").take(2).collect();
    assert!(first[0]["score"].is_f64(), "{}", first[0]);
    assert!(first[1]["error"].as_str().unwrap().contains("200001 bytes"), "{}", first[1]);
}

#[test]
fn an_answer_sheet() {
    // A sheet names each question once, so a bank with as many is needed.
    let bank: String = (0..GOOD)
        .map(|n| {
            let question = json!({
                "id": format!("t/q{n}"), "title": { "en": format!("What is {n}?") }, "difficulty": 1,
                "kind": "concept", "reference": { "en": format!("It is the number {n}.") },
                "points": [{ "id": "number", "tier": "must", "claim": { "en": format!("It is {n}.") },
                             "terms": [[n.to_string()]] }],
            });
            format!("{question}\n")
        })
        .collect();
    let ann = Some("Ann");
    let head = |id: &str| format!("## Question 1: `{id}`\nx");
    let kinds = [
        bad(head("t/nope"), ann, "there is no question \"t/nope\""),
        bad(head("T/s"), ann, "bad question id \"T/s\""),
        bad(head("mqa"), ann, "bad question id"),
        bad(head("t/s/u"), ann, "bad question id"),
        bad(head(""), ann, "bad question id \"\""),
        bad(head("题/目"), ann, "bad question id"),
        bad(head("t/q0"), ann, "the id \"Ann/t/q0\" stands in an earlier row"),
        bad(format!("## Question 1: `t/s`\n{}", "x ".repeat(100_001)), ann, "200001 bytes"),
        bad(
            format!("## Question 1: `t/s`\n{}", "x".repeat(3 << 20)),
            ann,
            "longer than 2097152 bytes",
        ),
        bad(b"## Question 1: `t/s`\nx\n\xb9\xb2\xff", ann, "the line is not UTF-8 from byte 1"),
    ];
    let good = |n| format!("## 问题 {n}：`t/q{n}`\n\n> What is {n}?\n\nIt is {n}.\n\n");
    let (text, mut expected) = mixed("# Answer sheet\n\nCandidate: Ann\n\n", good, &kinds);
    let again = bad("", ann, "stands in an earlier row");
    // An unknown question is met once; after that its id is a repeated one.
    let unknown = expected.iter_mut().filter(|(_, kind)| kind.reason.contains("no question"));
    for (_, kind) in unknown.skip(1) {
        *kind = &again;
    }
    let viva = Viva::new();
    viva.file("bank.jsonl", bank);
    viva.file("ann.md", text);
    let ran = grade(&viva, "ann.md", &["--bank", "bank.jsonl", "--bank-only"]);
    let graded = check(&ran, GOOD, &expected);
    assert!((0..GOOD).all(|n| graded[n]["id"] == format!("Ann/t/q{n}")));
    assert!(graded.iter().all(|line| line["candidate"] == "Ann" && line["score"] == 100.0));
}

#[test]
fn a_folder() {
    let viva = Viva::new();
    let mut expected = Vec::new();
    for n in 0..GOOD {
        viva.file(&format!("in/c{n:03}/{QUESTION}.md"), format!("答案 {n}"));
    }
    let long = "x".repeat(200_001);
    let kinds: [(&str, &[u8], &str); 9] = [
        ("architecture/nope.md", b"x", "nope.md: there is no question \"architecture/nope\""),
        ("architecture/mqa-and-gqa.txt", b"x", "gqa.txt: the id \"c"),
        ("architecture/long.md", long.as_bytes(), "long.md: longer than 200000 bytes"),
        ("architecture/bytes.txt", b"abc\xff\xff", "not UTF-8 from byte 4"),
        ("architecture/word.docx", b"x", "word.docx: neither .md nor .txt"),
        ("architecture/none", b"x", "none: neither .md nor .txt"),
        ("architecture/deep/x.md", b"x", "deep: a folder where a file is expected"),
        ("early.md", b"x", "early.md: not at its place"),
        ("architecture/link.md", b"", "link.md: a symbolic link is not followed"),
    ];
    for n in 0..EACH {
        let candidate = format!("c{:03}", 100 * n);
        for (name, bytes, reason) in kinds {
            let path = format!("in/{candidate}/{name}");
            if name.ends_with("link.md") {
                symlink("/etc/passwd", viva.home().join(path)).unwrap();
            } else {
                viva.file(&path, bytes);
            }
            expected.push((Some(candidate.clone()), reason));
        }
        viva.file(&format!("in/stray{n}.txt"), "x");
        expected.push((None, "not at its place"));
    }
    let lines = grade(&viva, "in", &[]).lines();
    let (graded, bad): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["score"].is_f64());
    assert_eq!((graded.len(), bad.len()), (GOOD, expected.len()));
    for (candidate, reason) in expected {
        let file = candidate.as_ref().map_or("stray".to_owned(), |name| format!("{name}/"));
        let found = bad.iter().any(|line| {
            let error = line["error"].as_str().unwrap();
            line["candidate"].as_str() == candidate.as_deref()
                && error.starts_with(&file)
                && error.starts_with(line["id"].as_str().unwrap())
                && error.contains(reason)
        });
        assert!(found, "{candidate:?}: {reason}");
    }
}

#[test]
fn an_encoding_changes_no_score() {
    let viva = Viva::new();
    let strong = "多查询注意力让所有查询头共享同一组 K/V 头，KV 缓存变小，解码更快；GQA 把查询头分组，效果与 MHA 相近。";
    let rows: String = (0..50)
        .map(|n| format!("学生{n},{QUESTION},\"{strong}\n第 {n} 份\"\n张{n},{OTHER},\n"))
        .collect();
    let text = format!("candidate,question_id,answer\n{rows}");
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    viva.file("gb18030.csv", encoding_rs::GB18030.encode(&text).0);
    viva.file("utf16.csv", [0xff, 0xfe].into_iter().chain(utf16).collect::<Vec<u8>>());
    viva.file("utf8.csv", &text);
    let lines = |name: &str| viva.run(&["grade", name, "--grader", "lexical"]).exits(0).stdout;
    let twin = lines("utf8.csv");
    assert_eq!(twin.lines().count(), 100);
    assert!(twin.contains("\"score\":") && twin.contains("学生49"));
    for name in ["gb18030", "utf16"] {
        assert!(lines(&format!("{name}.csv")) == twin, "{name}");
        let [input, out] = [format!("{name}.csv"), format!("{name}.out.csv")];
        viva.run(&["grade", &input, "-o", &out, "--grader", "lexical"]).exits(0);
    }
    let table = |name: &str| fs::read(viva.home().join(name)).unwrap();
    assert!(table("gb18030.out.csv") == table("utf16.out.csv"));
    assert!(table("gb18030.out.csv").starts_with("\u{feff}\"candidate\"".as_bytes()));
}

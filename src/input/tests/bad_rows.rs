//! Ten kinds of bad rows, ten of each, among a thousand good ones: every good
//! one is read, every bad one is named by its line with its reason.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::folder::put;
use super::*;
use crate::input::sheet::Wordings;

const GOOD: usize = 1000;
const EACH: usize = 10;

/// A bad row, and how its reason begins.
type Kind = (Vec<u8>, &'static str);

fn kind(row: impl AsRef<[u8]>, reason: &'static str) -> Kind {
    (row.as_ref().to_vec(), reason)
}

/// Interleaves bad rows with good ones, a line each; where each bad row stands.
fn mixed(
    head: &str,
    good: impl Fn(usize) -> String,
    kinds: &[Kind],
) -> (Vec<u8>, Vec<(u64, &'static str)>) {
    let mut text = head.as_bytes().to_vec();
    let mut expected = Vec::new();
    let every = GOOD / (EACH * kinds.len());
    let breaks = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u64;
    let mut line = breaks(&text) + 1;
    let mut wrong = kinds.iter().cycle().take(EACH * kinds.len());
    for index in 0..GOOD {
        let row = good(index);
        line += breaks(row.as_bytes());
        text.extend_from_slice(row.as_bytes());
        if (index + 1) % every == 0
            && let Some((row, reason)) = wrong.next()
        {
            expected.push((line, *reason));
            line += breaks(row) + 1;
            text.extend_from_slice(row);
            text.push(b'\n');
        }
    }
    assert_eq!(expected.len(), EACH * kinds.len());
    (text, expected)
}

fn check(items: Vec<Item>, expected: &[(u64, &str)]) -> Vec<Row> {
    let (rows, bads) = split(items);
    assert_eq!(bads.len(), expected.len());
    for (bad, (line, reason)) in bads.iter().zip(expected) {
        assert_eq!(bad.line, *line, "{}", bad.reason);
        assert!(bad.reason.contains(reason), "line {line}: {} instead of {reason}", bad.reason);
    }
    rows
}

#[test]
fn jsonl() {
    let long = "x".repeat(200_001);
    let kinds = [
        kind("{\"id\": \"x\", \"answer\": ", "not JSON"),
        kind("[1, 2]", "a list where an object"),
        kind("{\"question_id\": \"t/s\"}", "answer is missing"),
        kind("{\"question_id\": \"t/s\", \"answer\": [\"x\"]}", "answer is a list"),
        kind(b"{\"question_id\": \"t/s\", \"answer\": \"\xb9\xb2\"}", "not UTF-8 from byte 35"),
        kind(format!("{{\"question_id\": \"t/s\", \"answer\": \"{long}\"}}"), "200001 bytes"),
        kind("{\"question_id\": \"t/s\", \"answer\": \"x\", \"id\": \"\"}", "id is empty"),
        kind("{\"answer\": \"x\"}", "question_id is missing"),
        kind("{\"question_id\": \"t/s\", \"answer\": \"x\", \"lang\": \"de\"}", "unknown language"),
        kind("{\"question_id\": \"t/s\", \"answer\": \"x\", \"answer\": \"y\"}", "given twice"),
    ];
    let good = |index| {
        format!("{{\"id\": {index}, \"question_id\": \"t/s\", \"answer\": \"答案 {index}\"}}\r\n")
    };
    let (text, expected) = mixed("", good, &kinds);
    let rows = check(read(text, "a.jsonl"), &expected);
    assert!((0..GOOD).all(|index| rows[index].id == index.to_string()) && rows.len() == GOOD);
}

#[test]
fn csv() {
    let long = "x".repeat(200_001);
    let kinds = [
        kind("x,t/s", "2 cells where the header has 5"),
        kind("x,t/s,a,b,c,d", "6 cells where the header has 5"),
        kind("x,t/s,\"a\" b,,", "text follows a closing quote"),
        kind("x,t/s,\"a,,", "a quote is opened here"),
        kind(b"x,t/s,\xb9\xb2\xff,,", "column \"answer\" is not UTF-8 from byte 1"),
        kind(format!("x,t/s,{long},,"), "200001 bytes"),
        kind(" ,t/s,a,,", "id is empty"),
        kind("x,,a,,", "question_id is missing"),
        kind("x,t/s,a,fr,", "unknown language"),
        kind("x,,a,,[1", "begins like a JSON list"),
    ];
    let good = |index| format!("{index},t/s,\"答案, {index}\r\nand \"\"more\"\"\",zh,\r\n");
    let (text, expected) = mixed("id,question_id,answer,lang,points\n", good, &kinds);
    let rows = check(read(text, "a.csv"), &expected);
    assert!((0..GOOD).all(|index| rows[index].id == index.to_string()) && rows.len() == GOOD);
}

#[test]
fn wide() {
    let long = "x".repeat(200_001);
    let name = "n".repeat(600);
    let kinds = [
        kind("x,Ann,a", "3 cells where the header has 5"),
        kind("x,Ann,a,b,c,d", "6 cells where the header has 5"),
        kind("x,Ann,\"a\" b,,", "text follows a closing quote"),
        kind("x,Ann,\"a,,", "a quote is opened here"),
        kind(b"x,\xff,a,b,", "column \"candidate\" is not UTF-8"),
        kind(",Ann,a,b,", "id is empty"),
        kind("x,\x1b[2J,a,b,", "control character"),
        kind(format!("{name},Ann,a,b,"), "id is 600 bytes long"),
        kind("x,Ann,a,b,fr", "unknown language"),
        kind(b"x,Ann,a,b,\xff", "column \"lang\" is not UTF-8"),
    ];
    let wide = vec![("Q1".to_owned(), "t/a".to_owned()), ("Q2".to_owned(), "t/b".to_owned())];
    let options = Options { wide: Some(wide), ..Options::default() };
    let good = |index| format!("{index},Ann,\"one, {index}\nx\",two,\n");
    let (text, expected) = mixed("id,candidate,Q1,Q2,lang\n", good, &kinds);
    // Each is bad for both questions.
    let expected: Vec<_> = expected.into_iter().flat_map(|bad| [bad, bad]).collect();
    let rows = check(read_with(text, "a.csv", &options), &expected);
    assert_eq!(rows.len(), 2 * GOOD);
    assert!((0..GOOD).all(|index| rows[2 * index + 1].id == format!("{index}/t/b")));
    // A cell that is bad by itself leaves the other answers of its row.
    let cells = [
        kind(format!("x,Ann,a,{long},"), "200001 bytes"),
        kind(b"x,Ann,a,\xff,", "column \"Q2\" is not UTF-8"),
    ];
    let (text, expected) = mixed("id,candidate,Q1,Q2,lang\n", good, &cells);
    let rows = check(read_with(text, "a.csv", &options), &expected);
    assert_eq!(rows.len(), 2 * GOOD + expected.len());
}

#[test]
fn sheet() {
    let long = format!("## Question 1: `t/s`\n{}", "x ".repeat(100_001));
    let line = format!("## Question 1: `t/s`\n{}", "x".repeat(MAX_ROW_BYTES + 1));
    let name = format!("## Question 1: `t/{}`\nx", "s".repeat(120));
    let kinds = [
        kind("## Question 1: `T/s`\nx", "bad question id \"T/s\""),
        kind("## Question 1: `mqa`\nx", "bad question id \"mqa\""),
        kind("## Question 1: `t/s/u`\nx", "bad question id"),
        kind("## Question 1: ``\nx", "bad question id \"\""),
        kind("## Question 1: `t/a b`\nx", "bad question id"),
        kind("## Question 1: `题/目`\nx", "bad question id"),
        kind(name, "bad question id"),
        kind(long, "the answer is 200001 bytes long"),
        kind(line, "longer than 2097152 bytes"),
        kind(b"## Question 1: `t/s`\nx\n\xb9\xb2\xff\n", "the line is not UTF-8 from byte 1"),
    ];
    let good =
        |index| format!("## 问题 {index}：`t/q{index}`\n\n> 题目？\n\n答案 {index}\n\n```\nx\n");
    let (text, expected) = mixed("Candidate: Ann\n", good, &kinds);
    let wordings = Wordings::new(|_| vec!["题目？".to_owned()]);
    let options = Options { wordings, ..Options::default() };
    let rows = check(read_with(text, "ann.md", &options), &expected);
    assert_eq!(rows.len(), GOOD);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.id, format!("Ann/t/q{index}"));
        assert_eq!(row.answer, format!("答案 {index}\n\n```\nx"));
    }
}

#[test]
fn folder() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for index in 0..GOOD {
        put(root, &format!("c{:03}/t/q{}.md", index / 10, index % 10), format!("答案 {index}"));
    }
    let long = "x".repeat(200_001);
    for index in 0..EACH {
        let folder = format!("c{:03}", 10 * index);
        put(root, &format!("{folder}/t/long.md"), &long);
        put(root, &format!("{folder}/t/bytes.txt"), b"abc\xff\xff");
        put(root, &format!("{folder}/t/word.docx"), "x");
        put(root, &format!("{folder}/t/none"), "x");
        put(root, &format!("{folder}/t/deep/er/x.md"), "x");
        put(root, &format!("{folder}/early.md"), "x");
        put(root, &format!("stray{index}.txt"), "x");
        symlink("/etc/passwd", root.join(format!("{folder}/t/link.md"))).unwrap();
        UnixListener::bind(root.join(format!("{folder}/t/socket.md"))).unwrap();
        let name = std::ffi::OsString::from_vec(b"n\xff.md".to_vec());
        fs::write(root.join(format!("{folder}/t")).join(name), "x").unwrap();
    }
    let reader = open(Source::new(root), &Options::default()).unwrap();
    let items: Vec<Item> = reader.map(Result::unwrap).collect();
    for (index, item) in items.iter().enumerate() {
        let (Item::Row(Row { line, .. }) | Item::Bad(BadRow { line, .. })) = item;
        assert_eq!(*line, index as u64 + 1);
    }
    let (rows, bads) = split(items);
    assert_eq!((rows.len(), bads.len()), (GOOD, 10 * EACH));
    for (place, reason) in [
        ("t/long.md", "longer than 200000 bytes"),
        ("t/bytes.txt", "the answer is not UTF-8 from byte 4"),
        ("t/word.docx", "neither .md nor .txt"),
        ("t/none", "neither .md nor .txt"),
        ("t/deep", "a folder where a file is expected"),
        ("early.md", "not at its place"),
        (".txt", "not at its place"),
        ("t/link.md", "a symbolic link is not followed"),
        ("t/socket.md", "neither a file nor a folder"),
        ("t/n\u{fffd}.md", "the name is not UTF-8"),
    ] {
        let named = bads.iter().filter(|bad| bad.said().contains(&format!("{place}: {reason}")));
        assert_eq!(named.count(), EACH, "{place}: {reason}");
    }
}

//! What `viva grade` and its neighbours say: in the language of the person who reads it, on a
//! screen that ends clean, with what to do next.

use std::time::Duration;

use serde_json::json;

use crate::support::{Server, Typist, Viva, met};

const QUESTION: &str = "architecture/mqa-and-gqa";

fn csv(rows: usize) -> String {
    let row = |i| format!("考生 {i},{QUESTION},\"一个回答 {i}，所有查询头共享同一个 K/V 头\"\n");
    format!("candidate,question_id,answer\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn what_a_person_reads_is_chinese_in_a_chinese_locale() {
    let server = Server::answering(met);
    let nobody = Server::answering(|_| crate::support::Reply::error(401, "错误的密钥"));
    let alone = Viva::new().env("LANG", "zh_CN.UTF-8");
    let with = |url: &str| Viva::new().env("LANG", "zh_CN.UTF-8").endpoint(url);
    let (connected, refused) = (with(&server.base_url()), with(&nobody.base_url()));
    let cases: &[(&Viva, &str, i32)] = &[
        (&alone, "grade in.csv", 3),
        (&alone, "grade nowhere.csv --grader lexical", 2),
        (&alone, "grade empty.csv --grader lexical", 5),
        (&alone, "grade in.csv --grader lexical -o in.csv", 2),
        (&alone, "grade in.csv --grader lexical -o out.xlsx", 2),
        (&alone, "grade in.csv --grader lexical --fail-under 100", 6),
        (&alone, "score nowhere.md --question architecture/mqa-and-gqa", 2),
        (&alone, "report nowhere.jsonl", 2),
        (&alone, "questions show nowhere/nothing", 2),
        (&connected, "grade in.csv -o out.jsonl --max-calls 2", 7),
        (&connected, "grade in.csv -o out.jsonl --dry-run", 0),
        (&connected, "grade in.csv -o out.jsonl --max-cost 1", 3),
        (&connected, "grade in.csv -o out.jsonl", 0),
        (&connected, "grade in.csv -o out.jsonl --model another", 3),
        (&refused, "grade in.csv -o out.jsonl", 4),
    ];
    for (viva, command, code) in cases {
        viva.file("in.csv", csv(6));
        viva.file("empty.csv", "");
        let ran = viva.run(&command.split(' ').collect::<Vec<_>>()).exits(*code);
        let said = if *code == 0 { ran.stderr + &ran.stdout } else { ran.stderr };
        assert!(!said.is_empty(), "{command} says nothing");
        for line in said.lines() {
            let han = line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(han && !line.contains("： "), "{command}: {line}");
        }
    }
}

#[test]
fn ctrl_c_leaves_no_line_of_the_progress_on_the_screen_and_a_second_one_names_the_command() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(400));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.csv", csv(6000));
    for presses in ["\x03", "\x03\x03"] {
        let mut me = Typist::start(&viva, &["grade", "in.csv", "-o", "out.jsonl"]);
        // The end of a table is not known before it is read.
        me.sees("≈").sees(" left").sees("in flight");
        for press in presses.chars() {
            me.keys(&press.to_string()).sees("Ctrl-C again stops at once");
        }
        assert_eq!(me.ends(), 130);
        let screen = me.screen();
        for gone in ["≈", "answers/", "^C"] {
            assert!(!screen.contains(gone), "{screen}");
        }
        assert!(screen.contains("what is graded is kept in out.jsonl.viva"), "{screen}");
        assert!(screen.contains("grade in.csv -o out.jsonl"), "{screen}");
    }
}

#[test]
fn the_reason_in_a_result_line_is_the_same_in_every_locale() {
    let row = json!({ "id": "r1", "question_id": "nowhere/nothing", "answer": "一个回答" });
    let read = |lang: &str| {
        let viva = Viva::new().env("LANG", lang);
        viva.run_with(&["grade", "-", "--grader", "lexical"], format!("{row}\n")).exits(5).stdout
    };
    let line = read("zh_CN.UTF-8");
    assert!(line.contains("there is no question"), "{line}");
    assert_eq!(line, read("en_US.UTF-8"));
}

#[test]
fn whoever_types_the_rows_is_told_how_to_end_and_writes_on_a_line_of_their_own() {
    let slow = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(600));
        met(request)
    });
    for more in [&[][..], &["-o", "out.jsonl"]] {
        let viva = Viva::new().endpoint(&slow.base_url());
        let mut me = Typist::start(&viva, &[&["grade", "-"], more].concat());
        me.sees("reading rows from standard input; Ctrl-D on a line of its own ends it");
        // Longer than a bar takes to be drawn.
        std::thread::sleep(Duration::from_millis(500));
        assert!(!me.everything().contains("0 graded"), "{}", me.screen());
        let row = json!({ "question_id": QUESTION, "answer": "One K/V head." });
        me.keys(&format!("{row}\r"));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!me.everything().contains("0 graded"), "{}", me.screen());
        me.keys("\u{4}");
        assert_eq!(me.ends(), 0, "{}", me.screen());
        assert!(me.screen().contains("1 graded"), "{}", me.screen());
    }
}

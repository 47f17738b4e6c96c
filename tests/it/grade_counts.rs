//! `viva grade`: what it says of rows that were not graded, and of a run that ended early.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use serde_json::{Value, json};

use crate::support::{Asked, Reply, Server, Viva, met, row};

const GRADE: [&str; 4] = ["grade", "in.jsonl", "-o", "out.jsonl"];

fn times(text: &str, words: &str) -> usize {
    text.matches(words).count()
}

#[test]
fn a_bad_row_is_named_and_counted_whatever_ends_the_run() {
    let viva = Viva::new();
    let rows: Vec<String> = (0..40).map(row).collect();
    viva.file("in.jsonl", format!("{}{{no\n{}", rows[..10].concat(), rows[10..].concat()));
    let grade = [&GRADE[..], &["--grader", "lexical"]].concat();
    let ran = viva.run(&[&grade[..], &["--strict"]].concat()).exits(5);
    assert!(ran.stderr.contains("graded · 1 bad"), "{}", ran.stderr);
    assert_eq!(times(&ran.stderr, "line 11: "), 1, "{}", ran.stderr);
    let ran = viva.run(&grade).exits(5).says("40 graded · 1 bad");
    assert_eq!(times(&ran.stderr, "line 11: "), 1, "{}", ran.stderr);

    let count = AtomicUsize::new(0);
    let server = Server::answering(move |request| {
        if count.fetch_add(1, SeqCst) < 20 { met(request) } else { Reply::error(402, "no money") }
    });
    let viva = viva.endpoint(&server.base_url());
    viva.file("in.jsonl", format!("{{no\n{}", rows.concat()));
    let command = ["grade", "in.jsonl", "-o", "paid.jsonl"];
    let ran = viva.run(&command).exits(4).says("20 graded · 1 bad");
    assert_eq!(times(&ran.stderr, "line 1: "), 1, "{}", ran.stderr);
}

#[test]
fn bad_rows_beyond_those_that_are_named_are_counted_and_found_in_the_output() {
    let viva = Viva::new();
    let grade = [&GRADE[..], &["--grader", "lexical"]].concat();
    for (bad, unnamed) in [(20, None), (23, Some("… and 3 more: "))] {
        viva.file("in.jsonl", format!("{}{}", row(1), "{no\n".repeat(bad)));
        let ran = viva.run(&grade).exits(5).says(&format!("1 graded · {bad} bad"));
        assert_eq!(times(&ran.stderr, "not JSON"), 20, "{}", ran.stderr);
        assert_eq!(times(&ran.stderr, " more: "), usize::from(unnamed.is_some()), "{}", ran.stderr);
        assert!(unnamed.is_none_or(|said| ran.stderr.contains(said)), "{}", ran.stderr);
        let lines = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
        assert_eq!(times(&lines, "not JSON"), bad);
    }
}

#[test]
fn a_partly_graded_row_counts_at_its_worst_both_as_it_is_graded_and_in_the_report() {
    // Of the last point no quote can be found.
    let server = Server::answering(|request| {
        let asked = Asked::of(request);
        let (quote, last) = (asked.first_words(6), asked.points.last().cloned());
        let somewhere = "said by nobody at all in here".to_owned();
        asked.reply(|claim| {
            let is_last = last.as_deref() == Some(claim);
            ("met", vec![if is_last { somewhere.clone() } else { quote.clone() }])
        })
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", row(1));
    viva.run(&GRADE).exits(5).says("0 graded · 1 ungraded");
    let lines = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let low = serde_json::from_str::<Value>(&lines).unwrap()["low"].as_f64().unwrap();
    assert!(low > 10.0, "{lines}");
    for (limit, code) in [(low - 1.0, 5), (low + 1.0, 6)] {
        let limit = format!("--fail-under={limit}");
        viva.run(&[&GRADE[..], &[&limit]].concat()).exits(code);
        let code = if code == 5 { 0 } else { 6 };
        viva.run(&["report", "out.jsonl", &limit]).exits(code);
    }
}

#[test]
fn a_run_that_the_breaker_ends_tells_where_the_reasons_are() {
    let server = Server::answering(|_| Reply::completion("nonsense"));
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..300).map(row).collect::<String>());
    let kept = viva.run(&GRADE).exits(4).says("answers failed or stayed ungraded");
    assert!(!viva.home().join("out.jsonl").exists());
    assert!(!kept.stderr.contains("lines written so far"), "{}", kept.stderr);
    assert!(kept.stderr.contains("the last one: "), "{}", kept.stderr);
    let piped = viva.run(&["grade", "in.jsonl"]).exits(4).says("lines written so far");
    let lines: Vec<Value> = piped.lines();
    assert!(lines.len() >= 90, "{}", lines.len());
}

#[test]
fn rows_that_got_no_reply_are_counted_when_the_run_ends_early() {
    let server = Server::answering(|_| Reply::hangup());
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..60).map(row).collect::<String>());
    for command in [&GRADE[..], &GRADE[..2]] {
        let ran = viva.run(command).exits(4).says("answers in a row got no reply");
        let failed = ran.stderr.split(" failed").next().unwrap().split(' ').next_back().unwrap();
        assert!(failed.parse::<u32>().unwrap() >= 25, "{}", ran.stderr);
    }
}

#[test]
fn references_that_got_no_points_are_counted_when_the_run_ends_early() {
    let server = Server::answering(|_| Reply::completion("I would rather not."));
    let viva = Viva::new().endpoint(&server.base_url());
    let row = |n: usize| {
        json!({ "id": format!("r{n}"), "question": "Why?", "answer": "It depends on it.",
                "reference": format!("Reference {n} says that it depends.") })
    };
    viva.file("in.jsonl", (0..300).map(|n| format!("{}\n", row(n))).collect::<String>());
    let ran = viva.run(&GRADE).exits(4).says("100 of the last 100 answers");
    assert!(ran.stderr.contains("0 graded · 100 failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the reply holds no JSON object"), "{}", ran.stderr);
}

#[test]
fn a_cap_into_which_no_call_fits_is_to_be_raised_and_any_other_begins_anew() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..5).map(row).collect::<String>());
    let capped = |cap: &[&str]| viva.run(&[&GRADE[..], cap].concat());
    for (flag, cap) in [("--max-calls", "0"), ("--max-tokens", "100")] {
        let ran = capped(&[flag, cap]).exits(7).says(&format!("raise {flag}"));
        assert!(!ran.stderr.contains("to go on"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("has it anew"), "{}", ran.stderr);
    }
    capped(&["--max-calls", "3"]).exits(7).says("has it anew").says("to go on: ");
    capped(&["--max-calls", "3"]).exits(0);
    assert_eq!(server.requests().len(), 5);
    // What needs no call is done with none.
    std::fs::remove_file(viva.home().join("out.jsonl")).unwrap();
    capped(&["--max-calls", "0"]).exits(0).says("5 graded");
}

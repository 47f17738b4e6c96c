//! `viva grade` with bare references: their points are drafted once each, several at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use serde_json::{Value, json};

use crate::support::{Reply, Server, Typist, Viva, met};

#[test]
fn references_get_their_points_several_at_a_time_and_each_once() {
    let (flying, most, drafts) = (
        Arc::<AtomicUsize>::default(),
        Arc::<AtomicUsize>::default(),
        Arc::<AtomicUsize>::default(),
    );
    let counts = (Arc::clone(&flying), Arc::clone(&most), Arc::clone(&drafts));
    let server = Server::answering(move |request| {
        if request.json()["messages"][1]["content"].as_str().unwrap().contains("<answer-") {
            return met(request);
        }
        counts.2.fetch_add(1, SeqCst);
        counts.1.fetch_max(counts.0.fetch_add(1, SeqCst) + 1, SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(40));
        counts.0.fetch_sub(1, SeqCst);
        let point = |n: usize| json!({ "claim": format!("Fact {n} holds."), "tier": "must" });
        Reply::completion(&json!({ "points": [point(1), point(2), point(3)] }).to_string())
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let row = |n: usize| {
        let reference = format!("Reference {} says that it depends.", n / 3);
        format!(
            "{}\n",
            json!({ "id": format!("r{n}"), "question": "Why?", "reference": reference,
                    "answer": format!("It depends on many things, case {n}.") })
        )
    };
    viva.file("in.jsonl", (0..180).map(row).collect::<String>());
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0);
    assert_eq!(drafts.load(SeqCst), 60);
    assert_eq!(server.requests().len(), 240);
    assert!(most.load(SeqCst) > 2, "{most:?} at a time");
    let out = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let ids = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone());
    assert!(ids.eq((0..180).map(|n| json!(format!("r{n}")))));
}

#[test]
fn a_reference_without_usable_points_fails_its_rows_alone_and_is_tried_again() {
    let cured = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&cured);
    let server = Server::answering(move |request| {
        let user = request.json()["messages"][1]["content"].as_str().unwrap().to_owned();
        if user.contains("<answer-") {
            return met(request);
        }
        if user.contains("Reference 1 ") && !well.load(SeqCst) {
            return Reply::completion("I would rather not.");
        }
        let point = json!({ "claim": "It depends.", "tier": "must" });
        Reply::completion(&json!({ "points": [point] }).to_string())
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let row = |n: usize| {
        let row = json!({ "id": format!("r{n}"), "question": "Why?", "candidate": "Ann",
            "reference": format!("Reference {} says that it depends.", n % 3),
            "answer": format!("It depends on many things, case {n}.") });
        format!("{row}\n")
    };
    viva.file("in.jsonl", (0..9).map(row).collect::<String>());
    let command = ["grade", "in.jsonl", "-o", "out.jsonl"];
    let lines = || {
        let out = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
        out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let ran = viva.run(&command).exits(5).says("6 graded").says("3 failed");
    assert!(!ran.stderr.contains("bad"), "{}", ran.stderr);
    let failed: Vec<_> = lines().into_iter().filter(|line| line["score"].is_null()).collect();
    assert_eq!(failed.len(), 3);
    for line in failed {
        let error = line["error"].as_str().unwrap();
        assert!(error.contains("the reply holds no JSON object"), "{error}");
        assert_eq!(line["candidate"], "Ann");
        assert_eq!(line["question"]["title"], "Why?");
        assert!(line["answer"].as_str().unwrap().starts_with("It depends on many things"));
    }
    let before = server.requests().len();
    cured.store(true, SeqCst);
    viva.run(&command).exits(0);
    assert!(lines().iter().all(|line| line["score"] == 100.0));
    assert_eq!(server.requests().len() - before, 1 + 3);
}

/// A bare reference of its own for each row, but for every tenth, which repeats the first.
fn bare(n: usize) -> String {
    let reference = if n % 10 == 9 { 0 } else { n };
    let row = json!({ "id": format!("r{n}"), "question": "Why?",
        "reference": format!("Reference {reference} says that it depends."),
        "answer": format!("It depends on many things, case {n}.") });
    format!("{row}\n")
}

/// A server that drafts other points each time, and how often it has done so.
fn inventive() -> (Server, Arc<AtomicUsize>) {
    let drafts = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&drafts);
    let server = Server::answering(move |request| {
        if request.json()["messages"][1]["content"].as_str().unwrap().contains("<answer-") {
            return met(request);
        }
        let n = count.fetch_add(1, SeqCst);
        let point = json!({ "claim": format!("It depends, says draft {n}."), "tier": "must" });
        Reply::completion(&json!({ "points": [point] }).to_string())
    });
    (server, drafts)
}

/// Rows and references beyond what is held in memory.
const MANY: usize = 1150;

#[test]
fn without_a_store_a_run_keeps_its_drafts_itself() {
    let (server, drafts) = inventive();
    let viva = Viva::new().endpoint(&server.base_url()).env("VIVA_DATA_DIR", "/dev/null/none");
    viva.file("in.jsonl", (0..MANY).map(bare).collect::<String>());
    let command = ["grade", "in.jsonl", "-o", "out.jsonl"];
    let capped = [&command[..], &["--max-calls", "700"]].concat();
    viva.run(&capped).exits(7);
    viva.run(&command).exits(0).says("1150 graded");
    let references = MANY - MANY / 10;
    assert_eq!(drafts.load(SeqCst), references);
    assert_eq!(server.requests().len(), MANY + references);
    let out = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let claims = |n: usize| {
        let line: Value = serde_json::from_str(out.lines().nth(n).unwrap()).unwrap();
        line["question"]["points"].clone()
    };
    assert_eq!(claims(MANY - 1), claims(0));
    // The output is made anew from what is kept.
    std::fs::remove_file(viva.home().join("out.jsonl")).unwrap();
    viva.run(&command).exits(0);
    assert_eq!(std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap(), out);
    assert_eq!(server.requests().len(), MANY + references);
}

#[test]
fn in_a_pipe_without_a_store_all_answers_to_a_reference_meet_the_same_draft() {
    let (server, drafts) = inventive();
    let viva = Viva::new().endpoint(&server.base_url()).env("VIVA_DATA_DIR", "/dev/null/none");
    let lines = viva.run_with(&["grade", "-"], (0..MANY).map(bare).collect::<String>()).lines();
    assert_eq!(drafts.load(SeqCst), MANY - MANY / 10);
    assert_eq!(lines[MANY - 1]["question"]["points"], lines[0]["question"]["points"]);
}

/// `n` answers to one bare reference.
fn same(n: usize) -> String {
    let row = |n: usize| {
        let row = json!({ "id": format!("r{n}"), "question": "Why?", "reference": "It depends.",
            "answer": format!("It depends on many things, case {n}.") });
        format!("{row}\n")
    };
    (0..n).map(row).collect()
}

#[test]
fn one_reference_without_points_says_nothing_about_the_endpoint() {
    let server = Server::answering(|_| Reply::completion("I would rather not."));
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", same(150));
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(5).says("150 failed");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn drafts_that_cannot_be_kept_end_the_run_at_once() {
    let (server, drafts) = inventive();
    let viva = Viva::new().endpoint(&server.base_url()).env("TMPDIR", "/dev/null/none");
    let ran = viva.run_with(&["grade", "-"], same(300)).exits(1);
    assert!(ran.stderr.contains("drafted points can be neither kept nor read"), "{}", ran.stderr);
    // One more where another row has begun with it in that moment.
    let drafts = drafts.load(SeqCst);
    assert!((1..=2).contains(&drafts), "{drafts} drafts were paid for");
    let chinese = viva.env("LC_ALL", "zh_CN.UTF-8");
    chinese.run_with(&["grade", "-"], same(1)).exits(1).says("草拟的要点无法保存或读取");
}

#[test]
fn ctrl_c_lets_drafts_in_flight_end_and_keeps_them() {
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let server = Server::answering(move |request| {
        if request.json()["messages"][1]["content"].as_str().unwrap().contains("<answer-") {
            return met(request);
        }
        count.fetch_add(1, SeqCst);
        // The row that is waited for has its points long before the others.
        let first = String::from_utf8_lossy(&request.body).contains("Reference 0 ");
        std::thread::sleep(std::time::Duration::from_millis(if first { 1500 } else { 3000 }));
        let point = json!({ "claim": "It depends.", "tier": "must" });
        Reply::completion(&json!({ "points": [point] }).to_string())
    });
    let viva = Viva::new().endpoint(&server.base_url()).env("VIVA_DATA_DIR", "/dev/null/none");
    viva.file("in.jsonl", (0..9).map(bare).collect::<String>());
    let command = ["grade", "in.jsonl", "-o", "out.jsonl"];
    let mut typist = Typist::start(&viva, &command);
    typist.waits("eight drafts in flight", |_| asked.load(SeqCst) == 8);
    typist.keys("\x03").sees("Ctrl-C again stops at once");
    assert_eq!(typist.ends(), 130);
    let kept = std::fs::read_to_string(viva.home().join("out.jsonl.viva/drafts.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 8);
    viva.run(&command).exits(0).says("9 graded");
    assert_eq!(asked.load(SeqCst), 9, "a draft was lost, or paid for twice");
}

/// Answers to one reference of which all but one say nothing.
fn silent() -> String {
    let answers = ["", " ... ", "Why?", "It depends on many things.", "?!"];
    let row = |(n, answer)| {
        let row = json!({ "id": format!("r{n}"), "question": "Why?", "reference": "It depends.",
            "answer": answer });
        format!("{row}\n")
    };
    answers.iter().enumerate().map(row).collect()
}

#[test]
fn an_answer_that_says_nothing_to_a_bare_reference_costs_no_call() {
    let (server, _) = inventive();
    let viva = Viva::new().endpoint(&server.base_url());
    let said = silent().lines().nth(3).unwrap().to_owned() + "\n";
    let blank = silent().replace(&said, "");
    let scores = |lines: &[Value]| lines.iter().map(|l| l["score"].clone()).collect::<Vec<_>>();
    viva.file("blank.jsonl", &blank);
    let ran = viva.run(&["grade", "blank.jsonl", "--dry-run", "--json"]).exits(0);
    let plan = &ran.lines()[0];
    assert_eq!((&plan["drafts"], &plan["calls"]), (&json!(0), &json!(0)));
    let lines = viva.run(&["grade", "blank.jsonl"]).exits(0).lines();
    assert_eq!(scores(&lines), [0.0; 4]);
    viva.run(&["grade", "blank.jsonl", "-o", "blank-out.jsonl"]).exits(0).says("4 graded");
    assert!(server.requests().is_empty());
    // Beside an answer that says something they miss the same points, wherever they stand.
    viva.file("in.jsonl", silent());
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0).says("5 graded");
    assert_eq!(server.requests().len(), 2);
    let out = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(scores(&lines), [0.0, 0.0, 0.0, 100.0, 0.0]);
    assert!(lines.iter().all(|l| l["question"]["points"] == lines[3]["question"]["points"]));
    assert!(lines[0]["points"].as_array().unwrap().iter().all(|p| p["verdict"] == "missing"));
}

#[test]
fn nothing_is_drafted_for_rows_that_are_refused() {
    let (server, drafts) = inventive();
    let viva = Viva::new().endpoint(&server.base_url());
    let twice = |n: usize| bare(n).replace(&format!("\"r{n}\""), "\"r0\"");
    let rows = [bare(0), twice(1), twice(2), "{no\n".to_owned(), bare(3)];
    viva.file("in.jsonl", rows.concat());
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(5).says("2 graded · 3 bad");
    assert_eq!(drafts.load(SeqCst), 2);
}

#[test]
fn drafts_of_the_store_are_taken_into_the_run() {
    let (server, drafts) = inventive();
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..5).map(bare).collect::<String>());
    viva.run(&["grade", "in.jsonl"]).exits(0);
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0);
    assert_eq!(drafts.load(SeqCst), 5);
    std::fs::remove_dir_all(viva.data()).unwrap();
    viva.file("in.jsonl", (0..6).map(bare).collect::<String>());
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0);
    assert_eq!(drafts.load(SeqCst), 6);
}

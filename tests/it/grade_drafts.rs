//! `viva grade` with bare references: their points are drafted once each, several at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use serde_json::{Value, json};

use crate::support::{Reply, Server, Viva, met};

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
    viva.run(&command).exits(5).says("6 graded").says("3 failed").says("no usable points");
    let failed: Vec<_> = lines().into_iter().filter(|line| line["score"].is_null()).collect();
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(|line| line["error"].is_string() && line["candidate"] == "Ann"));
    let before = server.requests().len();
    cured.store(true, SeqCst);
    viva.run(&command).exits(0);
    assert!(lines().iter().all(|line| line["score"] == 100.0));
    assert_eq!(server.requests().len() - before, 1 + 3);
}

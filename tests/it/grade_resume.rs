//! `viva grade -o`: killed, edited, moved, refused; what is graded again and what is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Asked, Reply, Request, Server, Viva, answer, met};

const QUESTION: &str = "architecture/mqa-and-gqa";

fn row(id: usize, answer: &str) -> String {
    format!("{}\n", json!({ "id": format!("r{id}"), "question_id": QUESTION, "answer": answer }))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines without what differs between two runs that grade alike.
fn settled(path: &Path) -> Vec<Value> {
    let mut lines = lines(path);
    for line in &mut lines {
        let fields = line.as_object_mut().unwrap();
        fields.shift_remove("provenance");
        // Whether a server faltered is provenance, too.
        let flags = fields["flags"].as_array_mut().unwrap();
        flags.retain(|flag| flag != "reasked");
    }
    lines
}

#[test]
fn only_edited_and_new_rows_are_graded_again() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    let out = viva.home().join("out.jsonl");
    let grade = |rows: &str, more: &[&str]| {
        viva.file("in.jsonl", rows);
        let before = server.requests().len();
        let ran = viva.run(&[&["grade", "in.jsonl", "-o", "out.jsonl"], more].concat()).exits(0);
        (server.requests().len() - before, ran)
    };
    let first: Vec<String> = (0..300).map(|n| row(n, &answer(n))).collect();
    assert_eq!(grade(&first.concat(), &[]).0, 300);
    assert_eq!(lines(&out).len(), 300);
    let (calls, ran) = grade(&first.concat(), &[]);
    assert_eq!(calls, 0);
    assert!(ran.stderr.contains("nothing to do"), "{}", ran.stderr);

    let edited: Vec<String> =
        (0..300)
            .filter(|n| !(100..150).contains(n))
            .map(|n| {
                if n < 100 { row(n, &format!("{} Edited.", answer(n))) } else { row(n, &answer(n)) }
            })
            .chain((300..350).map(|n| row(n, &answer(n))))
            .collect();
    assert_eq!(grade(&edited.concat(), &[]).0, 150);
    let ids: Vec<String> =
        lines(&out).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 300);
    assert_eq!((ids[99].as_str(), ids[100].as_str()), ("r99", "r150"));
    assert!(lines(&out)[0]["answer"].as_str().unwrap().ends_with("Edited."));

    // Another order, and another address of the same model: nothing is graded.
    let turned: Vec<String> = edited.iter().rev().cloned().collect();
    let other = Server::answering(met);
    let moved = viva.env("VIVA_BASE_URL", &other.base_url());
    moved.file("in.jsonl", turned.concat());
    moved.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0);
    assert_eq!(other.requests().len(), 0);
    assert_eq!(lines(&out)[0]["id"], "r349");
    let manifest: Value = serde_json::from_slice(
        &std::fs::read(moved.home().join("out.jsonl.viva/manifest.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(manifest["endpoints"].as_array().unwrap().len(), 2);

    moved.run(&["grade", "in.jsonl", "-o", "out.jsonl", "--fresh"]).exits(0);
    assert_eq!(other.requests().len(), 300);
}

#[test]
fn a_changed_scoring_is_applied_without_a_call_and_another_model_is_refused() {
    let server = Server::answering(|request| {
        let asked = Asked::of(request);
        let quote = asked.first_words(6);
        asked.reply(|_| ("partial", vec![quote.clone()]))
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let rows: String = (0..20).map(|n| row(n, &answer(n))).collect();
    viva.file("in.jsonl", &rows);
    let out = viva.home().join("out.jsonl");
    let grade =
        |more: &[&str]| viva.run(&[&["grade", "in.jsonl", "-o", "out.jsonl"], more].concat());
    grade(&[]).exits(0);
    let before = lines(&out);
    let rubric = include_str!("../../prompts/rubric.toml")
        .replace("bonus_share = 0.10", "bonus_share = 0.0");
    viva.file("rubric.toml", &rubric);
    grade(&["--rubric", "rubric.toml"]).exits(0);
    let after = lines(&out);
    assert_eq!(server.requests().len(), 20);
    assert!(after[0]["score"].as_f64().unwrap() < before[0]["score"].as_f64().unwrap());
    assert_ne!(after[0]["fingerprint"], before[0]["fingerprint"]);

    grade(&["--model", "another"]).exits(3).says("--fresh");
    let refused = grade(&["--grader", "lexical"]).exits(3);
    assert!(refused.stderr.contains("grader"), "{}", refused.stderr);
    assert_eq!(lines(&out), after);
}

#[test]
fn failed_rows_are_tried_again_and_others_are_not() {
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let server = Server::answering(move |request| {
        let failing = Asked::of(request).answer.contains("case 7.") && state.load(Ordering::SeqCst);
        if failing { Reply::completion("nonsense") } else { met(request) }
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..20).map(|n| row(n, &answer(n))).collect::<String>());
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(5);
    let before = server.requests().len();
    broken.store(false, Ordering::SeqCst);
    viva.run(&["grade", "in.jsonl", "-o", "out.jsonl"]).exits(0);
    assert_eq!(server.requests().len() - before, 1);
    assert_eq!(lines(&viva.home().join("out.jsonl"))[7]["score"], 100.0);
}

#[test]
fn a_second_process_on_the_same_output_is_refused() {
    let (open, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (gate, bell) = (Arc::clone(&open), Arc::clone(&asked));
    let server = Server::answering(move |request| {
        bell.store(true, Ordering::SeqCst);
        while !gate.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..10).map(|n| row(n, &answer(n))).collect::<String>());
    let arguments = ["grade", "in.jsonl", "-o", "out.jsonl", "--max-concurrency", "2"];
    let mut first =
        viva.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !asked.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(10));
    }
    viva.run(&arguments).exits(3).says("another process");
    open.store(true, Ordering::SeqCst);
    assert!(first.wait().unwrap().success());
}

/// Places in a trace of system calls at which all of `words` stand in one line.
fn traced(trace: &str, words: &[&str]) -> Vec<usize> {
    let lines = trace.lines().enumerate();
    let found = lines.filter(|(_, line)| words.iter().all(|word| line.contains(word)));
    found.map(|(at, _)| at).collect()
}

#[test]
fn results_are_on_the_disk_before_the_output_takes_its_place_and_the_run_says_done() {
    let viva = Viva::new();
    viva.file("in.jsonl", (0..200).map(|n| row(n, &answer(n))).collect::<String>());
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,write";
    let traced_run = std::process::Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-o", "trace", "-e", calls, env!("CARGO_BIN_EXE_viva")])
        .args(["grade", "in.jsonl", "-o", "out.jsonl", "--grader", "lexical"])
        .env("HOME", viva.home())
        .env("LANG", "C")
        .current_dir(viva.home())
        .output();
    let Some(ran) = traced_run.ok().filter(|ran| ran.status.success()) else {
        println!("skipped: strace is not there, or not allowed");
        return;
    };
    assert_eq!(lines(&viva.home().join("out.jsonl")).len(), 200, "{ran:?}");
    let trace = std::fs::read_to_string(viva.home().join("trace")).unwrap();
    let last =
        |words: &[&str]| *traced(&trace, words).last().unwrap_or_else(|| panic!("{words:?}"));
    let written = last(&["write(", "/results.jsonl>"]);
    let synced = last(&["fdatasync(", "/results.jsonl>"]);
    let indexed = last(&["fdatasync(", "/index>"]);
    let whole = last(&["fdatasync(", "/partial>"]);
    let placed = last(&["rename", "/partial\"", "\"out.jsonl\""]);
    let done = last(&["write(2<", "done:"]);
    let order = [written, synced, indexed, whole, placed, done];
    assert!(order.is_sorted(), "{order:?}\n{trace}");
}

/// Every tenth reply is bad in one of several ways, by a counter of requests.
fn faulty(count: usize, request: &Request) -> Reply {
    match count % 40 {
        7 => Reply::error(503, "overloaded"),
        17 => Reply::hangup(),
        27 => Reply::completion("{\"no"),
        37 => Reply::error(500, "oops"),
        _ => met(request),
    }
}

#[test]
fn killed_at_any_moment_it_ends_as_if_nothing_had_happened() {
    let kills: usize = std::env::var("VIVA_TEST_KILLS").map_or(12, |n| n.parse().unwrap());
    let rows: usize = std::env::var("VIVA_TEST_ROWS").map_or(400, |n| n.parse().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    // So slow that the kills are spread over the whole run.
    let delay = Duration::from_millis((kills * 1000 / rows) as u64);
    let server = Server::answering(move |request| {
        std::thread::sleep(delay);
        faulty(counter.fetch_add(1, Ordering::SeqCst), request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", (0..rows).map(|n| row(n, &answer(n))).collect::<String>());
    let arguments = ["grade", "in.jsonl", "-o", "out.jsonl", "--max-concurrency", "8"];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut hit = 0;
    for kill in 0..kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut child =
            viva.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // One in four while it begins, the others while answers are graded or put together.
        let before = count.load(Ordering::SeqCst);
        let begun = || kill % 4 == 0 || count.load(Ordering::SeqCst) > before;
        while !begun() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis((seed >> 33) % 300));
        // It may have ended by itself.
        let _ = child.kill();
        hit += usize::from(child.wait().unwrap().code().is_none());
    }
    assert!(hit * 2 > kills, "only {hit} of {kills} kills met a run that went on");
    viva.run(&arguments).exits(0);
    let out = viva.home().join("out.jsonl");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines(&out) {
        *seen.entry(line["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len(), rows);
    assert!(seen.values().all(|times| *times == 1));
    // A fault is retried; a kill loses at most what was in flight.
    let calls = count.load(Ordering::SeqCst);
    let faults = (0..calls).filter(|n| n % 10 == 7).count();
    println!("{rows} rows, {hit} of {kills} kills, {faults} faults, {calls} calls");
    assert!(calls <= rows + faults + hit * 8, "{calls} calls");
    assert!(calls > rows + faults, "no kill met an answer in flight");

    let calm = Server::answering(met);
    let undisturbed = Viva::new().endpoint(&calm.base_url());
    undisturbed.file("in.jsonl", (0..rows).map(|n| row(n, &answer(n))).collect::<String>());
    undisturbed.run(&arguments).exits(0);
    assert_eq!(settled(&out), settled(&undisturbed.home().join("out.jsonl")));
}

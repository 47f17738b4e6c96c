//! `viva grade -o` that cannot begin, or only looks: what is there stays as it is.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use serde_json::{Value, json};

use crate::support::{Server, Viva, met, rows};

const QUESTION: &str = "architecture/mqa-and-gqa";
const GRADE: [&str; 4] = ["grade", "in.jsonl", "-o", "out.jsonl"];

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path.display().to_string(), bytes);
            }
        }
    }
    found
}

/// Asserts that the home folder is as it was.
fn assert_same(viva: &Viva, before: &BTreeMap<String, Vec<u8>>) {
    let now = files(viva.home());
    let names = now.keys().chain(before.keys());
    // The store may only now bring into its file what the last process had left beside it.
    let changed = names.filter(|name| now.get(*name) != before.get(*name));
    let changed: Vec<_> = changed.filter(|name| !name.contains("/viva.db")).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn a_fresh_run_that_cannot_begin_destroys_nothing() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(20));
    viva.file("empty.csv", "");
    viva.file("empty.jsonl", "\n");
    viva.file("other.csv", "name,text\nAnn,One shared head.\n");
    viva.file("rubric.toml", "[scoring]\nbands = 7\n");
    viva.run(&GRADE).exits(0);
    let journal = viva.home().join("out.jsonl.viva");
    let kept = || files(&journal);
    let before = kept();
    let with = |input: &str, more: &[&str]| {
        let base = ["grade", input, "-o", "out.jsonl", "--fresh"];
        let ran = viva.run(&[&base[..], more].concat());
        assert!([2, 3, 5].contains(&ran.code), "{input} {more:?}: {ran:?}");
        assert!(kept() == before, "{input} {more:?}");
    };
    with("inn.jsonl", &[]);
    with("empty.csv", &[]);
    with("empty.jsonl", &[]);
    with("-", &[]);
    with("other.csv", &["--question", QUESTION]);
    with("other.csv", &["--question", QUESTION, "--map", "answer=txt"]);
    with("other.csv", &["--wide", "--map", "text=architecture/no-such"]);
    with("-", &["--question", QUESTION]);
    with("in.jsonl", &["--question", "architecture/no-such"]);
    with("in.jsonl", &["--ask", "Why?", "--reference", "missing.txt"]);
    with("in.jsonl", &["--rubric", "rubric.toml"]);
    with("in.jsonl", &["--model", ""]);
    with("in.jsonl", &["--max-cost", "1"]);
    // Nothing was lost, so nothing is graded again.
    viva.run(&GRADE).exits(0);
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn an_input_that_does_not_exist_leaves_no_folder_behind() {
    let viva = Viva::new();
    viva.run(&["grade", "inn.jsonl", "-o", "out.jsonl", "--grader", "lexical"]).exits(2);
    let left = std::fs::read_dir(viva.home()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), Vec::<std::ffi::OsString>::new());
}

#[test]
fn a_dry_run_creates_no_file_at_all() {
    let viva = Viva::new().endpoint("http://127.0.0.1:9/v1");
    viva.file("in.jsonl", rows(20_000));
    viva.file("tmp/.keep", "");
    let viva = viva.env("TMPDIR", "tmp");
    let before = files(viva.home());
    let ran = viva.run(&[&GRADE[..], &["--dry-run"]].concat()).exits(0);
    assert!(ran.stdout.contains("20000 calls"), "{}", ran.stdout);
    assert!(files(viva.home()) == before);
}

#[test]
fn a_dry_run_looks_at_a_run_that_is_going_on_and_changes_nothing_of_it() {
    let (shut, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (gate, bell) = (Arc::clone(&shut), Arc::clone(&asked));
    let server = Server::answering(move |request| {
        while gate.load(SeqCst) {
            bell.store(true, SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(10));
    viva.run(&GRADE).exits(0);
    viva.file("in.jsonl", rows(30));
    shut.store(true, SeqCst);
    let mut first =
        viva.command(&GRADE).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !asked.load(SeqCst) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let before = files(viva.home());
    let dry = [&GRADE[..], &["--dry-run", "--json"]].concat();
    let plan: Value = serde_json::from_str(&viva.run(&dry).exits(0).stdout).unwrap();
    assert_eq!((plan["done"].clone(), plan["calls"].clone()), (json!(10), json!(20)), "{plan}");
    assert_same(&viva, &before);
    shut.store(false, SeqCst);
    assert!(first.wait().unwrap().success());

    // Another model's verdicts are refused here, too, and --fresh counts all.
    viva.run(&[&dry[..], &["--model", "other"]].concat()).exits(3).says("--fresh");
    let fresh = viva.run(&[&dry[..], &["--model", "other", "--fresh"]].concat()).exits(0);
    assert!(fresh.stdout.contains("\"calls\":30"), "{}", fresh.stdout);
}

#[test]
fn a_dry_run_after_a_kill_counts_what_was_graded() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(40));
    viva.run(&GRADE).exits(0);
    // As a kill leaves it: some index records are missing, and the last result is torn.
    let cut = |name: &str, bytes: u64| {
        let path = viva.home().join("out.jsonl.viva").join(name);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    };
    cut("index", 5 * 32 + 7);
    cut("results.jsonl", 9);
    let dry = [&GRADE[..], &["--dry-run", "--json"]].concat();
    let before = files(viva.home());
    let plan: Value = serde_json::from_str(&viva.run(&dry).exits(0).stdout).unwrap();
    assert_eq!((plan["done"].clone(), plan["calls"].clone()), (json!(39), json!(1)), "{plan}");
    assert_same(&viva, &before);
}

#[test]
fn ctrl_c_ends_a_run_that_waits_for_input() {
    let interrupted = |arguments: &[&str], is_ready: &dyn Fn(&Viva) -> bool| {
        let viva = Viva::new();
        let read = std::fs::File::create(viva.home().join("read.jsonl")).unwrap();
        let mut command =
            viva.command(&[&["grade", "-", "--grader", "lexical"], arguments].concat());
        let command = command.stdin(Stdio::piped()).stdout(read).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(rows(1).as_bytes()).unwrap();
        while !is_ready(&viva) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        // Would wait for ever, since more could still come.
        let ended = child.wait_with_output().unwrap();
        drop(stdin);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(130), "{said}");
        (viva, said)
    };
    let has = |viva: &Viva, name: &str| {
        std::fs::metadata(viva.home().join(name)).is_ok_and(|file| file.len() > 0)
    };
    let (_, said) = interrupted(&[], &|viva| has(viva, "read.jsonl"));
    assert!(said.contains("so far: 1 graded"), "{said}");
    let (viva, said) = interrupted(&["-o", "out.jsonl"], &|viva| has(viva, "out.jsonl.viva/input"));
    assert!(said.contains("to go on with the same input"), "{said}");
    let again = ["grade", "-", "--grader", "lexical", "-o", "out.jsonl"];
    viva.run_with(&again, rows(2)).exits(0).says("2 graded");
}

//! `viva grade -o`: what lies beside and before a run (copies, damage, other people's files, an
//! input that changes) is told as what it is, and nothing is graded twice.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Ran, Reply, Server, Viva, met, rows};

const GRADE: [&str; 4] = ["grade", "in.jsonl", "-o", "out.jsonl"];

/// A home folder with twenty answers that were graded.
fn graded(server: &Server) -> Viva {
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(20));
    viva.run(&GRADE).exits(0);
    viva
}

fn out(viva: &Viva) -> PathBuf {
    viva.home().join("out.jsonl")
}

fn manifest(viva: &Viva) -> PathBuf {
    viva.home().join("out.jsonl.viva/manifest.json")
}

/// Gives all files below a folder another time.
fn touch(folder: &Path) {
    let time = std::time::SystemTime::now() + Duration::from_secs(77);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            touch(&path);
        } else {
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            file.set_modified(time).unwrap();
        }
    }
}

#[test]
fn a_finished_run_that_was_copied_or_touched_goes_on_as_if_it_was_not() {
    let server = Server::answering(met);
    let viva = graded(&server);
    touch(viva.home());
    viva.run(&GRADE).exits(0).says("nothing to do");

    // As `cp -r`, `tar` or `git clone` leave it: the same bytes at another time.
    let copy = Viva::new().endpoint(&server.base_url());
    for name in ["in.jsonl", "out.jsonl", "out.jsonl.viva"] {
        let paths = [viva.home().join(name), copy.home().to_owned()];
        assert!(Command::new("cp").arg("-r").args(paths).status().unwrap().success());
    }
    copy.run(&GRADE).exits(0).says("nothing to do");
    copy.file("in.jsonl", rows(22));
    copy.run(&GRADE).exits(0);
    assert_eq!(server.requests().len(), 22);
    assert_eq!(std::fs::read_to_string(out(&copy)).unwrap().lines().count(), 22);

    // The same length, and other bytes.
    let edited = std::fs::read_to_string(out(&copy)).unwrap().replacen("met", "mat", 1);
    std::fs::write(out(&copy), &edited).unwrap();
    copy.run(&GRADE).exits(2).says("was changed after it was written");
    assert_eq!(std::fs::read_to_string(out(&copy)).unwrap(), edited);
    assert_eq!(server.requests().len(), 22);
}

#[test]
fn a_damaged_manifest_is_told_as_that_and_costs_no_grading() {
    let server = Server::answering(met);
    let viva = graded(&server);
    let before = std::fs::read(out(&viva)).unwrap();
    for damage in ["{}", "", "{\"verdicts\": \"", "null"] {
        std::fs::write(manifest(&viva), damage).unwrap();
        let refused = viva.run(&GRADE).exits(2).says("manifest.json is damaged");
        assert!(!refused.stderr.contains("was changed"), "{damage}: {}", refused.stderr);
        refused.says("move the output away");
        assert_eq!(std::fs::read_to_string(manifest(&viva)).unwrap(), damage);
        // As it says.
        std::fs::rename(out(&viva), viva.home().join("away.jsonl")).unwrap();
        viva.run(&GRADE).exits(0).says("manifest.json is damaged and is made anew");
        assert_eq!(std::fs::read(out(&viva)).unwrap(), before, "{damage}");
        viva.run(&GRADE).exits(0).says("nothing to do");
    }
    assert_eq!(server.requests().len(), 20);
    std::fs::write(manifest(&viva), "{}").unwrap();
    let chinese = viva.env("LANG", "zh_CN.UTF-8");
    chinese.run(&GRADE).exits(2).says("out.jsonl.viva/manifest.json 已损坏");
    chinese.run(&[&GRADE[..], &["--fresh"]].concat()).exits(0);
    assert_eq!(server.requests().len(), 40);
}

#[test]
fn what_has_the_name_of_the_journal_and_is_none_is_left_alone() {
    let viva = Viva::new();
    viva.file("in.jsonl", rows(3));
    let lexical = [&GRADE[..], &["--grader", "lexical"]].concat();
    let refused = |words: &str| {
        for more in [&[][..], &["--dry-run"], &["--fresh"]] {
            viva.run(&[&lexical[..], more].concat()).exits(2).says(words).says("another -o");
        }
        assert!(!out(&viva).exists());
    };
    let journal = viva.file("out.jsonl.viva", "mine");
    refused("out.jsonl.viva is not a folder");
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "mine");
    std::fs::remove_file(&journal).unwrap();
    let notes = viva.file("out.jsonl.viva/notes.txt", "mine");
    refused("out.jsonl.viva is a folder that holds something else");
    let left = std::fs::read_dir(notes.parent().unwrap()).unwrap().count();
    assert_eq!((left, std::fs::read_to_string(&notes).unwrap()), (1, "mine".to_owned()));
    std::fs::remove_file(&notes).unwrap();
    // An empty one is as good as none.
    viva.run(&lexical).exits(0);
}

#[test]
fn an_output_that_takes_bytes_and_cannot_be_replaced_is_refused() {
    let viva = Viva::new();
    viva.file("in.jsonl", rows(3));
    let pipe = viva.home().join("pipe.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let before = std::fs::symlink_metadata(&pipe).unwrap().file_type();
    for more in [&[][..], &["--fresh"]] {
        let grade = ["grade", "in.jsonl", "-o", "pipe.jsonl", "--grader", "lexical"];
        viva.run(&[&grade[..], more].concat()).exits(2).says("is not a regular file");
    }
    assert_eq!(before, std::fs::symlink_metadata(&pipe).unwrap().file_type());
}

#[test]
fn a_finished_run_is_known_by_any_way_to_its_files_and_with_another_pace() {
    let viva = Viva::new();
    viva.file("in.jsonl", rows(3));
    let grade = |input: &str, out: &str, more: &[&str]| {
        let command = ["grade", input, "-o", out, "--grader", "lexical"];
        viva.run(&[&command[..], more].concat()).exits(0)
    };
    grade("in.jsonl", "out.jsonl", &[]);
    let absolute = viva.home().join("in.jsonl");
    std::os::unix::fs::symlink("out.jsonl", viva.home().join("link.jsonl")).unwrap();
    for (input, out, more) in [
        ("./in.jsonl", "./out.jsonl", &[][..]),
        (absolute.to_str().unwrap(), "link.jsonl", &[]),
        ("in.jsonl", "out.jsonl", &["--max-concurrency", "3", "--strict"]),
    ] {
        grade(input, out, more).says("nothing to do");
    }
    let again = grade("in.jsonl", "out.jsonl", &["--no-text"]).stderr;
    assert!(!again.contains("nothing to do"), "{again}");
    viva.run(&["grade", "in.jsonl", "-o", "new/"]).exits(2).says("the output new/ is a folder");
}

#[test]
fn another_model_is_named_in_the_language_of_the_user() {
    let server = Server::answering(met);
    let viva = graded(&server).env("LANG", "zh_CN.UTF-8");
    let other = [&GRADE[..], &["--model", "other"]].concat();
    let said = viva.run(&other).exits(3).says("模型当时是 test-model，现在是 other").stderr;
    assert!(!said.contains("now") && !said.contains("（model"), "{said}");
    let lexical = [&GRADE[..], &["--grader", "lexical"]].concat();
    viva.run(&lexical).exits(3).says("评分器当时是 llm，现在是 lexical");
}

#[test]
fn a_lock_that_the_file_system_does_not_give_is_no_other_process() {
    let viva = Viva::new();
    viva.file("in.jsonl", rows(3));
    let traced = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"])
        .args([env!("CARGO_BIN_EXE_viva")])
        .args([&GRADE[..], &["--grader", "lexical"]].concat())
        .env("HOME", viva.home())
        .env("LANG", "C")
        .current_dir(viva.home())
        .output();
    let Some(ran) = traced.ok().filter(|ran| ran.status.code() == Some(1)) else {
        println!("skipped: strace is not there, or not allowed");
        return;
    };
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("cannot lock out.jsonl.viva/lock: No locks available"), "{said}");
    assert!(said.contains("local disk") && !said.contains("another process"), "{said}");
}

/// Grades fifty answers while `meanwhile` does something to the input.
fn with_meanwhile(meanwhile: impl Fn(&Path)) -> (Server, Viva, Ran) {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(60));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let input = viva.file("in.jsonl", rows(50));
    let arguments = [&GRADE[..], &["--max-concurrency", "4"]].concat();
    let child = viva.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    server.waits_for(40);
    meanwhile(&input);
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    let ran = Ran { stdout: String::new(), stderr, code: ended.status.code().unwrap() };
    assert!(!out(&viva).exists(), "{ran:?}");
    assert!(!viva.home().join("out.jsonl.viva/partial").exists());
    (server, viva, ran)
}

#[test]
fn an_input_that_changes_while_the_run_goes_on_is_noticed_and_nothing_is_lost() {
    let changed = "in.jsonl was changed while the run went on, so no output is written";
    // Longer, cut off, of the same length, moved away.
    let edited = rows(50).replace("one key head", "one key tail");
    let longer = format!("{}\n", rows(50));
    for text in [Some(longer.as_str()), Some(""), Some(&edited), None] {
        let (server, viva, ran) = with_meanwhile(|input| match text {
            Some(text) => std::fs::write(input, text).unwrap(),
            None => std::fs::rename(input, input.with_file_name("moved.jsonl")).unwrap(),
        });
        let words = if text.is_some() { changed } else { "in.jsonl is not there any more" };
        let ran = ran.exits(1).says(words).says("so far: 50 graded").says("kept in out.jsonl.viva");
        assert!(ran.stderr.contains("grade in.jsonl -o out.jsonl"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("failed"), "{}", ran.stderr);
        // What was graded is there for the input as it was.
        viva.file("in.jsonl", rows(50));
        viva.run(&GRADE).exits(0);
        assert_eq!(server.requests().len(), 50);
    }
}

#[test]
fn an_input_that_is_only_touched_while_the_run_goes_on_is_the_same() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(60));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(20));
    let mut child = viva.command(&GRADE).stderr(Stdio::null()).spawn().unwrap();
    server.waits_for(1);
    viva.file("in.jsonl", rows(20));
    assert!(child.wait().unwrap().success());
    assert!(out(&viva).exists());
}

#[test]
fn what_can_be_read_only_once_is_copied_and_the_copy_goes_with_the_run() {
    let viva = Viva::new();
    let grade = ["grade", "-", "-o", "out.jsonl", "--grader", "lexical"];
    let copy = viva.home().join("out.jsonl.viva/input");
    viva.run_with(&grade, rows(30)).exits(0);
    assert!(!copy.exists());
    viva.run_with(&grade, rows(30)).exits(0).says("nothing to do");
    assert!(!copy.exists());
    // What a kill has left goes with the next command, whatever that reads.
    for (more, left) in [(&[][..], "input"), (&["--fresh"][..], "partial")] {
        let left = viva.file(&format!("out.jsonl.viva/{left}"), "left");
        viva.file("in.jsonl", rows(31));
        viva.run(&[&GRADE[..], &["--grader", "lexical"], more].concat()).exits(0);
        assert!(!left.exists());
    }

    // A pipe with a name, as shells make of `<(command)`.
    let pipe = viva.home().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let feeder = std::thread::spawn(move || std::fs::write(pipe, rows(40)).unwrap());
    viva.run(&["grade", "pipe", "-o", "out.jsonl", "--grader", "lexical"]).exits(0);
    feeder.join().unwrap();
    assert_eq!(std::fs::read_to_string(out(&viva)).unwrap().lines().count(), 40);
}

#[test]
fn what_is_kept_is_counted_from_the_first_command_on() {
    let dead = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let state = std::sync::Arc::clone(&dead);
    let server = Server::answering(move |request| {
        if state.load(std::sync::atomic::Ordering::SeqCst) {
            Reply::completion("nonsense")
        } else {
            met(request)
        }
    });
    let viva = graded(&server);
    dead.store(true, std::sync::atomic::Ordering::SeqCst);
    viva.file("in.jsonl", rows(400));
    let said = viva.run(&GRADE).exits(4).stderr;
    assert!(said.contains("so far: 20 graded (0 of them now) · "), "{said}");
    dead.store(false, std::sync::atomic::Ordering::SeqCst);
    viva.file("in.jsonl", format!("{}not a row\n", rows(20)));
    let strict = [&GRADE[..], &["--strict"]].concat();
    let said = viva.run(&strict).exits(5).says("so far: 20 graded (0 of them now) · 1 bad\n");
    assert!(!said.stderr.contains("mean"), "{}", said.stderr);
    let chinese = viva.env("LANG", "zh_CN.UTF-8");
    chinese.run(&strict).exits(5).says("目前：20 份已评分（其中本次 0 份）");
}

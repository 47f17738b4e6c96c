//! `viva grade` told to stop by a signal, at any moment: the same words, the same grace, and an
//! exit code that says which signal it was.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Server, Viva, met, rows};

const GRADE: [&str; 6] = ["grade", "in.jsonl", "-o", "out.jsonl", "--max-concurrency", "2"];

fn slow() -> Server {
    Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(100));
        met(request)
    })
}

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// What a run said, and its exit code.
fn end(child: Child) -> (String, Option<i32>) {
    let ended = child.wait_with_output().unwrap();
    (String::from_utf8(ended.stderr).unwrap(), ended.status.code())
}

/// Whether these tests were started with hang-ups ignored, as by `nohup`; then the program is, too.
fn hang_ups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn the_end_of_the_process_and_of_the_terminal_are_told_as_an_interruption_is() {
    for (number, stops) in [(2, Signal::INT), (15, Signal::TERM), (1, Signal::HUP)] {
        if stops == Signal::HUP && hang_ups_are_ignored() {
            println!("skipped: hang-ups are ignored here, and so they are by the program");
            continue;
        }
        let server = slow();
        let viva = Viva::new().endpoint(&server.base_url());
        viva.file("in.jsonl", rows(60));
        let child = started(viva.command(&GRADE));
        server.waits_for(6);
        signal(&child, stops);
        let (said, code) = end(child);
        assert_eq!(code, Some(128 + number), "{said}");
        for words in ["5 s to end", "interrupted", "is kept in out.jsonl.viva", "to go on: "] {
            assert!(said.contains(words), "{words}: {said}");
        }
        // What was in flight has ended, and is not asked for again.
        viva.run(&GRADE).exits(0);
        assert_eq!(server.requests().len(), 60);
    }
}

#[test]
fn a_second_signal_of_any_kind_stops_at_once() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_secs(4));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(10));
    let mut child = started(viva.command(&GRADE));
    server.waits_for(1);
    signal(&child, Signal::INT);
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("5 s to end") {
        assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "{line}");
    }
    signal(&child, Signal::TERM);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut said, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{rest}");
    assert!(rest.contains("interrupted at once") && rest.contains("to go on: "), "{rest}");
}

#[test]
fn who_was_started_with_hang_ups_ignored_goes_on_when_the_terminal_is_closed() {
    let server = slow();
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(20));
    let mut command = Command::new("nohup");
    let program = viva.command(&GRADE);
    command.arg(program.get_program()).args(program.get_args()).current_dir(viva.home());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = started(command);
    server.waits_for(4);
    signal(&child, Signal::HUP);
    let (said, code) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn a_run_that_waits_for_its_input_stops_at_once_and_loses_nothing() {
    let server = Server::answering(met);
    let viva = Viva::new().endpoint(&server.base_url());
    let grade = ["grade", "-", "-o", "out.jsonl"];
    viva.run_with(&grade, rows(5)).exits(0);
    for more in [&[][..], &["--fresh"]] {
        let mut command = viva.command(&[&grade[..], more].concat());
        command.stdin(Stdio::piped());
        let mut child = started(command);
        let stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut &stdin, rows(3).as_bytes()).unwrap();
        let copy = viva.home().join("out.jsonl.viva/input");
        while std::fs::metadata(&copy).map_or(0, |copy| copy.len()) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, Signal::INT);
        // Its standard input stays open.
        let (said, code) = end(child);
        drop(stdin);
        assert_eq!(code, Some(130), "{said}");
        assert!(said.contains("to go on with the same input: "), "{said}");
        assert!(!said.contains("so far"), "{said}");
        assert!(!copy.exists());
    }
    viva.run_with(&grade, rows(5)).exits(0).says("nothing to do");
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn standard_input_that_cannot_be_read_is_told_as_that() {
    let viva = Viva::new();
    let mut command = viva.command(&["grade", "-", "-o", "out.jsonl", "--grader", "lexical"]);
    // A folder can be opened and not be read.
    command.stdin(std::fs::File::open(viva.home()).unwrap());
    let (said, code) = end(started(command));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot read standard input: ") && !said.contains("write"), "{said}");
}

//! `viva grade` as a gate: the command and the answers of `docs/ci.md`, each exit code in a
//! home of its own.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Ran, Viva};

const PAGE: &str = include_str!("../../docs/ci.md");

/// A block of the page by the name of its form.
fn block(form: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{form}\n")).expect("a block");
    rest.split_once("```").expect("its end").0
}

/// The command of the page.
fn gate() -> Vec<&'static str> {
    let words: Vec<&str> = block("sh").split_whitespace().collect();
    assert_eq!((words[0], words[1], words[2]), ("viva", "grade", "answers.csv"));
    words[1..].to_vec()
}

/// Runs the gate over the page's answers, as changed, without what `without` names.
fn run(without: &[&str], change: impl FnOnce(String) -> String) -> Ran {
    let viva = Viva::new();
    viva.file("answers.csv", change(block("csv").to_owned()));
    let command: Vec<&str> = gate().into_iter().filter(|word| !without.contains(word)).collect();
    viva.run(&command)
}

#[test]
fn answers_that_are_good_enough_pass() {
    let ran = run(&[], |csv| csv).exits(0);
    assert_eq!(ran.lines().len(), 2);
    assert!(ran.lines().iter().all(|line| line["grader"] == "lexical"));
}

#[test]
fn a_low_mean_fails_also_where_rows_are_bad() {
    let wrong = "Cy,rag/hybrid-search-rrf,I do not know\n";
    run(&[], |csv| csv + wrong).exits(6).says("mean is below 60");
    run(&[], |csv| csv + wrong + "Di,rag/no-such,x\n").exits(6);
    // A bad row counts 0, so that nobody passes by leaving the rest out.
    run(&[], |csv| csv + &"Di,rag/no-such,x\n".repeat(10)).exits(6);
    run(&[], |_| "candidate,question_id,answer\n".to_owned()).exits(6).says("no answers");
}

#[test]
fn a_bad_row_fails_where_the_mean_does_not() {
    let without = ["--fail-under", "60"];
    let ran = run(&without, |csv| csv + "Di,rag/no-such,x\n").exits(5);
    assert!(ran.stderr.contains("line 4: there is no question \"rag/no-such\""), "{}", ran.stderr);
    run(&without, |_| "candidate,question_id,answer\n".to_owned()).exits(5).says("no answers");
    run(&without, |_| String::new()).exits(5).says("there are no answers in answers.csv");
}

#[test]
fn without_a_grader_that_somebody_chose_nothing_is_graded() {
    let ran = run(&["--grader", "lexical"], |csv| csv).exits(3).says("--grader lexical");
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_with_what_is_there() {
    let renamed = |csv: String| csv.replacen("answer", "Response", 1);
    run(&[], renamed).exits(2).says("\"Response\"").says("--map answer=COLUMN");
    Viva::new().run(&gate()).exits(2).says("cannot open answers.csv");
    for limit in ["200", "-1", "NaN", "most"] {
        let limit = format!("--fail-under={limit}");
        let gate = ["grade", "answers.csv", "--grader", "lexical", &limit];
        Viva::new().run(&gate).exits(2).says("a number from 0 to 100");
    }
}

#[test]
fn an_interrupted_gate_says_so() {
    let viva = Viva::new();
    let mut command = gate();
    command[1] = "-";
    let mut child = viva
        .command(&command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its input goes on for ever; that it works is seen by the first result.
    let mut input = child.stdin.take().unwrap();
    input.write_all(block("csv").as_bytes()).unwrap();
    let mut results = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    results.read_line(&mut first).unwrap();
    assert!(first.contains("\"candidate\":\"Ann\""), "{first}");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted") && said.contains("with -o FILE"), "{said}");
    drop(input);
}

#[test]
fn the_page_names_each_code_that_is_tried_here() {
    for code in [0, 2, 3, 5, 6, 130] {
        assert!(PAGE.contains(&format!("\n| {code} | ")), "{code}");
    }
    let workflow = block("yaml");
    let command = gate().join(" ");
    assert!(workflow.contains(&format!("viva {command} -o graded.csv")), "{workflow}");
}

//! `-o` of `viva report` and `viva grade`: what is never written over, and what is written
//! through or into.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Viva;

const RUN: &str = include_str!("../fixtures/report/run.jsonl");
const RUBRIC: &str = include_str!("../../prompts/rubric.toml");

fn with_run() -> Viva {
    let viva = Viva::new();
    viva.file("run.jsonl", RUN);
    viva
}

fn text(viva: &Viva, name: &str) -> String {
    fs::read_to_string(viva.home().join(name)).unwrap()
}

#[test]
fn a_report_is_written_over_nothing_that_it_reads() {
    let viva = with_run();
    viva.file("fix.jsonl", "\n");
    viva.file("rubric.toml", RUBRIC);
    fs::hard_link(viva.home().join("run.jsonl"), viva.home().join("hard.html")).unwrap();
    symlink("run.jsonl", viva.home().join("soft.html")).unwrap();
    let given = ["report", "run.jsonl", "--overrides", "fix.jsonl", "--rubric", "rubric.toml"];
    for out in ["run.jsonl", "./run.jsonl", "hard.html", "soft.html", "fix.jsonl", "rubric.toml"] {
        let ran = viva.run(&[&given[..], &["--format", "html", "-o", out]].concat());
        ran.exits(2).says("is both input and output");
    }
    assert_eq!((text(&viva, "run.jsonl"), text(&viva, "rubric.toml")), (RUN.into(), RUBRIC.into()));
    let chinese = with_run().env("LANG", "zh_CN.UTF-8");
    chinese.run(&["report", "run.jsonl", "-o", "run.jsonl"]).exits(2).says("既是输入又是输出");
}

#[test]
fn neither_bank_nor_config_is_written_over_not_even_afresh() {
    let viva = with_run();
    let bank = viva.run(&["questions", "export"]).exits(0).stdout;
    viva.file("bank.jsonl", &bank);
    viva.file("config.csv", "lang = \"en\"\n");
    for (flag, given, out) in
        [("--bank", "bank.jsonl", "bank.jsonl"), ("--config", "config.csv", "config.csv")]
    {
        let before = text(&viva, out);
        for command in [&["grade", "--grader", "lexical", "--fresh"][..], &["report"]] {
            let ran = viva.run(&[command, &["run.jsonl", flag, given, "-o", out]].concat());
            ran.exits(2).says("is both input and output");
        }
        assert_eq!(text(&viva, out), before, "{out}");
    }
}

#[test]
fn a_report_takes_the_place_of_an_earlier_one_in_any_form_and_of_nothing_else() {
    let viva = with_run();
    for name in ["r.html", "r.md", "r.csv", "r.xml", "r.txt", "r"] {
        viva.file(name, "");
        for ui in ["en_US.UTF-8", "zh_CN.UTF-8"] {
            let mut again = viva.command(&["report", "run.jsonl", "-o", name]);
            assert!(again.env("LANG", ui).output().unwrap().status.success(), "{name} {ui}");
        }
        assert!(text(&viva, name).len() > 500);
        let mine = viva.file(name, "# My thesis\n\n42 answers\n");
        viva.run(&["report", "run.jsonl", "-o", name]).exits(2).says("exists and is no report");
        assert_eq!(fs::read_to_string(mine).unwrap(), "# My thesis\n\n42 answers\n");
    }
}

#[test]
fn a_report_is_written_as_what_its_name_says_or_not_at_all() {
    let viva = with_run();
    for (name, hint) in [
        ("r.pdf", "a browser prints it"),
        ("r.xlsx", "name it .csv"),
        ("r.json", "--json >"),
        ("r.doc", "or say which with --format"),
    ] {
        let ran = viva.run(&["report", "run.jsonl", "-o", name]).exits(2);
        ran.says("cannot be written as .").says(hint);
        assert!(!viva.home().join(name).exists());
    }
    viva.run(&["report", "run.jsonl", "-o", "r.doc", "--format", "html"]).exits(0);
    viva.run(&["report", "run.jsonl", "-o", "-"]).exits(2).says("-o needs the name of a file");
    viva.run(&["report", "run.jsonl", "-o", "no/r.md"]).exits(2).says("there is no folder no");
}

/// A FIFO and the program that reads it into a file.
fn fifo(viva: &Viva, name: &str) -> std::process::Child {
    let made = Command::new("mkfifo").arg(viva.home().join(name)).status().unwrap();
    assert!(made.success());
    let into = fs::File::create(viva.home().join("read")).unwrap();
    Command::new("cat").arg(viva.home().join(name)).stdout(into).spawn().unwrap()
}

#[test]
fn a_report_goes_through_a_link_and_into_a_pipe() {
    let viva = with_run();
    let home = viva.home();
    fs::create_dir(home.join("there")).unwrap();
    symlink("there/real.html", home.join("link.html")).unwrap();
    for _ in 0..2 {
        viva.run(&["report", "run.jsonl", "-o", "link.html"]).exits(0);
        assert!(home.join("link.html").is_symlink());
        assert!(text(&viva, "there/real.html").starts_with("<!DOCTYPE html>"));
    }
    assert_eq!(fs::read_dir(home.join("there")).unwrap().count(), 1);

    let mut reader = fifo(&viva, "pipe.html");
    viva.run(&["report", "run.jsonl", "-o", "pipe.html"]).exits(0);
    assert!(reader.wait().unwrap().success());
    assert!(text(&viva, "read").trim_end().ends_with("</html>"));
    assert!(fs::metadata(home.join("pipe.html")).unwrap().file_type().is_fifo());
}

/// A run of so many answers.
fn run_of(answers: usize) -> String {
    let mut line: Value = serde_json::from_str(RUN.lines().next().unwrap()).unwrap();
    let lines = (0..answers).map(|id| {
        line["id"] = id.to_string().into();
        format!("{line}\n")
    });
    lines.collect()
}

#[test]
fn pages_take_the_place_of_their_own_kind_and_leave_none_behind() {
    let viva = with_run();
    viva.file("big.jsonl", run_of(10_001));
    viva.file("run-2.html", "mine");
    let big = ["report", "big.jsonl", "-o", "run.html"];
    viva.run(&big).exits(2).says("run-2.html exists, and page 2 would be written over it");
    assert!(!viva.home().join("run.html").exists() && text(&viva, "run-2.html") == "mine");
    fs::remove_file(viva.home().join("run-2.html")).unwrap();
    viva.run(&big).exits(0).says("run-2.html");
    viva.run(&big).exits(0);
    let second = ["report", "run.jsonl", "-o", "run-2.html"];
    viva.run(&second).exits(2).says("is page 2 of another report");
    // Of the shorter run, a whole report of its own name stays.
    viva.run(&["report", "run.jsonl", "-o", "small-2.html"]).exits(0);
    for out in ["run.html", "small.html"] {
        viva.run(&["report", "run.jsonl", "-o", out]).exits(0);
    }
    let is_there = |name: &str| Path::exists(&viva.home().join(name));
    assert!(!is_there("run-2.html") && is_there("small-2.html"));
}

#[test]
fn results_go_through_a_link_and_over_nothing_that_is_read() {
    let viva = Viva::new();
    let row = "{\"id\":\"a\",\"question_id\":\"rag/hybrid-search-rrf\",\"answer\":\"x\"}\n";
    viva.file("in.jsonl", row);
    viva.file("rubric.toml", RUBRIC);
    let home = viva.home();
    fs::create_dir(home.join("there")).unwrap();
    symlink("there/out.jsonl", home.join("link.jsonl")).unwrap();
    let grade = ["grade", "in.jsonl", "--grader", "lexical", "--rubric", "rubric.toml", "-o"];
    let to = |out: &str, more: &[&str]| viva.run(&[&grade[..], &[out], more].concat());
    to("link.jsonl", &[]).exits(0);
    assert!(
        home.join("link.jsonl").is_symlink() && text(&viva, "there/out.jsonl").contains("\"a\"")
    );
    assert!(home.join("there/out.jsonl.viva").is_dir());
    to("link.jsonl", &[]).exits(0).says("nothing to do");
    to("there/out.jsonl", &[]).exits(0);
    to("rubric.toml", &["--fresh"]).exits(2).says("is both input and output");
    assert_eq!(text(&viva, "rubric.toml"), RUBRIC);
    let mut reader = fifo(&viva, "pipe.jsonl");
    let ran = to("pipe.jsonl", &["--fresh"]);
    reader.kill().unwrap();
    reader.wait().unwrap();
    ran.exits(2).says("is not a regular file");
    assert!(fs::metadata(home.join("pipe.jsonl")).unwrap().file_type().is_fifo());
}

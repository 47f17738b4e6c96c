//! `viva grade` in the hands of a person: the table on a terminal, mistakes in the command, and
//! what is said about each.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Asked, Server, Typist, Viva};

const QUESTION: &str = "architecture/mqa-and-gqa";

fn answers(viva: &Viva) {
    let text = format!(
        "candidate,question_id,answer\n\
         王小明,{QUESTION},多查询注意力让所有查询头共享同一个 K/V 头\n\
         A candidate of a name that fits no column,{QUESTION},one shared key head for all\n\
         Bo,architecture/mqa-and-gka,x\n\
         Cy,{QUESTION},\n"
    );
    viva.file("answers.csv", text);
}

#[test]
fn on_a_terminal_scores_are_a_table_with_a_word_on_how_to_keep_them() {
    let viva = Viva::new();
    answers(&viva);
    let mut me = Typist::start(&viva, &["grade", "answers.csv", "--grader", "lexical"]);
    me.sees("not kept: -o results.csv").sees("lexical estimate");
    assert_eq!(me.ends(), 5);
    let screen = me.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let row = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
    assert!(row("candidate").contains("question") && row("candidate").ends_with("band"));
    assert!(row("王小明").contains(QUESTION) && row("王小明").ends_with("estimate"), "{screen}");
    assert!(row("A candidate of a").contains("…  architecture/"), "{screen}");
    assert!(row("Bo").ends_with("–  not graded") && row("  line 4: ").contains("no question"));
    assert!(row("Cy").contains("  0.0  "), "{screen}");
    assert!(row("done:").contains("3 graded · 1 bad"), "{screen}");
    // Neither a result line, nor a message of the same row beside it.
    assert!(!screen.contains('{') && screen.matches("no question").count() == 1, "{screen}");
}

#[test]
fn on_a_chinese_terminal_the_columns_stand_below_each_other() {
    let viva = Viva::new().env("LANG", "zh_CN.UTF-8");
    answers(&viva);
    let mut me = Typist::start(&viva, &["grade", "answers.csv", "--grader", "lexical"]);
    me.sees("未保存：加 -o results.csv");
    assert_eq!(me.ends(), 5);
    let screen = me.screen();
    let end = |name: &str, of: &str| {
        let line = screen.lines().find(|line| line.starts_with(name)).unwrap();
        viva::term::width(&line[..line.find(of).unwrap_or_else(|| panic!("{screen}"))])
    };
    assert_eq!(end("考生", "等级"), end("王小明", "词面估分"));
    assert_eq!(end("考生", "题目"), end("A cand", QUESTION));
    assert_eq!(end("考生", "等级"), end("Bo", "未评分"));
    assert!(screen.contains("3 份已评分 · 1 份无效"), "{screen}");
}

#[test]
fn with_json_a_terminal_gets_result_lines() {
    let viva = Viva::new();
    answers(&viva);
    let more = ["grade", "answers.csv", "--grader", "lexical", "--json", "--no-text"];
    let mut me = Typist::start(&viva, &more);
    assert_eq!(me.ends(), 5);
    assert!(me.everything().contains("{\"schema_version\""));
    assert!(!me.screen().contains("not kept"));
}

/// The command refuses and leaves the file as it was.
#[track_caller]
fn refuses(viva: &Viva, arguments: &[&str], kept: &Path, words: &[&str]) {
    let before = std::fs::read(kept).ok();
    let ran = viva.run(&[&["grade"], arguments, &["--grader", "lexical"]].concat()).exits(2);
    for words in words {
        assert!(ran.stderr.contains(words), "{words:?} is not in\n{}", ran.stderr);
    }
    assert_eq!(std::fs::read(kept).ok(), before);
}

#[test]
fn an_output_that_is_not_ours_is_left_alone() {
    let viva = Viva::new();
    answers(&viva);
    let path = |name: &str| viva.home().join(name);
    let input = path("answers.csv");
    viva.file("notes.txt", "mine");
    let refused = |out: &str, words: &[&str]| {
        refuses(&viva, &["answers.csv", "-o", out], &path(out), words);
        assert!(!path(&format!("{out}.viva")).exists());
    };
    refused(
        "notes.txt",
        &["notes.txt exists, and nothing tells that a run has written it", "another -o"],
    );
    refused("answers.csv", &["answers.csv is both input and output"]);
    refused("no/folder/out.csv", &["there is no folder no/folder"]);
    refused("out.xlsx", &["cannot be written as .xlsx", "name the output .csv"]);
    refused("out.html", &["viva report OUT.jsonl -o OUT.html"]);
    refused("out.jsonl.gz", &["cannot be written as .gz"]);
    refuses(&viva, &["answers.csv", "-o", "-"], &input, &["without -o results go to standard"]);
    refuses(&viva, &["answers.csv", "-o", "./no/../answers.csv"], &input, &["there is no folder"]);
    viva.file(&format!("folder/Ann/{QUESTION}.md"), "one head");
    refuses(&viva, &["answers.csv", "-o", "folder"], &input, &["the output folder is a folder"]);
    let inside = ["folder", "-o", "folder/out.csv"];
    refuses(&viva, &inside, &path("folder/out.csv"), &["would be read as one"]);
    std::os::unix::fs::symlink("answers.csv", path("link.csv")).unwrap();
    refuses(&viva, &["answers.csv", "-o", "link.csv"], &input, &["both input and output"]);
}

#[test]
fn marks_that_somebody_has_changed_are_not_written_over() {
    let viva = Viva::new();
    answers(&viva);
    let grade = ["grade", "answers.csv", "-o", "out.csv", "--grader", "lexical"];
    viva.run(&grade).exits(5);
    let out = viva.home().join("out.csv");
    let ours = std::fs::read(&out).unwrap();
    let edited = [ours.as_slice(), b"\"a note\"\n"].concat();
    std::fs::write(&out, &edited).unwrap();
    viva.run(&grade).exits(2).says("was changed after it was written").says("move it away");
    assert_eq!(std::fs::read(&out).unwrap(), edited);
    // As it says: moved away, all comes again, and without grading.
    std::fs::rename(&out, viva.home().join("mine.csv")).unwrap();
    viva.run(&grade).exits(5);
    assert_eq!(std::fs::read(&out).unwrap(), ours);
    std::fs::write(&out, &edited).unwrap();
    viva.run(&[&grade[..], &["--fresh"]].concat()).exits(5);
    assert_eq!(std::fs::read(&out).unwrap(), ours);
}

#[test]
fn a_mistake_in_the_input_is_told_with_the_flag_that_helps() {
    let viva = Viva::new();
    answers(&viva);
    let kept = viva.home().join("answers.csv");
    let refused = |arguments: &[&str], words: &[&str]| refuses(&viva, arguments, &kept, words);
    viva.file("wrong.csv", "Name,Response\nAda,one head\n");
    let columns = "the header has \"Name\", \"Response\"";
    refused(&["wrong.csv"], &["no column \"answer\"", columns, "--map answer=COLUMN", "--wide"]);
    let map = ["wrong.csv", "--map", "answer=Response"];
    refused(&map, &["no column \"question_id\"", columns, "--question ID"]);
    let all = [&map[..], &["--question", QUESTION]].concat();
    viva.run(&[&["grade"], &all[..], &["--grader", "lexical"]].concat()).exits(0);
    let wide = ["wrong.csv", "--wide", "--map", "Response=architecture/mqa-and-gka"];
    refused(&wide, &["no question \"architecture/mqa-and-gka\"", "did you mean"]);
    viva.file("book.csv", b"PK\x03\x04, ");
    refused(&["book.csv"], &["the input is a workbook (.xlsx", "export it as CSV"]);
    viva.file("plain", "words\n");
    refused(&["plain"], &["cannot tell the form", "--format jsonl, csv, folder or sheet"]);
    for cost in ["nan", "-1", "inf", "x"] {
        refused(&["plain", "--max-cost", cost], &["it must be a number, 0 or more"]);
    }
    refused(&["plain", "--ask", " ", "--reference", "plain"], &["it must not be empty"]);
    viva.run(&["grade", "-", "--grader", "lexical"]).exits(5).says("no answers in standard input");
    let missing = viva.run(&["grade", "none.csv", "--grader", "lexical"]).exits(2);
    assert_eq!(missing.stderr.matches("No such file").count(), 1, "{}", missing.stderr);
    std::fs::create_dir(viva.home().join("nobody")).unwrap();
    let nobody = ["grade", "nobody", "--grader", "lexical"];
    viva.run(&nobody).exits(5).says("there are no answers in nobody");
}

#[test]
fn an_interrupted_run_names_the_command_that_goes_on() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(100));
        let asked = Asked::of(request);
        let quote = asked.first_words(6);
        asked.reply(|_| ("met", vec![quote.clone()]))
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let rows: String = (0..60)
        .map(|n| format!("c{n},{QUESTION},\"All query heads share one key head, case {n}.\"\n"))
        .collect();
    viva.file("my answers.csv", format!("candidate,question_id,answer\n{rows}"));
    let arguments =
        ["grade", "my answers.csv", "-o", "Bob's marks.csv", "--max-concurrency", "2", "--fresh"];
    let child = viva.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    server.waits_for(6);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(!viva.home().join("Bob's marks.csv").exists());
    viva.run(&["report", "Bob's marks.csv"]).exits(2).says("that run is not finished");
    let (_, command) = said.split_once("to go on: ").unwrap_or_else(|| panic!("{said}"));
    let words = r"grade 'my answers.csv' -o 'Bob'\''s marks.csv' --max-concurrency 2";
    assert!(command.trim_end().ends_with(words), "{command}");
    // Pasted into a shell it goes on, and asks for no answer again that was done.
    let mut shell = viva.command(&[]);
    let environment: Vec<_> = shell
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    shell = std::process::Command::new("sh");
    shell.args(["-c", command.trim_end()]).current_dir(viva.home()).env_clear();
    shell.envs(environment.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let ran = shell.output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(server.requests().len(), 60);
    let table = std::fs::read_to_string(viva.home().join("Bob's marks.csv")).unwrap();
    assert_eq!(table.lines().count(), 61);
}

#[test]
fn marks_that_are_changed_while_a_run_goes_on_are_not_written_over() {
    let viva = Viva::new();
    answers(&viva);
    let grade = ["grade", "-", "-o", "out.csv", "--grader", "lexical"];
    let input = std::fs::read(viva.home().join("answers.csv")).unwrap();
    viva.run_with(&grade, &input).exits(5);
    let out = viva.home().join("out.csv");
    let mut second = viva
        .command(&grade)
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Its input is still coming when somebody saves a note.
    let copied = viva.home().join("out.csv.viva/input");
    while !copied.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::write(&out, "a note").unwrap();
    let more = [input.as_slice(), format!("Di,{QUESTION},one head\n").as_bytes()].concat();
    std::io::Write::write_all(&mut second.stdin.take().unwrap(), &more).unwrap();
    let ended = second.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("was changed after it was written"), "{said}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "a note");
}

#[test]
fn a_change_of_the_same_length_in_the_same_second_is_seen() {
    let viva = Viva::new();
    answers(&viva);
    let grade = ["grade", "answers.csv", "-o", "out.csv", "--grader", "lexical"];
    viva.run(&grade).exits(5);
    let out = viva.home().join("out.csv");
    let written = std::fs::metadata(&out).unwrap().modified().unwrap();
    let mut edited = std::fs::read(&out).unwrap();
    let last = edited.len() - 3;
    edited[last] ^= 1;
    std::fs::write(&out, &edited).unwrap();
    let file = std::fs::File::options().write(true).open(&out).unwrap();
    file.set_modified(written + std::time::Duration::from_nanos(1)).unwrap();
    viva.run(&grade).exits(2).says("was changed after it was written");
}

#[test]
fn a_finished_folder_is_not_graded_again_until_something_in_it_changes() {
    let viva = Viva::new();
    viva.file(&format!("in/Ann/{QUESTION}.md"), "one head");
    viva.file(&format!("in/Bo/{QUESTION}.md"), "two heads");
    let grade = ["grade", "in", "-o", "out.jsonl", "--grader", "lexical"];
    let again = || viva.run(&grade).exits(0).stderr;
    assert!(!again().contains("nothing to do"));
    assert!(again().contains("nothing to do"));
    viva.file(&format!("in/Bo/{QUESTION}.md"), "six heads");
    assert!(!again().contains("nothing to do"));
    assert!(again().contains("nothing to do"));
    std::fs::rename(viva.home().join("in/Bo"), viva.home().join("in/Cy")).unwrap();
    assert!(!again().contains("nothing to do"));
    let out = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    assert!(
        out.contains("\"Cy\"") && out.contains("six heads") && !out.contains("\"Bo\""),
        "{out}"
    );
}

//! The interview as it is typed: the real program on a real pseudo-terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use viva::store::{AttemptKind, Store};

use crate::support::{Asked, Reply, Server, Typist, Viva};

const MQA: &str = "architecture/mqa-and-gqa";
const ACTIVATION: &str = "architecture/activation-functions-in-llms";
const READY: &str = "[Enter]";

fn store(viva: &Viva) -> Store {
    Store::open(&viva.data()).unwrap()
}

/// Answers of the session, in order.
fn answers(viva: &Viva, session: i64) -> Vec<String> {
    let stored = store(viva).assessed(session).unwrap();
    stored.into_iter().map(|stored| stored.attempt.answer).collect()
}

fn draft(viva: &Viva) -> String {
    store(viva).unfinished_session().unwrap().expect("an unfinished session").draft
}

/// Somebody in front of the first question.
fn at_question(viva: &Viva, arguments: &[&str]) -> Typist {
    let all: Vec<&str> = std::iter::once("interview").chain(arguments.iter().copied()).collect();
    let typist = Typist::start(viva, &all);
    typist.sees("Q1/").sees_last(">");
    typist
}

#[test]
fn a_whole_session_in_english() {
    let viva = Viva::new();
    let mut me = Typist::start(&viva, &["interview", MQA, ACTIVATION]);
    me.sees("grader: lexical estimate").sees("Q1/2").sees(MQA).sees("multi-query");
    me.answer("MQA shares one K/V head among all query heads.").sees("/100").sees(READY);
    me.line("/ref").sees("Sources").line("/sample").sees("strong answer sounds like");
    me.line("").sees("Q2/2").sees(ACTIVATION).sees_last(">");
    me.line("/idk").sees("0/100").sees("A good answer says:").sees("[Enter] summary");
    me.line("").sees("Summary").sees("Weakest points");
    assert_eq!(me.ends(), 0);
    assert!(me.screen().contains("2 graded"), "{}", me.screen());
    let stored = store(&viva).assessed(1).unwrap();
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[1].attempt.kind, AttemptKind::GaveUp);
    assert_eq!(stored[1].assessment.as_ref().unwrap().score, Some(0.0));
    assert_eq!(store(&viva).unfinished_session().unwrap(), None);
}

#[test]
fn a_whole_session_in_chinese() {
    let viva = Viva::new().env("LANG", "zh_CN.UTF-8");
    let mut me = Typist::start(&viva, &["interview", MQA]);
    me.sees("评分：词面估分").sees("MQA、GQA 与 MHA 有什么区别").sees("连按两次回车提交");
    me.line("／提示").sees("提示 1：").sees_last(">");
    me.answer("所有查询头共享一组键值头，因此 KV 缓存变小。").sees("/100").sees("[回车] 看总结");
    me.line("／ref").sees("参考答案").line("／下一题").sees("总结");
    assert_eq!(me.ends(), 0);
    let stored = store(&viva).assessed(1).unwrap();
    assert_eq!(stored[0].attempt.answer, "所有查询头共享一组键值头，因此 KV 缓存变小。");
    assert_eq!(stored[0].attempt.hints, 1);
}

#[test]
fn every_line_of_a_session_fits_eighty_columns() {
    for lang in ["C", "zh_CN.UTF-8"] {
        let viva = Viva::new().env("LANG", lang).env("NO_COLOR", "1");
        let mut me = at_question(&viva, &[MQA]);
        me.line("/help").sees("Ctrl-X Ctrl-E").line("/hint").line("/nonsense").sees("nonsense");
        me.keys("\x15").line("/ref").keys("text").keys("\x03").sees("Ctrl-C").keys("\x15");
        me.line("").line("/idk").sees("0/100").line("/help").sees("/sample").line("");
        me.ends();
        for line in me.everything().lines().filter(|l| !l.contains('\x1b') && !l.contains("http")) {
            let width = viva::term::width(line.trim_end());
            assert!(width <= 80, "{width} columns: {line}");
        }
    }
}

#[test]
fn a_pasted_text_of_four_lines_is_one_answer_and_is_not_sent_by_itself() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.paste("First line.\nSecond line.\n\nFourth line.\n\n\n").sees("Fourth line.");
    me.keys("x").sees_last("x").keys("\x7f");
    assert!(!me.screen().contains("/100"), "{}", me.screen());
    me.keys("\r").keys("\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["First line.\nSecond line.\n\nFourth line."]);
}

#[test]
fn enter_in_the_middle_of_a_text_breaks_the_line() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("beforeafter").keys("\x1b[D".repeat(5).as_str()).keys("\r").sees("> before\nafter");
    me.keys("\r").sees("> before\n\nafter");
    assert!(!me.screen().contains("/100"));
    // To the end of the text, where two line breaks send it.
    me.keys("\x1b[F").keys("\r").keys("\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["before\n\nafter"]);
}

#[test]
fn alt_enter_and_ctrl_j_make_paragraphs() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("one").keys("\x1b\r").keys("\x1b\r").keys("two").keys("\n").keys("\n").keys("three");
    me.keys("\r").keys("\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["one\n\ntwo\n\nthree"]);
}

#[test]
fn an_empty_answer_offers_what_else_can_be_done() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.line("").sees("Nothing to send yet").sees("/skip").sees_last(">");
    me.line("/skip").sees("Skipped.").sees("1 skipped");
    assert_eq!(store(&viva).assessed(1).unwrap()[0].attempt.kind, AttemptKind::Skipped);
}

#[test]
fn results_typed_at_a_terminal_go_to_a_file_alone() {
    let viva = Viva::new();
    let path = viva.home().join("out.jsonl");
    let file = std::fs::File::create(&path).unwrap();
    let mut me = Typist::start_into(&viva, &["interview", MQA, ACTIVATION, "--json"], file);
    me.sees("Q1/2")
        .answer("One K/V head for all.")
        .sees(READY)
        .line("")
        .sees("Q2/2")
        .sees_last(">");
    me.line("/skip").sees("Summary");
    assert_eq!(me.ends(), 0);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0]["score"].is_number());
    assert_eq!(lines[0]["question"]["id"], MQA);
    assert_eq!(lines[0]["answer"], "One K/V head for all.");
    assert_eq!(lines[1]["error"], "skipped");
}

#[test]
fn feedback_goes_to_a_file_without_colours_when_stdout_is_one() {
    let viva = Viva::new();
    let path = viva.home().join("out.txt");
    let file = std::fs::File::create(&path).unwrap();
    let mut me = Typist::start_into(&viva, &["interview", MQA], file);
    me.sees("Q1/1").answer("One K/V head for all.").sees(READY).line("");
    assert_eq!(me.ends(), 0);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(&format!("Q1 · {MQA}\n")) && text.contains("/100"), "{text}");
    assert!(!text.contains('\x1b') && !text.contains("> "), "{text}");
}

#[test]
fn ctrl_c_keeps_the_draft_and_twice_leaves_with_the_way_back() {
    let viva = Viva::new();
    let mut me = at_question(&viva, &[MQA]);
    me.keys("half an\rans").sees_last("ans").keys("\x03").sees("The draft is kept.");
    me.sees_last("ans").keys("wer").sees_last("answer");
    me.keys("\x03").keys("\x03").sees("viva interview --resume 1");
    assert_eq!(me.ends(), 130);
    assert_eq!(draft(&viva), "half an\nanswer");

    let me = Typist::start(&viva, &["interview"]);
    me.sees("Unfinished session").sees("question 1/1").sees("draft of 14 characters");
    me.line("").sees("> half an\nanswer").keys("!\r\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["half an\nanswer!"]);
}

#[test]
fn ctrl_d_asks_and_can_leave_or_end() {
    let viva = Viva::new();
    let mut me = at_question(&viva, &[MQA]);
    me.keys("\x04").sees("q leave").line("").sees_last(">");
    me.keys("text\x01\x04").sees_last("> ext").keys("\x15\x0b");
    me.sees_last(">").keys("\x04").line("q").sees("--resume 1");
    assert_eq!(me.ends(), 0);
    let mut me = Typist::start(&viva, &["interview", "--resume"]);
    me.sees("goes on at question 1/1").sees_last(">").keys("\x04").line("e");
    assert_eq!(me.ends(), 0);
    assert_eq!(store(&viva).unfinished_session().unwrap(), None);
}

#[test]
fn quit_keeps_the_place() {
    let viva = Viva::new();
    let mut me = at_question(&viva, &[MQA, ACTIVATION]);
    me.answer("One K/V head.").sees(READY).line("/quit").sees("Kept at question 2/2");
    assert_eq!(me.ends(), 0);
    let me = Typist::start(&viva, &["interview", "--resume"]);
    me.sees("Q2/2").sees_last(">").answer("SwiGLU gates.").sees("[Enter] summary");
    me.line("").sees("2 graded");
}

#[test]
fn commands_keep_a_draft_that_is_there() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("my draft").keys("\x1b/").sees_last(": /").line("hint").sees("Hint 1:");
    me.sees_last("> my draft").keys("\x1b/").line("zh").sees("有什么区别").sees_last("> my draft");
    me.keys("\x1b/").line("en").sees_last("> my draft");
    me.keys("\x1b/").line("draft").sees("Your draft:").sees_last("> my draft");
    me.keys("\x1b/").line("ref").sees("/ref works once").sees_last("> my draft");
    me.keys("\r").line("/hint").keys("\r").sees("Not sent: the last line is /hint");
    me.keys("\x7f\x7f\x7f\x7f\x7f\x7f").sees_last("> my draft").keys("\r\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["my draft"]);
    assert_eq!(store(&viva).assessed(1).unwrap()[0].attempt.hints, 1);
}

#[test]
fn an_unknown_command_stays_on_the_line_and_two_slashes_are_one() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.line("/proc/meminfo").sees("There is no command /proc/meminfo").sees_last("> /proc/meminfo");
    me.keys("\x01/\x05").answer(" shows it").sees("/100");
    assert_eq!(answers(&viva, 1), ["/proc/meminfo shows it"]);
}

#[test]
fn tab_completes_commands() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("/hi\t").sees_last("> /hint").keys("\r").sees("Hint 1:").sees_last(">");
    me.keys("/s\t").sees("/skip").sees("/sample");
}

#[test]
fn the_editor_opens_with_the_draft_and_brings_it_back() {
    let viva = Viva::new();
    let seen = viva.home().join("seen");
    let script =
        format!("#!/bin/sh\ncp \"$1\" '{}'\necho 'from the editor' >> \"$1\"\n", seen.display());
    let editor = viva.file("editor.sh", script);
    let viva = viva.env("EDITOR", &format!("sh '{}'", editor.display()));
    let me = at_question(&viva, &[MQA]);
    me.keys("a draft")
        .keys("\x18\x05")
        .sees("Back from the editor")
        .sees("> a draft\nfrom the editor");
    let shown = std::fs::read_to_string(&seen).unwrap();
    assert!(shown.starts_with("# How do multi-query") && shown.ends_with("\na draft\n"), "{shown}");
    me.keys("\r\r").sees("/100");
    assert_eq!(answers(&viva, 1), ["a draft\nfrom the editor"]);
}

#[test]
fn a_failing_editor_keeps_the_draft() {
    let viva = Viva::new().env("EDITOR", "false");
    let me = at_question(&viva, &[MQA]);
    me.keys("a draft")
        .keys("\x1b/")
        .line("edit")
        .sees("The draft is as it was")
        .sees_last("> a draft");
    let viva = Viva::new().env("VISUAL", "no-such-editor");
    let me = at_question(&viva, &[MQA]);
    me.line("/edit").sees("no-such-editor").sees("The draft is as it was").sees_last(">");
}

#[test]
fn word_kill_takes_two_chinese_characters_and_undo_brings_them_back() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("共享键值头").keys("\x17").sees_last("> 共享键").keys("\x1f").sees_last("> 共享键值头");
    me.keys(" and words\x17").sees_last("> 共享键值头 and");
}

#[test]
fn arrows_never_replace_a_draft_by_an_old_command() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.line("/hint").sees("Hint 1:").sees_last(">").keys("text").keys("\x1b[A\x1b[A").keys("!");
    me.sees_last("> text!").keys("\x15\x1b[A").sees_last("> /hint");
}

#[test]
fn a_second_terminal_does_not_get_the_same_session() {
    let viva = Viva::new();
    let first = at_question(&viva, &[MQA]);
    let second = Typist::start(&viva, &["interview", "--count", "1"]);
    second.sees("Q1/1");
    assert!(!second.screen().contains("nfinished"), "{}", second.screen());
    let mut third = Typist::start(&viva, &["interview", "--resume", "1"]);
    third.sees("session 1 is open in another terminal");
    assert_eq!(third.ends(), 2);
    first.sees("Q1/1");
}

#[test]
fn unknown_ids_are_told_with_the_nearest() {
    let viva = Viva::new();
    let mut me = Typist::start(&viva, &["interview", "architecture/mqa-and-gq"]);
    me.sees("did you mean architecture/mqa-and-gqa");
    assert_eq!(me.ends(), 2);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told_before_anything_is_typed() {
    let viva = Viva::new();
    let file = viva.file("no-folder", "");
    let viva = viva.env("VIVA_DATA_DIR", file.join("below").to_str().unwrap());
    let mut me = Typist::start(&viva, &["interview", MQA]);
    me.sees("VIVA_DATA_DIR");
    assert_eq!(me.ends(), 1);
    assert!(!me.screen().contains("Q1/1"));
}

#[test]
fn a_terminal_that_only_prints_lines_will_do() {
    let viva = Viva::new().env("TERM", "dumb");
    let mut me = Typist::start(&viva, &["interview", MQA]);
    me.sees("Q1/1").line("One K/V head").line("for all.").line("").sees("/100");
    me.line("").sees("Summary");
    assert_eq!(me.ends(), 0);
    assert_eq!(answers(&viva, 1), ["One K/V head\nfor all."]);
}

#[test]
fn a_closed_terminal_leaves_the_draft_in_the_store() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    me.keys("half").sees_last("> half");
    let kill = ["-HUP", &me.pid().to_string()];
    assert!(std::process::Command::new("kill").args(kill).status().unwrap().success());
    let mut me = me;
    assert_eq!(me.ends(), 130);
    assert_eq!(draft(&viva), "half");
}

fn met(request: &crate::support::Request) -> Reply {
    Asked::of(request).reply(|_| ("missing", Vec::new()))
}

#[test]
fn an_endpoint_that_vanishes_leaves_the_answer_pending_until_it_is_back() {
    let away = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&away);
    let server =
        Server::answering(
            move |request| {
                if gone.load(Ordering::SeqCst) { Reply::hangup() } else { met(request) }
            },
        );
    let viva = Viva::new().endpoint(&server.base_url());
    let mut me = Typist::start(&viva, &["interview", MQA, ACTIVATION, "--patience", "0"]);
    me.sees("test-model").sees("Q1/2").sees_last(">");
    me.answer("One K/V head for all.").sees("0/100").sees(READY);
    away.store(true, Ordering::SeqCst);
    me.line("").sees("Q2/2").sees_last(">").answer("A gate and a value.");
    me.sees("Not graded:").sees("--pending").sees("[Enter] summary");
    me.line("").sees("1 graded").sees("1 pending");
    assert_eq!(me.ends(), 5);
    assert_eq!(store(&viva).pending().unwrap().len(), 1);
    assert!(!me.everything().contains("grading… 0s · Ctrl-C leaves it pending\n"));

    away.store(false, Ordering::SeqCst);
    let ran = viva.run(&["interview", "--pending", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!(line["answer"], "A gate and a value.");
    assert!(line["score"].is_number());
    assert!(store(&viva).pending().unwrap().is_empty());
    assert_eq!(viva.run(&["interview", "--pending"]).code, 0);
}

#[test]
fn a_refused_key_is_not_tried_again_for_every_answer_and_no_other_grader_steps_in() {
    let server = Server::answering(|_| Reply::error(401, "bad key"));
    let viva = Viva::new().endpoint(&server.base_url());
    let mut me = Typist::start(&viva, &["interview", MQA, ACTIVATION]);
    me.sees("Q1/2").sees_last(">").answer("One.").sees("Not graded: key refused").sees(READY);
    me.line("").sees("Q2/2").sees_last(">").answer("Two.").sees("[Enter] summary").line("");
    me.sees("2 pending");
    assert_eq!(me.ends(), 5);
    assert_eq!(server.requests().len(), 1);
    assert!(!me.everything().contains("lexical"));
    assert_eq!(store(&viva).pending().unwrap().len(), 2);
}

#[test]
fn ctrl_c_while_grading_leaves_the_answer_pending_and_goes_on() {
    let server = Server::answering(|_| Reply::silent());
    let viva = Viva::new().endpoint(&server.base_url());
    let mut me = Typist::start(&viva, &["interview", MQA]);
    me.sees("Q1/1").sees_last(">").answer("One.").sees("grading…").keys("\x03");
    me.sees("Not graded: stopped by Ctrl-C").sees_no("grading…").sees_last(">");
    me.line("").sees("1 pending");
    assert_eq!(me.ends(), 5);
    // The next start offers to grade it.
    let other = Server::answering(met);
    let viva = viva.env("VIVA_BASE_URL", &other.base_url());
    let me = Typist::start(&viva, &["interview", "--count", "1"]);
    me.sees("1 answer is waiting").line("").sees("1 graded").sees("Q1/1");
    assert!(store(&viva).pending().unwrap().is_empty());
}

#[test]
fn keys_pressed_while_grading_reach_the_next_reading_and_not_the_screen() {
    let slow = Arc::new(AtomicBool::new(true));
    let wait = Arc::clone(&slow);
    let server = Server::answering(move |request| {
        while wait.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let me = Typist::start(&viva, &["interview", MQA, ACTIVATION]);
    me.sees("Q1/2").sees_last(">").answer("One.").sees("grading…").keys("\rtyped ahead");
    slow.store(false, Ordering::SeqCst);
    me.sees("Q2/2").sees_last("> typed ahead");
    assert_eq!(me.screen().matches("typed ahead").count(), 1, "{}", me.screen());
}

#[test]
fn what_the_store_does_not_take_is_told_and_printed_at_the_end() {
    let viva = Viva::new();
    let mut me = at_question(&viva, &[MQA, ACTIVATION]);
    let breaks = "CREATE TRIGGER full BEFORE INSERT ON attempts
                  BEGIN SELECT RAISE(ABORT, 'no room'); END";
    let database = rusqlite::Connection::open(viva.data().join("viva.db")).unwrap();
    database.execute_batch(breaks).unwrap();
    me.answer("My first answer.").sees("Not stored:").sees("/100").sees(READY);
    me.line("/quit").sees("This could not be stored").sees("My first answer.");
    assert_eq!(me.ends(), 1);

    let mut me = Typist::start(&viva, &["interview", "--resume"]);
    me.sees("Q1/2").sees_last(">").answer("My second answer.").sees("Not stored:").sees(READY);
    database.execute_batch("DROP TRIGGER full").unwrap();
    me.line("").sees("Q2/2").sees_last(">").keys("more").sees("Storing works again.");
    me.keys("\x03\x03").sees("--resume");
    assert_eq!(me.ends(), 130);
    assert!(!me.screen().contains("could not be stored"), "{}", me.screen());
    let stored = store(&viva).assessed(1).unwrap();
    assert_eq!(stored[0].attempt.answer, "My second answer.");
    assert!(stored[0].assessment.is_some(), "its assessment is stored with it");
    assert_eq!(draft(&viva), "more");
}

#[test]
fn an_answer_in_the_external_editor_survives_a_kill() {
    let viva = Viva::new();
    let script = "#!/bin/sh\necho 'written there' >> \"$1\"\ntouch saved\nsleep 5\n";
    let editor = viva.file("editor.sh", script);
    let viva = viva.env("EDITOR", &format!("sh '{}'", editor.display()));
    let me = at_question(&viva, &[MQA]);
    me.keys("typed here").keys("\x18\x05");
    let saved = viva.home().join("saved");
    me.waits("the editor to save", |_| saved.exists()).sees("typed here");
    me.kill();
    let me = Typist::start(&viva, &["interview", "--resume"]);
    me.sees("with your draft").sees("> typed here\nwritten there");
}

#[test]
fn a_long_paste_is_kept_whole() {
    let viva = Viva::new();
    let me = at_question(&viva, &[MQA]);
    let lines: Vec<String> = (0..400).map(|n| format!("line {n} 第 {n} 行")).collect();
    me.paste(&lines.join("\n")).sees("第 399 行").keys("\r\r").sees("/100");
    assert_eq!(answers(&viva, 1), [lines.join("\n")]);
}

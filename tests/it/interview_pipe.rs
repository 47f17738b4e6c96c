//! The interview from a pipe: answers in, results out, nothing stored unasked.

use serde_json::Value;
use viva::store::Store;

use crate::support::{Reply, Server, Viva};

const THREE: &str = "It depends on the attention mask.\n\nI do not know.\n\n\
                     The KV cache is paged into blocks.\n\n";
const DRAW: [&str; 5] = ["interview", "--count", "3", "--seed", "1"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    DRAW.iter().chain(more).copied().collect()
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn three_answers_give_three_result_lines_with_a_score_each() {
    let viva = Viva::new();
    let ran = viva.run_with(&with(&["--json"]), THREE);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = lines(&ran.stdout);
    assert_eq!(lines.len(), 3);
    for (number, line) in lines.iter().enumerate() {
        assert!(line["score"].is_number(), "{line}");
        assert_eq!(line["id"], (number + 1).to_string());
        assert_eq!(line["grader"], "lexical");
    }
    assert_eq!(lines[1]["answer"], "I do not know.");
    assert!(ran.stderr.starts_with("grader: lexical estimate"), "{}", ran.stderr);
    assert!(!viva.data().exists(), "nothing is stored unasked");
}

#[test]
fn the_same_seed_asks_the_same_questions() {
    let viva = Viva::new();
    let ask = || {
        let ran = viva.run_with(&with(&["--json"]), THREE);
        lines(&ran.stdout).iter().map(|line| line["question"]["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ask(), ask());
}

#[test]
fn answers_of_several_paragraphs_stay_whole_between_separators() {
    let viva = Viva::new();
    let input = "one\n\ntwo\n---\n\nthree\r\n\r\nfour\r\n---\r\nfive\n";
    let ran = viva.run_with(&with(&["--json", "--separator", "---"]), input);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answers: Vec<Value> = lines(&ran.stdout).iter().map(|l| l["answer"].clone()).collect();
    assert_eq!(answers, ["one\n\ntwo", "three\n\nfour", "five"]);
}

#[test]
fn too_few_answers_say_how_many_are_missing() {
    let viva = Viva::new();
    let ran = viva.run_with(&DRAW, "one\n");
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("2 of 3 answers are missing"), "{}", ran.stderr);
    assert!(ran.stdout.contains("Q1/3") && !ran.stdout.contains("Q2/3"), "{}", ran.stdout);
    let ran = viva.run_with(&DRAW, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""));
    assert!(ran.stderr.contains("3 of 3 answers are missing"), "{}", ran.stderr);
}

#[test]
fn more_answers_than_questions_point_to_the_separator() {
    let viva = Viva::new();
    let ran = viva.run_with(&DRAW, "one\n\ntwo\n\nthree\n\nfour\n");
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("--separator"), "{}", ran.stderr);
}

#[test]
fn skip_and_idk_work_and_other_commands_are_told() {
    let viva = Viva::new();
    let ran = viva.run_with(&with(&["--json"]), "/skip\n\n/hint\n\n／idk\n\n//x\n");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = lines(&ran.stdout);
    assert_eq!(lines[0]["error"], "skipped");
    assert!(lines[0]["score"].is_null());
    assert_eq!(lines[1]["score"], 0.0);
    assert_eq!(lines[2]["answer"], "/x");
    assert!(ran.stderr.contains("/hint works only at a terminal"), "{}", ran.stderr);
}

#[test]
fn an_answer_that_cannot_be_graded_is_named_and_the_rest_goes_on() {
    let viva = Viva::new();
    let mut input = b"caf\xe9\n\n".to_vec();
    input.extend(std::iter::repeat_n(b'x', 200_001));
    input.extend(b"\n\nThe KV cache is paged.\n");
    let ran = viva.run_with(&with(&["--json"]), input);
    assert_eq!(ran.code, 5);
    let lines = lines(&ran.stdout);
    assert_eq!(lines.len(), 3);
    assert!(ran.stderr.contains("answer 1 is not graded"), "{}", ran.stderr);
    assert!(ran.stderr.contains("UTF-8"), "{}", ran.stderr);
    assert!(ran.stderr.contains("answer 2 is not graded"), "{}", ran.stderr);
    assert!(ran.stderr.contains("200001"), "{}", ran.stderr);
    assert!(lines[0]["error"].is_string() && lines[1]["error"].is_string());
    assert!(lines[2]["score"].is_number());
}

#[test]
fn feedback_is_plain_text_without_json() {
    let viva = Viva::new();
    let ran = viva.run_with(&DRAW, THREE);
    assert_eq!(ran.code, 0);
    assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("/100 · lexical estimate").count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("Summary · 3 graded"), "{}", ran.stdout);
}

#[test]
fn saved_answers_are_a_session_that_can_go_on() {
    let viva = Viva::new();
    let ran = viva.run_with(&with(&["--save"]), "one\n");
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("viva interview --resume 1"), "{}", ran.stderr);
    let ran = viva.run_with(&["interview", "--resume", "1", "--json"], "two\n\nthree\n");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(lines(&ran.stdout).iter().map(|l| l["id"].clone()).collect::<Vec<_>>(), ["2", "3"]);
    let store = Store::open(&viva.data()).unwrap();
    let answers: Vec<String> =
        store.assessed(1).unwrap().into_iter().map(|s| s.attempt.answer).collect();
    assert_eq!(answers, ["one", "two", "three"]);
    assert_eq!(store.unfinished_session().unwrap(), None);
}

#[test]
fn a_home_that_cannot_be_written_is_no_hindrance_unless_something_is_to_be_kept() {
    let viva = Viva::new();
    let file = viva.file("no-folder", "");
    let viva = viva.env("VIVA_DATA_DIR", file.join("below").to_str().unwrap());
    let ran = viva.run_with(&with(&["--json"]), THREE);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(lines(&ran.stdout).len(), 3);
    let ran = viva.run_with(&with(&["--save"]), THREE);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("VIVA_DATA_DIR"), "{}", ran.stderr);
}

#[test]
fn an_endpoint_that_refuses_is_a_failure_of_the_endpoint() {
    let server = Server::answering(|_| Reply::error(401, "bad key"));
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&with(&["--json"]), THREE);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(server.requests().len(), 1, "the endpoint is not asked in vain");
    let lines = lines(&ran.stdout);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["error"].is_string() && line["score"].is_null()));
}

#[test]
fn unknown_topics_and_difficulties_say_what_there_is() {
    let viva = Viva::new();
    let ran = viva.run(&["interview", "--topic", "cooking"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("architecture"), "{}", ran.stderr);
    let ran = viva.run(&["interview", "--difficulty", "9"]);
    assert_eq!(ran.code, 2);
    let ran = viva.run(&["interview", "architecture"]);
    assert!(ran.stderr.contains("--topic architecture"), "{}", ran.stderr);
}

//! `viva grade`: rows in, result lines out.

use serde_json::{Value, json};

use crate::support::{Asked, Reply, Server, Viva};

const QUESTION: &str = "architecture/mqa-and-gqa";

/// `n` rows with different answers.
fn rows(n: usize) -> String {
    (0..n)
        .map(|i| row(&format!("r{i}"), &format!("All query heads share one key head, case {i}.")))
        .collect()
}

fn row(id: &str, answer: &str) -> String {
    format!("{}\n", json!({ "id": id, "question_id": QUESTION, "answer": answer }))
}

fn met(asked: &Asked) -> Reply {
    let quote = asked.first_words(6);
    asked.reply(|_| ("met", vec![quote.clone()]))
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["id"].as_str().unwrap()).collect()
}

#[test]
fn rows_are_graded_in_parallel_and_come_out_in_order() {
    let server = Server::answering(|request| {
        let asked = Asked::of(request);
        // Early rows take longer.
        let slow = asked.answer.contains("case 0.") || asked.answer.contains("case 3.");
        std::thread::sleep(std::time::Duration::from_millis(if slow { 150 } else { 5 }));
        met(&asked)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&["grade", "-"], rows(40)).exits(0);
    let lines = ran.lines();
    let expected: Vec<String> = (0..40).map(|i| format!("r{i}")).collect();
    assert_eq!(ids(&lines), expected);
    assert!(lines.iter().all(|line| line["score"] == 100.0 && line["grader"] == "llm"), "{ran:?}");
    assert_eq!(server.requests().len(), 40);
}

#[test]
fn equal_rows_cost_one_call_and_keep_their_own_identity() {
    let server = Server::answering(|request| met(&Asked::of(request)));
    let viva = Viva::new().endpoint(&server.base_url());
    let input: String = (0..30)
        .map(|i| row(&format!("r{i}"), "All query heads share one key head, always."))
        .collect();
    let ran = viva.run_with(&["grade", "-"], input).exits(0);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(ids(&ran.lines()).len(), 30);
    assert_eq!(ran.lines()[29]["id"], "r29");
}

#[test]
fn a_bad_row_is_a_line_with_its_reason_and_stops_nothing() {
    let viva = Viva::new();
    let input = [
        row("a", "One shared head."),
        "{not json\n".to_owned(),
        format!(
            "{}\n",
            json!({ "id": "c", "question_id": "architecture/mqa-and-gka", "answer": "x" })
        ),
        row("a", "A second time the same id."),
        format!("{}\n", json!({ "id": "e", "question_id": QUESTION, "answer": "ok", "mark": 7 })),
    ]
    .concat();
    let ran = viva.run_with(&["grade", "-", "--grader", "lexical"], &input).exits(5);
    let lines = ran.lines();
    assert_eq!(lines.len(), 5);
    assert!(lines[1]["error"].as_str().unwrap().starts_with("line 2: "), "{}", lines[1]);
    assert!(lines[2]["error"].as_str().unwrap().contains("did you mean architecture/mqa-and-gqa"));
    assert!(lines[3]["error"].as_str().unwrap().contains("earlier row"), "{}", lines[3]);
    assert_eq!(lines[4]["input"], json!({ "mark": 7 }));
    let ran = viva.run_with(&["grade", "-", "--grader", "lexical", "--strict"], &input).exits(5);
    assert!(ran.lines().len() < 5 && ran.stderr.contains("line 2"), "{ran:?}");
}

#[test]
fn strict_grades_and_writes_all_that_stands_before_the_first_bad_row_and_nothing_behind() {
    let server = Server::answering(|request| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        met(&Asked::of(request))
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let input = format!("{}{{no\n{}", rows(40), row("late", "It shares one key head."));
    for grader in ["lexical", "llm"] {
        for _ in 0..3 {
            let command = ["grade", "-", "--strict", "--grader", grader];
            let ran = viva.run_with(&command, &input).exits(5).says("line 41: ");
            let lines = ran.lines();
            assert_eq!(lines.len(), 41, "{grader}: {}", ran.stderr);
            assert!(lines[..40].iter().all(|line| line["score"].is_number()), "{ran:?}");
            assert!(lines[40]["error"].is_string(), "{ran:?}");
        }
    }
    assert_eq!(server.requests().len(), 3 * 40);
}

#[test]
fn without_an_endpoint_nobody_is_graded_unless_lexical_is_chosen() {
    Viva::new().run_with(&["grade", "-"], rows(1)).exits(3).says("--grader lexical");
    let ran = Viva::new().run_with(&["grade", "-", "--grader", "lexical"], rows(300)).exits(0);
    assert_eq!(ran.lines().len(), 300);
    assert_eq!(ran.lines()[299]["id"], "r299");
}

#[test]
fn the_mean_gates_and_ungraded_rows_count_as_nothing() {
    let server = Server::answering(|request| {
        let asked = Asked::of(request);
        if asked.answer.contains("case 1.") { Reply::completion("no") } else { met(&asked) }
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let grade = |more: &[&str]| viva.run_with(&[&["grade", "-"], more].concat(), rows(4));
    grade(&[]).exits(5);
    grade(&["--allow-ungraded", "1"]).exits(0);
    grade(&["--allow-ungraded", "1", "--fail-under", "75"]).exits(0);
    grade(&["--allow-ungraded", "1", "--fail-under", "75.1"]).exits(6);
    grade(&["--fail-under", "90"]).exits(6);
    let ran = grade(&["--no-text"]);
    assert!(ran.lines().iter().all(|line| line["answer"].is_null()), "{ran:?}");
}

#[test]
fn a_refused_key_stops_the_run_at_once() {
    let server = Server::answering(|_| Reply::error(401, "bad key"));
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&["grade", "-", "--max-concurrency", "2"], rows(200)).exits(4);
    assert!(ran.stderr.contains("key"), "{}", ran.stderr);
    assert!(server.requests().len() <= 8, "{}", server.requests().len());
}

#[test]
fn a_run_that_fails_nearly_everywhere_ends_early() {
    let server = Server::answering(|_| Reply::completion("I cannot do that."));
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&["grade", "-", "--max-concurrency", "8"], rows(2000)).exits(4);
    assert!(ran.stderr.contains("of the last 100 answers"), "{}", ran.stderr);
    assert!(server.requests().len() < 500, "{}", server.requests().len());
}

#[test]
fn a_bad_row_is_told_once() {
    let viva = Viva::new();
    let rows = viva.file("rows.jsonl", "{\"id\":\"1\",\"question_id\":\"a/b\",\"answer\":\"x\"}\n");
    let out = viva.home().join("out.jsonl");
    let (rows, out) = (rows.to_str().unwrap(), out.to_str().unwrap());
    let ran = viva.run(&["grade", rows, "-o", out, "--grader", "lexical"]).exits(5);
    assert_eq!(ran.stderr.matches("no question").count(), 1, "{}", ran.stderr);
}

/// The form of a line has one definition, in the schema that users get.
#[test]
fn every_line_is_written_as_its_schema_says() {
    let viva = Viva::new();
    let input = row("good", "All query heads share one key head.")
        + "{\"id\":\"beside\",\"candidate\":\"c\",\"question_id\":\"architecture/mqa-and-gqa\",\"answer\":\"One.\",\"more\":[1,null]}\n"
        + "{\"id\":\"bad\",\"candidate\":\"c\",\"question_id\":\"no/such\",\"answer\":\"One.\"}\n"
        + "not json\n";
    for more in [&[][..], &["--no-text"]] {
        let all = [&["grade", "-", "--grader", "lexical"], more].concat();
        let ran = viva.run_with(&all, input.clone()).exits(5);
        assert_eq!(ran.stdout.lines().count(), 4);
        for line in ran.stdout.lines() {
            let read: viva::domain::ResultLine = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
        }
    }
}

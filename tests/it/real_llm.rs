//! A real small model behind a real server. Run with `cargo test -- --ignored real_llm`.
//!
//! The model is far too small to grade well: what is tested is the protocol.
//! Needs the project's shared tools beside it; without them it says so and passes.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Viva;

const PORT: &str = "8191";

/// The running server; stopped when dropped.
struct RealServer {
    script: std::path::PathBuf,
    base_url: String,
}

impl RealServer {
    /// None, with a message, when the script is not there.
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/real-llm.sh");
        if !script.exists() {
            eprintln!("skipped: {} is not there", script.display());
            return None;
        }
        let started = Command::new("bash")
            .arg(&script)
            .args(["start", PORT])
            .envs([("SLOTS", "1"), ("CONTEXT", "8192")])
            .output()
            .expect("bash runs");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let base_url = String::from_utf8(started.stdout).expect("UTF-8").trim().to_owned();
        Some(Self { script, base_url })
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        // A server that cannot be stopped has ended by itself.
        let _ = Command::new("bash").arg(&self.script).args(["stop", PORT]).status();
    }
}

#[test]
#[ignore = "starts a model of 100 MB and takes minutes"]
fn real_llm_doctor_score_and_interview() {
    let Some(server) = RealServer::start() else { return };
    let viva = Viva::new().env("VIVA_BASE_URL", &server.base_url).env("VIVA_MODEL", "smollm2-135m");

    let doctor = viva.run(&["doctor"]);
    println!("{}{}", doctor.stdout, doctor.stderr);
    assert!(doctor.stdout.contains("json_schema"), "{doctor:?}");

    let answer = "In MQA all query heads share one key head and one value head, so the KV cache \
                  is smaller and decoding is faster. GQA uses a few groups and stays close to MHA.";
    let score = viva.run_with(&["score", "-", "--question", "architecture/mqa-and-gqa"], answer);
    println!("{}{}", score.stdout, score.stderr);
    assert!([0, 5].contains(&score.code), "{score:?}");

    let answers = "It depends on the attention mask: causal models see only the left.\n\n\
                   The tokenizer merges frequent pairs of symbols until the vocabulary is full.\n\n\
                   The KV cache grows with layers, heads and length, so we share heads.\n\n";
    let interview = viva.run_with(&["interview", "--count", "3", "--seed", "1", "--json"], answers);
    println!("{}", interview.stderr);
    let lines = interview.lines();
    assert_eq!(lines.len(), 3, "{interview:?}");
    let mut closed = 0;
    for line in &lines {
        let points = line["points"].as_array().expect("points");
        let ungraded = points.iter().filter(|point| point["verdict"] == "ungraded");
        let truncated = ungraded.clone().any(|p| p["why"].as_str().unwrap().contains("truncated"));
        closed += usize::from(!truncated);
        println!("{} {} {}", line["question"]["id"], line["score"], line["provenance"]["calls"]);
        assert!(ungraded.count() < points.len(), "no point was graded: {line}");
    }
    assert!(closed * 10 >= lines.len() * 8, "{closed} of {} replies closed", lines.len());
}

/// Keys and states of the results in a run's journal, in the order in which they came.
fn results(viva: &Viva) -> Vec<(String, String)> {
    let path = viva.home().join("out.jsonl.viva/results.jsonl");
    // Not there before the first result.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let field = |line: &Value, name: &str| line[name].as_str().expect("a text").to_owned();
    whole
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|line: Value| (field(&line, "key"), field(&line, "s")))
        .collect()
}

#[test]
#[ignore = "starts a model of 100 MB and takes half an hour"]
fn real_llm_grades_a_batch_that_is_interrupted_once() {
    let Some(server) = RealServer::start() else { return };
    let viva = Viva::new().env("VIVA_BASE_URL", &server.base_url).env("VIVA_MODEL", "smollm2-135m");
    let rows: usize = std::env::var("VIVA_TEST_ROWS").map_or(30, |n| n.parse().expect("a number"));
    let row = |n: usize| {
        let answer = format!(
            "Case {n}: the model repeats the same phrase in a loop, mostly with greedy decoding; \
             count repeated n-grams to measure it."
        );
        let question = "inference/repetition-degeneration-definition";
        json!({ "id": format!("r{n}"), "question_id": question, "answer": answer })
    };
    viva.file("in.jsonl", (0..rows).map(|n| format!("{}\n", row(n))).collect::<String>());
    let arguments = ["grade", "in.jsonl", "-o", "out.jsonl", "--max-concurrency", "2"];
    let child = viva.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while results(&viva).len() < rows / 3 {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    let output = child.wait_with_output().expect("the program ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    println!("{stderr}");
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr.contains("to go on: "));

    let ran = viva.run(&arguments);
    println!("{}", ran.stderr);
    assert!([0, 5].contains(&ran.code), "{ran:?}");
    let text = std::fs::read_to_string(viva.home().join("out.jsonl")).expect("an output");
    let ids: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].to_string())
        .collect();
    assert_eq!(ids, (0..rows).map(|n| format!("\"r{n}\"")).collect::<Vec<_>>());
    let mut graded: Vec<String> =
        results(&viva).into_iter().filter(|(_, s)| s == "g").map(|(key, _)| key).collect();
    let all = graded.len();
    graded.sort();
    graded.dedup();
    assert_eq!(graded.len(), all, "an answer was graded twice");
}

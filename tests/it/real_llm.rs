//! A real small model behind a real server. Run with `cargo test -- --ignored real_llm`.
//!
//! The model is far too small to grade well: what is tested is the protocol.
//! Needs the project's shared tools beside it; without them it says so and passes.

use std::path::Path;
use std::process::Command;

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

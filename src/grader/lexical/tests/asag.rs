//! How well the similarity to a bare reference ranks answers as people do, on
//! eight public sets that lie beside the repository. Ignored by default: run
//! `cargo test --release -- --ignored asag --nocapture`.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::domain::{Lang, Localised, Question, QuestionId};
use crate::grader::lexical::LexicalGrader;

/// Sets with the Pearson correlation of the mixed baseline that is to be beaten.
const BASELINE: [(&str, f64); 8] = [
    ("scientsbank", 0.481),
    ("beetle", 0.574),
    ("saf2_en", 0.256),
    ("saf_de", 0.442),
    ("nq301", 0.637),
    ("evouna_nq", 0.752),
    ("ads_zh", 0.457),
    ("le_zh", 0.859),
];

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/asag");
    std::env::var_os("VIVA_ASAG").map_or_else(beside, PathBuf::from)
}

#[test]
#[ignore = "needs public data beside the repository"]
fn asag_ranking_beats_the_plain_baselines() {
    if !folder().is_dir() {
        println!("skipped: no folder {}", folder().display());
        return;
    }
    println!("{:12} {:>6} {:>9} {:>6}", "set", "rows", "Pearson", "mix");
    let mut below = 0;
    let mut sum = 0.0;
    for (set, baseline) in BASELINE {
        let rows = std::fs::read_to_string(folder().join(format!("{set}.jsonl"))).unwrap();
        let (scores, human) = score(&rows);
        let r = pearson(&scores, &human);
        println!("{set:12} {:6} {r:9.3} {baseline:6.3}", human.len());
        below += usize::from(r < baseline);
        sum += r;
    }
    let mean = sum / 8.0;
    println!("{:12} {:6} {mean:9.4}", "mean", "");
    assert!(below <= 2, "{below} sets lie below the baseline");
    assert!(mean > 0.557, "the mean {mean} does not beat the baseline");
}

fn score(rows: &str) -> (Vec<f64>, Vec<f64>) {
    let grader = LexicalGrader;
    let mut prepared = HashMap::new();
    let mut graded = (Vec::new(), Vec::new());
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let key = format!("{}{}{}", row["question"], row["reference"], row["references"]);
        let question = prepared.entry(key).or_insert_with(|| grader.prepare(&question(&row)));
        let answer = row["answer"].as_str().unwrap();
        graded.0.push(grader.grade(question, answer).similarity.unwrap());
        graded.1.push(row["human_score"].as_f64().unwrap());
    }
    graded
}

fn question(row: &Value) -> Question {
    let text = |value: &Value| {
        let text = value.as_str().unwrap();
        Localised::single(Lang::of(text), text)
    };
    let references = match row["references"].as_array() {
        Some(several) => several.iter().map(text).collect(),
        None => vec![text(&row["reference"])],
    };
    Question::bare(QuestionId::ad_hoc("asag"), text(&row["question"]), references).unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand rows")]
fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let moments = a.iter().zip(b).fold((0.0, 0.0, 0.0), |(ab, aa, bb), (x, y)| {
        let (x, y) = (x - mean_a, y - mean_b);
        (ab + x * y, aa + x * x, bb + y * y)
    });
    moments.0 / (moments.1 * moments.2).sqrt()
}

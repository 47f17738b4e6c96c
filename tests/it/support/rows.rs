//! Answers to one question of the bank, all different, as rows of JSON lines.

use serde_json::json;

/// An answer that says something right.
pub(crate) fn answer(n: usize) -> String {
    format!("All query heads share one key head, and this is case {n}.")
}

/// Such an answer as the row `rN`.
pub(crate) fn row(n: usize) -> String {
    let question = "architecture/mqa-and-gqa";
    format!("{}\n", json!({ "id": format!("r{n}"), "question_id": question, "answer": answer(n) }))
}

/// The first `n` such rows.
pub(crate) fn rows(n: usize) -> String {
    (0..n).map(row).collect()
}

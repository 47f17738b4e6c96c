//! Writes any number of answers as JSON lines to standard output, the same for the same seed.
//!
//! The answers are made of the bank's own vocabulary in sentences of varying
//! length, about 300 bytes each, so that graders have something to match.

use std::io::{BufWriter, Write};

use clap::Parser;

/// Writes answers as JSON lines.
#[derive(Debug, Parser)]
struct Options {
    /// How many
    rows: u64,
    /// Question of all of them
    #[arg(long, default_value = "architecture/mqa-and-gqa")]
    question: String,
    /// Sentences an answer
    #[arg(long, default_value_t = 4)]
    sentences: u64,
    /// Of a thousand answers, those that equal an earlier one
    #[arg(long, default_value_t = 0)]
    repeated: u64,
}

const SUBJECTS: [&str; 8] = [
    "Multi-query attention",
    "Grouped-query attention",
    "The KV cache",
    "Every query head",
    "A single key-value head",
    "The memory bandwidth of decoding",
    "Each group of heads",
    "Full multi-head attention",
];
const VERBS: [&str; 8] =
    ["shares", "reduces", "needs", "does not change", "reads", "keeps", "limits", "costs"];
const OBJECTS: [&str; 8] = [
    "one key and value projection across all query heads",
    "the size of the cache by the number of heads",
    "a little quality on long contexts",
    "the same keys and values in a group",
    "less memory traffic at every step",
    "the number of query heads",
    "more parameters in the output projection",
    "what a small batch can serve",
];

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    for row in 0..options.rows {
        let repeats = row % 1000 < options.repeated;
        let mut state = if repeats { row % 7 } else { row };
        let question = &options.question;
        write!(out, "{{\"id\":\"r{row}\",\"question_id\":\"{question}\",\"answer\":\"")?;
        for sentence in 0..options.sentences {
            let mut pick = |list: [&'static str; 8]| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                list[usize::from((state >> 61) as u8)]
            };
            let (subject, verb, object) = (pick(SUBJECTS), pick(VERBS), pick(OBJECTS));
            let space = if sentence > 0 { " " } else { "" };
            write!(out, "{space}{subject} {verb} {object}.")?;
        }
        let tag = if repeats { row % 7 } else { row };
        writeln!(out, " Case {tag}.\"}}")?;
    }
    out.flush()
}

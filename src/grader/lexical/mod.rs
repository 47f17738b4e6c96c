//! The lexical grader: deterministic, offline, instant, and always an estimate.
//!
//! Compares an answer with a question's term groups and claims, sentence by
//! sentence. It knows words, not meaning: swapped directions and irony escape
//! it. The same question, answer and build always give the same verdicts.

mod idf;
mod prepare;
mod tuning;
mod units;
mod window;

pub use prepare::Prepared;

#[allow(unused_imports, reason = "research")]
pub(crate) use {tuning::{TUNING, Tuning}, window::{Support, read}};

use crate::domain::Question;

/// The embedded grader.
#[derive(Debug, Clone, Copy, Default)]
pub struct LexicalGrader;

impl LexicalGrader {
    /// Makes a question ready.
    pub fn prepare(&self, question: &Question) -> Prepared {
        Prepared::new(question, &TUNING)
    }
}

#[allow(missing_docs, dead_code, reason = "research")]
pub mod research {
    pub fn unit_list(t: &str) -> Vec<(u64, f32)> {
        let text = crate::text::tokenise::Text::new(t);
        let mut v = vec![];
        super::units::each(&text, |u, k, _| if k != super::units::UnitKind::HanChar { v.push((u, super::idf::idf(u))) });
        v
    }
}

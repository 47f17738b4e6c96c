//! The lexical grader: deterministic, offline, instant, and always an estimate.
//!
//! Compares an answer with a question's term groups and claims, sentence by
//! sentence, or with a bare reference as a whole. It knows words, not meaning:
//! swapped directions and irony escape it. The same question, answer and build
//! always give the same verdicts.

mod bare;
mod evidence;
mod idf;
mod link;
mod prepare;
mod profile;
mod reading;
mod synonyms;
mod tuning;
mod units;
mod verdict;
mod window;

pub use prepare::Prepared;
pub use verdict::{HeldMisconception, LexicalVerdicts, PointVerdict};

use tuning::TUNING;

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::domain::Question;
use crate::text::fold::fold;
use crate::text::tokenise::Text;

use super::gate::Gate;
use super::prompt::short_hash;

/// Raised by hand when the method changes and no constant or table does.
const REVISION: u32 = 3;

/// The embedded grader.
#[derive(Debug, Clone, Copy, Default)]
pub struct LexicalGrader;

impl LexicalGrader {
    /// Makes a question ready; costs about as much as grading a hundred answers,
    /// so keep what it returns.
    pub fn prepare(&self, question: &Question) -> Prepared {
        Prepared::new(question, &TUNING)
    }

    /// Grades one answer. An answer that the gate stops is missing everything.
    pub fn grade(&self, prepared: &Prepared, answer: &str) -> LexicalVerdicts {
        let folded = fold(answer);
        let gate = Gate::of_folded(&prepared.titles, &folded);
        if !gate.passes() {
            return LexicalVerdicts::stopped(gate, prepared);
        }
        let text = Text::from_folded(&folded);
        verdict::judge(prepared, &text, answer, &TUNING)
    }

    /// Hash of the method, its constants and its tables: scores are comparable
    /// only where it is the same.
    pub fn fingerprint(&self) -> &'static str {
        static FINGERPRINT: OnceLock<String> = OnceLock::new();
        FINGERPRINT.get_or_init(|| {
            let mut hasher = Sha256::new();
            hasher.update(format!("lexical {REVISION} {TUNING:?} {:?}", tuning::BARE));
            hasher.update(idf::SOURCE);
            hasher.update(synonyms::SOURCE);
            short_hash(&hasher.finalize())
        })
    }

    /// The raw supports at which a point's credit starts and is full; between
    /// them it rises evenly.
    pub fn scale(&self) -> (f64, f64) {
        (f64::from(TUNING.scale_low), f64::from(TUNING.scale_high))
    }
}

#[cfg(test)]
mod tests;

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

/// Raised by hand when the method changes and no constant or table does.
const REVISION: u32 = 1;

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
            hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
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

#[allow(missing_docs, dead_code, reason = "research")]
pub mod research {
    pub(crate) use super::tuning::{BARE, TUNING, Tuning};
    pub(crate) use super::window::Support;
    use super::*;
    pub fn unit_list(t: &str) -> Vec<(u64, f32)> {
        let text = crate::text::tokenise::Text::new(t);
        let mut v = vec![];
        super::units::each(&text, |u, k, _| {
            if k != super::units::UnitKind::HanChar {
                v.push((u, super::idf::idf(u)))
            }
        });
        v
    }
    pub(crate) fn prepare(q: &Question, t: &Tuning) -> Prepared {
        Prepared::new(q, t)
    }
    pub(crate) fn supports(p: &Prepared, answer: &str, t: &Tuning) -> Vec<Support> {
        let text = Text::new(answer);
        let reading = super::reading::Reading::of(p, &text, t);
        super::window::read(p, &reading, &text, t)
    }
    pub(crate) fn judge(p: &Prepared, answer: &str, t: &Tuning) -> LexicalVerdicts {
        let folded = fold(answer);
        let gate = Gate::of_folded(&p.titles, &folded);
        if !gate.passes() {
            return LexicalVerdicts::stopped(gate, p);
        }
        super::verdict::judge(p, &Text::from_folded(&folded), answer, t)
    }
    pub(crate) use super::bare::Bare;
    pub(crate) use super::tuning::BareTuning;
    pub(crate) fn bare(q: &Question, t: &BareTuning) -> Bare {
        Bare::new(q, t)
    }
    pub(crate) fn similarity(p: &Bare, answer: &str, t: &BareTuning) -> f32 {
        p.similarity(&Text::new(answer), t)
    }
    pub(crate) fn stages(
        preps: &[Prepared],
        texts: &[(usize, Text)],
        stage: &dyn Fn(&str, &mut dyn FnMut(usize, &Text)),
    ) {
        let mut n = 0usize;
        let mut hits = 0usize;
        let mut slots = 0usize;
        stage("matcher", &mut |q, t| preps[q].matcher.each(t, |_| n += 1));
        stage("reading", &mut |q, t| {
            let r = super::reading::Reading::of(&preps[q], t, &TUNING);
            for s in 0..t.sentences.len() {
                hits += r.slots(s).len();
                slots += 1;
            }
        });
        println!("hits per sentence {}", hits / slots);
        println!(
            "slots {} profiles {}",
            preps.iter().map(|p| p.slots.len()).sum::<usize>() / preps.len(),
            preps.iter().map(|p| p.profiles.len()).sum::<usize>() / preps.len()
        );
        stage("reading+window", &mut |q, t| {
            let r = super::reading::Reading::of(&preps[q], t, &TUNING);
            n += super::window::read(&preps[q], &r, t, &TUNING).len();
        });
        println!("{n}");
    }
}

//! The grader's constants, each with what it does; all are part of the fingerprint.
//!
//! Fitted on samples of questions other than those they were checked on: half
//! the questions against the other half, where no further fitting gained. Sizes
//! of windows stand where they are used; the revision covers those.

use super::idf::idf;
use super::units::UnitKind;

/// All constants that decide a credit, a verdict or a misconception.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tuning {
    /// Exponent of a unit's inverse document frequency in its weight.
    pub(crate) idf_exponent: f32,
    /// Weight of a single Han character beside a word's 1.
    pub(crate) han_char: f32,
    /// Weight of a pair of Han characters.
    pub(crate) han_pair: f32,
    /// Factor on units that stand in the question's title.
    pub(crate) title: f32,
    /// How fast a unit that several points' claims share loses weight.
    pub(crate) shared: f32,
    /// Factor on a misconception's units that the reference has too.
    pub(crate) in_reference: f32,
    /// Least similarity of two spellings that count as one word.
    pub(crate) fuzzy: f32,
    /// What a synonym counts beside the word itself.
    pub(crate) synonym: f32,
    /// Share of a claim's weight from which its similarity is full.
    pub(crate) claim_full: f32,
    /// Weight of the term groups in the mix; the claim has the rest.
    pub(crate) terms: f32,
    /// What an alias whose words stand apart in a sentence counts beside a whole one.
    pub(crate) loose_alias: f32,
    /// The same for a misconception, where the order of words matters more.
    pub(crate) wrong_loose: f32,
    /// Least share of such an alias in a sentence that counts at all.
    pub(crate) loose_least: f32,
    /// Factor on the claim's similarity where one of its groups is denied.
    pub(crate) denied: f32,
    /// How much a better supported misconception in the same window takes from a point.
    pub(crate) contested: f32,
    /// How much a better supported point or correction takes from a misconception.
    pub(crate) wrong_contested: f32,
    /// Share of a correction's own weight from which it speaks fully against.
    pub(crate) correction_full: f32,
    /// Raw support from which a misconception is held.
    pub(crate) held: f32,
    /// Share of a text's words, terms of the field and the question's own, that are
    /// the question's by chance.
    pub(crate) chance_word: f32,
    /// The same for pairs of Han characters.
    pub(crate) chance_pair: f32,
    /// Between which multiples of chance a window comes onto the topic.
    pub(crate) topic: (f32, f32),
    /// How much the answer's other points lend to a point that has some support.
    pub(crate) pool: f32,
    /// The mean support at which they lend nothing; below it they take.
    pub(crate) pool_middle: f32,
    /// Raw support at which credit starts.
    pub(crate) scale_low: f32,
    /// Raw support at which credit is full.
    pub(crate) scale_high: f32,
    /// Credit from which a point is met.
    pub(crate) met: f32,
    /// Credit from which a point is partial.
    pub(crate) partial: f32,
    /// Closeness to a held misconception from which a point is contradicted.
    pub(crate) contradicted: f32,
    /// What a point's own support adds to that closeness.
    pub(crate) touched: f32,
    /// What being a must adds: errors are mostly about the heart of a question.
    pub(crate) heart: f32,
}

/// The values in use.
pub(crate) const TUNING: Tuning = Tuning {
    // 0.25 ranks the samples as well, but lets the common words of small talk make up
    // a claim.
    idf_exponent: 0.5,
    han_char: 0.5,
    han_pair: 0.2,
    title: 0.1,
    shared: 1.0,
    in_reference: 0.3,
    fuzzy: 0.75,
    synonym: 0.35,
    claim_full: 0.42,
    terms: 0.4,
    loose_alias: 0.9,
    loose_least: 0.3,
    wrong_loose: 0.6,
    denied: 0.4,
    contested: 3.0,
    wrong_contested: 3.0,
    correction_full: 0.3,
    // Above what would find most errors: a right answer that is accused of one loses
    // far more than a wrong one gains whose error is not named.
    held: 0.8,
    // Set by two things at once: fewer pairs of neighbouring questions whose reference
    // reaches 50 at the other one, and answers that keep their score beside anecdotes.
    chance_word: 0.3,
    chance_pair: 0.16,
    topic: (1.2, 2.6),
    pool: 0.8,
    pool_middle: 0.5,
    scale_low: 0.2,
    scale_high: 0.75,
    met: 0.75,
    partial: 0.25,
    contradicted: 0.4,
    touched: 0.9,
    heart: 0.2,
};

/// Constants of the similarity to a bare reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BareTuning {
    /// Exponent of a unit's inverse document frequency in its weight.
    pub(crate) idf_exponent: f32,
    /// Taken off the inverse document frequency first.
    pub(crate) idf_floor: f32,
    /// Weight of a Han character beside a word's 1.
    pub(crate) han_char: f32,
    /// Weight of a pair of Han characters.
    pub(crate) han_pair: f32,
    /// Factor on units that stand in the question.
    pub(crate) title: f32,
    /// Least share of a word's letter groups that makes a near spelling.
    pub(crate) near: f32,
    /// Weight of the recall of units.
    pub(crate) recall: f32,
    /// Weight of the cosine.
    pub(crate) cosine: f32,
    /// Weight of the recall of letter groups.
    pub(crate) groups: f32,
    /// Taken off when one text negates and the other does not.
    pub(crate) negation: f32,
    /// Taken off when every number of the reference is missing.
    pub(crate) number: f32,
    /// Similarity at which the score starts.
    pub(crate) scale_low: f32,
    /// Similarity at which the score is full.
    pub(crate) scale_high: f32,
    /// Exponent of the way between both: below 1, half the reference is worth more
    /// than half the score, as people give it.
    pub(crate) bend: f32,
}

/// The values in use.
pub(crate) const BARE: BareTuning = BareTuning {
    idf_exponent: 0.3,
    idf_floor: 0.35,
    han_char: 1.0,
    han_pair: 0.2,
    title: 0.1,
    near: 0.45,
    recall: 0.55,
    cosine: 0.22,
    groups: 0.23,
    negation: 0.1,
    number: 0.1,
    scale_low: 0.02,
    scale_high: 1.0,
    bend: 0.8,
};

impl BareTuning {
    /// The weight of a unit before the question's words are demoted.
    pub(super) fn weight(&self, unit: u64, kind: UnitKind) -> f32 {
        (idf(unit) - self.idf_floor).max(0.01).powf(self.idf_exponent)
            * match kind {
                UnitKind::Word => 1.0,
                UnitKind::HanChar => self.han_char,
                UnitKind::HanPair => self.han_pair,
            }
    }
}

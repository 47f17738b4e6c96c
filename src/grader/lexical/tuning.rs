//! The grader's constants, each with what it does; all are part of the fingerprint.
//!
//! Fitted on samples of questions other than those they were checked on. No
//! other file of the grader holds a number that moves a score.

/// All constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tuning {
    /// Taken off every inverse document frequency before the exponent.
    pub(crate) idf_floor: f32,
    /// Exponent of the inverse document frequency.
    pub(crate) idf_exponent: f32,
    /// Weight of a single Han character beside a word's 1.
    pub(crate) han_char: f32,
    /// Weight of a pair of Han characters.
    pub(crate) han_pair: f32,
    /// Weight of an operator or unit sign.
    pub(crate) symbol: f32,
    /// Factor on units that stand in the question's title.
    pub(crate) title: f32,
    /// How fast a unit that several points' claims share loses weight.
    pub(crate) shared: f32,
    /// Factor on a misconception's units that the reference has too.
    pub(crate) in_reference: f32,
    /// Least similarity of two spellings that count as one word, and how much it counts.
    pub(crate) fuzzy: f32,
    /// Share of a claim's weight from which its similarity is full.
    pub(crate) claim_full: f32,
    /// Weight of the term groups in the mix; the claim has the rest.
    pub(crate) terms_weight: f32,
    /// What an alias whose words stand apart counts beside a whole one.
    pub(crate) loose_alias: f32,
    /// Factor for each sentence of a window beyond the first.
    pub(crate) wider: f32,
    /// What a negated hit counts.
    pub(crate) negated: f32,
    /// Weight of the terms in a misconception's score.
    pub(crate) wrong_terms: f32,
    /// Share of a misconception's claim from which its similarity is full.
    pub(crate) wrong_full: f32,
    /// Misconception score from which it is held.
    pub(crate) wrong_held: f32,
    /// How much a misconception in the same window takes from a point.
    pub(crate) contested: f32,
    /// How much a better supported point in the same window takes from a misconception.
    pub(crate) wrong_contested: f32,
    /// The most sentences that speak for a misconception together.
    pub(crate) wrong_widest: f32,
    /// Share of a text's words that are the question's by chance.
    pub(crate) topic_word: f32,
    /// The same for pairs of Han characters.
    pub(crate) topic_pair: f32,
    /// How far above chance a text is fully on the topic, as a multiple.
    pub(crate) topic_width: f32,
    /// Raw credit at which the scale starts.
    pub(crate) scale_low: f32,
    /// Raw credit at which the scale is full.
    pub(crate) scale_high: f32,
}

/// The values in use.
pub(crate) const TUNING: Tuning = Tuning {
    idf_floor: 0.0,
    idf_exponent: 0.3,
    han_char: 0.5,
    han_pair: 0.4,
    symbol: 1.0,
    title: 0.1,
    shared: 0.5,
    in_reference: 0.3,
    fuzzy: 0.7,
    claim_full: 0.4,
    terms_weight: 0.5,
    loose_alias: 0.8,
    wider: 1.0,
    negated: 0.0,
    wrong_terms: 0.4,
    wrong_full: 0.4,
    wrong_held: 0.6,
    contested: 2.0,
    wrong_contested: 1.0,
    wrong_widest: 2.0,
    topic_word: 0.18,
    topic_pair: 0.06,
    topic_width: 0.8,
    scale_low: 0.1,
    scale_high: 0.7,
};

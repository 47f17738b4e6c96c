//! Similarity to a bare reference, for questions that have no points.
//!
//! Mixes three measures over weighted units: how much of the reference is
//! found (a near spelling counts in part), the cosine of both texts, and how
//! many of the reference's letter groups are found. Units of the question tell
//! little. The best of several references counts.

use super::tuning::BareTuning;
use super::units::{self, UnitKind, ratio};
use crate::domain::{Localised, Question};
use crate::text::negation::Stance;
use crate::text::tokenise::{Kind, Text};
use crate::text::{HASH_START, HashedMap, HashedSet, hash_on};

/// All references of a question, ready for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Bare {
    title: HashedSet,
    references: Vec<Bag>,
}

/// A text as weighted units.
#[derive(Debug, Clone, Default)]
struct Bag {
    units: HashedMap<f32>,
    words: Vec<Word>,
    /// Letter groups of the words, and Han units, with the weight of their heaviest word.
    groups: HashedMap<f32>,
    numbers: Vec<u64>,
    negated: bool,
}

#[derive(Debug, Clone)]
struct Word {
    unit: u64,
    /// Hashes of its groups of two and three letters.
    letters: Vec<u64>,
}

impl Bare {
    pub(super) fn new(question: &Question, tuning: &BareTuning) -> Self {
        let mut title = HashedSet::default();
        for (_, text) in question.title.texts() {
            units::each(&Text::new(text), |unit, _, _| {
                title.insert(unit);
            });
        }
        let texts = question.references().flat_map(Localised::texts);
        let references = texts.map(|(_, text)| Bag::of(&Text::new(text), &title, tuning)).collect();
        Self { title, references }
    }

    /// How alike an answer is to the nearest reference, 0 to 1, before the scale.
    pub(super) fn similarity(&self, answer: &Text, tuning: &BareTuning) -> f32 {
        let answer = Bag::of(answer, &self.title, tuning);
        let scores = self.references.iter().map(|reference| reference.compare(&answer, tuning));
        scores.fold(0.0, f32::max)
    }
}

impl Bag {
    fn of(text: &Text, title: &HashedSet, tuning: &BareTuning) -> Self {
        let mut bag = Self {
            negated: Stance::of(text).has_negation(0..text.tokens.len()),
            ..Self::default()
        };
        units::each(text, |unit, kind, at| {
            if bag.units.contains_key(&unit) {
                return;
            }
            let asked = if title.contains(&unit) { tuning.title } else { 1.0 };
            let weight = asked * tuning.weight(unit, kind);
            bag.units.insert(unit, weight);
            let token = &text.tokens[at];
            if token.kind == Kind::Number {
                bag.numbers.push(unit);
            }
            match kind {
                UnitKind::Word => bag.add_word(unit, text.stem(token), weight),
                _ => bag.add_group(unit, weight),
            }
        });
        bag
    }

    fn add_word(&mut self, unit: u64, stem: &str, weight: f32) {
        let framed: Vec<char> =
            std::iter::once('^').chain(stem.chars()).chain(std::iter::once('$')).collect();
        for length in [3, 4] {
            for group in framed.windows(length.min(framed.len())) {
                self.add_group(hash_letters(group), weight);
            }
        }
        if stem.chars().count() >= 4 && !stem.starts_with(|c: char| c.is_ascii_digit()) {
            let groups = framed.windows(2).chain(framed.windows(3)).map(hash_letters);
            self.words.push(Word { unit, letters: groups.collect() });
        }
    }

    fn add_group(&mut self, group: u64, weight: f32) {
        let old = self.groups.entry(group).or_default();
        *old = old.max(weight);
    }

    /// How much of this reference an answer says.
    fn compare(&self, answer: &Self, tuning: &BareTuning) -> f32 {
        let mixed = tuning.recall * self.recall(answer, tuning)
            + tuning.cosine * cosine(&self.units, &answer.units)
            + tuning.groups * share(&self.groups, &answer.groups);
        let missing = self.numbers.iter().filter(|n| !answer.units.contains_key(*n)).count();
        let negation = if self.negated == answer.negated { 0.0 } else { tuning.negation };
        let numbers = tuning.number * ratio(missing, self.numbers.len());
        mixed * (1.0 - negation) * (1.0 - numbers)
    }

    fn recall(&self, answer: &Self, tuning: &BareTuning) -> f32 {
        let total: f32 = self.units.values().sum();
        let whole: f32 =
            self.units.iter().filter(|(u, _)| answer.units.contains_key(*u)).map(|(_, w)| w).sum();
        let near: f32 = self
            .words
            .iter()
            .filter(|word| !answer.units.contains_key(&word.unit))
            .map(|word| {
                let likeness = answer.words.iter().map(|other| word.found_in(other));
                let best = likeness.fold(0.0, f32::max);
                if best >= tuning.near { best * self.units[&word.unit] } else { 0.0 }
            })
            .sum();
        (whole + near) / total.max(f32::MIN_POSITIVE)
    }
}

impl Word {
    /// Share of this word's letter groups that the other has.
    fn found_in(&self, other: &Self) -> f32 {
        let found = self.letters.iter().filter(|group| other.letters.contains(group)).count();
        ratio(found, self.letters.len())
    }
}

fn share(wanted: &HashedMap<f32>, given: &HashedMap<f32>) -> f32 {
    let total: f32 = wanted.values().sum();
    let found: f32 = wanted.iter().filter(|(g, _)| given.contains_key(*g)).map(|(_, w)| w).sum();
    found / total.max(f32::MIN_POSITIVE)
}

fn cosine(a: &HashedMap<f32>, b: &HashedMap<f32>) -> f32 {
    let dot: f32 = a.iter().filter_map(|(unit, w)| Some(w * b.get(unit)?)).sum();
    let norm = |bag: &HashedMap<f32>| bag.values().map(|w| w * w).sum::<f32>().sqrt();
    dot / (norm(a) * norm(b)).max(f32::MIN_POSITIVE)
}

fn hash_letters(letters: &[char]) -> u64 {
    letters
        .iter()
        .fold(HASH_START, |state, c| hash_on(state, c.encode_utf8(&mut [0; 4]).as_bytes()))
}

//! Turns the texts of a question into profiles: bags of weighted units.
//!
//! A unit weighs less when the title has it too, when several points share it,
//! or when it stands in a misconception and in the reference. Weights of one
//! profile sum to 1.

use std::collections::HashMap;

use super::prepare::{Entry, Posting, Profile, Slot, Spelling, rows};
use super::synonyms::synonyms;
use super::tuning::Tuning;
use super::units::{self, UnitKind, ratio};
use crate::domain::{Localised, Question, Terms};
use crate::text::bigram;
use crate::text::tokenise::{Kind, Text};
use crate::text::{HASH_START, HashedMap, HashedSet, hash_on};

/// Whose words a profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProfileKind {
    /// The claim of a point or misconception in one language.
    Claim,
    /// What is right instead of a misconception, without the words of its claim.
    Correction,
    /// One alias of several words, by group.
    Alias(usize),
}

/// Everything that is built from texts.
#[derive(Default)]
pub(super) struct Built {
    pub(super) index: HashedMap<Entry>,
    pub(super) postings: Vec<Posting>,
    pub(super) spellings: HashedMap<Vec<Spelling>>,
    pub(super) compounds: HashedMap<Vec<u32>>,
    pub(super) slots: Vec<Slot>,
    pub(super) profiles: Vec<Profile>,
    pub(super) statements: usize,
}

pub(super) struct Builder<'a> {
    tuning: &'a Tuning,
    title: HashedSet,
    reference: HashedSet,
    claims_with: HashedMap<usize>,
    own_claim: HashedSet,
    points: usize,
    vocabulary: HashedSet,
    posted: HashedMap<Vec<Posting>>,
    built: Built,
}

impl<'a> Builder<'a> {
    pub(super) fn new(question: &Question, tuning: &'a Tuning) -> Self {
        let mut claims_with = HashedMap::default();
        for point in &question.points {
            for unit in units_of(texts(&point.claim)) {
                *claims_with.entry(unit).or_default() += 1;
            }
        }
        Self {
            tuning,
            title: units_of(texts(&question.title)),
            reference: units_of(question.references().flat_map(texts)),
            claims_with,
            own_claim: HashedSet::default(),
            points: question.points.len(),
            vocabulary: units_of(all_texts(question)),
            posted: HashedMap::default(),
            built: Built::default(),
        }
    }

    pub(super) fn build(mut self, question: &Question) -> Built {
        let rows = rows(question);
        for (list, (claim, _)) in rows.iter().enumerate() {
            self.add_texts(list, claim, ProfileKind::Claim);
        }
        for (index, wrong) in question.misconceptions.iter().enumerate() {
            self.own_claim = units_of(texts(&wrong.claim));
            self.add_texts(self.points + index, &wrong.correction, ProfileKind::Correction);
        }
        self.built.statements = self.built.profiles.len();
        for (list, (_, terms)) in rows.iter().enumerate() {
            self.add_aliases(list, terms);
        }
        for unit in &self.vocabulary {
            self.built.index.insert(*unit, Entry { postings: (0, 0), own: true });
        }
        for (unit, postings) in self.posted {
            let start = place(self.built.postings.len());
            self.built.postings.extend(postings);
            let entry = self.built.index.entry(unit).or_default();
            entry.postings = (start, place(self.built.postings.len()));
        }
        self.built
    }

    fn add_texts(&mut self, list: usize, statement: &Localised, kind: ProfileKind) {
        for text in texts(statement) {
            self.add_profile(Profile { list, kind }, &Text::new(text));
        }
    }

    /// An alias of one token is left to the matcher.
    fn add_aliases(&mut self, list: usize, terms: &Terms) {
        for (group, aliases) in terms.iter().enumerate() {
            for alias in aliases {
                let text = Text::new(alias);
                if text.tokens.len() > 1 {
                    self.add_profile(Profile { list, kind: ProfileKind::Alias(group) }, &text);
                }
            }
        }
    }

    fn add_profile(&mut self, profile: Profile, text: &Text) {
        let index = place(self.built.profiles.len());
        let mut weights: HashMap<u64, f32> = HashMap::new();
        let mut order = Vec::new();
        units::each(text, |unit, kind, token| {
            weights.entry(unit).or_insert_with(|| {
                order.push((unit, token));
                self.weight(unit, kind, profile)
            });
        });
        let total: f32 = order.iter().map(|(unit, _)| weights[unit]).sum();
        for (unit, token) in order {
            let weight = weights[&unit] / total.max(f32::MIN_POSITIVE);
            self.add_slot(Slot { profile: index, weight }, unit, token, text);
        }
        self.built.profiles.push(profile);
    }

    fn weight(&self, unit: u64, kind: UnitKind, profile: Profile) -> f32 {
        let tuning = self.tuning;
        let plain = units::weight(unit, kind, tuning);
        match profile.kind {
            ProfileKind::Alias(_) => return plain,
            ProfileKind::Correction if self.own_claim.contains(&unit) => return 0.0,
            _ => {}
        }
        let in_title = if self.title.contains(&unit) { tuning.title } else { 1.0 };
        let elsewhere = if profile.list < self.points {
            let claims = self.claims_with.get(&unit).copied().unwrap_or(1);
            1.0 / (1.0 + tuning.shared * ratio(claims.saturating_sub(1), 1))
        } else if self.reference.contains(&unit) {
            tuning.in_reference
        } else {
            1.0
        };
        plain * in_title * elsewhere
    }

    fn post(&mut self, unit: u64, slot: u32, level: f32) {
        self.posted.entry(unit).or_default().push(Posting { slot, level });
    }

    fn add_slot(&mut self, slot: Slot, unit: u64, token: usize, text: &Text) {
        let place = place(self.built.slots.len());
        self.built.slots.push(slot);
        self.post(unit, place, 1.0);
        for other in synonyms(unit) {
            self.post(other, place, self.tuning.synonym);
        }
        for pair in pairs_around(text, token, unit) {
            for other in synonyms(pair) {
                self.post(other, place, self.tuning.synonym);
            }
        }
        let token = &text.tokens[token];
        if unit != token.stem {
            return;
        }
        // Written as one with the word before, or apart where the answer writes two.
        for compound in [token.joined, token.light] {
            if compound != 0 && token.kind == Kind::Word {
                self.built.compounds.entry(compound).or_default().push(place);
            }
        }
        let stem = text.stem(token);
        if units::has_spelling(token, stem) {
            let near = self.built.spellings.entry(beginning(stem)).or_default();
            if !near.iter().any(|spelling| spelling.unit == unit) {
                near.push(Spelling { stem: stem.to_owned(), unit });
            }
        }
    }
}

/// The pairs that a Han character of a claim belongs to.
fn pairs_around(text: &Text, token: usize, unit: u64) -> impl Iterator<Item = u64> {
    let alone = text.tokens[token].kind == Kind::Han && text.tokens[token].stem == unit;
    let starts = [token.checked_sub(1), Some(token)];
    starts
        .into_iter()
        .flatten()
        .filter_map(move |at| alone.then(|| bigram::pair_at(&text.tokens, at)).flatten())
}

/// The key under which words that begin alike are found.
pub(super) fn beginning(stem: &str) -> u64 {
    hash_on(HASH_START, &stem.as_bytes()[..2])
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

pub(super) fn texts(localised: &Localised) -> impl Iterator<Item = &str> {
    localised.texts().map(|(_, text)| text)
}

fn all_texts(question: &Question) -> impl Iterator<Item = &str> {
    let whole = std::iter::once(&question.title).chain(question.references());
    let rows = rows(question)
        .into_iter()
        .flat_map(|(claim, terms)| texts(claim).chain(terms.iter().flatten().map(String::as_str)));
    whole.flat_map(texts).chain(rows)
}

pub(super) fn units_of<'a>(texts: impl Iterator<Item = &'a str>) -> HashedSet {
    let mut found = HashedSet::default();
    for text in texts {
        units::each(&Text::new(text), |unit, _, _| {
            found.insert(unit);
        });
    }
    found
}

//! Makes a question ready for grading: its claims as weighted units in one
//! index, its term groups as one matcher.
//!
//! Depends on the question alone, so it can be kept for as long as the
//! question stays the same.

use std::collections::HashMap;

use super::tuning::Tuning;
use super::units::{self, UnitKind};
use crate::domain::{Localised, Question, Terms};
use crate::grader::gate::Titles;
use crate::text::matching::Matcher;
use crate::text::negation::{Polarity, has_negation, polarity};
use crate::text::tokenise::Text;
use crate::text::{HASH_START, HashedMap, hash_on};

/// A question ready for grading.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) titles: Titles,
    pub(super) postings: HashedMap<Vec<Posting>>,
    pub(super) spellings: HashedMap<Vec<Spelling>>,
    /// Every unit of the question: title, reference, claims and terms.
    pub(super) vocabulary: HashedMap<()>,
    pub(super) slots: Vec<Slot>,
    pub(super) profiles: Vec<Profile>,
    pub(super) matcher: Matcher,
    /// Group counts and neutral groups of each list: points first, then misconceptions.
    pub(super) lists: Vec<GroupList>,
    pub(super) points: usize,
}

/// What a unit of an answer speaks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) slot: u32,
    pub(super) level: f32,
}

/// A word that can be recognised by its spelling.
#[derive(Debug, Clone)]
pub(super) struct Spelling {
    pub(super) stem: String,
    pub(super) unit: u64,
}

/// One unit of one profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) profile: u32,
    pub(super) weight: f32,
}

/// Whose words a profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProfileKind {
    /// The claim of a point or misconception in one language.
    Claim,
    /// One alias of several words, by group.
    Alias(usize),
}

/// A bag of weighted units whose weights sum to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    pub(super) list: usize,
    pub(super) kind: ProfileKind,
    pub(super) negative: bool,
}

/// The term groups of one point or misconception.
#[derive(Debug, Clone, Default)]
pub(super) struct GroupList {
    pub(super) groups: usize,
    /// Bit per group: its words stand under a negation in the claim or reference
    /// too, so a negation in the answer says nothing.
    pub(super) neutral: u64,
}

/// Collects the profiles.
struct Builder<'a> {
    tuning: &'a Tuning,
    title: HashedMap<()>,
    reference: HashedMap<()>,
    claims_with: HashedMap<u32>,
    prepared: Prepared,
}

impl Prepared {
    pub(crate) fn new(question: &Question, tuning: &Tuning) -> Self {
        let mut builder = Builder::new(question, tuning);
        let points = question.points.iter().map(|p| (&p.claim, &p.terms));
        let wrong = question.misconceptions.iter().map(|m| (&m.claim, &m.terms));
        for (list, (claim, terms)) in points.chain(wrong).enumerate() {
            builder.add_claim(list, claim);
            builder.add_aliases(list, terms);
        }
        builder.prepared.mark_neutral_groups(question);
        builder.prepared
    }

    fn mark_neutral_groups(&mut self, question: &Question) {
        let claims = question.points.iter().map(|p| &p.claim);
        let wrong = question.misconceptions.iter().map(|m| &m.claim);
        for (list, claim) in claims.chain(wrong).enumerate() {
            for (_, text) in claim.texts() {
                self.mark_neutral_in(text, Some(list));
            }
        }
        for (_, text) in question.references().flat_map(Localised::texts) {
            self.mark_neutral_in(text, None);
        }
    }

    fn mark_neutral_in(&mut self, text: &str, only: Option<usize>) {
        let text = Text::new(text);
        for hit in self.matcher.hits(&text) {
            let own = only.map_or(hit.list < self.points, |list| list == hit.list);
            if own && polarity(&text, hit.first..hit.end) != Polarity::Meant {
                self.lists[hit.list].neutral |= 1 << hit.group.min(63);
            }
        }
    }
}

impl<'a> Builder<'a> {
    fn new(question: &Question, tuning: &'a Tuning) -> Self {
        let lists: Vec<&Terms> = question
            .points
            .iter()
            .map(|p| &p.terms)
            .chain(question.misconceptions.iter().map(|m| &m.terms))
            .collect();
        let prepared = Prepared {
            titles: Titles::of(question),
            postings: HashedMap::default(),
            spellings: HashedMap::default(),
            vocabulary: units_of(all_texts(question)),
            slots: Vec::new(),
            profiles: Vec::new(),
            matcher: Matcher::over(lists.iter().map(|terms| terms.as_slice())),
            lists: lists
                .iter()
                .map(|terms| GroupList { groups: terms.len(), neutral: 0 })
                .collect(),
            points: question.points.len(),
        };
        let mut builder = Self {
            tuning,
            title: units_of(question.title.texts().map(|(_, text)| text)),
            reference: units_of(
                question.references().flat_map(Localised::texts).map(|(_, text)| text),
            ),
            claims_with: HashedMap::default(),
            prepared,
        };
        builder.count_claims(question);
        builder
    }

    fn count_claims(&mut self, question: &Question) {
        for point in &question.points {
            for unit in units_of(point.claim.texts().map(|(_, text)| text)).into_keys() {
                *self.claims_with.entry(unit).or_default() += 1;
            }
        }
    }

    fn add_claim(&mut self, list: usize, claim: &Localised) {
        for (_, text) in claim.texts() {
            let text = Text::new(text);
            let profile = Profile {
                list,
                kind: ProfileKind::Claim,
                negative: has_negation(&text.tokens),
            };
            self.add_profile(profile, &text);
        }
    }

    fn add_aliases(&mut self, list: usize, terms: &Terms) {
        for (group, aliases) in terms.iter().enumerate() {
            for alias in aliases {
                let text = Text::new(alias);
                if text.tokens.len() > 1 {
                    let kind = ProfileKind::Alias(group);
                    self.add_profile(Profile { list, kind, negative: false }, &text);
                }
            }
        }
    }

    fn add_profile(&mut self, profile: Profile, text: &Text) {
        let index = u32::try_from(self.prepared.profiles.len()).unwrap_or(u32::MAX);
        let mut weights: HashMap<u64, (f32, usize)> = HashMap::new();
        let mut order = Vec::new();
        units::each(text, |unit, kind, token| {
            weights.entry(unit).or_insert_with(|| {
                order.push(unit);
                (self.weight(unit, kind, &profile), token)
            });
        });
        let total: f32 = order.iter().map(|unit| weights[unit].0).sum();
        for unit in order {
            let (weight, token) = weights[&unit];
            self.add_slot(index, weight / total.max(f32::MIN_POSITIVE), unit, token, text);
        }
        self.prepared.profiles.push(profile);
    }

    fn weight(&self, unit: u64, kind: UnitKind, profile: &Profile) -> f32 {
        let tuning = self.tuning;
        let mut weight = units::weight(unit, kind, tuning);
        if profile.kind != ProfileKind::Claim {
            return weight;
        }
        if self.title.contains_key(&unit) {
            weight *= tuning.title;
        }
        let claims = self.claims_with.get(&unit).copied().unwrap_or(0);
        if profile.list < self.prepared.points {
            weight /= 1.0 + tuning.shared * (claims.max(1) - 1) as f32;
        } else if self.reference.contains_key(&unit) {
            weight *= tuning.in_reference;
        }
        weight
    }

    fn add_slot(&mut self, profile: u32, weight: f32, unit: u64, token: usize, text: &Text) {
        let slot = u32::try_from(self.prepared.slots.len()).unwrap_or(u32::MAX);
        self.prepared.slots.push(Slot { profile, weight });
        self.post(unit, slot, 1.0);
        let token = &text.tokens[token];
        if token.joined != 0 && unit == token.stem {
            self.post(token.joined, slot, 1.0);
        }
        let stem = text.stem(token);
        if unit == token.stem && units::has_spelling(token, stem) {
            let near = self.prepared.spellings.entry(beginning(stem)).or_default();
            if !near.iter().any(|spelling| spelling.unit == unit) {
                near.push(Spelling { stem: stem.to_owned(), unit });
            }
        }
    }

    fn post(&mut self, unit: u64, slot: u32, level: f32) {
        self.prepared.postings.entry(unit).or_default().push(Posting { slot, level });
    }
}

/// The key under which words that begin alike are found.
pub(super) fn beginning(stem: &str) -> u64 {
    hash_on(HASH_START, &stem.as_bytes()[..2])
}

fn all_texts(question: &Question) -> impl Iterator<Item = &str> {
    let claims = question.points.iter().map(|p| (&p.claim, &p.terms));
    let wrong = question.misconceptions.iter().map(|m| (&m.claim, &m.terms));
    let rows = claims.chain(wrong).flat_map(|(claim, terms)| {
        let aliases = terms.iter().flatten().map(String::as_str);
        claim.texts().map(|(_, text)| text).chain(aliases)
    });
    let whole = std::iter::once(&question.title).chain(question.references());
    whole.flat_map(Localised::texts).map(|(_, text)| text).chain(rows)
}

fn units_of<'a>(texts: impl Iterator<Item = &'a str>) -> HashedMap<()> {
    let mut found = HashedMap::default();
    for text in texts {
        units::each(&Text::new(text), |unit, _, _| {
            found.insert(unit, ());
        });
    }
    found
}

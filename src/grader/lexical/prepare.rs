//! Makes a question ready for grading: its claims and aliases as weighted
//! units in one index, its term groups as one matcher.
//!
//! Depends on the question alone, so it can be kept for as long as the
//! question stays the same. Points come first in every list, misconceptions
//! after them.

use super::bare::Bare;
use super::link::links;
use super::profile::{Builder, ProfileKind};
use super::tuning::{BARE, Tuning};
use crate::domain::{Localised, Question, Terms, Tier};
use crate::grader::gate::Titles;
use crate::text::HashedMap;
use crate::text::matching::Matcher;
use crate::text::negation::{Polarity, Stance};
use crate::text::tokenise::Text;

/// A question ready for grading.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) titles: Titles,
    pub(super) index: HashedMap<Entry>,
    pub(super) postings: Vec<Posting>,
    pub(super) spellings: HashedMap<Vec<Spelling>>,
    /// Slots by words that may be written as one or apart.
    pub(super) compounds: HashedMap<Vec<u32>>,
    pub(super) slots: Vec<Slot>,
    /// Claims and corrections, then aliases.
    pub(super) profiles: Vec<Profile>,
    /// How many profiles are not aliases.
    pub(super) statements: usize,
    pub(super) matcher: Matcher,
    pub(super) lists: Vec<GroupList>,
    pub(super) points: usize,
    /// Whether each point is a must.
    pub(super) musts: Vec<bool>,
    /// For each misconception, how close each point is to it, 0 to 2.
    pub(super) links: Vec<Vec<f32>>,
    /// The references, when there are no points.
    pub(super) bare: Option<Bare>,
}

/// What the question knows of a unit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// Its first posting, and one past its last.
    pub(super) postings: (u32, u32),
    /// Whether the question has the unit itself, not only a synonym of it.
    pub(super) own: bool,
}

/// A slot that a unit speaks for, and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
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

/// A bag of weighted units whose weights sum to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    pub(super) list: usize,
    pub(super) kind: ProfileKind,
}

/// The term groups of one point or misconception.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupList {
    /// Place of its first group among all groups.
    pub(super) first: usize,
    pub(super) groups: usize,
    /// Bit per group: its words stand under a negation in the claim or reference
    /// too, so a negation in the answer says nothing.
    pub(super) neutral: u64,
    /// Bit per group of a misconception: the reference says as much, so it is no
    /// sign of the error.
    pub(super) right: u64,
}

impl Prepared {
    pub(crate) fn new(question: &Question, tuning: &Tuning) -> Self {
        let rows = rows(question);
        let built = Builder::new(question, tuning).build(question);
        let mut prepared = Self {
            titles: Titles::of(question),
            index: built.index,
            postings: built.postings,
            spellings: built.spellings,
            compounds: built.compounds,
            slots: built.slots,
            profiles: built.profiles,
            statements: built.statements,
            matcher: Matcher::over(rows.iter().map(|(_, terms)| terms.as_slice())),
            lists: group_lists(&rows),
            points: question.points.len(),
            musts: question.points.iter().map(|p| p.tier == Tier::Must).collect(),
            links: links(question),
            bare: question.points.is_empty().then(|| Bare::new(question, &BARE)),
        };
        prepared.mark_neutral_groups(question, &rows);
        prepared
    }

    fn mark_neutral_groups(&mut self, question: &Question, rows: &[(&Localised, &Terms)]) {
        for (list, (claim, _)) in rows.iter().enumerate() {
            for (_, text) in claim.texts() {
                self.mark_neutral_in(text, list..list + 1);
            }
        }
        for (_, text) in question.references().flat_map(Localised::texts) {
            self.mark_neutral_in(text, 0..self.points);
            self.mark_right_in(text);
        }
    }

    fn mark_right_in(&mut self, text: &str) {
        for hit in self.matcher.hits(&Text::new(text)) {
            if hit.list >= self.points {
                self.lists[hit.list].right |= 1 << hit.group.min(63);
            }
        }
    }

    fn mark_neutral_in(&mut self, text: &str, lists: std::ops::Range<usize>) {
        let text = Text::new(text);
        let stance = Stance::of(&text);
        for hit in self.matcher.hits(&text) {
            if lists.contains(&hit.list) && stance.polarity(hit.first..hit.end) != Polarity::Meant {
                self.lists[hit.list].neutral |= 1 << hit.group.min(63);
            }
        }
    }
}

/// Claim and terms of each point, then of each misconception.
pub(super) fn rows(question: &Question) -> Vec<(&Localised, &Terms)> {
    let points = question.points.iter().map(|p| (&p.claim, &p.terms));
    points.chain(question.misconceptions.iter().map(|m| (&m.claim, &m.terms))).collect()
}

fn group_lists(rows: &[(&Localised, &Terms)]) -> Vec<GroupList> {
    let mut first = 0;
    rows.iter()
        .map(|(_, terms)| {
            let list = GroupList { first, groups: terms.len(), neutral: 0, right: 0 };
            first += terms.len();
            list
        })
        .collect()
}

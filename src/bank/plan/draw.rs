//! From a plan to the questions of one interview.
//!
//! Pure: the seed comes in as an argument, so one plan, bank and seed always
//! make the same list. No question is asked twice; one that a plan names is
//! never spent on a pick before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Count, Pick, Plan, Step};
use crate::bank::SplitMix64;
use crate::bank::filter::UnknownWord;
use crate::bank::{Bank, items};
use crate::domain::{Question, QuestionId};

/// The questions of one interview, and what the bank could not give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Ids in the order in which they are asked.
    pub ids: Vec<QuestionId>,
    /// Steps that the bank cannot serve, wholly or in part.
    pub gaps: Vec<Gap>,
}

/// A step of a plan that the bank cannot serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Index of the step.
    pub step: usize,
    /// What is missing.
    pub kind: GapKind,
}

/// What a bank lacks for a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GapKind {
    /// No question has the id.
    #[error("the bank has no question \"{0}\"")]
    Question(QuestionId),
    /// No question answers to a word of the pick.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// Fewer questions fit than are to be picked.
    #[error("{found} questions are left to pick, {wanted} are asked for")]
    Short {
        /// How many fit.
        found: usize,
        /// How many are asked for.
        wanted: usize,
    },
}

impl Plan {
    /// Chooses the questions; as many as the bank has when it lacks some.
    pub fn draw(&self, bank: &Bank, seed: u64) -> Drawn {
        let mut random = SplitMix64::new(seed);
        let mut drawn = Drawn::default();
        let mut taken: BTreeSet<QuestionId> =
            self.named().filter_map(|id| known(bank, id)).collect();
        for (step, wanted) in self.questions.iter().enumerate() {
            let (ids, gap) = match wanted {
                Step::Question(id) => match known(bank, id) {
                    Some(id) => (vec![id], None),
                    None => (Vec::new(), Some(GapKind::Question(id.clone()))),
                },
                Step::Pick(pick) => pick.draw(bank, &taken, &mut random),
            };
            drawn.gaps.extend(gap.map(|kind| Gap { step, kind }));
            for id in ids {
                taken.insert(id.clone());
                if !drawn.ids.contains(&id) {
                    drawn.ids.push(id);
                }
            }
        }
        drawn
    }

    /// Ids that the plan names.
    fn named(&self) -> impl Iterator<Item = &QuestionId> {
        self.questions.iter().filter_map(|step| match step {
            Step::Question(id) => Some(id),
            Step::Pick(_) => None,
        })
    }
}

/// The present id of a question with this present or former id.
fn known(bank: &Bank, id: &QuestionId) -> Option<QuestionId> {
    bank.get(id.as_str()).map(|question| question.id.clone())
}

impl Pick {
    /// The questions it takes of those that are left, and what is lacking.
    fn draw(
        &self,
        bank: &Bank,
        taken: &BTreeSet<QuestionId>,
        random: &mut SplitMix64,
    ) -> (Vec<QuestionId>, Option<GapKind>) {
        if let Some(word) = self.filter.unknown_word(bank) {
            return (Vec::new(), Some(GapKind::Word(word)));
        }
        let left: Vec<_> =
            bank.iter().filter(|q| self.filter.wants(q) && !taken.contains(&q.id)).collect();
        let gap = self.shortage(left.len());
        (self.choose(left, random), gap)
    }

    fn shortage(&self, found: usize) -> Option<GapKind> {
        let wanted = match self.count {
            Count::All => 1,
            Count::Some(wanted) => wanted,
        };
        (found < wanted).then_some(GapKind::Short { found, wanted })
    }

    /// All in the article's order; or some by chance, the easier ones first.
    fn choose(&self, mut left: Vec<&Arc<Question>>, random: &mut SplitMix64) -> Vec<QuestionId> {
        match self.count {
            Count::All => left.sort_by_key(|question| {
                question.covers.iter().filter_map(|item| items::position(item)).min()
            }),
            Count::Some(count) => {
                random.shuffle(&mut left);
                left.truncate(count);
                left.sort_by_key(|question| question.difficulty);
            }
        }
        left.into_iter().map(|question| question.id.clone()).collect()
    }
}

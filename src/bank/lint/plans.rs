//! Plans against the bank that they are used with.

use super::notes::Notes;
use crate::bank::Bank;
use crate::bank::plan::{GapKind, Plan};
use crate::bank::rule::Rule;

pub(super) fn check(plan: &Plan, bank: &Bank, notes: &mut Notes) {
    // Which questions are drawn depends on the seed; what is lacking does not.
    for gap in plan.draw(bank, 0).gaps {
        let rule = match gap.kind {
            GapKind::Question(_) => Rule::UnknownPlanQuestion,
            GapKind::Word(_) => Rule::UnknownPlanWord,
            GapKind::Short { .. } => Rule::ShortPlanPick,
        };
        notes.add(rule, format!("questions[{}]", gap.step), gap.kind.to_string());
    }
}

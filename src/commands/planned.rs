//! A plan's name to its questions, for the commands that take one.

use std::sync::Arc;

use super::Context;
use crate::bank::plan::Plan;
use crate::bank::{Bank, nearest};
use crate::domain::Question;
use crate::failure::{Failure, Kind};

/// A plan by its name.
pub(super) fn find_plan<'a>(bank: &'a Bank, name: &str) -> Result<&'a Arc<Plan>, Failure> {
    bank.plan(name).ok_or_else(|| {
        let failure = Failure::message(
            Kind::Usage,
            (format!("there is no plan {name:?}"), format!("没有面试方案 {name:?}")),
        );
        let near = nearest(name, bank.plans().map(|plan| (plan.name.as_str(), &plan.name)));
        if near.is_empty() {
            return failure.hint((
                "`viva questions plans` lists them",
                "`viva questions plans` 列出全部方案",
            ));
        }
        let near: Vec<&str> = near.into_iter().map(String::as_str).collect();
        failure.meant(&near)
    })
}

/// The questions that a plan asks; what the bank lacks is told.
pub(super) fn drawn(
    plan: &Plan,
    seed: u64,
    bank: &Bank,
    context: &Context,
) -> Result<Vec<Arc<Question>>, Failure> {
    let drawn = plan.draw(bank, seed);
    for gap in &drawn.gaps {
        context.terminal.message(&crate::term::safe(&format!("{}: {}", plan.name, gap.kind)));
    }
    let questions = drawn.ids.iter().filter_map(|id| bank.get(id.as_str()));
    let questions: Vec<Arc<Question>> = questions.cloned().collect();
    if questions.is_empty() {
        let said = (
            format!("the bank has no question of the plan {:?}", plan.name),
            format!("题库里没有方案 {:?} 的题目", plan.name),
        );
        return Err(Failure::message(Kind::Config, said));
    }
    Ok(questions)
}

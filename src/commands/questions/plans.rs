//! `viva questions plans`: the plans by name, or the questions of one of them.

use serde_json::json;

use super::{drawn, find_plan};
use crate::bank::Bank;
use crate::bank::plan::{Count, Plan, Step};
use crate::commands::Context;
use crate::domain::Lang;
use crate::failure::{Failure, Status};
use crate::term::{Paint, pad, safe_line};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the questions of this plan
    name: Option<String>,
    /// What decides which questions a plan picks
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    match &args.name {
        Some(name) => show(find_plan(&bank, name)?, args.seed, &bank, context),
        None => list(&bank, context),
    }
}

fn list(bank: &Bank, context: &Context) -> Result<Status, Failure> {
    let terminal = &context.terminal;
    let widest = bank.plans().map(|plan| plan.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for plan in bank.plans() {
        if context.json {
            lines.push(as_json(plan, bank).to_string());
            continue;
        }
        let (count, lang) = (count(plan, bank), plan.lang.map_or("", Lang::code));
        let facts = match terminal.ui {
            Lang::En => format!("{:3} min {count:3} questions {}", plan.minutes, pad(lang, 2)),
            Lang::Zh => format!("{:3} 分钟 {count:3} 题 {}", plan.minutes, pad(lang, 2)),
        };
        let name = pad(&plan.name, widest);
        let name = terminal.paint(Paint::Cyan, &name, terminal.stdout_is_terminal);
        lines.push(format!("{name} {facts} {}", safe_line(plan.title.get(context.lang()))));
    }
    if lines.is_empty() {
        terminal.message(terminal.say("the bank has no plans", "题库中没有面试方案"));
        return Ok(Status::Done);
    }
    terminal.result(&lines.join("\n"))?;
    Ok(Status::Done)
}

/// How many questions a plan asks; what "all" means depends on the bank.
fn count(plan: &Plan, bank: &Bank) -> usize {
    let all = |step: &Step| matches!(step, Step::Pick(pick) if pick.count == Count::All);
    if plan.questions.iter().any(all) {
        return plan.draw(bank, 0).ids.len();
    }
    let steps = plan.questions.iter().map(|step| match step {
        Step::Pick(pick) => match pick.count {
            Count::Some(count) => count,
            Count::All => 0,
        },
        Step::Question(_) => 1,
    });
    steps.sum()
}

fn as_json(plan: &Plan, bank: &Bank) -> serde_json::Value {
    json!({
        "name": plan.name,
        "title": plan.title,
        "minutes": plan.minutes,
        "lang": plan.lang,
        "questions": count(plan, bank),
    })
}

fn show(plan: &Plan, seed: u64, bank: &Bank, context: &Context) -> Result<Status, Failure> {
    let questions = drawn(plan, seed, bank, context)?;
    if context.json {
        let mut value = as_json(plan, bank);
        value["questions"] = questions.iter().map(|question| json!(question.id)).collect();
        value["seed"] = json!(seed);
        context.terminal.result(&value.to_string())?;
        return Ok(Status::Done);
    }
    let widest = questions.iter().map(|question| question.id.as_str().len()).max().unwrap_or(0);
    let lang = plan.lang.unwrap_or_else(|| context.lang());
    let lines = questions.iter().map(|question| {
        let title = safe_line(question.title.get(lang));
        format!("{} {} {title}", pad(question.id.as_str(), widest), question.difficulty)
    });
    context.terminal.result(&lines.collect::<Vec<_>>().join("\n"))?;
    Ok(Status::Done)
}

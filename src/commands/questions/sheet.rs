//! `viva questions sheet`: an answer sheet to fill in, for `viva grade` to read.

use std::sync::Arc;

use crate::bank::Bank;
use crate::commands::Context;
use crate::commands::asked::unknown_question;
use crate::commands::planned::{drawn, find_plan};
use crate::domain::Question;
use crate::failure::{Failure, Status};
use crate::input::sheet::blank;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A plan's name, or ids of questions
    #[arg(required = true, value_name = "PLAN|ID")]
    wanted: Vec<String>,
    /// What decides which questions a plan picks
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let mut lang = context.lang();
    let mut questions: Vec<Arc<Question>> = Vec::new();
    for wanted in &args.wanted {
        for question in asked(wanted, args.seed, &bank, context)? {
            if !questions.iter().any(|other| other.id == question.id) {
                questions.push(question);
            }
        }
    }
    if let [name] = args.wanted.as_slice()
        && let Some(plan) = bank.plan(name)
    {
        lang = plan.lang.unwrap_or(lang);
    }
    let text = blank(questions.iter().map(AsRef::as_ref), lang);
    context.terminal.result(crate::term::safe(&text).trim_end())?;
    Ok(Status::Done)
}

/// An id holds a slash, a plan's name does not.
fn asked(
    wanted: &str,
    seed: u64,
    bank: &Bank,
    context: &Context,
) -> Result<Vec<Arc<Question>>, Failure> {
    if wanted.contains('/') {
        let question = bank.get(wanted).ok_or_else(|| unknown_question(bank, wanted))?;
        return Ok(vec![Arc::clone(question)]);
    }
    drawn(find_plan(bank, wanted)?, seed, bank, context)
}

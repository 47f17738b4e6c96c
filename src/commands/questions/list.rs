//! `viva questions list`: the questions of the bank, a line each.

use super::FilterArgs;
use crate::commands::Context;
use crate::domain::Question;
use crate::failure::{Failure, Status};
use crate::term::{Paint, clip, pad, safe_line};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: FilterArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let filter = args.filter.filter(&bank)?;
    let questions: Vec<&Question> =
        bank.iter().map(AsRef::as_ref).filter(|question| filter.wants(question)).collect();
    let mut lines = Vec::new();
    if context.json {
        for question in &questions {
            lines.push(serde_json::to_string(&listed(question)).map_err(anyhow::Error::from)?);
        }
    } else {
        lines = text_lines(context, &questions);
    }
    if lines.is_empty() {
        context.terminal.message(context.terminal.say("no question fits", "没有符合条件的题目"));
        return Ok(Status::Done);
    }
    context.terminal.result(&lines.join("\n"))?;
    Ok(Status::Done)
}

/// Id, difficulty and title, under each other.
fn text_lines(context: &Context, questions: &[&Question]) -> Vec<String> {
    let terminal = &context.terminal;
    let widest = questions.iter().map(|question| question.id.as_str().len()).max().unwrap_or(0);
    let line = |question: &&Question| {
        let title = safe_line(question.title.get(context.lang()));
        let id = pad(question.id.as_str(), widest);
        if !terminal.stdout_is_terminal {
            return format!("{id} {} {title}", question.difficulty);
        }
        let title = clip(&title, terminal.columns.saturating_sub(widest + 3).max(10));
        format!("{} {} {title}", terminal.paint(Paint::Cyan, &id, true), question.difficulty)
    };
    questions.iter().map(line).collect()
}

/// What a list says of a question.
pub(super) fn listed(question: &Question) -> serde_json::Value {
    serde_json::json!({
        "id": question.id,
        "title": question.title,
        "difficulty": question.difficulty,
        "kind": question.kind,
        "tags": question.tags,
        "covers": question.covers,
    })
}

//! `viva questions coverage`: which items of the source article are covered.

use serde_json::json;

use crate::bank::coverage::coverage;
use crate::commands::Context;
use crate::domain::QuestionId;
use crate::failure::{Failure, Status};
use crate::term::{Paint, pad};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// List the missing items alone
    #[arg(long)]
    missing: bool,
}

/// A missing item is a finding, so that a check can gate on it.
pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let terminal = &context.terminal;
    let covered = coverage(&bank);
    let mut lines = Vec::new();
    for item in covered.iter().filter(|item| !args.missing || item.questions.is_empty()) {
        let ids: Vec<&str> = item.questions.iter().map(QuestionId::as_str).collect();
        lines.push(if context.json {
            json!({ "item": item.item, "questions": ids }).to_string()
        } else if ids.is_empty() {
            let missing = terminal.say("missing", "缺");
            let missing = terminal.paint(Paint::Red, missing, terminal.stdout_is_terminal);
            format!("{} {missing}", pad(item.item, 5))
        } else {
            format!("{} {}", pad(item.item, 5), ids.join(", "))
        });
    }
    if !lines.is_empty() {
        terminal.result(&lines.join("\n"))?;
    }
    let missing = covered.iter().filter(|item| item.questions.is_empty()).count();
    let (have, all) = (covered.len() - missing, covered.len());
    terminal.message(&match terminal.ui {
        crate::domain::Lang::En => format!("{have} of {all} items of the article are covered"),
        crate::domain::Lang::Zh => format!("文章共 {all} 条，已覆盖 {have} 条"),
    });
    Ok(if missing > 0 { Status::Findings } else { Status::Done })
}

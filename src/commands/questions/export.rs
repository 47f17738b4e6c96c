//! `viva questions export`: the questions in another form, on standard output.

use clap::ValueEnum;

use super::FilterArgs;
use crate::bank::export;
use crate::commands::Context;
use crate::domain::Question;
use crate::failure::{Failure, Status};
use crate::term::safe;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Form of the output
    #[arg(long, value_name = "FORM", default_value = "jsonl")]
    format: Form,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// One question a line, without loss; `--bank` reads it
    Jsonl,
    /// A document in one language
    Markdown,
    /// A table for spreadsheets and flash cards
    Tsv,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let filter = args.filter.filter(&bank)?;
    let questions: Vec<&Question> =
        bank.iter().map(AsRef::as_ref).filter(|question| filter.wants(question)).collect();
    if questions.is_empty() {
        context.terminal.message(context.terminal.say("no question fits", "没有符合条件的题目"));
        return Ok(Status::Done);
    }
    let text = match args.format {
        Form::Jsonl => {
            let lines: Vec<String> =
                questions.iter().map(|question| export::jsonl(question)).collect();
            lines.join("\n")
        }
        Form::Markdown => safe(&export::markdown(questions.iter().copied(), context.lang())),
        Form::Tsv => export::tsv(questions.iter().copied()),
    };
    context.terminal.result(&text)?;
    Ok(Status::Done)
}

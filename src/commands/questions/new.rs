//! `viva questions new`: a file to write a question in, empty or drafted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::write_new;
use crate::bank::{TEMPLATE, to_toml};
use crate::commands::Context;
use crate::commands::context::runtime;
use crate::commands::{asked, grading};
use crate::domain::{Lang, Localised, Question, QuestionId};
use crate::failure::{Failure, Kind, Status};
use crate::grader::Grader;
use crate::term::safe;

/// How long a draft waits for a busy server.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its id, stable for ever: topic, slash, slug
    #[arg(value_name = "TOPIC/SLUG", value_parser = id)]
    id: QuestionId,
    /// Bank folder to write to [default: the folder of --bank, else questions]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The question; its points are then drafted by the configured model
    #[arg(long, value_name = "TEXT", requires = "reference", value_parser = asked::words)]
    ask: Option<String>,
    /// File with a model answer to --ask; several are alternatives
    #[arg(long, value_name = "FILE", requires = "ask")]
    reference: Vec<PathBuf>,
}

fn id(text: &str) -> Result<QuestionId, String> {
    QuestionId::new(text)
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let folder = folder(args, context);
    let path = folder.join(args.id.as_str()).with_extension("toml");
    if path.exists() {
        return Err(exists(&path));
    }
    let text = match &args.ask {
        None => TEMPLATE.to_owned(),
        Some(ask) => drafted(args, ask, context)?,
    };
    let written =
        write_new(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    if !written {
        return Err(exists(&path));
    }
    context.terminal.result(&safe(&path.display().to_string()))?;
    let folder = folder.display();
    context.terminal.message(&safe(&format!(
        "next: `viva questions lint --bank {folder} --bank-only` tells what it lacks"
    )));
    Ok(Status::Done)
}

fn folder(args: &Args, context: &Context) -> PathBuf {
    let of_bank = || context.settings.bank.as_ref().map(|bank| bank.value.clone());
    let folder = args.to.clone().or_else(|| of_bank().filter(|path| path.is_dir()));
    folder.unwrap_or_else(|| PathBuf::from("questions"))
}

fn exists(path: &Path) -> Failure {
    let path = path.display();
    Failure::message(Kind::Usage, (format!("{path} exists already"), format!("{path} 已经存在")))
        .hint(("edit it, or choose another id", "请直接编辑它，或换一个编号"))
}

/// Question and reference as a file, with points where a model can draft them.
fn drafted(args: &Args, ask: &str, context: &Context) -> Result<String, Failure> {
    let references =
        args.reference.iter().map(|path| asked::reference(path)).collect::<Result<Vec<_>, _>>()?;
    let title = Localised::single(Lang::of(ask), ask);
    let question =
        Question::bare(args.id.clone(), title, references).ok_or_else(asked::needs_reference)?;
    let grader = grading::grader(context, PATIENCE)?;
    if let Grader::Lexical { .. } = grader {
        context.terminal.message(context.terminal.say(
            "no endpoint is configured, so the points are left for you to write",
            "未配置模型，要点需自行填写",
        ));
        return Ok(to_toml(&question, "Not reviewed yet; the points are still to be written."));
    }
    context.terminal.message(&grading::introduction(context));
    let lang = Lang::of(ask);
    let mut store = context.store().ok();
    let drafting = grading::with_points(&grader, question, lang, store.as_mut());
    let (question, _) = runtime()?.block_on(drafting)?;
    let comment = "The points were drafted by a model and have been reviewed by nobody.\nCheck every one, give it terms and a hint, then take these lines out.";
    Ok(to_toml(&question, comment))
}

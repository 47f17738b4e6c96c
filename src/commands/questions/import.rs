//! `viva questions import`: questions of another program into a bank folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::write_new;
use crate::bank::import::{Format, Imported, Options, import};
use crate::bank::{read_text, to_toml};
use crate::commands::Context;
use crate::domain::Question;
use crate::failure::{Failure, Kind, Status};
use crate::term::safe;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Markdown with headings, JSON lines, CSV or TSV
    file: PathBuf,
    /// Bank folder to write to; a file that exists is never overwritten
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Topic of questions that name none
    #[arg(long, value_name = "TOPIC", default_value = "imported", value_parser = topic)]
    topic: String,
    /// Level of the Markdown headings that are questions; found out by default
    #[arg(long, value_name = "1-6", value_parser = clap::value_parser!(u8).range(1..=6))]
    level: Option<u8>,
}

fn topic(text: &str) -> Result<String, String> {
    crate::domain::QuestionId::new(format!("{text}/x"))
        .map(|_| text.to_owned())
        .map_err(|_| "write lower-case letters, digits and hyphens".to_owned())
}

/// Everything usable is written; a finding is told for each row that was not.
pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let imported = read(args)?;
    let mut told: Vec<String> = imported.faults.iter().map(ToString::to_string).collect();
    let mut written = Vec::new();
    for (line, question) in &imported.questions {
        match write(args, *line, question)? {
            Some(path) => written.push(path.display().to_string()),
            None => told.push(format!(
                "{}:{line}: {} exists already and was left alone",
                args.file.display(),
                path_of(&args.to, question).display()
            )),
        }
    }
    if !written.is_empty() {
        context.terminal.result(&safe(&written.join("\n")))?;
    }
    for line in &told {
        context.terminal.error(&safe(line));
    }
    let count = written.len();
    let folder = args.to.display();
    context.terminal.message(&safe(&format!(
        "{count} questions written; `viva questions lint --bank {folder} --bank-only` tells what they lack"
    )));
    Ok(if told.is_empty() { Status::Done } else { Status::Findings })
}

fn read(args: &Args) -> Result<Imported, Failure> {
    let format = Format::of(&args.file).ok_or_else(|| {
        let message = format!("{}: not a .md, .jsonl, .csv or .tsv file", args.file.display());
        Failure::message(Kind::Usage, message)
    })?;
    let text =
        read_text(&args.file).map_err(|fault| Failure::message(Kind::Usage, fault.to_string()))?;
    let options = Options { topic: args.topic.clone(), level: args.level.map(usize::from) };
    Ok(import(&args.file, &text, format, &options))
}

fn path_of(folder: &Path, question: &Question) -> PathBuf {
    folder.join(question.id.as_str()).with_extension("toml")
}

fn write(args: &Args, line: usize, question: &Question) -> Result<Option<PathBuf>, Failure> {
    let path = path_of(&args.to, question);
    let name = args.file.file_name().unwrap_or_default().display().to_string();
    let comment = format!("Imported from {}, line {line}.", crate::term::safe_line(&name));
    let new = write_new(&path, &to_toml(question, &comment))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(new.then_some(path))
}

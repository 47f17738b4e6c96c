//! `viva questions`: what is in the bank, and how to put more into it.
//!
//! One file a subcommand. None of them starts a runtime or opens the store,
//! except `new` when it has a model draft the points.

mod coverage;
mod export;
mod import;
mod lint;
mod list;
mod new;
mod plans;
mod search;
mod sheet;
mod show;

use std::io::{self, Write as _};
use std::path::Path;

use super::Context;
use crate::bank::filter::{self, Filter, UnknownWord};
use crate::bank::{Bank, nearest};
use crate::domain::Kind;
use crate::failure::{self, Failure, Status};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List questions
    List(list::Args),
    /// Show questions with reference, points and sources
    Show(show::Args),
    /// Find questions by words, in English and Chinese
    Search(search::Args),
    /// Check the bank; exit 1 when there are errors
    Lint(lint::Args),
    /// Write a file for a new question, empty or drafted from a reference
    New(new::Args),
    /// Turn Markdown, JSON lines or CSV into question files
    Import(import::Args),
    /// Print questions as JSON lines, Markdown or TSV
    Export(export::Args),
    /// List the plans, or the questions of one
    Plans(plans::Args),
    /// Print an answer sheet to fill in
    Sheet(sheet::Args),
    /// Show which items of the source article are covered; exit 1 when some are not
    Coverage(coverage::Args),
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Status, Failure> {
    match command {
        Command::List(args) => list::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Search(args) => search::run(args, context),
        Command::Lint(args) => lint::run(args, context),
        Command::New(args) => new::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Plans(args) => plans::run(args, context),
        Command::Sheet(args) => sheet::run(args, context),
        Command::Coverage(args) => coverage::run(args, context),
    }
}

/// Which questions of the bank a subcommand is about.
#[derive(Debug, clap::Args)]
struct FilterArgs {
    /// Only these topics
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    topic: Vec<String>,
    /// Only this difficulty, 1 to 5, or a range such as 2-4
    #[arg(long, value_name = "N|N-M")]
    difficulty: Option<super::difficulty::Difficulty>,
    /// Only these kinds: concept, comparison, how-to, design, troubleshooting
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = filter::kind)]
    kind: Vec<Kind>,
    /// Only questions with one of these tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,
    /// Only questions on this item of the source article, or on a chapter of it
    #[arg(long, value_name = "ITEM|CHAPTER", value_delimiter = ',')]
    covers: Vec<String>,
}

impl FilterArgs {
    /// The filter; a word that nothing in the bank answers to is a usage failure.
    fn filter(&self, bank: &Bank) -> Result<Filter, Failure> {
        let filter = Filter {
            topics: self.topic.clone(),
            difficulty: self.difficulty.map(super::difficulty::Difficulty::range),
            kinds: self.kind.clone(),
            tags: self.tag.clone(),
            covers: self.covers.clone(),
        };
        match filter.unknown_word(bank) {
            None => Ok(filter),
            Some(word) => Err(unknown_word(&word)),
        }
    }
}

fn unknown_word(unknown: &UnknownWord) -> Failure {
    let near = nearest(&unknown.word, unknown.known.iter().map(|word| (word.as_str(), word)));
    let sort = match unknown.sort {
        "topic" => "主题",
        "tag" => "标签",
        _ => "条目",
    };
    let zh = format!("没有题目属于{sort} {:?}", unknown.word);
    let failure = Failure::message(failure::Kind::Usage, (unknown.to_string(), zh));
    match near.as_slice() {
        [] if unknown.known.len() <= 30 => {
            let (en, zh) = (unknown.known.join(", "), unknown.known.join("、"));
            failure.hint((format!("there are {en}"), format!("可用的有 {zh}")))
        }
        [] => failure,
        near => {
            let near: Vec<&str> = near.iter().map(|word| word.as_str()).collect();
            failure.meant(&near)
        }
    }
}

/// Writes a file that must not exist yet; says whether it did not.
fn write_new(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = std::fs::File::options().write(true).create_new(true).open(path);
    match file {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

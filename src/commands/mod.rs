//! One file a subcommand: its arguments and what it wires together.
//!
//! A command parses nothing and prints nothing twice.

mod asked;
mod calibrate;
mod context;
mod difficulty;
mod doctor;
mod global;
mod grade;
mod grading;
mod interview;
mod place;
mod planned;
mod questions;
mod refused;
mod report;
mod schema;
mod score;
mod setup;
mod welcome;

use std::ffi::OsString;

use clap::Subcommand;

pub(crate) use context::Context;
pub(crate) use global::Global;

use crate::config::locale;
use crate::domain::Lang;
use crate::failure::{Failure, Status};

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hold a mock interview: questions, your answers, graded feedback
    Interview(interview::Args),
    /// Grade one answer against a question or a reference
    Score(score::Args),
    /// Grade a file of answers, row by row
    Grade(Box<grade::Args>),
    /// Show a run or a session, or the history of sessions
    Report(report::Args),
    /// Compare a run with people's labels or with an earlier run
    Calibrate(calibrate::Args),
    /// List, show and check questions
    #[command(subcommand)]
    Questions(questions::Command),
    /// Show what is configured, and what the endpoint can do
    Doctor(doctor::Args),
    /// Ask for endpoint, model and language, try them, and write the config file
    Setup(setup::Args),
    /// Print the JSON Schema of a result line
    Schema(schema::Args),
}

/// Runs a command in the context that flags, config file and environment give;
/// without a command, `help` is shown. `typed` is the command line. Also tells the
/// language in which a failure is to be told.
pub(crate) fn run(
    global: &Global,
    command: Option<Command>,
    typed: &[OsString],
    help: impl FnOnce() -> String,
) -> (Lang, Result<Status, Failure>) {
    // Setup writes the config file, and so may be the first to name it.
    match Context::new(global, matches!(command, Some(Command::Setup(_)))) {
        Ok(context) => (context.terminal.ui, carry_out(command, typed, help, &context)),
        Err(failure) => (locale(&context::environment).value, Err(failure)),
    }
}

fn carry_out(
    command: Option<Command>,
    typed: &[OsString],
    help: impl FnOnce() -> String,
    context: &Context,
) -> Result<Status, Failure> {
    match command {
        None => welcome::run(&help(), context),
        Some(Command::Interview(args)) => interview::run(args, context),
        Some(Command::Score(args)) => score::run(&args, context),
        Some(Command::Grade(args)) => grade::run(&args, typed, context),
        Some(Command::Report(args)) => report::run(&args, context),
        Some(Command::Calibrate(args)) => calibrate::run(&args, context),
        Some(Command::Questions(command)) => questions::run(&command, context),
        Some(Command::Doctor(args)) => doctor::run(&args, context),
        Some(Command::Setup(args)) => setup::run(&args, context),
        Some(Command::Schema(args)) => schema::run(&args, context),
    }
}

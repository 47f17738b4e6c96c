//! Viva: a command-line mock interviewer for LLM engineers.
//!
//! ```text
//! cli ─► command ─► session ─► grader: gate ► prompt ► llm ► reply ► evidence ► score ─► store │ report
//!                                └── lexical (no endpoint) ─────────────────────────────┘
//! ```
//!
//! | level | module | may import |
//! |---|---|---|
//! | 0 | `domain`, `text` | nothing of ours |
//! | 1 | `llm`, `metrics`, `term`, `bank`, `input`, `store` | `domain`, `text` (`llm`, `metrics`: neither) |
//! | 2 | `grader`, `report` | levels 0 and 1 as they need |
//! | 3 | `session` | `domain`, `text`, `bank`, `grader`, `term`, `report` |
//! | 4 | `config`, `failure` | `domain`, `llm`, `term` |
//! | 5 | `commands` | all above |
//! | 6 | `cli`, `lib` | `commands`, `failure`, `term` |
//!
//! A test keeps the directions. The library exists for the program, its tests
//! and its benches; it promises no stable interface.

pub mod bank;
pub mod batch;
mod cli;
mod commands;
pub mod config;
pub mod domain;
pub mod failure;
pub mod grader;
pub mod input;
pub mod llm;
pub mod metrics;
pub mod report;
pub mod session;
pub mod store;
pub mod term;
pub mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the program and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match cli::Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed stream leaves nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (ui, end) = commands::run(&cli.global, cli.command, &arguments, cli::Cli::short_help);
    if let Err(failure) = &end
        && !failure.is_broken_pipe()
    {
        term::complain(&failure.render(ui));
    }
    failure::exit_code(&end)
}

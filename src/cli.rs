//! The command line: global flags and the list of commands, no logic.

use clap::{CommandFactory, Parser};

use crate::commands::{Command, Global};

/// Mock interviews for LLM engineers: asks, listens, and grades free-text
/// answers point by point, with quotes from your own words.
#[derive(Debug, Parser)]
#[command(name = "viva", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

impl Cli {
    /// The short help, as `viva` alone shows it.
    pub(crate) fn short_help() -> String {
        Self::command().render_help().to_string()
    }
}

//! Flags that every command understands, as they are typed.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::config::Flags;
use crate::domain::{GraderKind, Lang};

/// Flags that every command understands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Endpoint to grade with: a preset (openai, deepseek, ollama, vllm, …) or one from the config
    #[arg(long, global = true, value_name = "NAME")]
    endpoint: Option<String>,
    /// Model, as the endpoint names it
    #[arg(long, global = true, value_name = "MODEL")]
    model: Option<String>,
    /// Grader: a model, or the offline estimate
    #[arg(long, global = true, value_name = "GRADER")]
    grader: Option<GraderArg>,
    /// Bank on top of the built-in one: a folder, a .toml or a .jsonl file
    #[arg(long, global = true, value_name = "PATH")]
    bank: Option<PathBuf>,
    /// Leave the built-in questions out
    #[arg(long, global = true)]
    pub(crate) bank_only: bool,
    /// Leave out questions that cannot be read, instead of stopping
    #[arg(long, global = true)]
    pub(crate) lenient: bool,
    /// Language of questions
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<LangArg>,
    /// Language of feedback (default: the answer's own)
    #[arg(long, global = true, value_name = "LANG")]
    feedback_lang: Option<LangArg>,
    /// Rubric instead of the built-in one
    #[arg(long, global = true, value_name = "FILE")]
    rubric: Option<PathBuf>,
    /// Longest wait in seconds that a server may ask for
    #[arg(long, global = true, value_name = "SECONDS")]
    patience: Option<u64>,
    /// Config file instead of the usual one
    #[arg(long, global = true, value_name = "FILE", env = "VIVA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print results as JSON, one line each
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no messages but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Print without colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum GraderArg {
    Llm,
    Lexical,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    En,
    Zh,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::En => Self::En,
            LangArg::Zh => Self::Zh,
        }
    }
}

impl Global {
    /// The flags that are a layer of the settings.
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            endpoint: self.endpoint.clone(),
            model: self.model.clone(),
            grader: self.grader.map(|grader| match grader {
                GraderArg::Llm => GraderKind::Llm,
                GraderArg::Lexical => GraderKind::Lexical,
            }),
            bank: self.bank.clone(),
            lang: self.lang.map(Lang::from),
            feedback_lang: self.feedback_lang.map(Lang::from),
            rubric: self.rubric.clone(),
            patience: self.patience,
        }
    }
}

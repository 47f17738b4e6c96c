//! How a command can fail, and the exit code of each way.
//!
//! The kind alone decides the code; hints are data, printed below the message.

use std::process::ExitCode;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A fault of the program or of the machine (1).
    Internal,
    /// Arguments that make no sense (2).
    Usage,
    /// Configuration that is missing or wrong (3).
    Config,
    /// The endpoint is unreachable or refuses (4).
    Endpoint,
    /// The budget is spent; the same command goes on with another one (7).
    Budget,
    /// The user stopped it (130).
    Interrupted,
}

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All is well (0).
    Done,
    /// Something was found, as by a lint (1).
    Findings,
    /// Finished, but some answers are missing or ungraded (5).
    Incomplete,
    /// Finished, but below the limit that was given, or worse than before by more than it (6).
    BelowLimit,
    /// Interrupted, everything kept (130).
    Interrupted,
}

/// A failure with its cause and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The way it failed.
    pub kind: Kind,
    /// What happened.
    pub source: anyhow::Error,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: Kind, source: impl Into<anyhow::Error>) -> Self {
        Self { kind, source: source.into(), hints: Vec::new() }
    }

    /// A failure that is told in one sentence.
    pub fn message(kind: Kind, text: impl Into<String>) -> Self {
        Self::new(kind, anyhow::Error::msg(text.into()))
    }

    /// The same failure with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether it only says that nobody reads the output any more.
    pub fn is_broken_pipe(&self) -> bool {
        let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        self.source.chain().any(|e| e.downcast_ref::<std::io::Error>().is_some_and(broken))
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Internal => 1,
            Kind::Usage => 2,
            Kind::Config => 3,
            Kind::Endpoint => 4,
            Kind::Budget => 7,
            Kind::Interrupted => 130,
        }
    }

    /// The message and its hints, as they are printed.
    pub fn render(&self) -> String {
        let mut text = format!("viva: {:#}", self.source);
        for hint in &self.hints {
            text.push_str("\n  → ");
            text.push_str(hint);
        }
        text
    }
}

/// Anything unforeseen is internal; a command gives foreseen failures their kind.
impl From<anyhow::Error> for Failure {
    fn from(source: anyhow::Error) -> Self {
        Self::new(Kind::Internal, source)
    }
}

impl From<std::io::Error> for Failure {
    fn from(source: std::io::Error) -> Self {
        Self::new(Kind::Internal, source)
    }
}

impl Status {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Incomplete => 5,
            Self::BelowLimit => 6,
            Self::Interrupted => 130,
        }
    }
}

/// The exit code of a command's end.
pub fn exit_code(end: &Result<Status, Failure>) -> ExitCode {
    ExitCode::from(match end {
        Ok(status) => status.code(),
        Err(failure) if failure.is_broken_pipe() => 0,
        Err(failure) => failure.code(),
    })
}

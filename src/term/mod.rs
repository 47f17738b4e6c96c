//! The terminal: which streams are one, how wide it is, and the only place that
//! writes to them.
//!
//! Results go to stdout, messages to stderr. Text that comes from a model, an
//! answer or a bank passes [`safe()`] before it is shown, so no escape sequence
//! reaches a terminal live.

mod foot;
mod safe;
mod screen;
mod wrap;

use std::io::{self, IsTerminal, Write};

pub use foot::{Foot, fitting};
pub use safe::{is_hidden, safe, safe_line};
pub use screen::{Screen, Wait};
pub use wrap::{clip, pad, width, wrap, wrap_indented};

use crate::domain::Lang;

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct Unwritten(#[from] pub io::Error);

/// Colours and weights; written only where the stream shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// Met, fine.
    Green,
    /// Partial, warning.
    Yellow,
    /// Missing, wrong, error.
    Red,
    /// Names and commands.
    Cyan,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
            Self::Cyan => "36",
        }
    }
}

/// What is known about the streams, decided once at the start.
#[derive(Debug, Clone)]
pub struct Terminal {
    /// Whether answers are typed.
    pub stdin_is_terminal: bool,
    /// Whether results are read on a screen.
    pub stdout_is_terminal: bool,
    /// Whether messages are read on a screen.
    pub stderr_is_terminal: bool,
    /// Columns; 80 when unknown.
    pub columns: usize,
    /// Language of messages.
    pub ui: Lang,
    /// Whether messages that are no errors are left out.
    pub quiet: bool,
    /// Whether lines on it can be drawn anew.
    pub redraws: bool,
    colour: bool,
}

/// What the environment and the flags say about the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// `--no-color`, or a non-empty `NO_COLOR`.
    pub no_colour: bool,
    /// `TERM=dumb`: neither colours nor a cursor that moves.
    pub dumb: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// Width from `COLUMNS`, when set.
    pub columns: Option<usize>,
}

impl Terminal {
    /// Looks at the three streams.
    pub fn detect(ui: Lang, wishes: Wishes) -> Self {
        Self {
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            columns: wishes.columns.or_else(columns).unwrap_or(80).clamp(20, 500),
            ui,
            quiet: wishes.quiet,
            redraws: !wishes.dumb,
            colour: !wishes.no_colour && !wishes.dumb,
        }
    }

    /// The text in the language of messages.
    pub fn say<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.ui {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Columns for running text: as wide as the terminal, at most 100.
    pub fn text_columns(&self) -> usize {
        self.columns.min(100)
    }

    /// Text painted for a stream that a terminal shows, else as it is.
    pub fn paint(&self, paint: Paint, text: &str, on_terminal: bool) -> String {
        if self.colour && on_terminal {
            format!("\x1b[{}m{text}\x1b[0m", paint.code())
        } else {
            text.to_owned()
        }
    }

    /// Writes one line of result to stdout.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn result(&self, line: &str) -> Result<(), Unwritten> {
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }

    /// Writes a message to stderr, unless it is to be quiet.
    pub fn message(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Writes a message to stderr in any case.
    pub fn error(&self, text: &str) {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// Columns of the terminal as it is now, when it is one.
pub fn columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0))
}

/// Stdout for results that are too long to be put together first. Who writes to it
/// flushes it.
pub fn output() -> impl Write {
    io::BufWriter::new(io::stdout().lock())
}

/// Rows of the terminal as it is now; 24 when unknown.
pub fn rows() -> usize {
    terminal_size::terminal_size().map_or(24, |(_, rows)| usize::from(rows.0))
}

/// Writes a failure to stderr; it may carry text of servers and files.
pub fn complain(text: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", safe(text));
}

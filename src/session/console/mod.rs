//! Reading from a terminal, on a thread of its own.
//!
//! A [`Console`] takes requests and gives [`Input`]s back through a channel;
//! the text of an answer can be looked at while it is being typed. It decides
//! nothing about the interview and stores nothing. Invariant: every end of a
//! reading carries the whole text as it stood.

mod assistant;
mod keys;
mod modes;
mod plain;
mod shared;

use std::io;
use std::sync::Arc;
use std::sync::mpsc as requests;

use rustyline::config::{BellStyle, Builder};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor, ExternalPrinter};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::command::looks_like_command;
use assistant::Assistant;
pub use modes::Modes;
use shared::{Reason, Shared};

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Several lines, noted while they are typed.
    Answer,
    /// One line that Enter ends.
    Line,
}

/// What comes from the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The answer's text has changed since it was last looked at.
    Typed,
    /// A reading has ended.
    Ended(End, String),
    /// The terminal cannot be read; the reason and the text as it stood.
    Failed(String, String),
}

/// What ended a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Enter.
    Entered,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D on an empty text, or the end of input.
    End,
    /// The keys of the external editor.
    Editor,
    /// The keys of the command line.
    Command,
    /// Ctrl-Z.
    Suspend,
}

/// Which terminal is read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether the controlling terminal is used rather than stdin and stdout.
    pub controlling: bool,
    /// Whether the prompt may be coloured.
    pub colour: bool,
    /// Whether the terminal can only print lines (`TERM=dumb`).
    pub dumb: bool,
}

struct Request {
    prompt: (String, String),
    initial: String,
    mode: Mode,
}

/// A terminal that is read.
pub struct Console {
    requests: requests::Sender<Request>,
    inputs: UnboundedReceiver<Input>,
    shared: Arc<Shared>,
    printer: Option<Box<dyn ExternalPrinter + Send>>,
    plain: bool,
}

impl Console {
    /// Starts the thread that reads.
    ///
    /// # Errors
    /// When the terminal cannot be opened or the thread cannot be started.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let (events, inputs) = unbounded_channel();
        let shared = Arc::new(Shared::new(events));
        let (sender, receiver) = requests::channel();
        let mut printer = None;
        let thread = std::thread::Builder::new().name("editor".to_owned());
        let reader = Arc::clone(&shared);
        if settings.dumb {
            thread.spawn(move || plain::serve(&receiver, &reader))?;
        } else {
            let mut editor = editor(settings, &shared).map_err(io::Error::other)?;
            printer = editor.create_external_printer().ok().map(|printer| {
                let printer: Box<dyn ExternalPrinter + Send> = Box::new(printer);
                printer
            });
            thread.spawn(move || serve(editor, &receiver, &reader))?;
        }
        Ok(Self { requests: sender, inputs, shared, printer, plain: settings.dumb })
    }

    /// Whether the terminal can only print lines.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Begins to read behind a prompt, which is given plain and styled, starting
    /// from a text. One reading at a time.
    pub fn read(&self, mode: Mode, prompt: (String, String), initial: &str) {
        self.shared.begin(mode, initial);
        let request = Request { prompt, initial: initial.to_owned(), mode };
        if self.requests.send(request).is_err() {
            let reason = "the editor has stopped".to_owned();
            self.shared.send(Input::Failed(reason, initial.to_owned()));
        }
    }

    /// The next input.
    pub async fn next(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or_else(|| {
            Input::Failed("the editor has stopped".to_owned(), self.shared.text())
        })
    }

    /// The text of the answer as it stands.
    pub fn text(&self) -> String {
        self.shared.text()
    }

    /// Prints lines above the text that is being edited; false when it cannot.
    pub fn print_above(&mut self, text: &str) -> bool {
        self.printer.as_mut().is_some_and(|printer| printer.print(format!("{text}\n")).is_ok())
    }
}

fn editor(
    settings: Settings,
    shared: &Arc<Shared>,
) -> rustyline::Result<Editor<Assistant, DefaultHistory>> {
    let config: Builder = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .auto_add_history(false)
        .max_history_size(50)?
        .bell_style(BellStyle::None)
        .color_mode(if settings.colour { ColorMode::Enabled } else { ColorMode::Disabled })
        .behavior(if settings.controlling { Behavior::PreferTerm } else { Behavior::Stdio });
    let mut editor = Editor::with_config(config.build())?;
    editor.set_helper(Some(Assistant { shared: Arc::clone(shared) }));
    keys::bind(&mut editor, shared);
    Ok(editor)
}

fn serve(
    mut editor: Editor<Assistant, DefaultHistory>,
    requests: &requests::Receiver<Request>,
    shared: &Shared,
) {
    for request in requests {
        let read = editor.readline_with_initial(&request.prompt, (&request.initial, ""));
        let input = match read {
            Ok(text) => {
                let reason = shared.take_reason();
                if reason.is_none() && looks_like_command(&text) {
                    // History is a convenience for commands, nothing depends on it.
                    let _ = editor.add_history_entry(text.as_str());
                }
                Input::Ended(reason.map_or(End::Entered, End::from), text)
            }
            Err(error) => failed(&error, &request, shared),
        };
        shared.send(input);
    }
}

/// A reading that the library ended without handing over the text.
fn failed(error: &ReadlineError, request: &Request, shared: &Shared) -> Input {
    let text = match request.mode {
        Mode::Answer => shared.text(),
        Mode::Line => String::new(),
    };
    match error {
        ReadlineError::Interrupted => Input::Ended(End::Interrupt, text),
        ReadlineError::Eof => Input::Ended(End::End, text),
        other => Input::Failed(other.to_string(), text),
    }
}

impl From<Reason> for End {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Interrupt => Self::Interrupt,
            Reason::End => Self::End,
            Reason::Editor => Self::Editor,
            Reason::Command => Self::Command,
            Reason::Suspend => Self::Suspend,
        }
    }
}

//! The stream from rows to lines: a planner reads, workers grade, the caller's
//! thread writes.
//!
//! Rows are numbered as they are read. A model's gradings are tasks on the
//! runtime, the lexical grader's run on a thread per core. Nothing is graded
//! here, and nothing is printed. Invariant: every row that entered the window
//! comes through exactly once, with a line or dropped.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::control::Control;
use super::crew::Crew;
use super::journal::Journal;
use super::line::Form;
use super::order::{Follow, Order, Through};
use super::outcome::Outcome;
use super::plan;
use super::resolve::{Key, Ready, Resolver};
use super::tally::Tally;
use super::window::Window;
use crate::input::Item;

/// What happens in a run, as it happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A row was read.
    Read,
    /// A row cannot be graded; where it stands and why.
    Bad(&'a str),
    /// A row needs no grading and no line: its result is in the journal, or will be.
    Known,
    /// All rows were read.
    ReadAll,
    /// A line was written; the counts so far, and how many finished rows the first unfinished
    /// one holds back.
    Written(&'a Tally, usize),
}

/// Who is told what happens. Called from several threads.
pub trait Watch: Send + Sync {
    /// Something has happened.
    fn event(&self, event: &Event<'_>);
}

/// What becomes of the rows of an input.
#[derive(Debug, Clone)]
pub enum Task {
    /// They are graded, and a line comes of each.
    Grade,
    /// What has no result in the journal is graded, and a result comes of each answer.
    Record(Arc<Journal>),
    /// Nothing is graded: a line comes of each row and what the journal says.
    Recall(Arc<Journal>),
}

/// One run over the rows of an input.
#[derive(Clone)]
pub struct Run {
    /// What becomes of the rows.
    pub task: Task,
    /// Makes rows ready.
    pub resolver: Arc<Resolver>,
    /// Form of the lines.
    pub form: Form,
    /// Whether lines come in the order of the rows.
    pub ordered: bool,
    /// Whether the first bad row ends the run.
    pub strict: bool,
    /// Threads of the lexical grader, 1 or more.
    pub threads: usize,
    /// Answers that are put to the endpoint at once.
    pub concurrency: usize,
    /// Longest wait for the endpoint that a row may cost.
    pub patience: Duration,
    /// Folder for what does not fit into memory; nothing stays there.
    pub scratch: PathBuf,
    /// Stops the run.
    pub control: Arc<Control>,
    /// Told what happens.
    pub watch: Arc<dyn Watch>,
}

/// Grades all rows and hands every line to `write`.
///
/// # Errors
/// When a line cannot be written. Everything else that ends a run early is in [`Run::control`].
pub fn run(
    run: &Run,
    runtime: Option<&tokio::runtime::Handle>,
    rows: impl Iterator<Item = io::Result<Item>> + Send + 'static,
    write: &mut dyn Output,
) -> io::Result<Tally> {
    let (sender, receiver) = mpsc::channel();
    let window = Arc::new(Window::new(Window::ROWS, Window::BYTES));
    let crew = Crew::new(run, runtime, &sender);
    {
        // Not joined: it may wait for input that never comes when the run is stopped.
        let (run, window, runtime) = (run.clone(), Arc::clone(&window), runtime.cloned());
        std::thread::spawn(move || {
            plan::plan(&run, runtime.as_ref(), &window, rows, &crew, &sender);
        });
    }
    let written = Writer::new(run, &window).run(&receiver, write);
    if written.is_err() {
        run.control.abort();
        window.close();
    }
    written
}

/// Where lines go.
pub trait Output {
    /// Takes a line with its line break.
    ///
    /// # Errors
    /// When it cannot be written.
    fn line(&mut self, line: &[u8]) -> io::Result<()>;
    /// Nothing follows at once: whoever waits for lines should get them now.
    ///
    /// # Errors
    /// When what was taken cannot be written.
    fn pause(&mut self) -> io::Result<()>;
}

impl<W: io::Write> Output for io::BufWriter<W> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        io::Write::write_all(self, line)
    }

    fn pause(&mut self) -> io::Result<()> {
        io::Write::flush(self)
    }
}

/// How often the writer looks whether the run was stopped.
const GLANCE: Duration = Duration::from_millis(50);
/// How long the writer lets lines gather when it has written all there were.
const NAP: Duration = Duration::from_millis(2);

/// What comes to the writer.
pub(super) enum Message {
    /// A row that is not graded, its line if one is wanted, and whether that is the row's own
    /// fault; else the next run tries it again.
    Refused { number: u64, line: Option<Vec<u8>>, bad: bool },
    /// A row that was graded or failed.
    Ended { number: u64, key: Key, bytes: usize, outcome: Outcome, line: Vec<u8> },
    /// A row that equals an earlier one.
    Follows { number: u64, ready: Box<Ready> },
    /// A row that was given up because the run ends.
    Dropped { number: u64, key: Key, bytes: usize },
}

/// Puts lines in order and hands them out, on the caller's thread.
struct Writer<'a> {
    run: &'a Run,
    window: &'a Window,
    order: Order,
    tally: Tally,
}

impl<'a> Writer<'a> {
    fn new(run: &'a Run, window: &'a Window) -> Self {
        Self {
            run,
            window,
            order: Order::new(run.ordered && !matches!(run.task, Task::Record(_))),
            tally: Tally::default(),
        }
    }

    fn run(mut self, messages: &Receiver<Message>, write: &mut dyn Output) -> io::Result<Tally> {
        loop {
            if self.run.control.is_stopped() {
                self.window.close();
                if self.window.is_empty() {
                    break;
                }
            }
            if let Ok(message) = messages.try_recv() {
                self.take(message, write)?;
                continue;
            }
            write.pause()?;
            // Whoever sends to a sleeper does not have to wake it.
            std::thread::sleep(NAP);
            match messages.recv_timeout(GLANCE) {
                Ok(message) => self.take(message, write)?,
                Err(RecvTimeoutError::Timeout) => {}
                // The planner and every worker are through.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let (window, order) = (self.window, self.order);
        for row in order.rest() {
            window.leave(row.bytes);
            row.line.map_or(Ok(()), |line| write.line(&line))?;
        }
        write.pause()?;
        Ok(self.tally)
    }

    fn take(&mut self, message: Message, write: &mut dyn Output) -> io::Result<()> {
        match message {
            Message::Refused { number, line, bad } => {
                *(if bad { &mut self.tally.bad } else { &mut self.tally.failed }) += 1;
                let bytes = line.as_ref().map_or(0, Vec::len);
                self.through(number, Through { line, bytes }, write)
            }
            Message::Ended { number, key, bytes, outcome, line } => {
                self.tally.count(outcome.end);
                let outcome = Arc::new(outcome);
                let followers = self.order.settle(number, key, Arc::clone(&outcome));
                self.through(number, Through { line: Some(line), bytes }, write)?;
                for (number, ready) in followers {
                    self.follow(number, &ready, &outcome, write)?;
                }
                Ok(())
            }
            Message::Follows { number, ready } => {
                let (key, bytes) = (ready.key, ready.bytes);
                match self.order.follow(number, ready) {
                    Follow::Outcome(ready, outcome) => self.follow(number, &ready, &outcome, write),
                    Follow::Later => Ok(()),
                    Follow::Never => self.drop_row(number, key, bytes, write),
                }
            }
            Message::Dropped { number, key, bytes } => self.drop_row(number, key, bytes, write),
        }
    }

    /// Lets a row through that was given up, with those that wait for it.
    fn drop_row(
        &mut self,
        number: u64,
        key: Key,
        bytes: usize,
        write: &mut dyn Output,
    ) -> io::Result<()> {
        self.through(number, Through { line: None, bytes }, write)?;
        for (number, ready) in self.order.give_up(key) {
            self.through(number, Through { line: None, bytes: ready.bytes }, write)?;
        }
        Ok(())
    }

    /// Writes the line of a row that equals another.
    fn follow(
        &mut self,
        number: u64,
        ready: &Ready,
        outcome: &Outcome,
        write: &mut dyn Output,
    ) -> io::Result<()> {
        self.tally.duplicates += 1;
        self.tally.count(outcome.end);
        let line = Some(self.run.form.line(ready, outcome));
        self.through(number, Through { line, bytes: ready.bytes }, write)
    }

    fn through(&mut self, number: u64, row: Through, write: &mut dyn Output) -> io::Result<()> {
        let window = self.window;
        self.order.through(number, row, &mut |row| {
            window.leave(row.bytes);
            row.line.map_or(Ok(()), |line| write.line(&line))
        })?;
        self.run.watch.event(&Event::Written(&self.tally, self.order.held()));
        Ok(())
    }
}

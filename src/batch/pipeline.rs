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

use super::control::{Control, Watched};
use super::crew::Crew;
use super::drafting::Drafting;
use super::equals::{Fate, Followers};
use super::journal::Journal;
use super::line::Form;
use super::order::{Order, Through};
use super::outcome::Outcome;
use super::plan;
use super::resolve::{Ready, Resolver};
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
    let drafting = Arc::new(Drafting::new(run, runtime));
    {
        // Not joined: it may wait for input that never comes when the run is stopped.
        let (run, window, drafting) = (run.clone(), Arc::clone(&window), Arc::clone(&drafting));
        std::thread::spawn(move || {
            let _watched = Watched(Arc::clone(&run.control));
            plan::plan(&run, &drafting, &window, rows, &crew, &sender);
        });
    }
    let written = Writer::new(run, &window, &drafting).run(&receiver, write);
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
    Ended { number: u64, bytes: usize, outcome: Outcome, line: Vec<u8> },
    /// A row that equals an earlier one, its leader.
    Follows { number: u64, leader: u64, ready: Box<Ready> },
    /// A row that was given up because the run ends.
    Dropped { number: u64, bytes: usize },
}

/// Hands lines out, in order where that is wanted, on the caller's thread.
struct Writer<'a> {
    run: &'a Run,
    window: &'a Window,
    drafting: &'a Drafting,
    order: Option<Order>,
    followers: Option<Followers<Box<Ready>>>,
    tally: Tally,
}

impl<'a> Writer<'a> {
    /// A journal takes results in any order and knows equal rows by itself.
    fn new(run: &'a Run, window: &'a Window, drafting: &'a Drafting) -> Self {
        let lines = !matches!(run.task, Task::Record(_));
        Self {
            run,
            window,
            drafting,
            order: (lines && run.ordered).then(Order::default),
            followers: lines.then(Followers::default),
            tally: Tally::default(),
        }
    }

    fn run(mut self, messages: &Receiver<Message>, write: &mut dyn Output) -> io::Result<Tally> {
        loop {
            if self.run.control.is_stopped() {
                self.window.close();
                if self.drafting.close() && self.window.is_empty() {
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
                // The planner and every worker are through, and drafts for rows to come may not be.
                Err(RecvTimeoutError::Disconnected)
                    if self.drafting.close() || self.run.control.is_aborted() =>
                {
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(GLANCE),
            }
        }
        for row in self.order.take().into_iter().flat_map(Order::rest) {
            out(self.window, row, write)?;
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
            Message::Ended { number, bytes, outcome, line } => {
                self.tally.count(outcome.end);
                self.through(number, Through { line: Some(line), bytes }, write)?;
                self.settle(number, &Some(Arc::new(outcome)), write)
            }
            Message::Follows { number, leader, ready } => {
                let followers = self.followers.as_mut();
                let known = followers.and_then(|all| all.follow(number, leader, ready));
                known.map_or(Ok(()), |(ready, fate)| self.follow(number, &ready, fate, write))
            }
            Message::Dropped { number, bytes } => {
                self.through(number, Through { line: None, bytes }, write)?;
                self.settle(number, &None, write)
            }
        }
    }

    /// Lets the rows through that wait for this one.
    fn settle(&mut self, number: u64, fate: &Fate, write: &mut dyn Output) -> io::Result<()> {
        let Some(followers) = &mut self.followers else { return Ok(()) };
        for (number, ready) in followers.settle(number, fate.clone()) {
            self.follow(number, &ready, fate.clone(), write)?;
        }
        Ok(())
    }

    /// Lets a row through that equals another.
    fn follow(
        &mut self,
        number: u64,
        ready: &Ready,
        fate: Fate,
        write: &mut dyn Output,
    ) -> io::Result<()> {
        let line = fate.map(|outcome| {
            self.tally.duplicates += 1;
            self.tally.count(outcome.end);
            self.run.form.line(ready, &outcome)
        });
        self.through(number, Through { line, bytes: ready.bytes }, write)
    }

    fn through(&mut self, number: u64, row: Through, write: &mut dyn Output) -> io::Result<()> {
        let window = self.window;
        match &mut self.order {
            None => out(window, row, write)?,
            Some(order) => order.through(number, row, &mut |row| out(window, row, write))?,
        }
        let held = self.order.as_ref().map_or(0, Order::held);
        self.run.watch.event(&Event::Written(&self.tally, held));
        Ok(())
    }
}

/// Writes a row's line, if it has one, and makes room in the window.
fn out(window: &Window, row: Through, write: &mut dyn Output) -> io::Result<()> {
    window.leave(row.bytes);
    row.line.map_or(Ok(()), |line| write.line(&line))
}

#[cfg(test)]
mod tests {
    use std::io::BufWriter;

    use super::*;
    use crate::batch::{Languages, Stop};
    use crate::domain::{Lang, Rubric};
    use crate::grader::lexical::LexicalGrader;
    use crate::grader::{Grader, NoDrafts};
    use crate::input::{self, Options, Reader, Source};

    /// Panics when the third row is planned, if that is wished.
    struct Fuse(std::sync::atomic::AtomicU32);

    impl Watch for Fuse {
        fn event(&self, event: &Event<'_>) {
            let last = || self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1;
            assert!(!matches!(event, Event::Read) || !last(), "the fuse of the test");
        }
    }

    fn a_run(fuse: u32) -> Run {
        let rubric = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap();
        let grader = Grader::Lexical { grader: LexicalGrader, rubric: Box::new(rubric) };
        let languages = Languages { chosen: None, fallback: Lang::En, feedback: None };
        let (grader, drafts) = (Arc::new(grader), Arc::new(NoDrafts));
        let resolver = Resolver::new(grader, Arc::default(), None, languages, drafts);
        Run {
            task: Task::Grade,
            resolver: Arc::new(resolver),
            form: Form { text: true, placed: false },
            ordered: true,
            strict: false,
            threads: 2,
            concurrency: 1,
            patience: Duration::ZERO,
            scratch: std::env::temp_dir(),
            control: Arc::default(),
            watch: Arc::new(Fuse(fuse.into())),
        }
    }

    fn rows() -> Reader {
        let rows = (0..3000).map(|n| {
            format!("{{\"id\":\"{n}\",\"question\":\"Why?\",\"reference\":\"So.\",\"answer\":\"{n}\"}}\n")
        });
        let rows = std::io::Cursor::new(rows.collect::<String>().into_bytes());
        input::open(Source::Stream(Box::new(rows), "rows.jsonl".into()), &Options::default())
            .unwrap()
    }

    #[test]
    fn a_fault_of_the_program_ends_the_run_in_whatever_thread_it_is() {
        let whole = a_run(0);
        let mut lines = Vec::new();
        run(&whole, None, rows(), &mut BufWriter::new(&mut lines)).unwrap();
        assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 3000);
        assert!(whole.control.reason().is_none());

        let of_the_planner = a_run(3);
        run(&of_the_planner, None, rows(), &mut BufWriter::new(io::sink())).unwrap();
        assert!(matches!(of_the_planner.control.reason(), Some(Stop::Broken)));

        let of_the_reader = a_run(0);
        let faulty = rows().enumerate().map(|(n, item)| {
            assert!(n < 2000, "a fault of the reader");
            item
        });
        run(&of_the_reader, None, faulty, &mut BufWriter::new(io::sink())).unwrap();
        assert!(matches!(of_the_reader.control.reason(), Some(Stop::Broken)));
    }
}

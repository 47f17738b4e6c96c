//! What is said while a run goes on: a bar on a terminal, else a line every 30 s.
//!
//! Counts what the pipeline tells; it asks nobody and decides nothing.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pace::Pace;
use crate::batch::{Event, Tally, Watch};
use crate::grader::Grader;
use crate::llm::{Pressure, Spent};
use crate::term::{Terminal, clip, columns, safe_line};

/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(30);
/// How often the bar is drawn.
const FRAME: Duration = Duration::from_millis(200);
/// Rows held back by one that takes long, beyond which that is said.
const HELD: u64 = 100;
/// Bad rows that are named one by one; the rest stands in the output.
const NAMED: u64 = 20;

/// Counts what happens.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: Terminal,
    grader: Arc<Grader>,
    bar: Option<ProgressBar>,
    total: AtomicU64,
    read: AtomicU64,
    known: AtomicU64,
    named: AtomicU64,
    held: AtomicU64,
    /// Whether all is graded, and the output is put together.
    writing: AtomicBool,
    tally: Mutex<Tally>,
    /// Whether bad rows are told; where results are shown, their reasons are.
    tells: bool,
}

/// The thread that shows it; ends when it is dropped.
pub(super) struct Shown {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new(terminal: &Terminal, grader: &Arc<Grader>, tells: bool) -> Self {
        let on_terminal = terminal.stderr_is_terminal && !terminal.quiet;
        Self {
            terminal: terminal.clone(),
            grader: Arc::clone(grader),
            bar: on_terminal.then(bar),
            total: AtomicU64::new(0),
            read: AtomicU64::new(0),
            known: AtomicU64::new(0),
            named: AtomicU64::new(0),
            held: AtomicU64::new(0),
            writing: AtomicBool::new(false),
            tally: Mutex::default(),
            tells,
        }
    }

    /// Shows it until the result is dropped; rows of plain JSON lines are counted meanwhile.
    pub(super) fn show(self: &Arc<Self>, input: &Path) -> Shown {
        if self.terminal.quiet {
            return Shown { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel::<()>();
        let (progress, input) = (Arc::clone(self), input.to_owned());
        let thread = std::thread::spawn(move || {
            // All rows may have been read before they are counted here.
            let lines = count_lines(&input);
            let _ = progress.total.compare_exchange(0, lines, Relaxed, Relaxed);
            let mut said = Instant::now();
            let mut pace = Pace::new(said);
            while stopped.recv_timeout(FRAME) == Err(RecvTimeoutError::Timeout) {
                let now = Instant::now();
                pace.note(now, progress.tally().rows());
                match &progress.bar {
                    Some(bar) => bar.set_message(progress.screen(&pace)),
                    None if now - said >= LINE => {
                        progress.terminal.message(&progress.parts(&pace).concat().join(" · "));
                        said = now;
                    }
                    None => {}
                }
            }
            progress.clear();
        });
        Shown { stop: Some(stop), thread: Some(thread) }
    }

    /// Writes to the terminal while the bar is out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Writes a message above the bar.
    pub(super) fn tell(&self, text: &str) {
        self.aside(|| self.terminal.message(text));
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// All is graded: rows are counted once more, as they are written.
    pub(super) fn write(&self) {
        self.writing.store(true, Relaxed);
        self.read.store(0, Relaxed);
        self.known.store(0, Relaxed);
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
    }

    fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn done(&self) -> u64 {
        self.tally().rows() + self.known.load(Relaxed)
    }

    /// What the bar shows: lines that fit the terminal.
    fn screen(&self, pace: &Pace) -> String {
        let columns = columns().unwrap_or(self.terminal.columns).saturating_sub(3);
        let lines = self.parts(pace).map(|parts| clip(&parts.join(" · "), columns));
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n  ")
    }

    /// How far it is, how it is worked, and what is in the way.
    fn parts(&self, pace: &Pace) -> [Vec<String>; 3] {
        let (tally, done, total) = (self.tally(), self.done(), self.total.load(Relaxed));
        let of = if total > 0 { format!("{done}/{total}") } else { done.to_string() };
        if self.writing.load(Relaxed) {
            return [vec![format!("writing the output: {of}")], Vec::new(), Vec::new()];
        }
        let mut rows = vec![of];
        if total > done {
            rows.extend(pace.left(total - done).map(|left| format!("{} left", in_words(left))));
        }
        rows.push(format!("{} graded", short(tally.graded)));
        let counts = [
            (tally.ungraded, "ungraded"),
            (tally.failed, "failed"),
            (tally.bad, "bad"),
            (self.known.load(Relaxed), "known"),
        ];
        let some = counts.into_iter().filter(|(n, _)| *n > 0);
        rows.extend(some.map(|(n, what)| format!("{} {what}", short(n))));
        let held = self.held.load(Relaxed);
        let said = (held >= HELD).then(|| format!("{held} finished rows wait for an earlier one"));
        [rows, self.work(pace), said.into_iter().collect()]
    }

    fn work(&self, pace: &Pace) -> Vec<String> {
        let Grader::Llm(grader) = &*self.grader else {
            return vec![pace.in_words()];
        };
        let Pressure { in_flight, limit, per_minute, .. } = grader.endpoint().pressure();
        let mut work = vec![format!("{in_flight} of {limit} in flight")];
        work.extend(per_minute.map(|rate| format!("paced {rate:.0}/min")));
        work.push(pace.in_words());
        let Spent { usage, .. } = grader.endpoint().spent();
        work.push(format!("{} tokens", short(usage.input + usage.output)));
        let price = grader.endpoint().profile().price;
        work.extend(price.is_known().then(|| format!("cost {:.4}", price.of(usage))));
        work
    }
}

impl Watch for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Read => drop(self.read.fetch_add(1, Relaxed)),
            Event::ReadAll => self.total.store(self.read.load(Relaxed), Relaxed),
            Event::Bad(said) => {
                if self.named.fetch_add(1, Relaxed) < NAMED && self.tells {
                    self.tell(&safe_line(said));
                }
            }
            Event::Known => drop(self.known.fetch_add(1, Relaxed)),
            Event::Written(tally, held) => {
                self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone_from(tally);
                self.held.store(*held as u64, Relaxed);
            }
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(FRAME);
    bar
}

/// Lines of a plain file of JSON lines; 0 when that is not what it is.
fn count_lines(path: &Path) -> u64 {
    use std::io::Read;
    let plain = path.extension().is_some_and(|ending| ending == "jsonl");
    let Some(mut file) = plain.then(|| std::fs::File::open(path).ok()).flatten() else { return 0 };
    let (mut lines, mut buffer) = (0, vec![0; 1 << 18]);
    while let Ok(read @ 1..) = file.read(&mut buffer) {
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    lines
}

/// A count in at most six columns.
fn short(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        100_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
    }
}

fn in_words(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

//! What is said while a run goes on: a bar on a terminal, else a line every 30 s.
//!
//! Counts what the pipeline tells; it asks nobody and decides nothing. The time
//! that is left is what the rows of the last half minute would take.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::batch::{Event, Tally, Watch};
use crate::grader::Grader;
use crate::term::{Terminal, safe_line};

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
    total: AtomicU64,
    read: AtomicU64,
    bad: AtomicU64,
    settled: AtomicU64,
    held: AtomicU64,
    tally: Mutex<Tally>,
    /// Drawn only where messages are read on a screen.
    bar: Option<ProgressBar>,
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
        Self {
            terminal: terminal.clone(),
            grader: Arc::clone(grader),
            total: AtomicU64::new(0),
            read: AtomicU64::new(0),
            bad: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            held: AtomicU64::new(0),
            tally: Mutex::default(),
            bar: (terminal.stderr_is_terminal && !terminal.quiet).then(bar),
            tells,
        }
    }

    /// Writes to the terminal while the bar is out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
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
            let bar = progress.bar.as_ref();
            let wait = if bar.is_some() { FRAME } else { LINE };
            bar.inspect(|bar| bar.enable_steady_tick(FRAME));
            let mut speed = Speed::default();
            progress.total.store(count_lines(&input), Relaxed);
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let text = progress.line(&mut speed);
                match bar {
                    Some(bar) => bar.set_message(text),
                    None => progress.terminal.message(&text),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Shown { stop: Some(stop), thread: Some(thread) }
    }

    fn line(&self, speed: &mut Speed) -> String {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = tally.graded + tally.ungraded + tally.failed + self.settled.load(Relaxed);
        let total = self.total.load(Relaxed);
        let rate = speed.at(Instant::now(), done);
        let mut parts = vec![if total > 0 { format!("{done}/{total}") } else { done.to_string() }];
        let counts = [
            (tally.ungraded, "ungraded"),
            (tally.failed, "failed"),
            (self.bad.load(Relaxed), "bad"),
        ];
        parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        if let Grader::Llm(grader) = &*self.grader {
            let pressure = grader.endpoint().pressure();
            parts.push(format!("{} of {} in flight", pressure.in_flight, pressure.limit));
            parts.extend(pressure.per_minute.map(|rate| format!("paced at {rate:.0}/min")));
        }
        parts.push(format!("{rate:.1}/s"));
        if tally.tokens.input > 0 {
            parts.push(format!("{} tokens", tally.tokens.input + tally.tokens.output));
        }
        if tally.cost > 0.0 {
            parts.push(format!("cost {:.4}", tally.cost));
        }
        let held = self.held.load(Relaxed);
        if held >= HELD {
            parts.push(format!("{held} finished rows wait for an earlier one"));
        }
        if total > done && rate > 0.0 {
            parts.push(format!("{} left", in_words(number(total - done) / rate)));
        }
        parts.join(" · ")
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}

impl Watch for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Read => drop(self.read.fetch_add(1, Relaxed)),
            Event::Bad(line, reason) => {
                if self.bad.fetch_add(1, Relaxed) < NAMED && self.tells {
                    let text = format!("line {line}: {}", safe_line(reason));
                    self.aside(|| self.terminal.message(&text));
                }
            }
            Event::Reused | Event::Duplicate => drop(self.settled.fetch_add(1, Relaxed)),
            Event::Started | Event::Ended => {}
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

/// Rows a second over the last half minute.
#[derive(Debug, Default)]
struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    fn at(&mut self, now: Instant, done: u64) -> f64 {
        self.0.push_back((now, done));
        while self.0.len() > 2 && now - self.0[0].0 > LINE {
            self.0.pop_front();
        }
        let (since, before) = self.0[0];
        let span = (now - since).as_secs_f64();
        if span > 0.0 { number(done.saturating_sub(before)) / span } else { 0.0 }
    }
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

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn in_words(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

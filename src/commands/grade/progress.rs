//! What is said while a run goes on: lines at the foot of a terminal, else a line every 30 s.
//!
//! Counts what the pipeline tells; it asks nobody and decides nothing. How many rows
//! there are is known when all are read; until then it is told by how far the input
//! has been read.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::pace::{Pace, in_words};
use crate::batch::{Event, Tally, Watch};
use crate::domain::Lang;
use crate::grader::Grader;
use crate::input::Reach;
use crate::llm::{Pressure, Spent};
use crate::metrics::float64;
use crate::term::{Foot, Terminal, columns, fitting, safe_line};

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
    foot: Option<Foot>,
    /// How far the input has been read, once it is open.
    reach: Mutex<Reach>,
    /// Rows of the input; 0 until all are read.
    total: AtomicU64,
    read: AtomicU64,
    known: AtomicU64,
    named: AtomicU64,
    held: AtomicU64,
    /// Whether all is graded, and the output is put together.
    writing: AtomicBool,
    tally: Mutex<Tally>,
    /// How fast they come; locked before the counts.
    pace: Mutex<Pace>,
    /// Whether bad rows are told; where results are shown, their reasons are.
    tells: bool,
    /// Whether rows are typed on this terminal: nothing is drawn where a person writes.
    by_hand: bool,
}

/// The thread that shows it; ends when it is dropped.
pub(super) struct Shown {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new(
        terminal: &Terminal,
        grader: &Arc<Grader>,
        tells: bool,
        by_hand: bool,
    ) -> Self {
        let shown = terminal.stderr_is_terminal && terminal.redraws && !terminal.quiet;
        Self {
            terminal: terminal.clone(),
            grader: Arc::clone(grader),
            foot: shown.then(Foot::default),
            reach: Mutex::default(),
            total: AtomicU64::new(0),
            read: AtomicU64::new(0),
            known: AtomicU64::new(0),
            named: AtomicU64::new(0),
            held: AtomicU64::new(0),
            writing: AtomicBool::new(false),
            tally: Mutex::default(),
            pace: Mutex::new(Pace::new(Instant::now())),
            tells,
            by_hand,
        }
    }

    /// Shows it until the result is dropped.
    pub(super) fn show(self: &Arc<Self>) -> Shown {
        if self.terminal.quiet {
            return Shown { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel::<()>();
        let progress = Arc::clone(self);
        let thread = std::thread::spawn(move || {
            let mut said = Instant::now();
            for frame in 0.. {
                if stopped.recv_timeout(FRAME) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
                if progress.by_hand && progress.total.load(Relaxed) == 0 {
                    continue;
                }
                let now = Instant::now();
                let pace = progress.paced(now);
                match &progress.foot {
                    Some(foot) => foot.draw(progress.lines(&pace, frame)),
                    None if now - said >= LINE => {
                        progress.terminal.message(&progress.parts(&pace).join(" · "));
                        said = now;
                    }
                    None => {}
                }
            }
            progress.clear();
        });
        Shown { stop: Some(stop), thread: Some(thread) }
    }

    /// The input is open.
    pub(super) fn reads(&self, reach: Reach) {
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
    }

    /// Writes to the terminal while nothing else stands there.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.foot {
            Some(foot) => foot.aside(write),
            None => write(),
        }
    }

    /// Writes a message above what is shown.
    pub(super) fn tell(&self, text: &str) {
        self.aside(|| self.terminal.message(text));
    }

    /// Says that the run is stopped by the user.
    pub(super) fn tell_stopping(&self, seconds: u64) {
        self.tell(&match self.terminal.ui {
            Lang::En => format!(
                "stopping: what is in flight has {seconds} s to end; Ctrl-C again stops at once"
            ),
            Lang::Zh => format!("正在停止：在途的请求还有 {seconds} 秒；再按一次 Ctrl-C 立即停止"),
        });
    }

    /// Says how many bad rows were not named one by one.
    pub(super) fn tell_unnamed(&self) {
        let unnamed = self.named.load(Relaxed).saturating_sub(NAMED);
        if unnamed == 0 || !self.tells {
            return;
        }
        self.tell(&match self.terminal.ui {
            Lang::En => {
                format!("… and {unnamed} more: each bad row stands in the output, with its reason")
            }
            Lang::Zh => format!("……另有 {unnamed} 行无效：每行的原因都写在结果里"),
        });
    }

    /// Takes away what is shown, for good.
    pub(super) fn clear(&self) {
        if let Some(foot) = &self.foot {
            foot.end();
        }
    }

    /// All is graded: from now on rows are counted once more, as they are written.
    pub(super) fn write(&self, now: Instant) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = Pace::new(now);
        self.writing.store(true, Relaxed);
        self.read.store(0, Relaxed);
        self.known.store(0, Relaxed);
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
    }

    /// How fast it is, with what is done by now.
    fn paced(&self, now: Instant) -> MutexGuard<'_, Pace> {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.note(now, self.tally().rows());
        pace
    }

    fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What stands at the foot of the terminal: as many lines as it takes.
    fn lines(&self, pace: &Pace, frame: usize) -> Vec<String> {
        let columns = columns().unwrap_or(self.terminal.columns);
        let mark = ["|", "/", "-", "\\"][frame % 4];
        fitting(mark, &self.parts(pace), columns)
    }

    fn say(&self, en: &'static str, zh: &'static str) -> &'static str {
        self.terminal.say(en, zh)
    }

    /// A count with its name: `12 graded`, `已评 12`.
    fn count(&self, count: u64, en: &str, zh: &str) -> String {
        match self.terminal.ui {
            Lang::En => format!("{} {en}", short(count)),
            Lang::Zh => format!("{zh} {}", short(count)),
        }
    }

    /// How far it is, how it is worked, and what is in the way.
    fn parts(&self, pace: &Pace) -> Vec<String> {
        let (tally, known) = (self.tally(), self.known.load(Relaxed));
        let mut parts = self.place(tally.rows() + known, pace);
        if self.writing.load(Relaxed) {
            parts[0] =
                format!("{}{}", self.say("writing the output: ", "正在写出结果："), parts[0]);
            return parts;
        }
        parts.push(self.count(tally.graded, "graded", "已评"));
        parts.push(self.count(tally.ungraded, "ungraded", "未评"));
        parts.push(self.count(tally.failed, "failed", "失败"));
        if tally.bad > 0 {
            parts.push(self.count(tally.bad, "bad", "无效"));
        }
        if known > 0 {
            parts.push(self.count(known, "known", "已有结果"));
        }
        self.work(pace, &mut parts);
        let held = self.held.load(Relaxed);
        if held >= HELD {
            parts.push(match self.terminal.ui {
                Lang::En => format!("{held} finished rows wait for an earlier one"),
                Lang::Zh => format!("{held} 行已完成，在等前面的一行"),
            });
        }
        parts
    }

    /// Rows that are done, of how many, and the time that the others take.
    fn place(&self, done: u64, pace: &Pace) -> Vec<String> {
        let total = self.total.load(Relaxed);
        let (all, of) = if total > 0 {
            (float64(total), format!("{done}/{total}"))
        } else {
            let Some(all) = self.foretold() else { return vec![done.to_string()] };
            let percent = 100.0 * (float64(done) / all).min(1.0);
            (all, format!("{done} (≈{percent:.0} %)"))
        };
        let left = (all > float64(done)).then(|| pace.left(all - float64(done))).flatten();
        let left =
            left.map(|left| in_words(left, self.terminal.ui)).map(|left| match self.terminal.ui {
                Lang::En => format!("{left} left"),
                Lang::Zh => format!("还需 {left}"),
            });
        std::iter::once(of).chain(left).collect()
    }

    /// How many rows there are, by how far the input was read for those that have come.
    fn foretold(&self) -> Option<f64> {
        let (read, of) = self.reach.lock().unwrap_or_else(PoisonError::into_inner).so_far()?;
        let rows = self.read.load(Relaxed);
        (read > 0 && rows > 0).then(|| float64(rows) * float64(of) / float64(read))
    }

    fn work(&self, pace: &Pace, parts: &mut Vec<String>) {
        let ui = self.terminal.ui;
        let Grader::Llm(grader) = &*self.grader else {
            return parts.push(pace.in_words(ui));
        };
        let Pressure { in_flight, limit, per_minute, .. } = grader.endpoint().pressure();
        parts.push(match ui {
            Lang::En => format!("{in_flight} of {limit} in flight"),
            Lang::Zh => format!("在途 {in_flight}，上限 {limit}"),
        });
        parts.extend(per_minute.map(|rate| match ui {
            Lang::En => format!("paced {rate:.0}/min"),
            Lang::Zh => format!("限速每分钟 {rate:.0} 次"),
        }));
        parts.push(pace.in_words(ui));
        let Spent { usage, .. } = grader.endpoint().spent();
        parts.push(format!(
            "{} {}",
            short(usage.input + usage.output),
            self.say("tokens", "token")
        ));
        let price = grader.endpoint().profile().price;
        let cost = price.is_known().then(|| price.of(usage));
        parts.extend(cost.map(|cost| format!("{} {cost:.4}", self.say("cost", "费用"))));
    }
}

impl Watch for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Read => drop(self.read.fetch_add(1, Relaxed)),
            Event::ReadAll => self.total.store(self.read.load(Relaxed), Relaxed),
            Event::Bad(said) => {
                if self.named.fetch_add(1, Relaxed) < NAMED && self.tells {
                    let said = safe_line(said);
                    self.tell(&match self.terminal.ui {
                        Lang::En => said,
                        Lang::Zh => format!("无效：{said}"),
                    });
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

/// A count in at most six columns.
fn short(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        100_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Rubric;
    use crate::grader::lexical::LexicalGrader;
    use crate::term::Wishes;

    /// A hundred seconds in which rows are done at this speed, told ten times a second.
    fn passes(progress: &Progress, begun: Instant, speed: u64) -> Instant {
        let at = |tick: u64| begun + Duration::from_millis(100 * tick);
        for tick in 1..=1000 {
            let tally = Tally { graded: tick * speed / 10, ..Tally::default() };
            progress.event(&Event::Written(&tally, 0));
            drop(progress.paced(at(tick)));
        }
        at(1000)
    }

    #[test]
    fn the_time_that_writing_takes_is_told_by_how_fast_is_written() {
        let rubric = Rubric::parse(include_str!("../../../prompts/rubric.toml")).unwrap();
        let grader = Grader::Lexical { grader: LexicalGrader, rubric: Box::new(rubric) };
        let terminal = Terminal::detect(Lang::En, Wishes::default());
        let progress = Progress::new(&terminal, &Arc::new(grader), true, false);
        (0..18_000).for_each(|_| progress.event(&Event::Read));
        progress.event(&Event::ReadAll);
        let graded = passes(&progress, Instant::now(), 180);
        progress.write(graded);
        let written = passes(&progress, graded, 90);
        let pace = progress.paced(written);
        assert!((pace.speed() - 90.0).abs() < 1.0, "{}", pace.speed());
        let parts = ["writing the output: 9000/18000", "100 s left"];
        // A minute and a half is told in minutes.
        assert_eq!(progress.parts(&pace), parts.map(|part| part.replace("100 s", "2 min")));
    }
}

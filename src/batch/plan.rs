//! Reads rows and decides what becomes of each: graded, the same as another, or bad.
//!
//! The only reader of the input: a thread reads a few rows ahead, and the plan
//! waits for room in the window before every row. It takes no row any more when
//! the run is stopped. Nobody waits for either to end: they may wait for input
//! that never comes, and the process ends without them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use super::control::{Stop, Watched};
use super::crew::{Crew, Job};
use super::drafting::Drafting;
use super::equals::Leaders;
use super::line::Form;
use super::pipeline::{Event, Message, Run, Task};
use super::resolve::{Ready, Undrafted, Unready, weight_beside, weight_of};
use super::seen::{self, Seen};
use super::window::Window;
use crate::grader::DraftError;
use crate::input::{BadRow, Item, Row};

/// Rows that are read ahead of the plan, and so references that get their points at a time.
pub(super) const AHEAD: usize = 32;
/// Bytes of rows that are read ahead of the plan.
const AHEAD_BYTES: usize = 1 << 20;

/// Plans all rows.
pub(super) fn plan(
    run: &Run,
    drafting: &Arc<Drafting>,
    window: &Window,
    rows: impl Iterator<Item = io::Result<Item>> + Send + 'static,
    crew: &Crew,
    out: &Sender<Message>,
) {
    let room = Arc::new(Window::new(AHEAD, AHEAD_BYTES));
    let read = ahead(run, drafting, &room, rows);
    let mut planner = Planner {
        run,
        window,
        crew,
        out,
        drafting,
        leaders: Leaders::default(),
        number: 0,
        told: String::new(),
    };
    for (item, bytes) in read {
        if run.control.is_stopped() || !planner.row(item, bytes) {
            room.close();
            return;
        }
        // Not before: until the window has room for it, it is still ahead.
        room.leave(bytes);
    }
    run.watch.event(&Event::ReadAll);
}

/// Reads rows on a thread of its own, which ends with the input or when there is never room.
fn ahead(
    run: &Run,
    drafting: &Arc<Drafting>,
    room: &Arc<Window>,
    rows: impl Iterator<Item = io::Result<Item>> + Send + 'static,
) -> Receiver<(io::Result<Item>, usize)> {
    let (sender, items) = mpsc::channel();
    let (run, drafting, room) = (run.clone(), Arc::clone(drafting), Arc::clone(room));
    std::thread::spawn(move || {
        let _watched = Watched(Arc::clone(&run.control));
        let mut ids = Seen::new(&run.scratch);
        for item in rows {
            let item = item.and_then(|item| first(&run, &mut ids, item));
            let bytes = match &item {
                Ok(Item::Row(row)) => weight_of(row),
                Ok(Item::Bad(bad)) => weight_beside(bad.columns.as_ref(), &bad.input),
                Err(_) => 0,
            };
            if !room.enter(bytes) {
                break;
            }
            if let Ok(Item::Row(row)) = &item {
                run.resolver.ahead(row, &drafting);
            }
            // Behind it no reference gets its points.
            let last = run.strict && matches!(item, Ok(Item::Bad(_)));
            if sender.send((item, bytes)).is_err() || last {
                break;
            }
        }
    });
    items
}

/// A row whose id stands in an earlier one is bad.
fn first(run: &Run, ids: &mut Seen, item: Item) -> io::Result<Item> {
    let Item::Row(mut row) = item else { return Ok(item) };
    let before = ids.before(seen::key_of(&row.id), row.line).map_err(|error| {
        let folder = run.scratch.display();
        io::Error::other(format!("the ids of its rows cannot be kept in {folder}: {error}"))
    })?;
    Ok(match before {
        None => Item::Row(row),
        Some(line) => {
            let reason = taken(&row, line);
            Item::Bad(row.refused(reason))
        }
    })
}

struct Planner<'a> {
    run: &'a Run,
    window: &'a Window,
    crew: &'a Crew,
    out: &'a Sender<Message>,
    drafting: &'a Drafting,
    leaders: Leaders,
    /// Rows that have entered the window.
    number: u64,
    /// What was told last of a bad row: the cells of a row that is bad as a whole say the same.
    told: String,
}

impl Planner<'_> {
    /// Plans one row of so many bytes; `false` when the run is over.
    fn row(&mut self, item: io::Result<Item>, bytes: usize) -> bool {
        self.run.watch.event(&Event::Read);
        let planned = item.and_then(|item| match item {
            Item::Bad(row) => Ok(self.bad(&row)),
            Item::Row(row) => match self.run.resolver.resolve(row, bytes, self.drafting) {
                Ok(ready) => self.give(ready),
                Err(Unready::Bad(row)) => Ok(self.bad(&row)),
                Err(Unready::Undrafted(row)) => Ok(self.undrafted(&row)),
            },
        });
        planned.unwrap_or_else(|error| {
            self.run.control.stop(Stop::Input(error.to_string()));
            false
        })
    }

    /// Takes a place in the window; none when the run is over.
    fn enter(&mut self, bytes: usize) -> Option<u64> {
        if !self.window.enter(bytes) {
            return None;
        }
        self.number += 1;
        Some(self.number - 1)
    }

    /// Gives an answer to the crew, unless it is known or equals another.
    fn give(&mut self, ready: Ready) -> io::Result<bool> {
        if let Task::Record(journal) = &self.run.task
            && !journal.claim(ready.key)?
        {
            self.run.watch.event(&Event::Known);
            return Ok(true);
        }
        let Some(number) = self.enter(ready.bytes) else { return Ok(false) };
        let ready = Box::new(ready);
        // What a journal lets pass equals nothing that was let pass before.
        let lines = !matches!(self.run.task, Task::Record(_));
        match lines.then(|| self.leaders.of(number, ready.key)).flatten() {
            Some(leader) => self.send(Message::Follows { number, leader, ready }),
            None => self.crew.give(Job { number, ready }),
        }
        Ok(true)
    }

    /// A row that cannot be graded; `false` when the run is over.
    fn bad(&mut self, row: &BadRow) -> bool {
        // Told once: not again where lines are put together, nor where the run ends with it.
        let said = row.said();
        if !matches!(self.run.task, Task::Recall(_)) && !self.run.strict && said != self.told {
            self.run.watch.event(&Event::Bad(&said));
            self.told = said;
        }
        if !self.refuse(true, |form| form.bad(row)) {
            return false;
        }
        if self.run.strict {
            // What stands before it is graded and written whatever the pace.
            self.window.drained();
            self.run.control.stop(Stop::BadRow(row.said()));
        }
        !self.run.strict
    }

    /// A row whose reference has no points; `false` when the run is over.
    fn undrafted(&mut self, row: &Undrafted) -> bool {
        if let DraftError::Unkept(why) = &row.error {
            // Each row would pay for a draft of its own.
            self.run.control.stop(Stop::Drafts(why.clone()));
            return false;
        }
        self.crew.undrafted(&row.error) && self.refuse(false, |form| form.undrafted(row))
    }

    /// A row that is not graded, whether for its own fault or not; `false` when the run is over.
    fn refuse(&mut self, bad: bool, line: impl FnOnce(Form) -> Vec<u8>) -> bool {
        // A journal holds results alone; the line comes when lines are put together.
        let is_line = !matches!(self.run.task, Task::Record(_));
        let line = is_line.then(|| line(self.run.form));
        let Some(number) = self.enter(line.as_ref().map_or(0, Vec::len)) else { return false };
        self.send(Message::Refused { number, line, bad });
        true
    }

    fn send(&self, message: Message) {
        // Nobody listens only after a write has failed, which is reported there.
        let _ = self.out.send(message);
    }
}

/// Why a row whose id stands in an earlier one, at `line`, is bad.
fn taken(row: &Row, line: u64) -> String {
    if let (Some(_), Some(name)) = (&row.file, &row.candidate) {
        return format!(
            "the id {:?} was met before, further up or in an earlier file: each candidate answers \
             a question once, and two of the name {name:?} need names that differ",
            row.id
        );
    }
    let id = row.record.as_ref().unwrap_or(&row.id);
    match row.candidate.as_ref().filter(|name| row.record.as_ref() == Some(name)) {
        Some(name) => format!(
            "the candidate {name:?} stands in an earlier row, too: line {line}; a column id (or \
             --map id=COLUMN) tells rows of one name apart"
        ),
        None => format!("the id {id:?} stands in an earlier row, too: line {line}"),
    }
}

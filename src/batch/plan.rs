//! Reads rows and decides what becomes of each: graded, the same as another, or bad.
//!
//! The only reader of the input. It waits for room in the window before every
//! row and stops at once when the run is stopped.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::mpsc::Sender;

use super::control::Stop;
use super::crew::{Crew, Job};
use super::pipeline::{Event, Message, Run};
use super::resolve::{Key, Ready, Unready};
use super::window::Window;
use crate::grader::DraftError;
use crate::input::{BadRow, Item};

/// Plans rows whose lines go to a stream.
pub(super) fn stream(
    run: &Run,
    window: &Window,
    rows: impl Iterator<Item = io::Result<Item>>,
    crew: &Crew,
    out: &Sender<Message>,
) {
    let mut planner = Planner {
        run,
        window,
        crew,
        out,
        ids: Ids::default(),
        leaders: HashMap::new(),
    };
    for (number, item) in (0..).zip(rows) {
        if run.control.is_stopped() || !planner.row(number, item) {
            break;
        }
    }
}

struct Planner<'a> {
    run: &'a Run,
    window: &'a Window,
    crew: &'a Crew,
    out: &'a Sender<Message>,
    ids: Ids,
    /// The last row with each key, of those that a new row may still follow.
    leaders: HashMap<Key, u64>,
}

impl Planner<'_> {
    /// Plans one row; `false` when the run is over.
    fn row(&mut self, number: u64, item: io::Result<Item>) -> bool {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                self.run.control.stop(Stop::Input(error.to_string()));
                return false;
            }
        };
        self.run.watch.event(&Event::Read);
        let bytes = match &item {
            Item::Row(row) => row.answer.len(),
            Item::Bad(_) => 0,
        };
        if !self.window.enter(bytes) {
            return false;
        }
        match self.ready(item) {
            Ok(ready) => self.give(number, ready),
            Err(Unready::Bad(row)) => return self.bad(number, &row, bytes),
            Err(Unready::Draft(error)) => return self.undrafted(number, error, bytes),
        }
        true
    }

    fn ready(&mut self, item: Item) -> Result<Ready, Unready> {
        match item {
            Item::Bad(row) => Err(Unready::Bad(row)),
            Item::Row(row) if self.ids.has(&row.id) => Err(Unready::Bad(BadRow {
                line: row.line,
                reason: format!("the id {:?} stands in an earlier row, too", row.id),
                id: Some(row.id),
                columns: row.columns,
            })),
            Item::Row(row) => self.run.resolver.resolve(row),
        }
    }

    fn give(&mut self, number: u64, ready: Ready) {
        let ready = Box::new(ready);
        let reach = Window::ROWS as u64;
        match self.leaders.get(&ready.key) {
            Some(leader) if number - leader <= reach => {
                self.run.watch.event(&Event::Duplicate);
                self.send(Message::Follows { number, ready });
            }
            _ => {
                if self.leaders.len() >= 2 * Window::ROWS {
                    self.leaders.retain(|_, leader| number - *leader <= reach);
                }
                self.leaders.insert(ready.key, number);
                self.crew.give(Job { number, ready });
            }
        }
    }

    fn bad(&self, number: u64, row: &BadRow, bytes: usize) -> bool {
        self.run.watch.event(&Event::Bad(row.line, &row.reason));
        self.send(Message::Bad { number, line: self.run.form.bad(row), bytes });
        if self.run.strict {
            self.run.control.stop(Stop::BadRow(row.line, row.reason.clone()));
        }
        !self.run.strict
    }

    fn undrafted(&self, number: u64, error: DraftError, bytes: usize) -> bool {
        self.send(Message::Dropped { number, key: Key(0), bytes });
        self.run.control.stop(match error {
            DraftError::Call(error) => Stop::Endpoint(error),
            DraftError::Unusable(_) => Stop::Breaker(error.to_string()),
        });
        false
    }

    fn send(&self, message: Message) {
        // Nobody listens only after a write has failed, which is reported there.
        let _ = self.out.send(message);
    }
}

/// Ids that were seen, as hashes.
#[derive(Debug, Default)]
struct Ids(std::collections::HashSet<u64>);

impl Ids {
    /// Whether the id was seen before; it is from now on.
    fn has(&mut self, id: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        !self.0.insert(hasher.finish())
    }
}

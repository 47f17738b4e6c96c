//! What a run would do and cost, without doing it: no call is made.
//!
//! Tokens are an estimate from bytes (a tokeniser makes one token of two to six
//! bytes of JSON and prose), given as a range; calls are exact but for retries and for what
//! has to be asked again.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::Path;

use super::drafting::{Points, unkept, with};
use super::equals::Leaders;
use super::journal::Look;
use super::purse::{Account, Purse, tokens};
use super::resolve::{Ready, Resolver, Unready};
use super::seen::{self, Seen};
use crate::domain::{Lang, Question};
use crate::grader::{DraftError, Foreseen, Grader, content_hash};
use crate::input::Item;
use crate::llm::{Caps, Price};

/// What a plan depends on beside the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// Whether results are kept, so that equal rows are found wherever they stand.
    pub keeps: bool,
    /// What the run may take.
    pub caps: Caps,
    /// What tokens cost.
    pub price: Price,
}

/// What a run would do.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Plan {
    /// Rows of the input.
    pub rows: u64,
    /// Rows that cannot be graded.
    pub bad: u64,
    /// Rows whose result is there already.
    pub done: u64,
    /// Rows that equal another.
    pub duplicates: u64,
    /// Rows that need no call: blank, the question again, or graded offline.
    pub free: u64,
    /// References whose points are drafted first, with a call each.
    pub drafts: u64,
    /// Calls, repetitions apart; those for drafts included.
    pub calls: u64,
    /// Prompt tokens: fewest, likely, most.
    pub input: [u64; 3],
    /// Tokens of replies: fewest, likely, most.
    pub output: [u64; 3],
    /// Answers that take a call.
    pub answers: u64,
    /// What the budget is enough for, at the fewest, the likely and the most tokens.
    pub paid: [Account; 3],
}

/// Goes through all rows; `look` is what an earlier command has left, `scratch` a folder for what
/// does not fit into memory.
///
/// # Errors
/// When the input or what is left cannot be read.
pub fn foresee(
    resolver: &Resolver,
    look: &Look,
    scratch: &Path,
    terms: Terms,
    rows: impl Iterator<Item = io::Result<Item>>,
) -> io::Result<Plan> {
    let mut plan = Plan::default();
    let (mut ids, mut equals) = (Seen::new(scratch), Equals::new(terms, scratch));
    let mut purse = Purse::new(terms.caps, terms.price);
    let drafts = StandIns::new(resolver, look, scratch);
    for item in rows {
        plan.rows += 1;
        let Item::Row(row) = item? else {
            plan.bad += 1;
            continue;
        };
        let line = row.line;
        if ids.before(seen::key_of(&row.id), line)?.is_some() {
            plan.bad += 1;
            continue;
        }
        let ready = match resolver.resolve(row, 0, &drafts) {
            Ok(ready) => ready,
            Err(Unready::Bad(_)) => {
                plan.bad += 1;
                continue;
            }
            Err(Unready::Undrafted(row)) => return Err(io::Error::other(row.error)),
        };
        if let Some(foreseen) = drafts.wanted.take() {
            plan.drafts += 1;
            plan.add(foreseen);
            purse.draft(foreseen);
        }
        if equals.has(&ready, plan.rows)? {
            plan.duplicates += 1;
        } else if look.has(ready.key)? {
            plan.done += 1;
        } else {
            plan.answer(resolver.grader(), &ready, &mut purse);
        }
    }
    plan.paid = purse.close();
    Ok(plan)
}

/// Answers that came by before.
enum Equals {
    /// All of them, as a journal knows them.
    All(Seen),
    /// Those that a run without one still knows.
    Near(Leaders),
}

impl Equals {
    fn new(terms: Terms, scratch: &Path) -> Self {
        if terms.keeps { Self::All(Seen::new(scratch)) } else { Self::Near(Leaders::default()) }
    }

    fn has(&mut self, ready: &Ready, number: u64) -> io::Result<bool> {
        Ok(match self {
            Self::All(seen) => seen.before(ready.key, number)?.is_some(),
            Self::Near(leaders) => leaders.of(number, ready.key).is_some(),
        })
    }
}

/// Points as they are kept, or as they may come to be drafted.
struct StandIns<'a> {
    resolver: &'a Resolver,
    look: &'a Look,
    references: RefCell<Seen>,
    /// What the draft that was asked for last takes, when it is the first of its reference.
    wanted: Cell<Option<Foreseen>>,
}

impl<'a> StandIns<'a> {
    fn new(resolver: &'a Resolver, look: &'a Look, scratch: &Path) -> Self {
        let (references, wanted) = (RefCell::new(Seen::new(scratch)), Cell::default());
        Self { resolver, look, references, wanted }
    }

    fn first_of(&self, hash: &str) -> io::Result<bool> {
        Ok(self.references.borrow_mut().before(seen::key_of(hash), 0)?.is_none())
    }
}

impl Points for StandIns<'_> {
    fn of(&self, question: &Question, lang: Lang) -> Result<Question, DraftError> {
        if let Some(drafted) = self.there(question)? {
            return Ok(drafted);
        }
        let Grader::Llm(grader) = &**self.resolver.grader() else { return Ok(question.clone()) };
        let (foreseen, drafted) = grader.foresee_draft(question, lang);
        let first = self.first_of(&content_hash(question)).map_err(|error| unkept(&error))?;
        self.wanted.set(first.then_some(foreseen));
        Ok(drafted)
    }

    fn there(&self, question: &Question) -> Result<Option<Question>, DraftError> {
        let hash = content_hash(question);
        let points = match self.look.drafts().get(&hash).map_err(|error| unkept(&error))? {
            Some(Ok(points)) => Some(points),
            _ => self.resolver.drafts().load(&hash)?,
        };
        Ok(with(question, points))
    }
}

impl Plan {
    fn answer(&mut self, grader: &Grader, ready: &Ready, purse: &mut Purse) {
        let foreseen = match grader {
            Grader::Llm(grader) => grader.foresee(&ready.prepared, &ready.answer),
            Grader::Lexical { .. } => None,
        };
        let Some(foreseen) = foreseen else {
            self.free += 1;
            return;
        };
        self.answers += 1;
        self.add(foreseen);
        purse.answer(foreseen);
    }

    fn add(&mut self, foreseen: Foreseen) {
        let calls = foreseen.calls;
        self.calls += calls;
        for (at, each) in tokens(foreseen).into_iter().enumerate() {
            self.input[at] += calls * each.input;
            self.output[at] += calls * each.output;
        }
    }
}

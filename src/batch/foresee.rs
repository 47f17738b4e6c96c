//! What a run would do and cost, without doing it: no call is made.
//!
//! Tokens are an estimate from bytes (a tokeniser makes one token of two to six
//! bytes of JSON and prose), given as a range; calls are exact but for retries and for what
//! has to be asked again.

use std::io;
use std::path::Path;

use super::journal::Journal;
use super::resolve::{Ready, Resolver, Unready};
use super::seen::{self, Seen};
use crate::grader::{Foreseen, Grader};
use crate::input::Item;

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
    /// Rows whose question has no points yet: one more call for each reference.
    pub undrafted: u64,
    /// Calls, repetitions apart.
    pub calls: u64,
    /// Prompt tokens: fewest, likely, most.
    pub input: [u64; 3],
    /// Tokens of replies: fewest, likely, most.
    pub output: [u64; 3],
}

/// Goes through all rows; `scratch` is a folder for what does not fit into memory.
///
/// # Errors
/// When the input cannot be read.
pub fn foresee(
    resolver: &Resolver,
    journal: Option<&Journal>,
    scratch: &Path,
    rows: impl Iterator<Item = io::Result<Item>>,
) -> io::Result<Plan> {
    let mut plan = Plan::default();
    let (mut ids, mut answers) = (Seen::new(scratch), Seen::new(scratch));
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
        let ready = match resolver.resolve(row) {
            Ok(ready) => ready,
            Err(Unready::Bad(_)) => {
                plan.bad += 1;
                continue;
            }
            Err(Unready::Undrafted(..)) => {
                plan.undrafted += 1;
                continue;
            }
        };
        if answers.before(ready.key, line)?.is_some() {
            plan.duplicates += 1;
        } else if journal.is_some_and(|journal| journal.has(ready.key)) {
            plan.done += 1;
        } else {
            plan.answer(resolver.grader(), &ready);
        }
    }
    Ok(plan)
}

impl Plan {
    fn answer(&mut self, grader: &Grader, ready: &Ready) {
        let foreseen = match grader {
            Grader::Llm(grader) => grader.foresee(&ready.prepared, &ready.answer),
            Grader::Lexical { .. } => None,
        };
        match foreseen {
            None => self.free += 1,
            Some(foreseen) => self.add(foreseen),
        }
    }

    fn add(&mut self, foreseen: Foreseen) {
        let Foreseen { calls, bytes, most_output } = foreseen;
        let most = u64::from(most_output);
        self.calls += calls;
        for (sum, each) in self.input.iter_mut().zip([bytes / 6, bytes / 4, bytes / 2]) {
            *sum += calls * each;
        }
        for (sum, each) in self.output.iter_mut().zip([most / 8, most / 3, most]) {
            *sum += calls * each;
        }
    }
}

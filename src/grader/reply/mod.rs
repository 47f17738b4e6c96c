//! From the text of a reply to raw verdicts, one by one.
//!
//! The text comes from a model that has read an untrusted answer, so nothing in
//! it is believed for its looks. On the schema rungs the whole reply is one
//! object; on the looser rungs the last object of the right shape that echoes
//! the request's nonce counts, and nothing from inside a block of reasoning does.
//! A block that never closes reaches to the end of the reply. Scores, totals and
//! passes that a model offers are not read. Quotes are not checked here.
//!
//! The invariant: a verdict is one of four words exactly as asked for, on a point
//! that was asked for, said without contradiction; everything else is a fault of
//! that point alone. Work is linear in the reply's length.

mod reader;
mod reasoning;
mod scan;
mod verdicts;

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::{ClarityLevel, Verdict};

pub use verdicts::{MAX_FEEDBACK, MAX_FEEDBACK_CHARS, MAX_QUOTE_CHARS, MAX_QUOTES, MAX_WHY_CHARS};

/// What a reply was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Numbers of the points asked for, from 1.
    pub points: Vec<usize>,
    /// Numbers of the misconceptions asked for, from 1.
    pub misconceptions: Vec<usize>,
    /// The nonce of the request.
    pub nonce: String,
    /// The reply came over a schema rung: it is one object, and need not echo the nonce.
    pub strict: bool,
}

impl Expected {
    fn asks_for(&self, name: &str) -> bool {
        match Key::of(name) {
            Some(Key::Point(number)) => self.points.contains(&number),
            Some(Key::Misconception(number)) => self.misconceptions.contains(&number),
            None => false,
        }
    }
}

/// A place of the wire form that takes a verdict; shown as `p1` or `m1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A key point, numbered from 1.
    Point(usize),
    /// A misconception, numbered from 1.
    Misconception(usize),
}

impl Key {
    /// The place of this name, of those that there can be.
    fn of(name: &str) -> Option<Self> {
        let (letter, digits) = name.split_at_checked(1)?;
        let number = digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))?;
        match letter {
            "p" => Some(Self::Point(number)),
            "m" => Some(Self::Misconception(number)),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(number) => write!(f, "p{number}"),
            Self::Misconception(number) => write!(f, "m{number}"),
        }
    }
}

/// A verdict on a point as the model gave it; its quotes are not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPoint {
    /// Quotes, at most [`MAX_QUOTES`] of at most [`MAX_QUOTE_CHARS`], none blank.
    pub quotes: Vec<String>,
    /// The reason, at most [`MAX_WHY_CHARS`]; empty when none was given.
    pub why: String,
    /// The verdict; never `ungraded`.
    pub verdict: Verdict,
}

/// Whether the answer holds a misconception, as the model gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMisconception {
    /// Quotes, bounded as those of a point.
    pub quotes: Vec<String>,
    /// Whether the answer holds it.
    pub held: bool,
}

/// A line of feedback as the model gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFeedback {
    /// Number of the point it speaks of, when that point was asked for.
    pub point: Option<usize>,
    /// The feedback, at most [`MAX_FEEDBACK_CHARS`].
    pub text: String,
}

/// Why a point or a misconception has no verdict. The message is made for a re-ask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointFault {
    /// Its key is not in the object.
    #[error("it is missing from the reply")]
    Missing,
    /// It, or a field of it, has the wrong type.
    #[error("{field} is {found}; it must be {wanted}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The type it has.
        found: &'static str,
        /// The type it must have.
        wanted: &'static str,
    },
    /// A field that it cannot do without is missing.
    #[error("it has no {0}")]
    NoField(&'static str),
    /// The verdict is none of the four words.
    #[error("verdict {0:?} is not one of met, partial, missing, contradicted")]
    UnknownVerdict(String),
    /// It is given more than once, with different verdicts.
    #[error("it is given more than once with different verdicts")]
    Conflict,
}

/// Why a reply as a whole carries no verdict. The message is made for a re-ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyFault {
    /// Nothing but white space.
    #[error("the reply is empty")]
    Empty,
    /// Nothing stands outside a block of reasoning.
    #[error("the reply holds reasoning only: the reasoning block is never closed")]
    OnlyReasoning,
    /// A schema was asked for and the reply is not one well-formed object.
    #[error("the reply is not one well-formed JSON object")]
    NotOneObject,
    /// No well-formed object has one of the keys asked for.
    #[error("the reply holds no well-formed JSON object of the form asked for")]
    NoObject,
    /// Objects of the right shape are there, but none echoes the nonce.
    #[error("the JSON object does not repeat the nonce of the request")]
    NoNonce,
    /// Verdicts stand outside the object: a quote has likely broken out of its string.
    #[error("verdicts stand outside the JSON object; escape double quotes inside strings")]
    Torn,
}

/// What a reply says, point by point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// One entry for every point asked for.
    pub points: BTreeMap<usize, Result<RawPoint, PointFault>>,
    /// One entry for every misconception asked for.
    pub misconceptions: BTreeMap<usize, Result<RawMisconception, PointFault>>,
    /// How well the answer can be followed, when validly given.
    pub clarity: Option<ClarityLevel>,
    /// At most [`MAX_FEEDBACK`] lines; invalid ones are left out.
    pub feedback: Vec<RawFeedback>,
    /// The reply ended inside its object; what was complete before counts.
    pub truncated: bool,
    /// Steps of reading, linear in the reply's length.
    pub steps: u64,
}

impl Parsed {
    /// Everything that was asked for and has no verdict, with the reason.
    pub fn faults(&self) -> Vec<(Key, String)> {
        let points = self.points.iter().filter_map(|(&number, point)| {
            Some((Key::Point(number), point.as_ref().err()?.to_string()))
        });
        let misconceptions = self.misconceptions.iter().filter_map(|(&number, found)| {
            Some((Key::Misconception(number), found.as_ref().err()?.to_string()))
        });
        points.chain(misconceptions).collect()
    }
}

/// Reads a reply.
///
/// # Errors
/// A [`ReplyFault`] when no object of the reply qualifies.
pub fn parse(text: &str, expected: &Expected) -> Result<Parsed, ReplyFault> {
    parse_counting(text, expected).0
}

/// As [`parse`], with the steps of reading also when it fails.
pub fn parse_counting(text: &str, expected: &Expected) -> (Result<Parsed, ReplyFault>, u64) {
    let mut steps = 0;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return (Err(ReplyFault::Empty), steps);
    }
    let found = if expected.strict {
        scan::whole(text, &mut steps)
    } else {
        scan::last(text, expected, &mut steps)
    };
    (found.map(|found| verdicts::read(&found, expected, steps)), steps)
}

/// Text for a re-ask: one line for each place, naming what is wrong with it.
///
/// `faults` are those of [`Parsed::faults`] and whatever checks came after it.
pub fn describe_faults<S: AsRef<str>>(faults: &[(Key, S)]) -> String {
    let lines = faults.iter().map(|(key, reason)| format!("- {key}: {}", reason.as_ref()));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;

//! Finds the one object of a reply that may carry verdicts.
//!
//! It judges objects by place and nonce only, never by what they say. Its
//! invariant: no object is taken from inside a block of reasoning, and the work
//! is linear in the reply's length however the reply is made.

use super::reader::{Members, Reader, Stop, Value};
use super::{Expected, ReplyFault, reasoning};

/// An object that may carry verdicts.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) members: Members<'a>,
    /// The reply ended inside it; `members` are those that were complete.
    pub(super) truncated: bool,
}

/// The object of a reply that came over a schema rung: all there is.
pub(super) fn whole<'a>(text: &'a str, steps: &mut u64) -> Result<Found<'a>, ReplyFault> {
    let start = past_reasoning(text, steps)?;
    if text.as_bytes().get(start) != Some(&b'{') {
        return Err(ReplyFault::NotOneObject);
    }
    let mut reader = Reader::new(text, start, false);
    let mut members = Vec::new();
    let outcome = reader.object(0, &mut members);
    *steps += reader.steps;
    match outcome {
        Ok(()) if text[reader.at..].trim().is_empty() => Ok(Found { members, truncated: false }),
        Err(Stop::End) => Ok(Found { members, truncated: true }),
        Ok(()) | Err(Stop::Syntax) => Err(ReplyFault::NotOneObject),
    }
}

/// Byte offset of the first character after white space and leading reasoning.
fn past_reasoning(text: &str, steps: &mut u64) -> Result<usize, ReplyFault> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        *steps += 1;
        if at == text.len() || text.as_bytes()[at] == b'{' {
            return Ok(at);
        }
        let opens = reasoning::tag_at(text, at).is_some_and(|tag| tag.opens);
        match reasoning::after_close(text, at, steps) {
            Some(after) => at = after,
            None if opens => return Err(ReplyFault::OnlyReasoning),
            None => return Ok(at),
        }
    }
}

/// The last object of the right shape that echoes the nonce, on the looser rungs.
pub(super) fn last<'a>(
    text: &'a str,
    expected: &'a Expected,
    steps: &mut u64,
) -> Result<Found<'a>, ReplyFault> {
    let mut scan = Scan::new(text, expected);
    scan.run();
    *steps += scan.steps;
    scan.outcome()
}

struct Scan<'a> {
    text: &'a str,
    expected: &'a Expected,
    at: usize,
    steps: u64,
    /// Steps that may still be spent on reading a piece of text a second time.
    again: u64,
    winner: Option<Found<'a>>,
    unfinished: Option<Found<'a>>,
    /// A key of a verdict stands outside every object after the winner.
    torn: bool,
    without_nonce: bool,
    open_reasoning: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, expected: &'a Expected) -> Self {
        Self {
            text,
            expected,
            at: 0,
            steps: 0,
            again: 2 * text.len() as u64,
            winner: None,
            unfinished: None,
            torn: false,
            without_nonce: false,
            open_reasoning: false,
        }
    }

    fn run(&mut self) {
        while self.at < self.text.len() {
            self.steps += 1;
            match self.text.as_bytes()[self.at] {
                b'{' => self.try_object(),
                b'"' => self.loose_key(),
                byte if reasoning::may_start(byte) => self.try_tag(),
                _ => self.at += 1,
            }
        }
    }

    fn try_tag(&mut self) {
        self.steps += 24;
        match reasoning::tag_at(self.text, self.at) {
            None => self.at += 1,
            Some(tag) if tag.opens => {
                let after = reasoning::after_close(self.text, self.at + tag.len, &mut self.steps);
                self.open_reasoning = after.is_none();
                self.at = after.unwrap_or(self.text.len());
            }
            // A close without an open: all that came before was reasoning.
            Some(tag) => {
                (self.winner, self.unfinished, self.torn) = (None, None, false);
                self.at += tag.len;
            }
        }
    }

    fn try_object(&mut self) {
        let start = self.at;
        let mut reader = Reader::new(self.text, start, true);
        let mut members = Vec::new();
        let outcome = reader.object(0, &mut members);
        self.steps += reader.steps;
        let complete = outcome.is_ok();
        let qualifies = outcome != Err(Stop::Syntax) && self.qualifies(&members);
        if qualifies && complete {
            self.winner = Some(Found { members, truncated: false });
            self.torn = false;
        } else if qualifies {
            self.unfinished = Some(Found { members, truncated: true });
        }
        if !complete && !qualifies && reader.steps <= self.again {
            // A stray brace: look again from the next byte while the allowance lasts.
            self.again -= reader.steps;
            self.at = start + 1;
        } else {
            self.at = reader.at.max(start + 1);
        }
    }

    fn qualifies(&mut self, members: &Members<'_>) -> bool {
        if !members.iter().any(|(key, _)| self.expected.asks_for(key)) {
            return false;
        }
        let echoed = echoes(members, &self.expected.nonce);
        self.without_nonce |= !echoed;
        echoed
    }

    /// Notes a verdict's key outside every object: the winner was closed too early,
    /// as when copied text with unescaped quotes broke out of its string.
    fn loose_key(&mut self) {
        let rest = &self.text[self.at..];
        for key in ["\"verdict\"", "\"held\""] {
            let after = rest.strip_prefix(key).map(str::trim_start);
            self.torn |= after.is_some_and(|after| after.starts_with([':', '：']));
        }
        self.at += 1;
    }

    fn outcome(self) -> Result<Found<'a>, ReplyFault> {
        if self.winner.is_some() && self.torn {
            return Err(ReplyFault::Torn);
        }
        let fault = if self.open_reasoning {
            ReplyFault::OnlyReasoning
        } else if self.without_nonce {
            ReplyFault::NoNonce
        } else {
            ReplyFault::NoObject
        };
        self.winner.or(self.unfinished).ok_or(fault)
    }
}

/// Whether `nonce` is there and every time the expected one.
fn echoes(members: &Members<'_>, nonce: &str) -> bool {
    let mut seen = members.iter().filter(|(key, _)| key == "nonce").peekable();
    let right = |value: &Value| matches!(value, Value::Text(text) if text.trim() == nonce);
    seen.peek().is_some() && seen.all(|(_, value)| right(value))
}

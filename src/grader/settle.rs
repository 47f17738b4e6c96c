//! A grading in progress: replies come in, verdicts are settled one by one, and
//! what is missing or unfounded stays open for the next call.
//!
//! A verdict that claims that the answer says something is settled only with a
//! quote located in the answer.

use super::assemble::Findings;
use super::evidence::AnswerIndex;
use super::prompt::Asked;
use super::reply::{self, Expected, Parsed, RawPoint};
use crate::domain::{
    Evidence, FeedbackLine, Flag, Lang, MisconceptionFound, PointAssessment, Question, Verdict,
};
use crate::llm::ChatReply;

/// A grading in progress: what is settled, what is still to be asked.
pub(super) struct Open<'a> {
    question: &'a Question,
    lang: Lang,
    answer: AnswerIndex,
    pub(super) asked: Asked,
    points: Vec<Option<PointAssessment>>,
    pub(super) faults: Vec<String>,
    pub(super) found: Findings,
}

impl<'a> Open<'a> {
    pub(super) fn new(question: &'a Question, lang: Lang, text: &str) -> Self {
        Self {
            question,
            lang,
            answer: AnswerIndex::new(text),
            asked: Asked::all(question),
            points: vec![None; question.points.len()],
            faults: Vec::new(),
            found: Findings::default(),
        }
    }

    /// Settles what a reply gives and keeps the rest for the next call.
    pub(super) fn take(&mut self, reply: &ChatReply, nonce: &str) {
        self.found.spent.add_reply(reply);
        if reply.from_reasoning {
            self.found.flags.push(Flag::FromReasoning);
        }
        let expected = Expected {
            points: (1..=self.asked.points.len()).collect(),
            misconceptions: (1..=self.asked.misconceptions.len()).collect(),
            nonce: nonce.to_owned(),
            strict: reply.rung.has_schema(),
        };
        match reply::parse(&reply.text, &expected) {
            Ok(parsed) => self.settle(parsed),
            Err(fault) => self.faults = vec![fault.to_string()],
        }
    }

    fn settle(&mut self, parsed: Parsed) {
        let asked = std::mem::take(&mut self.asked);
        self.faults.clear();
        self.take_feedback(&parsed, &asked);
        for (number, raw) in parsed.points {
            let index = asked.points[number - 1];
            match raw.map_err(|fault| fault.to_string()).and_then(|raw| self.verified(index, raw)) {
                Ok(point) => self.points[index] = Some(point),
                Err(fault) => {
                    self.asked.points.push(index);
                    self.faults.push(format!("p{}: {fault}", self.asked.points.len()));
                }
            }
        }
        for (number, raw) in parsed.misconceptions {
            let index = asked.misconceptions[number - 1];
            match raw {
                Ok(raw) if raw.held => self.hold(index, &raw.quotes),
                Ok(_) => {}
                Err(fault) => {
                    self.asked.misconceptions.push(index);
                    self.faults.push(format!("m{}: {fault}", self.asked.misconceptions.len()));
                }
            }
        }
    }

    /// A verdict with its quotes located, or what is wrong with it.
    fn verified(&self, index: usize, raw: RawPoint) -> Result<PointAssessment, String> {
        let point = &self.question.points[index];
        let mut evidence = Vec::new();
        let mut fault = "it has no quote; copy one from the answer".to_owned();
        for quote in raw.quotes.iter().filter(|_| raw.verdict.needs_evidence()) {
            match self.answer.locate(quote) {
                Ok(found) => evidence.push(found),
                // The quote itself stays out of the next prompt: it may be the answer's words.
                Err(not_found) => fault = format!("a quote of it cannot be used: {not_found}"),
            }
        }
        if raw.verdict.needs_evidence() && evidence.is_empty() {
            return Err(fault);
        }
        Ok(PointAssessment { evidence, why: raw.why, ..PointAssessment::of(point, raw.verdict) })
    }

    /// A misconception counts only with a quote that stands in the answer.
    fn hold(&mut self, index: usize, quotes: &[String]) {
        let evidence: Vec<Evidence> =
            quotes.iter().filter_map(|quote| self.answer.locate(quote).ok()).collect();
        if evidence.is_empty() {
            return;
        }
        let misconception = &self.question.misconceptions[index];
        let found = MisconceptionFound::of(misconception, self.lang, evidence);
        self.found.misconceptions.push(found);
    }

    /// The first reply that has them gives clarity and feedback.
    fn take_feedback(&mut self, parsed: &Parsed, asked: &Asked) {
        self.found.clarity = self.found.clarity.or(parsed.clarity);
        if !self.found.feedback.is_empty() {
            return;
        }
        let point = |number: Option<usize>| {
            let index = asked.points.get(number?.checked_sub(1)?)?;
            Some(self.question.points[*index].id.clone())
        };
        self.found.feedback = parsed
            .feedback
            .iter()
            .map(|line| FeedbackLine { point: point(line.point), text: line.text.clone() })
            .collect();
    }

    /// What could not be settled is ungraded, with the last reason.
    pub(super) fn close(mut self) -> Findings {
        let reason = |index: usize| {
            let number = self.asked.points.iter().position(|asked| *asked == index);
            let own = number.map(|n| format!("p{}: ", n + 1)).and_then(|prefix| {
                self.faults.iter().find_map(|fault| fault.strip_prefix(prefix.as_str()))
            });
            own.or(self.faults.first().map(String::as_str)).unwrap_or("no verdict").to_owned()
        };
        let points = self.points.into_iter().enumerate().map(|(index, settled)| {
            settled.unwrap_or_else(|| {
                let point = &self.question.points[index];
                let ungraded = PointAssessment::of(point, Verdict::Ungraded);
                PointAssessment { why: reason(index), ..ungraded }
            })
        });
        self.found.points = points.collect();
        self.found
    }
}

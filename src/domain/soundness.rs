//! What makes a question sound: checked once, when it is loaded.
//!
//! A question that passes can be graded and shown; whether it is a good one is
//! not judged here.

use super::lang::control_character;
use super::{Point, Question, Terms, Tier};

/// What makes a question ungradable or unsafe to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A difficulty outside 1 to 5.
    Difficulty,
    /// Two points or two misconceptions of one id, or an empty id.
    DuplicateId,
    /// Points, but none that counts.
    NoScoredPoint,
    /// More points than can be graded with care.
    TooManyPoints,
    /// A term group without aliases, or a blank alias.
    EmptyTerms,
    /// A follow-up or sample names a point that is not there.
    UnknownPoint,
    /// A sample names a misconception that is not there.
    UnknownMisconception,
    /// A control character in a field.
    ControlCharacter,
}

/// A fault that makes a question ungradable, and the field where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionFault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// Path of the field, such as `points[2].id`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl QuestionFault {
    fn new(kind: FaultKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, field: field.into(), message: message.into() }
    }
}

impl Question {
    /// Every fault that would make grading meaningless; empty when the question is sound.
    ///
    /// A question without points is sound: it is a bare reference.
    pub fn check(&self) -> Vec<QuestionFault> {
        let mut faults = Vec::new();
        if !(1..=5).contains(&self.difficulty) {
            let kind = FaultKind::Difficulty;
            faults.push(QuestionFault::new(kind, "difficulty", "must be 1 to 5"));
        }
        self.check_points(&mut faults);
        check_unique("misconceptions", self.misconceptions.iter().map(|m| &m.id), &mut faults);
        self.check_terms(&mut faults);
        self.check_links(&mut faults);
        self.check_control_characters(&mut faults);
        faults
    }

    fn check_points(&self, faults: &mut Vec<QuestionFault>) {
        check_unique("points", self.points.iter().map(|p| &p.id), faults);
        let counts = |point: &Point| point.tier != Tier::Bonus;
        if !self.points.is_empty() && !self.points.iter().any(counts) {
            faults.push(QuestionFault::new(
                FaultKind::NoScoredPoint,
                "points",
                "no must or should point: bonus points alone cannot carry a score",
            ));
        }
        if self.points.len() > 20 {
            faults.push(QuestionFault::new(
                FaultKind::TooManyPoints,
                "points",
                "more than 20 points: split the question",
            ));
        }
    }

    fn check_terms(&self, faults: &mut Vec<QuestionFault>) {
        for (list, index, terms) in self.term_lists() {
            let bad =
                terms.iter().any(|g| g.is_empty() || g.iter().any(|alias| alias.trim().is_empty()));
            if bad {
                faults.push(QuestionFault::new(
                    FaultKind::EmptyTerms,
                    format!("{list}[{index}].terms"),
                    "an empty group or alias: every group needs at least one word",
                ));
            }
        }
    }

    /// The terms of points, then of misconceptions, each with its list and place.
    fn term_lists(&self) -> impl Iterator<Item = (&'static str, usize, &Terms)> {
        let points = self.points.iter().map(|point| &point.terms).enumerate();
        let wrong = self.misconceptions.iter().map(|m| &m.terms).enumerate();
        points
            .map(|(index, terms)| ("points", index, terms))
            .chain(wrong.map(|(index, terms)| ("misconceptions", index, terms)))
    }

    fn check_links(&self, faults: &mut Vec<QuestionFault>) {
        for (index, follow_up) in self.follow_ups.iter().enumerate() {
            for id in follow_up.points.iter().filter(|id| self.point(id).is_none()) {
                faults.push(QuestionFault::new(
                    FaultKind::UnknownPoint,
                    format!("follow_ups[{index}].points"),
                    format!("unknown point {id:?}"),
                ));
            }
        }
        for (index, sample) in self.samples.iter().enumerate() {
            for id in sample.expect.keys().filter(|id| self.point(id).is_none()) {
                faults.push(QuestionFault::new(
                    FaultKind::UnknownPoint,
                    format!("samples[{index}].expect"),
                    format!("unknown point {id:?}"),
                ));
            }
            for id in sample.misconceptions.iter().filter(|id| self.misconception(id).is_none()) {
                faults.push(QuestionFault::new(
                    FaultKind::UnknownMisconception,
                    format!("samples[{index}].misconceptions"),
                    format!("unknown misconception {id:?}"),
                ));
            }
        }
    }

    /// Localised texts check themselves; these are the fields that are plain strings.
    fn check_control_characters(&self, faults: &mut Vec<QuestionFault>) {
        let mut look = |list: &str, index: usize, field: &str, text: &str| {
            if let Some(c) = control_character(text, false) {
                faults.push(QuestionFault::new(
                    FaultKind::ControlCharacter,
                    format!("{list}[{index}]{field}"),
                    format!("holds the control character U+{:04X}", u32::from(c)),
                ));
            }
        };
        for (list, words) in [("tags", &self.tags), ("covers", &self.covers)] {
            words.iter().enumerate().for_each(|(index, word)| look(list, index, "", word));
        }
        for (index, point) in self.points.iter().enumerate() {
            look("points", index, ".id", &point.id);
        }
        for (index, wrong) in self.misconceptions.iter().enumerate() {
            look("misconceptions", index, ".id", &wrong.id);
        }
        for (index, source) in self.sources.iter().enumerate() {
            look("sources", index, ".title", &source.title);
            look("sources", index, ".url", source.url.as_deref().unwrap_or_default());
        }
        for (list, index, terms) in self.term_lists() {
            terms.iter().flatten().for_each(|alias| look(list, index, ".terms", alias));
        }
        for (index, allow) in self.allow.iter().enumerate() {
            look("allow", index, ".rule", &allow.rule);
            look("allow", index, ".reason", &allow.reason);
        }
    }
}

fn check_unique<'a>(
    list: &str,
    ids: impl Iterator<Item = &'a String>,
    faults: &mut Vec<QuestionFault>,
) {
    let mut seen = Vec::new();
    for (index, id) in ids.enumerate() {
        let field = || format!("{list}[{index}].id");
        if id.trim().is_empty() {
            faults.push(QuestionFault::new(FaultKind::DuplicateId, field(), "is empty"));
        } else if seen.contains(&id) {
            let message = format!("{id:?} is used twice");
            faults.push(QuestionFault::new(FaultKind::DuplicateId, field(), message));
        } else {
            seen.push(id);
        }
    }
}

//! Plans: interviews by name, as lists of questions and picks from the bank.
//!
//! ```toml
//! title = { en = "LLM application engineer", zh = "大模型应用工程师" }
//! minutes = 45
//! lang = "zh"                                  # when it is to be held in one language
//! questions = [
//!     "rag/design-enterprise-rag",             # by id
//!     { topic = "rag", difficulty = "2-4", count = 3 },
//!     { covers = "*", count = "all" },         # all, in the article's order
//! ]
//! ```
//!
//! A plan is data: it sets no flag, and names nothing but questions. Which
//! questions a pick takes is decided by a seed.

mod draw;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

pub use draw::{Drawn, Gap, GapKind};

use super::Fault;
use super::filter::{self, Filter};
use super::read::{Place, toml_fault};
use super::rule::Rule;
use crate::domain::{Kind, Lang, Localised, QuestionId};

/// An interview by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The name of its file, without extension.
    pub name: String,
    /// What it is for.
    pub title: Localised,
    /// How long it takes, in minutes; 1 to 1440.
    pub minutes: u16,
    /// The language it is held in, when that is part of it.
    pub lang: Option<Lang>,
    /// What is asked, in order.
    pub questions: Vec<Step>,
    /// Where it was read.
    pub place: Place,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This question.
    Question(QuestionId),
    /// Some that fit.
    Pick(Pick),
}

/// Questions to be chosen by what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// What fits.
    pub filter: Filter,
    /// How many.
    pub count: Count,
}

/// How many questions a pick takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// All that fit, in the article's order.
    All,
    /// So many, by chance, the easier ones first.
    Some(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Localised,
    minutes: u16,
    lang: Option<Lang>,
    questions: Vec<Step>,
}

/// Reads a plan; its name is its file's.
pub(super) fn from_toml(place: Place, text: &str) -> Result<Plan, Fault> {
    let file: File = toml::from_str(text)
        .map_err(|error| toml_fault(Rule::BadPlan, &place.file, text, &error))?;
    let name = place.file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let fault = |field: &str, message: &str| Err(place.fault(Rule::BadPlan, field, message));
    if !is_name(&name) {
        return fault("title", "name the file in lower-case letters, digits and hyphens");
    }
    if !(1..=1440).contains(&file.minutes) {
        return fault("minutes", "must be 1 to 1440");
    }
    if file.questions.is_empty() {
        return fault("questions", "a plan asks at least one question");
    }
    let File { title, minutes, lang, questions } = file;
    Ok(Plan { name, title, minutes, lang, questions, place })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a question id or a pick such as { topic = \"rag\", count = 3 }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Step, E> {
        QuestionId::new(text).map(Step::Question).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
        let pick = RawPick::deserialize(MapAccessDeserializer::new(map))?;
        let range = pick.difficulty.map(OneRange::range).transpose().map_err(de::Error::custom)?;
        let filter = Filter {
            topics: pick.topic.0,
            difficulty: range,
            kinds: pick.kind.into_iter().collect(),
            tags: pick.tag.0,
            covers: pick.covers.0,
        };
        if filter == Filter::default() {
            return Err(de::Error::custom("a pick names a topic, difficulty, kind, tag or item"));
        }
        Ok(Step::Pick(Pick { filter, count: pick.count }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPick {
    #[serde(default)]
    topic: Words,
    difficulty: Option<OneRange>,
    kind: Option<Kind>,
    #[serde(default)]
    tag: Words,
    #[serde(default)]
    covers: Words,
    #[serde(default = "one")]
    count: Count,
}

fn one() -> Count {
    Count::Some(1)
}

/// A word, or a list of words that are alternatives.
#[derive(Default)]
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a word or a list of words")]
        enum Form {
            One(String),
            Several(Vec<String>),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::One(word) => vec![word],
            Form::Several(words) => words,
        }))
    }
}

/// A difficulty, as a number or as text such as `2-4`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a difficulty from 1 to 5, or a range such as \"2-4\"")]
enum OneRange {
    Number(u8),
    Text(String),
}

impl OneRange {
    fn range(self) -> Result<RangeInclusive<u8>, String> {
        match self {
            Self::Number(number) => filter::difficulties(&number.to_string()),
            Self::Text(text) => filter::difficulties(&text),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number from 1, or \"all\"")]
        enum Form {
            Number(usize),
            Word(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(count) if count > 0 => Ok(Self::Some(count)),
            Form::Word(word) if word == "all" => Ok(Self::All),
            _ => Err(de::Error::custom("expected a number from 1, or \"all\"")),
        }
    }
}

//! The fields of a row and the names under which an input has them.
//!
//! A field has its own name unless the map gives it another; then its own name
//! means nothing any more.

use serde_json::{Map, Value};

use super::InputError;

/// A field that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Answer,
    QuestionId,
    Question,
    Reference,
    References,
    Points,
    Candidate,
    Lang,
}

const FIELDS: [Field; 9] = [
    Field::Id,
    Field::Answer,
    Field::QuestionId,
    Field::Question,
    Field::Reference,
    Field::References,
    Field::Points,
    Field::Candidate,
    Field::Lang,
];

/// All names, for a message.
pub(super) const LIST: &str =
    "id, answer, question_id, question, reference, references, points, candidate and lang";

impl Field {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Answer => "answer",
            Self::QuestionId => "question_id",
            Self::Question => "question",
            Self::Reference => "reference",
            Self::References => "references",
            Self::Points => "points",
            Self::Candidate => "candidate",
            Self::Lang => "lang",
        }
    }
}

/// The name of each field in the input.
#[derive(Debug, Clone)]
pub(super) struct Names([(Field, String, bool); FIELDS.len()]);

impl Names {
    /// Own names, but for those in `map`, given as (field, name in the input).
    pub(super) fn new(map: &[(String, String)]) -> Result<Self, InputError> {
        let mut names = FIELDS.map(|field| (field, field.name().to_owned(), false));
        for (field, name) in map {
            let slot = names.iter_mut().find(|slot| slot.0.name() == field);
            let slot = slot.ok_or_else(|| InputError::UnknownField(field.clone()))?;
            let taken = |other: &&(String, String)| other.0 == *field || other.1 == *name;
            if map.iter().filter(taken).count() > 1 {
                return Err(InputError::MappedTwice(field.clone()));
            }
            *slot = (slot.0, name.clone(), true);
        }
        Ok(Self(names))
    }

    /// Each field with its name and whether the map asked for it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Field, &str, bool)> {
        self.0.iter().map(|(field, name, mapped)| (*field, name.as_str(), *mapped))
    }

    /// The field that goes by exactly this name.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        // A name of the map goes before the same name of a field.
        let mapped = self.0.iter().find(|slot| slot.2 && slot.1 == name);
        mapped.or_else(|| self.0.iter().find(|slot| slot.1 == name)).map(|slot| slot.0)
    }
}

/// A row as it was written: fields that mean something, and the rest.
#[derive(Debug, Default)]
pub(super) struct Raw {
    known: [Option<Value>; FIELDS.len()],
    pub(super) rest: Map<String, Value>,
    /// A field that is given twice.
    pub(super) twice: Option<Field>,
    /// Fields of the map that are not there, with the names that it gives them.
    pub(super) absent: Vec<(Field, String)>,
}

impl Raw {
    /// The place of a field.
    pub(super) fn slot(&mut self, field: Field) -> &mut Option<Value> {
        &mut self.known[field as usize]
    }

    /// Takes a field out; null counts as absent.
    pub(super) fn take(&mut self, field: Field) -> Option<Value> {
        self.slot(field).take().filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.known[field as usize].as_ref().is_some_and(|value| !value.is_null())
    }

    /// Why a row without this field is bad.
    pub(super) fn missing(&self, field: Field) -> String {
        let missing = format!("{} is missing", field.name());
        match self.absent.iter().find(|absent| absent.0 == field) {
            Some((_, name)) => format!("{missing}: the row has no {name:?}, as --map calls it"),
            None => missing,
        }
    }

    /// Whether nothing at all is in it.
    pub(super) fn is_empty(&self) -> bool {
        let known = self.known.iter().flatten().all(Value::is_null);
        known && self.rest.values().all(Value::is_null) && self.twice.is_none()
    }

    /// The fields that mean nothing here, as an object; null when there are none.
    pub(super) fn into_rest(self) -> Value {
        if self.rest.is_empty() { Value::Null } else { Value::Object(self.rest) }
    }
}

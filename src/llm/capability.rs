//! What a server has been found to accept, and the ladder of structured output.
//!
//! A [`Capability`] starts as the profile says, is lowered one step for each
//! 400 that names a part of the request, and is remembered once a request so
//! lowered has succeeded. It only ever asks for less: what the profile ruled
//! out never comes back. Where it is kept is up to the [`Capabilities`] given.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::error::Parameter;
use super::profile::{Profile, TokenField};

/// How the shape of the reply is asked for, from the firmest to the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// `response_format: json_schema` with `strict: true`.
    JsonSchemaStrict,
    /// `response_format: json_schema`.
    JsonSchema,
    /// `response_format: json_object`.
    JsonObject,
    /// No `response_format`: the prompt alone asks for JSON.
    Prompt,
}

impl Rung {
    /// The next looser rung; none below the prompt.
    pub fn lower(self) -> Option<Self> {
        match self {
            Self::JsonSchemaStrict => Some(Self::JsonSchema),
            Self::JsonSchema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::Prompt),
            Self::Prompt => None,
        }
    }

    /// Whether the server was given the schema.
    pub fn has_schema(self) -> bool {
        matches!(self, Self::JsonSchemaStrict | Self::JsonSchema)
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonSchemaStrict => "json_schema_strict",
            Self::JsonSchema => "json_schema",
            Self::JsonObject => "json_object",
            Self::Prompt => "prompt",
        })
    }
}

/// What one model behind one server accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// The firmest rung that works.
    pub rung: Rung,
    /// The name of the token limit that works.
    pub token_limit_field: TokenField,
    /// Whether `temperature` may be sent.
    pub temperature: bool,
    /// Whether the schema may bound strings and arrays.
    pub schema_bounds: bool,
    /// Further top-level fields that the server refused.
    pub dropped: Vec<String>,
}

impl Capability {
    /// What the profile promises before anything has been tried.
    pub(crate) fn promised(profile: &Profile) -> Self {
        Self {
            rung: profile.structured.into(),
            token_limit_field: profile.token_limit_field.into(),
            temperature: profile.temperature_accepted,
            schema_bounds: profile.schema_bounds,
            dropped: Vec::new(),
        }
    }

    /// Where the findings for a profile are kept: server, model, and what was promised, so that
    /// a user who edits the promise is not held to older findings.
    pub(crate) fn key(profile: &Profile) -> String {
        let Self { rung, token_limit_field, temperature, schema_bounds, .. } =
            Self::promised(profile);
        let base = profile.base_url.trim_end_matches('/');
        let (field, model) = (token_limit_field.name(), &profile.model);
        format!("{base} {model} {rung} {field} temperature={temperature} bounds={schema_bounds}")
    }

    /// Asks for less of `parameter`; `false` when there is nothing less to ask for.
    pub(crate) fn concede(&mut self, parameter: &Parameter) -> bool {
        match parameter {
            Parameter::Temperature => std::mem::take(&mut self.temperature),
            Parameter::SchemaBounds => std::mem::take(&mut self.schema_bounds) || self.descend(),
            Parameter::ResponseFormat => self.descend(),
            Parameter::Unnamed => std::mem::take(&mut self.temperature) || self.descend(),
            Parameter::TokenLimitName => {
                self.token_limit_field = self.token_limit_field.other();
                true
            }
            Parameter::Extra(name) => {
                let new = !self.dropped.contains(name);
                self.dropped.push(name.clone());
                new
            }
            Parameter::TokenLimit => false,
        }
    }

    fn descend(&mut self) -> bool {
        let lower = self.rung.lower();
        self.rung = lower.unwrap_or(self.rung);
        lower.is_some()
    }
}

/// Where findings are kept between calls and runs.
pub trait Capabilities: Send + Sync {
    /// What is known under `key`.
    fn load(&self, key: &str) -> Option<Capability>;
    /// Keeps `capability` under `key`. A failure to keep it costs a few calls later, no more.
    fn save(&self, key: &str, capability: &Capability);
}

/// Keeps findings for as long as the process lives.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<BTreeMap<String, Capability>>);

impl Capabilities for InMemory {
    fn load(&self, key: &str) -> Option<Capability> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn save(&self, key: &str, capability: &Capability) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_owned(), capability.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promised() -> Capability {
        Capability::promised(&Profile::default())
    }

    #[test]
    fn the_ladder_ends_at_the_prompt() {
        let mut capability = promised();
        let mut seen = vec![capability.rung];
        while capability.concede(&Parameter::ResponseFormat) {
            seen.push(capability.rung);
        }
        let all = [Rung::JsonSchemaStrict, Rung::JsonSchema, Rung::JsonObject, Rung::Prompt];
        assert_eq!(seen, all);
    }

    #[test]
    fn a_concession_can_be_made_once() {
        let mut capability = promised();
        assert!(capability.concede(&Parameter::Temperature));
        assert!(!capability.concede(&Parameter::Temperature));
        assert!(capability.concede(&Parameter::Extra("seed".into())));
        assert!(!capability.concede(&Parameter::Extra("seed".into())));
    }

    #[test]
    fn bounds_go_before_the_rung_and_temperature_before_both_when_nothing_is_named() {
        let mut capability = promised();
        assert!(capability.concede(&Parameter::SchemaBounds));
        assert_eq!((capability.schema_bounds, capability.rung), (false, Rung::JsonSchemaStrict));
        assert!(capability.concede(&Parameter::Unnamed));
        assert_eq!((capability.temperature, capability.rung), (false, Rung::JsonSchemaStrict));
        assert!(capability.concede(&Parameter::Unnamed));
        assert_eq!(capability.rung, Rung::JsonSchema);
    }

    #[test]
    fn an_edited_promise_is_looked_up_afresh() {
        let before = Profile::default();
        let after = Profile { temperature_accepted: false, ..before.clone() };
        assert_ne!(Capability::key(&before), Capability::key(&after));
    }
}

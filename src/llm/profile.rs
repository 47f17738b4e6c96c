//! How to talk to one endpoint, as data: presets, layers, checked fields.
//!
//! A [`Profile`] is a preset with the user's own fields laid over it. It names
//! where a key comes from and never holds one; it opens no file and reads no
//! variable. Unknown fields are errors that say in which layer they stand.
//! Invariant: every difference between servers that the client acts on is a
//! field here, so a new server is a table in `presets.toml`.

mod fields;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Table;

use super::error::SetupError;

pub use fields::{Auth, Batch, Limits, Price, Structured, Timeouts, TokenField, TokenLimitField};

/// The presets, one table each.
const PRESETS: &str = include_str!("presets.toml");

/// How to talk to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "a record of independent facts about a server")]
pub struct Profile {
    /// What the user calls the endpoint.
    #[serde(skip)]
    pub name: String,
    /// Taken verbatim but for a trailing `/`; the path is appended.
    pub base_url: String,
    /// The model, as the server names it.
    pub model: String,
    /// Name of the environment variable that holds the key.
    pub api_key_env: String,
    /// Program and arguments whose output is the key; run without a shell.
    pub api_key_cmd: Vec<String>,
    /// How the key is presented.
    pub auth: Auth,
    /// Added to every URL, such as `api-version` at Azure.
    pub query: BTreeMap<String, String>,
    /// Path of the chat completions below `base_url`.
    pub path: String,
    /// Name under which the token limit is sent.
    pub token_limit_field: TokenLimitField,
    /// Where the structured-output ladder starts.
    pub structured: Structured,
    /// Whether `temperature: 0` may be sent.
    pub temperature_accepted: bool,
    /// Whether the schema may bound strings and arrays.
    pub schema_bounds: bool,
    /// Top-level fields of the request that are never sent.
    pub omit: Vec<String>,
    /// Top-level fields that are sent under another name.
    pub rename: BTreeMap<String, String>,
    /// Merged deeply into every request.
    pub extra_body: Map<String, Value>,
    /// Fields of the message that may hold reasoning, in order of preference.
    pub reasoning_fields: Vec<String>,
    /// Whether a leading `<think>` block in the content is reasoning.
    pub strip_think_tags: bool,
    /// When to stop waiting.
    pub timeouts: Timeouts,
    /// What the account is allowed, where it is known.
    pub limits: Limits,
    /// What tokens cost.
    pub price: Price,
    /// Which batch interface the server offers.
    pub batch: Batch,
    /// Whether the server runs nearby and queues instead of refusing.
    pub local: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: String::new(),
            base_url: String::new(),
            model: String::new(),
            api_key_env: String::new(),
            api_key_cmd: Vec::new(),
            auth: Auth::Bearer,
            query: BTreeMap::new(),
            path: "chat/completions".into(),
            token_limit_field: TokenLimitField::Auto,
            structured: Structured::Auto,
            temperature_accepted: true,
            schema_bounds: true,
            omit: Vec::new(),
            rename: BTreeMap::new(),
            extra_body: Map::new(),
            reasoning_fields: ["reasoning_content", "reasoning", "reasoning_details"]
                .map(String::from)
                .to_vec(),
            strip_think_tags: true,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            price: Price::default(),
            batch: Batch::None,
            local: false,
        }
    }
}

/// One source of profile fields; later layers win.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Where the fields come from, for error messages: a file, a variable, a flag.
    pub origin: String,
    /// The fields.
    pub fields: Table,
}

/// Why a profile cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A layer asks for a preset that does not exist.
    #[error("{origin}: there is no preset `{preset}`; there are {}", preset_names().join(", "))]
    UnknownPreset {
        /// The layer that asked.
        origin: String,
        /// What it asked for.
        preset: String,
    },
    /// A layer holds a field that does not exist or has the wrong type.
    #[error("{origin}: {}", .source.message())]
    Field {
        /// The layer.
        origin: String,
        /// What the TOML reader found.
        source: Box<toml::de::Error>,
    },
}

impl Profile {
    /// Lays `layers` over a preset: the one that the last `preset = "…"` names, else the one
    /// called `name`, else none.
    ///
    /// # Errors
    /// When a layer names an unknown preset or field, or gives a field the wrong type.
    pub fn resolve(name: &str, layers: &[Layer]) -> Result<Self, ProfileError> {
        let mut merged = preset(&base_preset(name, layers)?);
        for layer in layers {
            let mut fields = layer.fields.clone();
            fields.remove("preset");
            read(&layer.origin, fields.clone())?;
            merge(&mut merged, fields);
        }
        let profile = read(name, merged)?;
        Ok(Self { name: name.to_owned(), ..profile })
    }
}

/// Names of all presets, in alphabetical order.
pub fn preset_names() -> Vec<String> {
    presets().keys().cloned().collect()
}

fn presets() -> Table {
    toml::from_str(PRESETS).expect("invariant: the embedded presets are valid TOML")
}

fn preset(name: &str) -> Table {
    match presets().remove(name) {
        Some(toml::Value::Table(fields)) => fields,
        _ => Table::new(),
    }
}

fn base_preset(name: &str, layers: &[Layer]) -> Result<String, ProfileError> {
    let asked = layers.iter().rev().find_map(|layer| Some((layer, layer.fields.get("preset")?)));
    let Some((layer, value)) = asked else { return Ok(name.to_owned()) };
    let preset = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if presets().contains_key(&preset) {
        return Ok(preset);
    }
    Err(ProfileError::UnknownPreset { origin: layer.origin.clone(), preset })
}

fn read(origin: &str, fields: Table) -> Result<Profile, ProfileError> {
    Profile::deserialize(toml::Value::Table(fields))
        .map_err(|source| ProfileError::Field { origin: origin.to_owned(), source: source.into() })
}

/// Lays `over` on `under`: tables merge, everything else is replaced.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Fields of the request that `extra_body` may not touch.
const OURS: [&str; 2] = ["messages", "stream"];

/// Whether an endpoint can be set up with a profile.
pub(super) fn check(profile: &Profile) -> Result<(), SetupError> {
    let refuse = |field, reason: String| {
        Err(SetupError::Field { endpoint: profile.name.clone(), field, reason })
    };
    if let Some(name) = OURS.iter().find(|name| profile.extra_body.contains_key(**name)) {
        return refuse("extra_body", format!("sets `{name}`, which this program sets itself"));
    }
    let timeouts = profile.timeouts;
    if [timeouts.connect, timeouts.read, timeouts.total].contains(&0) {
        return refuse("timeouts", "must be 1 second or more each".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
